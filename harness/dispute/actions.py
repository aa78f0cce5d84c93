"""The actions that an agent may decide on in disputes. A player carries them out."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.dispute.positions import Side
from harness.dispute.view import ClaimId, L1Block


@dataclass(frozen=True, slots=True)
class Open:
    """Open the game of an assertion with the first attack on its root.

    ``seen`` is the L1 block that the decision depends on. Comparisons ignore it, here and in `Move`.
    """

    assertion: bytes
    value: bytes
    seen: L1Block = field(compare=False)


@dataclass(frozen=True, slots=True)
class Move:
    """Answer a claim with a claim."""

    game: str
    assertion: bytes
    parent: ClaimId
    side: Side
    value: bytes
    bond: int
    seen: L1Block = field(compare=False)


@dataclass(frozen=True, slots=True)
class Step:
    """Counter a claim at the lowest depth by proving the step at ``trace_index``."""

    game: str
    claim: ClaimId
    side: Side
    trace_index: int
    witness: bytes


@dataclass(frozen=True, slots=True)
class Resolve:
    """Resolve claims, children before parents."""

    game: str
    claims: tuple[ClaimId, ...]


@dataclass(frozen=True, slots=True)
class Void:
    """End the game of an assertion whose parent was rejected."""

    game: str


@dataclass(frozen=True, slots=True)
class Refund:
    """Take back bonds of a void game."""

    game: str
    claims: tuple[ClaimId, ...]


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Withdraw what the game has credited to the agent."""

    game: str


Action = Open | Move | Step | Resolve | Void | Refund | Withdraw
