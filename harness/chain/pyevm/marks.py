"""What a chain on py-evm returns to: its head, edits of the state on top, and what was set of the next block."""

from __future__ import annotations

from dataclasses import dataclass

from harness.chain.pyevm.state import StoredState


@dataclass(frozen=True, slots=True)
class Ahead:
    """What was set of the next block; None for what was not. Seconds since 1970, and wei per gas."""

    timestamp: int | None = None
    base_fee: int | None = None


NOTHING_AHEAD = Ahead()


@dataclass(frozen=True, slots=True)
class PyEvmSnapshot:
    """The head, the state on top of it if that was edited, and what was set of the next block."""

    head: tuple[object, int]
    edited: StoredState | None
    ahead: Ahead
