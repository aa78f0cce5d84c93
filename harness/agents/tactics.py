"""How players play: the honest one, and the dishonest ones by name. A tactic wraps another, so that they compose.

A tactic decides from a view alone (pure, no memory), so each survives a restart, and the same seed plays the same game.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Protocol

from harness.dispute import solver
from harness.dispute.actions import Action, Move
from harness.dispute.positions import Side
from harness.dispute.trace import Trace
from harness.dispute.view import GameView, Outcome, bond_total
from harness.primitives.hashing import ZERO_WORD, keccak256, word


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What a player goes by: the trace that it defends, and the true one (the same for an honest player)."""

    trace: Trace
    truth: Trace
    account: str


class Tactic(Protocol):
    """A way to play."""

    def decide(self, view: GameView, know: Knowledge) -> list[Action]: ...

    def wakes(self, view: GameView, know: Knowledge) -> int | None:
        """Next moment at which this tactic wants to act though nobody else does; None if it has none."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Plays by the solver's rules for the trace it believes in: honest with the true one, stubborn with a lie.

    ``patience`` is how many seconds the player may be away without losing a bond, half the clock unless given. The
    less, the less a liar saves by claims that nobody has the time to answer: who is always there gives 0.
    """

    patience: int | None = None

    def decide(self, view: GameView, know: Knowledge) -> list[Action]:
        return solver.play(view, know.trace, know.account, self.patience)

    def wakes(self, view: GameView, know: Knowledge) -> int | None:
        return None


@dataclass(frozen=True, slots=True)
class Silent:
    """Never answers anything, and takes what is due in the end."""

    def decide(self, view: GameView, know: Knowledge) -> list[Action]:
        return [] if view.outcome is Outcome.UNDECIDED else solver.play(view, know.trace, know.account)

    def wakes(self, view: GameView, know: Knowledge) -> int | None:
        return None


def fresh(view: GameView, moves: Iterable[Move]) -> Iterator[Move]:
    """Moves that can be made: their claim is not there yet, and the clock of the claim they answer is running."""
    for move in moves:
        parent = view.find(move.parent)
        if parent is None or not view.running(parent) or view.is_leaf(parent):
            continue
        if view.find(view.answer_id(parent, move.side, move.value)) is None:
            yield move


def junk(*parts: bytes | int) -> bytes:
    """A value that is no state of any machine."""
    return keccak256(b"junk" + b"".join(word(part) for part in parts))


@dataclass(frozen=True, slots=True)
class Extra(ABC):
    """Makes the inner tactic's moves, and those of `extra` besides, which a subclass gives: while it has fewer than
    ``budget`` claims.
    """

    inner: Tactic
    budget: int = 16

    def decide(self, view: GameView, know: Knowledge) -> list[Action]:
        actions = self.inner.decide(view, know)
        if view.outcome is not Outcome.UNDECIDED or view.now >= view.ends:
            return actions
        made = sum(claim.claimant == know.account for claim in view.claims)
        return [*actions, *islice(fresh(view, self.extra(view, know)), max(0, self.budget - made))]

    @abstractmethod
    def extra(self, view: GameView, know: Knowledge) -> Iterator[Move]:
        """The moves that it would make besides, the first ones first; those that cannot be made are left out."""

    def wakes(self, view: GameView, know: Knowledge) -> int | None:
        return self.inner.wakes(view, know)


@dataclass(frozen=True, slots=True)
class Poisoner(Extra):
    """Answers others' claims with true states where it hurts: below a sound claim a true state, or one that hides the
    truth beside it.
    """

    depth: int = 6

    def extra(self, view: GameView, know: Knowledge) -> Iterator[Move]:
        for claim in view.claims:
            if claim.claimant != know.account and claim.depth < min(self.depth, view.rules.max_depth):
                sides = (Side.ATTACK,) if claim.is_root else (Side.ATTACK, Side.DEFEND)
                for side in sides:
                    yield solver.answer_to(view, claim, side, know.truth.hash_at(view.answer_state(claim, side)))


@dataclass(frozen=True, slots=True)
class Freeloader(Extra):
    """Puts claims beside those of others, in nine shapes: an attack or a defence with a true value, the lie's or a
    made-up one, all on a claim that others answer as well; or the same on its own side's claims. ``shape`` 0 to 8
    chooses one, None all.
    """

    shape: int | None = None
    depth: int = 8

    def extra(self, view: GameView, know: Knowledge) -> Iterator[Move]:
        for claim in view.claims:
            if claim.depth >= min(self.depth, view.rules.max_depth):
                continue
            for shape in range(9) if self.shape is None else (self.shape,):
                side = Side.ATTACK if shape % 3 < 2 else Side.DEFEND
                if claim.is_root and side is Side.DEFEND:
                    continue
                place = view.answer_state(claim, side)
                values = (
                    know.truth.hash_at(place),
                    know.trace.hash_at(place),
                    junk(claim.id, shape, int(know.account, 16)),
                )
                if shape % 3 == 1:
                    values = (values[1], values[2], junk(claim.id, shape))
                yield solver.answer_to(view, claim, side, values[shape // 3])


@dataclass(frozen=True, slots=True)
class Sybils(Extra):
    """Answers each claim of others with ``count`` different false ones, on either side, down to ``depth``: the more,
    the more bonds the other side must find.
    """

    count: int = 3
    depth: int = 4

    def extra(self, view: GameView, know: Knowledge) -> Iterator[Move]:
        for claim in view.claims:
            if claim.claimant == know.account or claim.depth >= min(self.depth, view.rules.max_depth):
                continue
            for sybil in range(self.count):
                side = Side.ATTACK if claim.is_root or sybil % 2 == 0 else Side.DEFEND
                yield solver.answer_to(view, claim, side, junk(claim.id, sybil, 7))


@dataclass(frozen=True, slots=True)
class ZeroClaims(Extra):
    """Answers each claim of others with the zero word."""

    def extra(self, view: GameView, know: Knowledge) -> Iterator[Move]:
        for claim in view.claims:
            if claim.claimant != know.account and not view.is_leaf(claim):
                yield solver.answer_to(view, claim, Side.ATTACK, ZERO_WORD)


@dataclass(frozen=True, slots=True)
class ClockGriefer(Extra):
    """Attacks its own side's claims, at the end of their clocks, to leave whoever must answer on those paths no more
    than an extension.
    """

    depth: int = 5

    def extra(self, view: GameView, know: Knowledge) -> Iterator[Move]:
        for claim in view.claims[1:]:
            late = view.deadline(claim) - view.now <= view.rules.extension
            if claim.claimant == know.account and late and claim.depth < min(self.depth, view.rules.max_depth):
                yield solver.answer_to(view, claim, Side.ATTACK, junk(claim.id, 3))

    def wakes(self, view: GameView, know: Knowledge) -> int | None:
        times = [
            view.deadline(claim) - view.rules.extension
            for claim in view.claims[1:]
            if claim.claimant == know.account and claim.depth < min(self.depth, view.rules.max_depth)
        ]
        own = min((time for time in times if time > view.now), default=None)
        inner = self.inner.wakes(view, know)
        return own if inner is None or (own is not None and own < inner) else inner


@dataclass(frozen=True, slots=True)
class BondExhaustion(Extra):
    """Spends ``wei`` on false answers to everything that others claim, the deepest first, where an honest answer is
    dearest: so that the other side runs out of money for bonds.
    """

    budget: int = 1 << 16
    wei: int = 10**18

    def extra(self, view: GameView, know: Knowledge) -> Iterator[Move]:
        left = self.wei - bond_total(view.claims, know.account)
        for claim in sorted(view.claims, key=lambda each: -each.depth):
            if claim.claimant == know.account or view.is_leaf(claim):
                continue
            for side in (Side.ATTACK, Side.DEFEND):
                if (claim.is_root and side is Side.DEFEND) or view.bond(claim) > left:
                    continue
                move = solver.answer_to(view, claim, side, junk(claim.id, 9, int(side)))
                left -= move.bond * (view.find(view.answer_id(claim, side, move.value)) is None)
                yield move


@dataclass(frozen=True, slots=True)
class LastSecond:
    """Makes each move of the inner tactic in the last second in which it is allowed."""

    inner: Tactic

    def decide(self, view: GameView, know: Knowledge) -> list[Action]:
        due = [action for action in self.inner.decide(view, know) if self._due(view, action)]
        return due if any(self._is_about_something(view, action) for action in due) else []

    def _due(self, view: GameView, action: Action) -> bool:
        if not isinstance(action, Move):
            return True
        claim = view.find(action.parent)
        return claim is None or view.now >= view.deadline(claim) - 1

    @staticmethod
    def _is_about_something(view: GameView, action: Action) -> bool:
        """Whether an action has a last second at all; a move on a claim that is not there goes along with others."""
        return not isinstance(action, Move) or view.find(action.parent) is not None

    def wakes(self, view: GameView, know: Knowledge) -> int | None:
        times = []
        for action in self.inner.decide(view, know):
            claim = view.find(action.parent) if isinstance(action, Move) else None
            if claim is not None:
                times.append(view.deadline(claim) - 1)
        return min((time for time in times if time > view.now), default=self.inner.wakes(view, know))


@dataclass(frozen=True, slots=True)
class Repeater:
    """Makes the newest claim once more, and moves on claims that are not there: all of it has to be refused."""

    inner: Tactic

    def decide(self, view: GameView, know: Knowledge) -> list[Action]:
        actions = self.inner.decide(view, know)
        if view.outcome is not Outcome.UNDECIDED or not actions:
            return actions
        last = view.claims[-1]
        again = replace(solver.answer_to(view, view.parent(last), last.side, last.value), bond=last.bond)
        nowhere = replace(again, parent=type(last.id)(junk(last.id)), side=Side.ATTACK)
        cheap = replace(again, parent=last.id, side=Side.ATTACK, value=junk(last.id, 1), bond=1)
        return [again, nowhere, cheap, *actions]

    def wakes(self, view: GameView, know: Knowledge) -> int | None:
        return self.inner.wakes(view, know)
