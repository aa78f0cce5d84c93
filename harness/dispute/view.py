"""A dispute game as an agent sees it: plain values of one moment. An agent decides by them alone."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import Any, NewType

from harness.dispute.positions import Position, Side, answer, depth, state
from harness.primitives.hashing import Tag, tagged_hash
from harness.rollup.config import GameRules

ClaimId = NewType("ClaimId", bytes)

L1Block = tuple[int, bytes]
"""Number and hash of an L1 block that a decision depends on."""

NOWHERE: L1Block = (-1, b"")


class Outcome(IntEnum):
    """The outcome of a game."""

    UNDECIDED = 0
    UPHELD = 1
    REJECTED = 2
    VOID = 3


@dataclass(frozen=True, slots=True)
class ClaimView:
    """One claim.

    ``number`` counts claims by creation; ``parent`` is the parent's number, and the root's is its own, 0. ``time`` is
    the second at which the claim was made, or at which the root's clock starts; that may be later than now. ``elapsed``
    is the time in seconds that the claim's own side had used. ``stepper`` has proved the step ``step_index`` against
    the claim. ``resolved`` says that its outcome is decided, and ``counter`` is who has countered it; None if it
    stands. ``settled`` says that its bond was credited, the rest of a countered one to ``counter``.
    """

    number: int
    id: ClaimId
    parent: int
    side: Side
    position: Position
    value: bytes
    claimant: str
    bond: int
    time: int
    elapsed: int
    stepper: str | None = None
    step_index: int | None = None
    resolved: bool = False
    settled: bool = False
    counter: str | None = None

    @property
    def depth(self) -> int:
        return depth(self.position)

    @property
    def is_root(self) -> bool:
        return self.number == 0


def claim_id(game: str, parent: ClaimId, side: Side, value: bytes) -> ClaimId:
    """Return H(CLAIM, game, parent, side, value). It does not depend on the mover."""
    return ClaimId(tagged_hash(Tag.CLAIM, bytes.fromhex(game.removeprefix("0x")), parent, int(side), value))


class Lineage:
    """Results that successive views of one game share. Each view only adds claims and outcomes to the one before.

    It keeps the latest ``limit`` results. After a reorg, the reader begins a new lineage.
    """

    def __init__(self, limit: int = 1_024) -> None:
        self._limit = limit
        self._known: OrderedDict[Hashable, Any] = OrderedDict()

    def recall(self, key: Hashable) -> Any:
        """Return the result under a key; None if there is none."""
        if key in self._known:
            self._known.move_to_end(key)
        return self._known.get(key)

    def keep(self, key: Hashable, found: object) -> None:
        """Remember a result."""
        self._known[key] = found
        self._known.move_to_end(key)
        if len(self._known) > self._limit:
            self._known.popitem(last=False)


@dataclass(frozen=True)
class GameView:
    """A game at time ``now``, the second at which a transaction sent now would be mined.

    ``orphaned`` says that the parent assertion is rejected. ``refunded`` holds numbers of claims. ``credits`` holds the
    wei that each account may withdraw, and ``burnt`` is the sum of burnt wei. ``seen`` is the L1 block that the view
    depends on. ``bonds`` holds the bond of each depth, in wei; the attack that opened the game had another one.
    ``lineage`` is None for a view that no other one follows. Players share a view, so what follows from all claims is
    computed once.
    """

    address: str
    assertion: bytes
    prestate: bytes
    root_value: bytes
    end_batch: int
    rules: GameRules
    bonds: tuple[int, ...]
    claims: tuple[ClaimView, ...]
    outcome: Outcome
    now: int
    orphaned: bool = False
    refunded: frozenset[int] = frozenset()
    credits: Mapping[str, int] = field(default_factory=dict)
    burnt: int = 0
    seen: L1Block = NOWHERE
    lineage: Lineage | None = field(default=None, repr=False, compare=False)
    _children: tuple[tuple[int, ...], ...] = field(init=False, repr=False, compare=False)
    _numbers: dict[ClaimId, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        children: list[list[int]] = [[] for _ in self.claims]
        for claim in self.claims[1:]:
            children[claim.parent].append(claim.number)
        object.__setattr__(self, "_children", tuple(map(tuple, children)))
        object.__setattr__(self, "_numbers", {claim.id: claim.number for claim in self.claims})

    @property
    def root(self) -> ClaimView:
        return self.claims[0]

    @property
    def proposer(self) -> str:
        """The address that asserted the root."""
        return self.root.claimant

    def find(self, identity: ClaimId) -> ClaimView | None:
        number = self._numbers.get(identity)
        return None if number is None else self.claims[number]

    def children(self, claim: ClaimView) -> Iterator[ClaimView]:
        """Return the answers to a claim, in order of creation."""
        return (self.claims[number] for number in self._children[claim.number])

    def below(self, number: int) -> tuple[int, ...]:
        """Return the numbers of the answers to claim ``number``, in order of creation."""
        return self._children[number]

    def parent(self, claim: ClaimView) -> ClaimView:
        return self.claims[claim.parent]

    def ancestors(self, claim: ClaimView) -> Iterator[ClaimView]:
        """Yield the claims above this one, the nearest first, the root last."""
        while not claim.is_root:
            claim = self.parent(claim)
            yield claim

    def is_leaf(self, claim: ClaimView) -> bool:
        """Return whether a claim is at the lowest depth, where a step answers it."""
        return claim.depth == self.rules.max_depth

    def state(self, claim: ClaimView) -> int:
        """Return the number of steps after which the claimed machine is reached."""
        return state(claim.position, self.rules.max_depth)

    def answer_state(self, claim: ClaimView, side: Side) -> int:
        """Return the number of steps after which the machine of an answer to the claim is reached."""
        return state(answer(claim.position, side), self.rules.max_depth)

    def answer_id(self, claim: ClaimView, side: Side, value: bytes) -> ClaimId:
        return claim_id(self.address, claim.id, side, value)

    def bond(self, claim: ClaimView) -> int:
        """Return the bond of an answer to the claim, in wei."""
        return self.bonds[claim.depth + 1]

    def used(self, claim: ClaimView) -> int:
        """Return the seconds that those who could answer the claim have used on its path."""
        before = 0 if claim.is_root else self.parent(claim).elapsed
        return min(before + max(0, self.now - claim.time), self.rules.max_clock)

    def deadline(self, claim: ClaimView) -> int:
        """Return the first second at which the claim takes no answer, and may be resolved."""
        before = 0 if claim.is_root else self.parent(claim).elapsed
        return claim.time + self.rules.max_clock - before

    def running(self, claim: ClaimView) -> bool:
        """Return whether the claim still takes answers."""
        return self.now < self.deadline(claim)

    @property
    def locked(self) -> int:
        """Wei that the game must hold: bonds that are not credited, credits that are not withdrawn, and burnt wei."""
        bonds = sum(claim.bond for claim in self.claims if not claim.settled and claim.number not in self.refunded)
        return bonds + sum(self.credits.values()) + self.burnt

    @cached_property
    def over(self) -> bool:
        """Whether nothing is left to play for: the game is void, or it is decided and every bond is settled."""
        if self.outcome in (Outcome.UNDECIDED, Outcome.VOID):
            return self.outcome is Outcome.VOID
        return all(claim.settled for claim in self.claims)

    def stands(self, claim: ClaimView) -> bool:
        """Return whether a claim stands if nobody answers anything from now on."""
        return self._outcomes_if_unanswered(claim.number)[claim.number][0]

    def is_lost(self, claim: ClaimView) -> bool:
        """Return whether a claim is countered, whatever anybody still does."""
        return claim.number in self._decided[0]

    def _outcomes_if_unanswered(self, first: int = 0) -> dict[int, tuple[bool, int]]:
        """Return whether each claim from ``first`` on stands if nobody answers more, and when that is decided."""
        outcomes: dict[int, tuple[bool, int]] = {}
        for claim in reversed(self.claims[first:]):
            below = [outcomes[child] for child in self._children[claim.number]]
            if claim.stepper is not None:
                outcomes[claim.number] = (False, 0)
            elif any(stands for stands, _ in below):
                outcomes[claim.number] = (False, min(time for stands, time in below if stands))
            else:
                outcomes[claim.number] = (True, max([self.deadline(claim), *(time for _, time in below)]))
        return outcomes

    @cached_property
    def _decided(self) -> tuple[set[int], set[int]]:
        """Return the claims that are countered and those that stand, whatever anybody still does."""
        lost: set[int] = set()
        safe: set[int] = set()
        for claim in reversed(self.claims):
            children = self._children[claim.number]
            if claim.stepper is not None or not safe.isdisjoint(children):
                lost.add(claim.number)
            elif not self.running(claim) and lost.issuperset(children):
                safe.add(claim.number)
        return lost, safe

    @cached_property
    def decided_at(self) -> int:
        """The first second at which the root may be resolved if nobody answers more."""
        return self._outcomes_if_unanswered()[0][1]

    @cached_property
    def deciding_claims(self) -> tuple[ClaimId, ...]:
        """Return the fewest claims whose resolution now decides the root, the root last; empty if it cannot be decided.

        One answer that stands counters a claim, whatever other answers are open. A claim stands only once all its
        answers are countered.
        """
        lost, safe = self._decided
        if 0 not in lost and 0 not in safe:
            return ()
        needed, waiting = set[int](), [0]
        while waiting:
            claim = self.claims[waiting.pop()]
            if claim.resolved:
                continue
            needed.add(claim.number)
            children = self._children[claim.number]
            if claim.number in safe:
                waiting += children
            elif claim.stepper is None:
                standing = [child for child in children if child in safe]
                waiting.append(min(standing, key=lambda child: (not self.claims[child].resolved, child)))
        return tuple(self.claims[number].id for number in sorted(needed, reverse=True))

    @cached_property
    def ends(self) -> int:
        """The first second at which every claim made so far may be resolved and settled.

        A root that falls need not wait for its own clock.
        """
        root = self.deadline(self.root)
        last = max((self.deadline(claim) for claim in self.claims[1:]), default=root)
        return last if last >= root or not self.stands(self.root) else root


def step_range(view: GameView, claim: ClaimView, side: Side) -> int:
    """Return the trace index of the step that an attack (into the leaf's state) or a defence (out of it) proves."""
    after = view.state(claim)
    return after - 1 if side is Side.ATTACK else after


def bond_total(claims: Sequence[ClaimView], account: str) -> int:
    """Return the wei that an account has bonded in these claims."""
    return sum(claim.bond for claim in claims if claim.claimant == account)
