"""The rules by which a player that knows the trace wins a dispute game: one function per rule, each with its reason.

All rules are pure. The view and the trace decide, and it never matters who made a move. So several honest players make
the same moves, and a second one finds them made. A restart from L1 loses nothing.

Terms: a claim is *true* if its value is the trace's at its place. A claim is *sound* if these rules play it: the true
root, and every answer given below. Anyone may be the mover of a sound claim.

Why this wins: take a claim that must be countered. The nearest claim to its left is true, or it is the prestate. The
nearest claim to its right is false if the claim's own side made it, and true if the other side did. The right answer
preserves this. So a leaf that must be countered always has a step that counters it, and a sound leaf never has one.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from heapq import heappop, heappush
from itertools import islice
from typing import Protocol

from harness.dispute.actions import Action, Move, Refund, Resolve, Step, Void, Withdraw
from harness.dispute.positions import Side
from harness.dispute.trace import CannotProve, Trace, made
from harness.dispute.view import ClaimId, ClaimView, GameView, Outcome, step_range

MOVES_AT_ONCE = 100
"""The most moves decided on one view. Each names the L1 block of that view, and L1 knows only the last 256."""

RESOLVE_PAGE = 100
"""Claims to resolve in one transaction. At 120,000 gas each, they stay below the cap of 2**24."""


def is_true(view: GameView, claim: ClaimView, trace: Trace) -> bool:
    """Return whether a claim's value is the trace's."""
    return trace.hash_at(view.state(claim)) == claim.value


def right_side(view: GameView, claim: ClaimView, trace: Trace) -> Side:
    """Return ATTACK for a false claim: the first departure from the trace is to its left. Return DEFEND for a true one:
    what its mover denies is to its right.
    """
    return Side.DEFEND if is_true(view, claim, trace) else Side.ATTACK


def answer_to(view: GameView, claim: ClaimView, side: Side, value: bytes) -> Move:
    """Return the move that makes this answer to a claim."""
    return Move(view.address, view.assertion, claim.id, side, value, view.bond(claim), view.seen)


class Choice(Hashable, Protocol):
    """Picks the claims that a player moves against, if it leaves others to somebody else. A pure value."""

    def __call__(self, judgement: Judgement, claim: ClaimView) -> bool:
        """Return whether to answer a claim that must be countered."""


class Judgement:
    """The solver's judgement of a game: which claims are sound, and which must be countered, with the right answer to
    each.

    It goes through claims in order of creation, so it judges a parent before its children. ``patience`` is the number
    of seconds that the player may be away without losing a bond. It is half the clock by default. ``choice`` picks the
    claims to move against; None picks all. A judgement goes on from view to view of one lineage, and then equals the
    judgement of the last view alone.
    """

    def __init__(self, view: GameView, trace: Trace, patience: int | None = None, choice: Choice | None = None) -> None:
        self.view = view
        self.trace = trace
        self.choice = choice
        self.patience = view.rules.max_clock // 2 if patience is None else patience
        self.sound: set[ClaimId] = set()
        self.answers: dict[int, tuple[Side, ClaimView | None]] = {}
        self.judged = 0
        """How many claims were judged so far, each once."""
        self._values: dict[int, bytes] = {}
        self._awaited: dict[ClaimId, int] = {}
        self._unproven: dict[int, Side] = {}
        self._hopes: list[tuple[int, int]] = []
        if is_true(view, view.root, trace):
            self.sound.add(view.root.id)
        self._judge()

    @classmethod
    def of(cls, view: GameView, trace: Trace, patience: int | None = None, choice: Choice | None = None) -> Judgement:
        """Return the judgement of a view. It goes on where that of an earlier view of the lineage stopped."""
        if view.lineage is None:
            return cls(view, trace, patience, choice)
        trace = made(trace)
        key = (id(trace), patience, choice)
        found: Judgement | None = view.lineage.recall(key)
        if found is None or view.now < found.view.now or len(view.claims) < found.judged:
            found = cls(view, trace, patience, choice)
            view.lineage.keep(key, found)
        elif view is not found.view:
            found._go_on(view)
        return found

    @property
    def disputed(self) -> list[ClaimView]:
        """The claims that must be countered, in order of creation."""
        return [self.view.claims[number] for number in self.answers]

    def _go_on(self, view: GameView) -> None:
        """Continue with a later view of the same lineage."""
        self.view = view
        for claim in view.claims[self.judged :]:
            number = self._awaited.pop(claim.id, None)
            if number in self.answers:
                self._note_answer(number, claim)
        while self._hopes and self._hopes[0][0] <= view.now:
            number = heappop(self._hopes)[1]
            if number in self.answers and self.answers[number][1] is None:
                self._let_go(number)
        self._judge()

    def _judge(self) -> None:
        """Judge the claims that are new since the last view."""
        new = self.view.claims[self.judged :]
        self.judged = len(self.view.claims)
        for claim in new:
            if self.must_counter(claim):
                self._find_answer(claim)

    def _find_answer(self, claim: ClaimView) -> None:
        """Determine the right answer to a claim, and note it if somebody has made it."""
        view, number = self.view, claim.number
        side = right_side(view, claim, self.trace)
        self.answers[number] = side, None
        if view.is_leaf(claim):
            self._unproven[number] = side
            return
        value = self.trace.hash_at(view.answer_state(claim, side))
        if self.choice is None or self.choice(self, claim):
            self._values[number] = value
        identity = view.answer_id(claim, side, value)
        found = view.find(identity)
        if found is None:
            self._awaited[identity] = number
        else:
            self._note_answer(number, found)

    def _note_answer(self, number: int, found: ClaimView) -> None:
        """Note that a right answer was made, so it is sound."""
        self.sound.add(found.id)
        self.answers[number] = self.answers[number][0], found
        self._values.pop(number, None)

    def _let_go(self, number: int) -> None:
        """Drop every judgement below a claim whose clock has run out without the sound answer."""
        waiting = list(self.view.below(number))
        while waiting:
            number = waiting.pop()
            self.sound.discard(self.view.claims[number].id)
            for table in (self.answers, self._values, self._unproven):
                table.pop(number, None)
            waiting += self.view.below(number)

    # -- rules: which claims to counter

    def must_counter(self, claim: ClaimView) -> bool:
        """Counter the false root, every answer to a sound claim, and every claim that would be paid before a sound one.
        Counter nothing else.
        """
        if claim.id in self.sound:
            return False
        if claim.is_root:
            return True
        return self.answers_sound(claim) or self.outranks_sound(claim)

    def answers_sound(self, claim: ClaimView) -> bool:
        """Counter each answer to a sound claim, even a true one. If it stood, it would counter that claim and take its
        bond.
        """
        return self.view.parent(claim).id in self.sound

    def outranks_sound(self, claim: ClaimView) -> bool:
        """Counter a freeloader left of the sound answer, or beside it and earlier: it would take the bond of the claim
        that both counter.

        Leave a freeloader alone in three cases. It is to the right of the sound answer, or beside it and later: then it
        only gets its own bond back. It answers a claim that has no sound answer and can get none: then only the
        freeloader counters that claim. Or the answering side has used most of its clock on that path: the player would
        risk its own bond to win one of the other side's.
        """
        parent = self.view.parent(claim)
        if parent.number not in self.answers or self.time_left(claim) < self.patience:
            return False
        side, sound = self.answers[parent.number]
        if sound is None:
            if not self.view.running(parent):
                return False
            heappush(self._hopes, (self.view.deadline(parent), parent.number))
        if claim.side is not side:
            return claim.side is Side.ATTACK
        return sound is None or claim.number < sound.number

    def time_left(self, claim: ClaimView) -> int:
        """Return the seconds that an answer to the claim had left when the claim was made.

        This never changes, so the judgement does not either.
        """
        return self.view.rules.max_clock - self.view.parent(claim).elapsed

    # -- rules: how and when to counter

    def moves(self) -> Iterator[Move]:
        """Yield the right answer to each claim that must be countered, unless somebody has made it or the clock has run
        out.

        The player answers at once. Waiting wins nothing, and it uses clock that is missing later on the path.
        """
        for number, value in tuple(self._values.items()):
            claim = self.view.claims[number]
            if self.view.running(claim):
                yield answer_to(self.view, claim, self.answers[number][0], value)
            else:
                del self._values[number]

    def steps(self) -> Iterator[Step]:
        """Yield the step that counters a leaf, once: the step into a false state, or out of a true one."""
        for number, side in tuple(self._unproven.items()):
            claim = self.view.claims[number]
            if claim.stepper is not None or not self.view.running(claim):
                del self._unproven[number]
                continue
            index = step_range(self.view, claim, side)
            try:
                witness = self.trace.witness(index)
            except CannotProve:
                continue
            yield Step(self.view.address, claim.id, side, index, witness)


def resolutions(view: GameView) -> Iterator[Resolve]:
    """Yield the resolutions that decide the root as soon as possible, with the fewest claims. Once every clock has run
    out, yield those that settle every bond. Children come before their parents.

    Between the two, the game is played on for the bonds. The root is settled in a transaction of its own. While its
    clock runs, anybody can delay its bond by one more attack, and must not delay the other claims by that.
    """
    if view.now >= view.ends:
        waiting = [claim.id for claim in reversed(view.claims[1:]) if not claim.settled]
        yield from _pages(view, waiting)
        if not view.root.settled:
            yield Resolve(view.address, (view.root.id,))
    elif view.outcome is Outcome.UNDECIDED:
        yield from _pages(view, view.deciding_claims)


def _pages(view: GameView, claims: Sequence[ClaimId]) -> Iterator[Resolve]:
    for start in range(0, len(claims), RESOLVE_PAGE):
        yield Resolve(view.address, tuple(claims[start : start + RESOLVE_PAGE]))


def refunds(view: GameView, account: str) -> Iterator[Refund]:
    """Yield the refunds of the account's bonds in a void game."""
    mine = [
        claim.id
        for claim in view.claims[1:]
        if claim.claimant == account and not claim.settled and claim.number not in view.refunded
    ]
    for start in range(0, len(mine), RESOLVE_PAGE):
        yield Refund(view.address, tuple(mine[start : start + RESOLVE_PAGE]))


def withdrawals(view: GameView, account: str) -> Iterator[Withdraw]:
    """Yield the withdrawal of the account's credit. It waits until the game is over, since more may come before."""
    if view.credits.get(account, 0) > 0:
        yield Withdraw(view.address)


def is_over_for(view: GameView, account: str) -> bool:
    """Return whether an account has nothing left to do in a game, whatever anybody else does."""
    due = view.credits.get(account, 0) > 0 or (view.outcome is Outcome.VOID and any(refunds(view, account)))
    return view.over and not due


def play(
    view: GameView,
    trace: Trace,
    account: str,
    patience: int | None = None,
    choice: Choice | None = None,
) -> list[Action]:
    """Return all actions to take in a game now. Empty if the player must wait, or if there is nothing left to do.

    ``patience`` and ``choice`` are those of a `Judgement`.
    """
    if view.over:
        back: list[Action] = list(refunds(view, account)) if view.outcome is Outcome.VOID else []
        return back or list(withdrawals(view, account))
    if view.orphaned and view.outcome is Outcome.UNDECIDED:
        return [Void(view.address)]
    ready: list[Action] = list(resolutions(view))
    if ready:
        return ready
    judgement = Judgement.of(view, trace, patience, choice)
    return [*islice(judgement.moves(), MOVES_AT_ONCE), *judgement.steps()]
