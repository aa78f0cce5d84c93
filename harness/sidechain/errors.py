"""What can go wrong with a sidechain.

SidechainError
├── HeaderRefused       bytes are no header of QBFT, or a header breaks a rule of it
├── NoQuorum            too few validators sealed a block; the chain is as it was
├── SafetyBroken        validators sealed two blocks at one height; both headers are attributes
└── BadValidators       a set of validators that no chain can have
"""

from __future__ import annotations

from typing import Any

from harness.errors import HarnessError


class SidechainError(HarnessError):
    """Root of the errors about sidechains."""


class HeaderRefused(SidechainError):
    """Bytes are no header of QBFT, or a header breaks one of its rules."""


class BadValidators(SidechainError):
    """No chain can have this set of validators."""


class NoQuorum(SidechainError):
    """Too few validators sealed a block."""

    def __init__(self, height: int, rounds: int, sealed: int, needed: int) -> None:
        super().__init__(
            f"block {height} was not sealed in {rounds} rounds: at most {sealed} validators sealed it,"
            f" expected {needed}; the chain is as it was"
        )
        self.height, self.rounds, self.sealed, self.needed = height, rounds, sealed, needed


class SafetyBroken(SidechainError):
    """A quorum sealed each of two blocks at one height: more than a third of the validators lied."""

    def __init__(self, first: Any, second: Any) -> None:  # headers, which know these errors
        super().__init__(
            f"two blocks were sealed at height {first.number}: 0x{first.hash.hex()} in round {first.extra.round},"
            f" 0x{second.hash.hex()} in round {second.extra.round}"
        )
        self.first, self.second = first, second
