"""What an agent can decide to do in disputes; a player carries it out."""

from __future__ import annotations

from dataclasses import dataclass

from harness.agents.game_view import ClaimId
from harness.agents.positions import Side


@dataclass(frozen=True, slots=True)
class Open:
    """Open the game of an assertion with the first attack on its root, decided on the L1 whose block is named."""

    assertion: bytes
    value: bytes
    l1_block: int
    l1_hash: bytes


@dataclass(frozen=True, slots=True)
class Move:
    """Answer a claim with a claim, on the L1 that the view of the game rests on."""

    game: str
    assertion: bytes
    parent: ClaimId
    side: Side
    value: bytes
    bond: int


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
    """Take bonds of a void game back."""

    game: str
    claims: tuple[ClaimId, ...]


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take what the game credits the agent."""

    game: str


Action = Open | Move | Step | Resolve | Void | Refund | Withdraw
