"""Plain values of dispute games: rules, claims, money, and calls that must be refused.

Positions are generalized indices: 2**depth + index, the root is 1. A claim at a position is about the machine at the
right end of its range: after (index + 1) * 2**(max_depth - depth) steps. An attack on position p stands at 2p, and a
defence at 2p + 2.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from harness.adapters.errors import AdapterError
from harness.dispute.positions import Position, Side

WHOLE = 10_000
"""The whole, in the unit of a share."""

ClaimId = Hashable


@dataclass(frozen=True, slots=True)
class Rules:
    """What a game promises: the adapter states it from the game's documentation, not by asking the contract.

    ``kept`` has, for a claim made at each depth from 0 on, the seconds that its side keeps at least to answer an answer
    to it; ``bonds`` the bond in wei of a claim at each depth; ``covers`` the wei that must be left of a countered bond.
    ``burnt_share`` is the part of a countered bond that is burnt, in ten-thousandths. ``longest`` bounds the seconds
    from the start of the root's clock to the payment of every bond, as the contract itself states it.
    """

    max_depth: int
    max_clock: int
    kept: tuple[int, ...]
    bonds: tuple[int, ...]
    opening_bond: int
    burnt_share: int
    longest: int
    covers: tuple[int, ...] = ()
    delay: int = 0
    """Seconds between the newest credit of somebody and the first second in which it can be withdrawn."""
    decided_early: bool = True
    """Whether a claim that is countered resolves before its clock has run out."""

    def __post_init__(self) -> None:
        """Raise AdapterError unless there is a depth below the root, and all is said of each depth."""
        if self.max_depth < 1:
            raise AdapterError("Rules", f"max_depth is {self.max_depth}, expected 1 at least")
        levels = self.max_depth + 1
        for name, given in (("kept", self.kept), ("bonds", self.bonds), ("covers", self.covers)):
            if len(given) != levels and (given or name != "covers"):
                raise AdapterError("Rules", f"{name} has {len(given)} values, expected {levels}, one for each depth")


@dataclass(frozen=True, slots=True)
class Line:
    """The right values of claims on one line of a game: ``true`` returns one by steps, a multiple of ``unit``."""

    true: Callable[[int], bytes]
    unit: int = 1


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim as the contract shows it; ``counter`` is who has countered it so far, None if nobody."""

    id: ClaimId
    parent: ClaimId | None
    side: Side
    position: Position
    value: bytes
    claimant: str
    bond: int
    counter: str | None = None


@dataclass(frozen=True, slots=True)
class Money:
    """Wei that the contracts of games hold, and what they say it is: credits that can be withdrawn, and burnt wei."""

    held: int
    credits: int
    burnt: int


@dataclass(frozen=True, slots=True)
class Promise:
    """Something that the contracts promise beside the rules of the game; ``harm`` says what comes of its breach.

    ``test`` returns what is wrong, and the chain is restored after it. Without ``works`` it makes a call that must be
    refused: it raises Reverted if the promise holds. With ``works`` it looks at something that must be so, and returns
    "" if the promise holds; a revert breaks it.
    """

    name: str
    harm: str
    test: Callable[[], str]
    works: bool = False
