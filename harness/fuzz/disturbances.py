"""What disturbs a drawn game beside its liars: absence, reorgs of L1, and blocks that others fill."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from harness.chain.chain import Chain
from harness.chain.values.accounts import Account
from harness.errors import Reverted
from harness.fuzz.cases import check_names
from harness.testbed.l1_faults import SLOT, fill, full_blocks, send_again

ORDERS = ("lost", "as it was", "newest first", "shuffled")
"""What happens to the transactions that a reorg removed: they are lost, or sent again in some order."""


@dataclass(frozen=True, slots=True)
class Reorg:
    """A reorg after ``turn``: L1 loses its newest ``depth`` blocks. ``order`` says what happens to their transactions.

    A reorg ``below`` the game removes all blocks since the game began, and ``depth`` more, with their batches, deposits
    and assertions.
    """

    turn: int
    depth: int
    order: str
    below: bool = False

    def __post_init__(self) -> None:
        check_names("order", [self.order], ORDERS)

    def __str__(self) -> str:
        where = " below the game" if self.below else ""
        return f"{self.depth} blocks{where} at turn {self.turn} ({self.order})"


@dataclass(frozen=True, slots=True)
class Crowd:
    """Full blocks after ``turn``: others fill ``blocks`` blocks of L1, one slot apart.

    The players get into none of them but the last, which leaves ``room`` units of gas; 0 leaves none.
    """

    turn: int
    blocks: int
    room: int = 0

    def __str__(self) -> str:
        return f"{self.blocks} at turn {self.turn}" + (f", {self.room} gas left in the last" if self.room else "")


@dataclass(frozen=True, slots=True)
class Disturbances:
    """All disturbances of one game.

    ``offline`` holds (from, to) in seconds after the game's beginning; the absences do not overlap.
    """

    offline: tuple[tuple[int, int], ...] = ()
    reorgs: tuple[Reorg, ...] = ()
    crowds: tuple[Crowd, ...] = ()

    def __str__(self) -> str:
        parts = [
            ("away", [f"{start} to {end} s" for start, end in self.offline]),
            ("reorgs", [str(reorg) for reorg in self.reorgs]),
            ("full blocks", [str(crowd) for crowd in self.crowds]),
        ]
        return "".join(f"; {name}: {', '.join(each)}" for name, each in parts if each)

    def back_at(self, elapsed: int) -> int | None:
        """Return when the honest player is back, in seconds after the beginning; None while it is there."""
        return next((end for start, end in self.offline if start <= elapsed < end), None)


def draw_disturbances(
    rng: random.Random, away: int, *, turns: int, depth: int, rooms: Sequence[int] = (0,), below: float = 0
) -> Disturbances:
    """Draw the disturbances of a game of about ``turns`` turns.

    The honest side is away for at most ``away`` seconds in all. ``below`` is the share of reorgs that go below the
    game.
    """
    return Disturbances(
        _draw_offline(rng, away) if rng.random() < 0.5 else (),
        tuple(
            Reorg(rng.randrange(1, turns), rng.randint(1, depth), rng.choice(ORDERS), rng.random() < below)
            for _ in range(rng.choice((0, 0, 1, 2)))
        ),
        tuple(
            Crowd(rng.randrange(1, turns), rng.randint(1, 4), rng.choice(rooms))
            for _ in range(rng.choice((0, 0, 1, 2)))
        ),
    )


def _draw_offline(rng: random.Random, away: int) -> tuple[tuple[int, int], ...]:
    """Draw one or two absences, of at most ``away`` seconds together."""
    first = rng.randrange(1, away + 1)
    lengths = [first] if rng.random() < 0.6 else [first // 2 + 1, away - first // 2 - 1]
    at, found = rng.randrange(0, 2 * away), []
    for length in lengths:
        if length > 0:
            found.append((at, at + length))
        at += length + rng.randrange(1, away)
    return tuple(found)


def reorganise(chain: Chain, depth: int, order: str, rng: random.Random, *, floor: int = 0) -> int:
    """Remove the newest blocks, none at ``floor`` or below, and send their transactions again; return how many."""
    depth = min(depth, chain.block_number - floor)
    if depth <= 0:
        return 0
    send_again(chain, chain.reorg(depth), order, rng)
    return depth


@dataclass(slots=True)
class Striker:
    """Carries out the disturbances of a game, turn by turn. ``struck`` counts those that happened.

    ``crowd`` fills blocks, and ``play`` lets the players move in the room that is left. The game begins after L1's
    block ``start``. No reorg removes the block ``floor``.
    """

    chain: Chain
    crowd: Account
    disturbances: Disturbances
    rng: random.Random
    start: int
    floor: int
    play: Callable[[], None] = lambda: None
    struck: Counter[str] = field(default_factory=Counter)
    turn: int = 0

    def strike(self) -> None:
        """Carry out what is drawn for the turn that has ended."""
        self.turn += 1
        for reorg in self.disturbances.reorgs:
            if reorg.turn == self.turn and self._reorganise(reorg):
                self.struck[f"{'deep reorg' if reorg.below else 'reorg'}, {reorg.order}"] += 1
        for crowd in self.disturbances.crowds:
            if crowd.turn == self.turn:
                self._fill(crowd)
                self.struck["full blocks, little room" if crowd.room else "full blocks"] += 1

    def _reorganise(self, reorg: Reorg) -> int:
        """Carry out a reorg; return how many blocks it removed."""
        if not reorg.below:
            return reorganise(self.chain, reorg.depth, reorg.order, self.rng, floor=max(self.start, self.floor))
        depth = max(0, self.chain.block_number - self.start) + reorg.depth
        return reorganise(self.chain, depth, reorg.order, self.rng, floor=self.floor)

    def _fill(self, crowd: Crowd) -> None:
        full_blocks(self.chain, self.crowd, crowd.blocks - bool(crowd.room))
        if not crowd.room:
            return
        self.chain.warp(SLOT)
        # A move may come too late in a block in which others move first. Then it fails, and costs gas.
        with suppress(Reverted), self.chain.block():
            fill(self.chain, self.crowd, self.chain.head.gas_limit - crowd.room)
            self.play()


def gas_paid(chain: Chain, account: Account, since: int) -> int:
    """Return the wei that an account has spent on gas from block ``since`` on, in transactions that L1 has."""
    receipts = (
        chain.receipt(bytes(tx_hash))
        for number in range(since, chain.block_number + 1)
        for tx_hash in chain.backend.transactions(number)
    )
    return sum(receipt.cost for receipt in receipts if receipt.raw.sender == account.address)
