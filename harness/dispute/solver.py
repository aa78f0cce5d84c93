"""How a player that knows the trace wins a dispute game: one function per rule, each with its reason.

All rules are pure: the view and the trace decide, the identity of movers never does. So several honest players make
the same moves (and a second one finds them made), and a restart from L1 loses nothing.

Terms: a claim is *true* if its value is the trace's at its place. A claim is *sound* if it is what these rules play:
the true root, and every answer given below. The mover of a sound claim may be anyone.

Why this wins. Below a claim that must be countered, the nearest claim to its left is true (or the prestate); the
nearest to its right is false if its mover's side holds it, true if the other side does. A right answer keeps that so,
hence a leaf that must be countered always has a step that counters it, and a sound leaf never has one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from harness.dispute.actions import Action, Move, Refund, Resolve, Step, Void, Withdraw
from harness.dispute.positions import Side
from harness.dispute.trace import CannotProve, Trace
from harness.dispute.view import ClaimId, ClaimView, GameView, Outcome, step_range

MOVES_AT_ONCE = 100
"""Moves decided on one view: each names the L1 block of that view, and L1 knows the last 256."""

RESOLVE_PAGE = 100
"""Claims resolved in one transaction: at 120,000 gas each, below the cap of 2**24."""


def is_true(view: GameView, claim: ClaimView, trace: Trace) -> bool:
    """Whether a claim's value is the trace's."""
    return trace.hash_at(view.state(claim)) == claim.value


def right_side(view: GameView, claim: ClaimView, trace: Trace) -> Side:
    """Attack a false claim: the first departure from the trace is to its left. Defend a true one: what its mover
    denies is to its right.
    """
    return Side.DEFEND if is_true(view, claim, trace) else Side.ATTACK


def answer_to(view: GameView, claim: ClaimView, side: Side, value: bytes) -> Move:
    """The move that gives this answer to a claim."""
    return Move(view.address, view.assertion, claim.id, side, value, view.bond(claim), view.seen)


class Reading:
    """The solver's reading of one view: which claims are sound, and which must be countered, with the right answer to
    each.

    Claims are read in order of creation, so a parent is always judged before its children. ``patience`` is how many
    seconds the player may be away without losing a bond: half the clock unless given.
    """

    def __init__(self, view: GameView, trace: Trace, patience: int | None = None) -> None:
        self.view = view
        self.trace = trace
        self.patience = view.rules.max_clock // 2 if patience is None else patience
        self.sound: set[ClaimId] = set()
        self.answers: dict[int, tuple[Side, ClaimView | None]] = {}
        self.disputed: list[ClaimView] = []
        if is_true(view, view.root, trace):
            self.sound.add(view.root.id)
        for claim in view.claims:
            if self.must_counter(claim):
                self.disputed.append(claim)
                self._find_answer(claim)

    def _find_answer(self, claim: ClaimView) -> None:
        side = right_side(self.view, claim, self.trace)
        found = None
        if not self.view.is_leaf(claim):
            value = self.trace.hash_at(self.view.answer_state(claim, side))
            found = self.view.find(self.view.answer_id(claim, side, value))
            if found is not None:
                self.sound.add(found.id)
        self.answers[claim.number] = (side, found)

    # -- rules: which claims to counter

    def must_counter(self, claim: ClaimView) -> bool:
        """Counter the false root, whatever answers a sound claim, and what would be paid before a sound claim;
        nothing else.
        """
        if claim.id in self.sound:
            return False
        if claim.is_root:
            return True
        return self.answers_sound(claim) or self.outranks_sound(claim)

    def answers_sound(self, claim: ClaimView) -> bool:
        """An uncountered answer to a sound claim, true or poisoned, would take that claim's bond and its effect."""
        return self.view.parent(claim).id in self.sound

    def outranks_sound(self, claim: ClaimView) -> bool:
        """A freeloader left of the sound answer, or beside it and earlier, would take the bond of the claim that both
        counter.

        One to the right of it, or beside it and later, gets nothing but its own bond back: it is left alone. So is
        one below a claim that has no sound answer and can get none: there the freeloader is the only one who counters
        it. And so is one on a path whose mover has used up most of the clock that an answer would go on with: what is
        to win there is a bond of the other side's, what is to lose one's own.
        """
        parent = self.view.parent(claim)
        if parent.number not in self.answers or self.time_left(claim) < self.patience:
            return False
        side, sound = self.answers[parent.number]
        if sound is None and not self.view.running(parent):
            return False
        if claim.side is not side:
            return claim.side is Side.ATTACK
        return sound is None or claim.number < sound.number

    def time_left(self, claim: ClaimView) -> int:
        """Seconds of clock that an answer to the claim had when the claim was made: fixed then, so that the judgement
        never changes.
        """
        return self.view.rules.max_clock - self.view.parent(claim).elapsed

    # -- rules: how and when to counter

    def moves(self) -> Iterator[Move]:
        """Give the right answer to each claim that must be countered, unless it is there (whoever gave it) or its
        clock has run out.

        At once: waiting wins nothing, and what was used of the clock is missing later on the path.
        """
        for claim in self.disputed:
            side, found = self.answers[claim.number]
            if found is None and not self.view.is_leaf(claim) and self.view.running(claim):
                value = self.trace.hash_at(self.view.answer_state(claim, side))
                yield answer_to(self.view, claim, side, value)

    def steps(self) -> Iterator[Step]:
        """Prove the step that counters a leaf, once: into a false state, or out of a true one."""
        for claim in self.disputed:
            if self.view.is_leaf(claim) and claim.stepper is None and self.view.running(claim):
                side, _ = self.answers[claim.number]
                index = step_range(self.view, claim, side)
                try:
                    witness = self.trace.witness(index)
                except CannotProve:
                    continue
                yield Step(self.view.address, claim.id, side, index, witness)


def resolutions(view: GameView) -> Iterator[Resolve]:
    """Decide the root as soon as that can be, with as few claims as it takes; settle every bond once every clock has
    run out. Pages of children come before parents.

    In between the game is played on for the bonds. To settle, the root comes alone: while its own clock runs, anybody
    can hold its bond up with one more attack, but nothing else.
    """
    if view.now >= view.ends:
        waiting = [claim.id for claim in reversed(view.claims[1:]) if not claim.settled]
        yield from _pages(view, waiting)
        if not view.root.settled:
            yield Resolve(view.address, (view.root.id,))
    elif view.outcome is Outcome.UNDECIDED:
        yield from _pages(view, view.deciding_claims())


def _pages(view: GameView, claims: Sequence[ClaimId]) -> Iterator[Resolve]:
    for start in range(0, len(claims), RESOLVE_PAGE):
        yield Resolve(view.address, tuple(claims[start : start + RESOLVE_PAGE]))


def refunds(view: GameView, account: str) -> Iterator[Refund]:
    """Take one's own bonds back from a void game."""
    mine = [
        claim.id
        for claim in view.claims[1:]
        if claim.claimant == account and not claim.settled and claim.number not in view.refunded
    ]
    for start in range(0, len(mine), RESOLVE_PAGE):
        yield Refund(view.address, tuple(mine[start : start + RESOLVE_PAGE]))


def withdrawals(view: GameView, account: str) -> Iterator[Withdraw]:
    """Take what is due, once, when the game is over: before, more may be coming."""
    if view.credits.get(account, 0) > 0:
        yield Withdraw(view.address)


def play(view: GameView, trace: Trace, account: str, patience: int | None = None) -> list[Action]:
    """All that is to be done in a game at this moment; empty when there is nothing to do but wait, or nothing ever."""
    if view.over:
        back: list[Action] = list(refunds(view, account)) if view.outcome is Outcome.VOID else []
        return back or list(withdrawals(view, account))
    if view.orphaned and view.outcome is Outcome.UNDECIDED:
        return [Void(view.address)]
    ready: list[Action] = list(resolutions(view))
    if ready:
        return ready
    reading = Reading(view, trace, patience)
    return [*islice(reading.moves(), MOVES_AT_ONCE), *reading.steps()]
