"""How players play games: the honest way, and the dishonest ones by name. A tactic wraps another, so they compose.

A tactic decides by a view alone and remembers nothing. So it survives a restart, and the same seed plays the same game.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Protocol

from harness.dispute import solver
from harness.dispute.actions import Action, Move, Step
from harness.dispute.positions import Side
from harness.dispute.trace import Trace
from harness.dispute.view import GameView, bond_total
from harness.primitives.hashing import ZERO_WORD, keccak256, word


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What a player knows: the trace that it defends, and the true one. An honest player defends the true one."""

    trace: Trace
    truth: Trace
    account: str


class Tactic(Protocol):
    """A way to play games."""

    def decide(self, view: GameView, know: Knowledge) -> list[Action]:
        """Return the actions to take now."""

    def wakes(self, view: GameView, know: Knowledge) -> int | None:
        """Return the next time, in seconds, at which it acts without news; None if there is none."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Plays by the solver's rules for the trace it defends: honest with the true one, stubborn with a lie.

    ``patience`` is how many seconds the player may be away without losing a bond; None is half a clock. A smaller
    patience lets a liar save less by claims that come too late to be answered; a player that is always there gives 0.
    """

    patience: int | None = None

    def decide(self, view: GameView, know: Knowledge) -> list[Action]:
        """Return the solver's actions."""
        return solver.play(view, know.trace, know.account, self.patience)

    def wakes(self, view: GameView, know: Knowledge) -> int | None:
        """Return None: the solver acts on news only."""
        return None


@dataclass(frozen=True, slots=True)
class Silent:
    """Answers nothing while the game is open, and collects what it is owed at the end."""

    def decide(self, view: GameView, know: Knowledge) -> list[Action]:
        """Return no action before every bond is settled, and the solver's afterwards."""
        return solver.play(view, know.trace, know.account) if view.over else []

    def wakes(self, view: GameView, know: Knowledge) -> int | None:
        """Return None: it acts on news only."""
        return None


def possible_moves(view: GameView, moves: Iterable[Move]) -> Iterator[Move]:
    """Yield the moves that are possible: their claim does not exist, and the answered claim's clock is running."""
    for move in moves:
        parent = view.find(move.parent)
        if parent is None or not view.running(parent) or view.is_leaf(parent):
            continue
        if view.find(view.answer_id(parent, move.side, move.value)) is None:
            yield move


def junk(*parts: bytes | int) -> bytes:
    """Return a value that is the state of no machine."""
    return keccak256(b"junk" + b"".join(word(part) for part in parts))


@dataclass(frozen=True, slots=True)
class Extra(ABC):
    """Makes the inner tactic's moves, and further moves while it has fewer than ``budget`` claims.

    A subclass gives the further moves by `extra`.
    """

    inner: Tactic
    budget: int = 16

    def decide(self, view: GameView, know: Knowledge) -> list[Action]:
        """Return the inner tactic's actions and the further moves."""
        actions = self.inner.decide(view, know)
        if view.over or view.now >= view.ends:
            return actions
        made = sum(claim.claimant == know.account for claim in view.claims)
        return [*actions, *islice(possible_moves(view, self.extra(view, know)), max(0, self.budget - made))]

    @abstractmethod
    def extra(self, view: GameView, know: Knowledge) -> Iterator[Move]:
        """Yield the further moves, the most important first; impossible ones are left out."""

    def wakes(self, view: GameView, know: Knowledge) -> int | None:
        """Return the inner tactic's time."""
        return self.inner.wakes(view, know)


@dataclass(frozen=True, slots=True)
class Poisoner(Extra):
    """Answers others' claims with true states, down to ``depth``, so that the truth is hidden beside them."""

    depth: int = 6

    def extra(self, view: GameView, know: Knowledge) -> Iterator[Move]:
        """Yield a true state on each side of others' claims."""
        for claim in view.claims:
            if claim.claimant != know.account and claim.depth < min(self.depth, view.rules.max_depth):
                sides = (Side.ATTACK,) if claim.is_root else (Side.ATTACK, Side.DEFEND)
                for side in sides:
                    yield solver.answer_to(view, claim, side, know.truth.hash_at(view.answer_state(claim, side)))


@dataclass(frozen=True, slots=True)
class Freeloader(Extra):
    """Makes claims beside those of others, in nine shapes, down to ``depth``.

    A shape is an attack or a defence, with a true value, the lie's, or a made-up one; on claims of others, or of its
    own side. ``shape`` from 0 to 8 chooses one; None plays all.
    """

    shape: int | None = None
    depth: int = 8

    def extra(self, view: GameView, know: Knowledge) -> Iterator[Move]:
        """Yield the claims of each shape."""
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
    """Answers each claim of others with ``count`` different false claims, on either side, down to ``depth``.

    Each of them costs the other side a bond.
    """

    count: int = 3
    depth: int = 4

    def extra(self, view: GameView, know: Knowledge) -> Iterator[Move]:
        """Yield the false claims."""
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
        """Yield an attack with the zero word."""
        for claim in view.claims:
            if claim.claimant != know.account and not view.is_leaf(claim):
                yield solver.answer_to(view, claim, Side.ATTACK, ZERO_WORD)


@dataclass(frozen=True, slots=True)
class ClockGriefer(Extra):
    """Attacks its own side's claims at the end of their clocks, down to ``depth``.

    Whoever must answer on those paths has no more than an extension left.
    """

    depth: int = 5

    def extra(self, view: GameView, know: Knowledge) -> Iterator[Move]:
        """Yield the attacks whose time has come."""
        for claim in view.claims[1:]:
            late = view.deadline(claim) - view.now <= view.rules.extension
            if claim.claimant == know.account and late and claim.depth < min(self.depth, view.rules.max_depth):
                yield solver.answer_to(view, claim, Side.ATTACK, junk(claim.id, 3))

    def wakes(self, view: GameView, know: Knowledge) -> int | None:
        """Return the time of the next late attack, or the inner tactic's time if that is earlier."""
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
    """Spends ``wei`` on false answers to every claim of others, so that they run out of money for bonds.

    It answers the deepest claims first, because an honest answer costs most there.
    """

    budget: int = 1 << 16
    wei: int = 10**18

    def extra(self, view: GameView, know: Knowledge) -> Iterator[Move]:
        """Yield the false answers that it can still pay."""
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
class Copier:
    """Sends an honest player's next moves and steps ahead of that player.

    A watcher of the mempool does this to take what they earn. A liar does it to counter its own claims first. The
    solver is pure, so the view alone shows what an honest player would send. A copier that moves ahead of it in a turn
    copies all its moves and steps. ``inner`` is the tactic that it plays besides.
    """

    inner: Tactic

    def decide(self, view: GameView, know: Knowledge) -> list[Action]:
        """Return the honest moves and steps, then the inner tactic's actions."""
        honest = [] if view.over else solver.play(view, know.truth, know.account, 0)
        copied: list[Action] = [action for action in honest if isinstance(action, Move | Step)]
        return copied + [action for action in self.inner.decide(view, know) if action not in copied]

    def wakes(self, view: GameView, know: Knowledge) -> int | None:
        """Return the inner tactic's time."""
        return self.inner.wakes(view, know)


@dataclass(frozen=True, slots=True)
class LastSecond:
    """Makes each move of the inner tactic in the last second in which it is allowed."""

    inner: Tactic

    def decide(self, view: GameView, know: Knowledge) -> list[Action]:
        """Return the inner tactic's moves whose last second has come, and its other actions along with them."""
        due = [action for action in self.inner.decide(view, know) if self._due(view, action)]
        return due if any(self._is_about_something(view, action) for action in due) else []

    def _due(self, view: GameView, action: Action) -> bool:
        """Return whether the last second of an action has come. Only moves have one."""
        if not isinstance(action, Move):
            return True
        claim = view.find(action.parent)
        return claim is None or view.now >= view.deadline(claim) - 1

    @staticmethod
    def _is_about_something(view: GameView, action: Action) -> bool:
        """Return whether an action alone is worth a turn. A move on a missing claim only goes along with others."""
        return not isinstance(action, Move) or view.find(action.parent) is not None

    def wakes(self, view: GameView, know: Knowledge) -> int | None:
        """Return the next last second of a move."""
        times = []
        for action in self.inner.decide(view, know):
            claim = view.find(action.parent) if isinstance(action, Move) else None
            if claim is not None:
                times.append(view.deadline(claim) - 1)
        return min((time for time in times if time > view.now), default=self.inner.wakes(view, know))


@dataclass(frozen=True, slots=True)
class Repeater:
    """Makes the newest claim once more, and moves on claims that do not exist; the game must refuse all of them."""

    inner: Tactic

    def decide(self, view: GameView, know: Knowledge) -> list[Action]:
        """Return the impossible moves and the inner tactic's actions."""
        actions = self.inner.decide(view, know)
        if view.over or not actions:
            return actions
        last = view.claims[-1]
        again = replace(solver.answer_to(view, view.parent(last), last.side, last.value), bond=last.bond)
        nowhere = replace(again, parent=type(last.id)(junk(last.id)), side=Side.ATTACK)
        cheap = replace(again, parent=last.id, side=Side.ATTACK, value=junk(last.id, 1), bond=1)
        return [again, nowhere, cheap, *actions]

    def wakes(self, view: GameView, know: Knowledge) -> int | None:
        """Return the inner tactic's time."""
        return self.inner.wakes(view, know)
