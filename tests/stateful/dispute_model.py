"""The rules of a dispute game in plain Python, written from ``contracts/SPEC.md`` and nothing else of this project.

Every operation either changes the game or raises `Refused` with the error and the evidence that the contract must give.
A refused operation may leave the object half changed: try it on a copy. Times are seconds, amounts wei.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from harness.primitives.hashing import Tag, keccak256, tagged_hash, word

STEP_GAS, MOVE_GAS, RESOLVE_GAS = 1 << 24, 250_000, 120_000
BOND, SHARE, WHOLE = 2 * 10**18, 2_500, 10_000
"""The assertion's bond, and the part of a countered one that is burnt."""
NOBODY = "0x" + "00" * 20


class Side(IntEnum):
    NONE = 0
    ATTACK = 1
    DEFEND = 2


class Outcome(IntEnum):
    UNDECIDED = 0
    UPHELD = 1
    REJECTED = 2
    VOID = 3


class Refused(Exception):
    """What the contract must revert with: the error's name and its fields."""

    def __init__(self, name: str, **fields: Any) -> None:
        super().__init__(f"{name}({', '.join(f'{key}={value}' for key, value in fields.items())})")
        self.name = name
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Rules:
    depth: int
    clock: int
    extension: int
    step_extension: int
    price: int

    def words(self) -> tuple[int, int, int, int, int]:
        return self.depth, self.clock, self.extension, self.step_extension, self.price

    def bonds(self) -> list[int]:
        """b(0) to b(depth), from the least b(0) that reaches both a step at the bottom and a move at the top: what is
        left of either pays for it.
        """
        low, high = self._leaving(MOVE_GAS + RESOLVE_GAS), self._leaving(STEP_GAS + RESOLVE_GAS)
        bottom = high
        while low < high:
            middle = (low + high) // 2
            if self._grown(middle)[-1] >= bottom:
                high = middle
            else:
                low = middle + 1
        return self._grown(low)

    def _leaving(self, gas: int) -> int:
        """The least bond that leaves the price of this gas when its share is burnt."""
        bond = gas * self.price * WHOLE // (WHOLE - SHARE)
        return bond if bond * (WHOLE - SHARE) >= gas * self.price * WHOLE else bond + 1

    def _grown(self, bond: int) -> list[int]:
        bonds = [bond]
        for _ in range(self.depth):
            bonds.append(bonds[-1] + bonds[-1] // 10)
        return bonds


@dataclass(frozen=True, slots=True)
class Subject:
    """What a game is about; ``until`` is the end of the assertion's challenge period."""

    game: str
    assertion: bytes
    prestate: bytes
    root: bytes
    end: int
    proposer: str
    until: int


@dataclass(slots=True)
class Claim:
    """A claim, with its answers in the order in which they were made.

    ``left`` is the number of states left of its own on its level: its index.
    """

    id: bytes
    parent: Claim | None
    side: Side
    value: bytes
    claimant: str
    bond: int
    depth: int
    left: int
    time: int
    elapsed: int
    answers: list[Claim] = field(default_factory=list)
    waiting: int = 0
    resolved: bool = False
    paid: bool = False
    refunded: bool = False
    stepped: tuple[str, Side] | None = None

    def above(self) -> Iterator[Claim]:
        """The claims that led here, nearest first."""
        if self.parent is not None:
            yield self.parent
            yield from self.parent.above()

    def state(self, bottom: int) -> int:
        """Number of steps after which the claimed machine stands."""
        return (self.left + 1) * (1 << (bottom - self.depth))

    @property
    def settled(self) -> bool:
        """Whether its bond has been credited to somebody."""
        return self.paid or self.refunded

    @property
    def number(self) -> int:
        """How many answers its parent had before it."""
        return 0 if self.parent is None else [answer.id for answer in self.parent.answers].index(self.id)

    @property
    def countering(self) -> Claim | None:
        """The answer that is paid of those that stand: an attack before a defence, then the earlier one."""
        sound = [answer for answer in self.answers if answer.resolved and answer.counter == NOBODY]
        return min(sound, key=lambda answer: (answer.side is Side.DEFEND, answer.number), default=None)

    @property
    def counter(self) -> str:
        if self.stepped is not None:
            return self.stepped[0]
        best = self.countering
        return NOBODY if best is None else best.claimant

    def shown(self) -> dict[str, Any]:
        """The fields that `claim(id)` returns."""
        best = self.countering
        found = (0, Side.NONE) if best is None else (best.number, best.side)
        number, side = found if self.stepped is None else (0, self.stepped[1])
        return {
            "value": self.value,
            "claimant": self.claimant,
            "bond": self.bond,
            "parent": bytes(32) if self.parent is None else self.parent.id,
            "position": (1 << self.depth) + self.left,
            "time": self.time,
            "elapsed": self.elapsed,
            "number": self.number,
            "children": len(self.answers),
            "openChildren": self.waiting,
            "side": self.side,
            "resolved": self.resolved,
            "settled": self.settled,
            "counter": self.counter,
            "counterNumber": number,
            "counterSide": side,
        }


@dataclass(slots=True)
class Game:
    """One game from its opening to its last payout."""

    rules: Rules
    subject: Subject
    bonds: list[int]
    claims: dict[bytes, Claim] = field(default_factory=dict)
    credit: dict[str, int] = field(default_factory=dict)
    burnt: int = 0
    outcome: Outcome = Outcome.UNDECIDED
    orphaned: bool = False

    @property
    def over(self) -> bool:
        """Whether nothing is left to play for."""
        return self.outcome is Outcome.VOID or all(claim.settled for claim in self.claims.values())

    @property
    def root(self) -> Claim:
        return next(iter(self.claims.values()))

    @property
    def winner(self) -> str:
        return self.root.counter if self.outcome is Outcome.REJECTED and self.root.paid else NOBODY

    @property
    def held(self) -> int:
        """Wei that the contract must hold."""
        bonds = sum(claim.bond for claim in self.claims.values() if not claim.settled)
        return bonds + sum(self.credit.values()) + self.burnt

    def id_of(self, parent: bytes, side: Side, value: bytes) -> bytes:
        return tagged_hash(Tag.CLAIM, bytes.fromhex(self.subject.game[2:]), parent, int(side), value)

    def used(self, claim: Claim, now: int) -> int:
        """Seconds that those who could answer a claim have used on its path."""
        before = 0 if claim.parent is None else claim.parent.elapsed
        return min(before + max(0, now - claim.time), self.rules.clock)

    def deadline(self, claim: Claim) -> int:
        """First second at which a claim cannot be answered, and can be resolved."""
        return claim.time + self.rules.clock - (0 if claim.parent is None else claim.parent.elapsed)

    # -- guards

    def _playing(self) -> None:
        if self.outcome is Outcome.VOID:
            raise Refused("GameOver", actual=self.outcome, expected=Outcome.UNDECIDED)

    def _claim(self, id: bytes) -> Claim:
        if id not in self.claims:
            raise Refused("MissingClaim", id=id)
        return self.claims[id]

    def _running(self, claim: Claim, now: int) -> int:
        used = self.used(claim, now)
        if used >= self.rules.clock:
            raise Refused("ClockExpired", elapsed=used, maxClock=self.rules.clock)
        return used

    # -- moves

    def open(self, now: int, opener: str, value: bytes) -> None:
        subject = self.subject
        id = self.id_of(bytes(32), Side.NONE, subject.root)
        start = max(now, subject.until + 1 - self.rules.clock)  # The root can be answered while the period lasts.
        self.claims[id] = Claim(id, None, Side.NONE, subject.root, subject.proposer, 0, 0, 0, start, 0)
        self.move(now, opener, id, Side.ATTACK, value, BOND)

    def move(self, now: int, mover: str, parent_id: bytes, side: Side, value: bytes, sent: int) -> None:
        self._playing()
        parent = self._claim(parent_id)
        if parent.parent is None and side is Side.DEFEND:
            raise Refused("RootCannotBeDefended")
        depth = parent.depth + 1
        if depth > self.rules.depth:
            raise Refused("TooDeep", depth=depth, maxDepth=self.rules.depth)
        due = self.bonds[depth] if parent.parent is not None or parent.answers else BOND
        if sent != due:
            raise Refused("WrongBond", actual=sent, expected=due)
        used = self._running(parent, now)
        if parent.settled:
            raise Refused("AlreadyResolved", id=parent_id)
        id = self.id_of(parent_id, side, value)
        if id in self.claims:
            raise Refused("DuplicateClaim", id=id)
        kept = self.rules.step_extension if depth == self.rules.depth - 1 else self.rules.extension
        used = min(used, self.rules.clock - kept)
        left = 2 * parent.left + (2 if side is Side.DEFEND else 0)
        made = Claim(id, parent, side, value, mover, sent, depth, left, now, used)
        parent.answers.append(made)
        parent.waiting += 1
        self.claims[id] = made

    def bypass(self, caller: str, factory: str) -> None:
        """Move or open in the game itself: for the factory only."""
        raise Refused("OnlyFactory", actual=caller, expected=factory)

    def step(self, now: int, stepper: str, id: bytes, side: Side, witness: int) -> None:
        self._playing()
        claim = self._claim(id)
        bottom = self.rules.depth
        if claim.depth != bottom:
            raise Refused("TooShallow", depth=claim.depth, maxDepth=bottom)
        if side is Side.NONE:
            raise Refused("NoSide")
        if claim.stepped is not None:
            raise Refused("AlreadyStepped", id=id, stepper=claim.stepped[0])
        self._running(claim, now)
        index, before, after = self.disputed(claim, side)
        result = prove(before, index, self.subject.end, witness)
        own = (claim.depth - after.depth) % 2 == 0
        if own == (result == after.value):
            raise Refused("StepCountersNothing", actual=result, claimed=after.value)
        claim.stepped = (stepper, side)

    def disputed(self, claim: Claim, side: Side) -> tuple[int, bytes, Claim]:
        """The step that an attack or a defence of a claim at the bottom proves: its index, the state before it, and the
        claim about the state after it.
        """
        state = claim.state(self.rules.depth)
        if side is Side.DEFEND:
            return state, claim.value, self._about(claim, state + 1)
        before = self.subject.prestate if state == 1 else self._about(claim, state - 1).value
        return state - 1, before, claim

    def _about(self, claim: Claim, state: int) -> Claim:
        return next(each for each in claim.above() if each.state(self.rules.depth) == state)

    # -- ends

    def resolve(self, now: int, ids: Sequence[bytes]) -> None:
        self._playing()
        done = 0
        for id in ids:
            claim = self._claim(id)
            if not claim.resolved:
                self._resolve(now, claim)
                done += 1
            if not claim.settled and self._final(now, claim):
                self._settle(claim)
                done += 1
        if ids and not done:
            claim = self._claim(ids[0])
            if not claim.settled:
                self._due(now, claim)
            raise Refused("AlreadyResolved", id=ids[0])

    def _resolve(self, now: int, claim: Claim) -> None:
        """A claim with an answer that stands is countered, at once; one without stands when no answer can come."""
        if claim.counter == NOBODY:
            self._due(now, claim)
        if claim.parent is None and self.orphaned:
            raise Refused("ParentRejected", assertionId=self.subject.assertion)
        claim.resolved = True
        if claim.parent is None:
            self.outcome = Outcome.UPHELD if claim.counter == NOBODY else Outcome.REJECTED
        else:
            claim.parent.waiting -= 1

    def _due(self, now: int, claim: Claim) -> None:
        used = self.used(claim, now)
        if used < self.rules.clock:
            raise Refused("ClockRunning", elapsed=used, maxClock=self.rules.clock)
        if claim.waiting:
            raise Refused("OpenChildren", id=claim.id, actual=claim.waiting, expected=0)

    def _final(self, now: int, claim: Claim) -> bool:
        """Whether it is known who gets the bond, whatever anybody still does."""
        fallen = claim.parent is None and claim.counter != NOBODY
        return not claim.waiting and (fallen or self.used(claim, now) == self.rules.clock)

    def _settle(self, claim: Claim) -> None:
        claim.paid = True
        if claim.counter == NOBODY:
            return self._pay(claim.claimant, claim.bond)
        burnt = claim.bond * SHARE // WHOLE
        self.burnt += burnt
        self._pay(claim.counter, claim.bond - burnt)

    def void(self) -> None:
        if self.outcome is not Outcome.UNDECIDED:
            raise Refused("GameOver", actual=self.outcome, expected=Outcome.UNDECIDED)
        if not self.orphaned:
            raise Refused("ParentNotRejected", assertionId=self.subject.assertion)
        self.outcome = Outcome.VOID

    def refund(self, ids: Sequence[bytes]) -> None:
        if self.outcome is not Outcome.VOID:
            raise Refused("GameOver", actual=self.outcome, expected=Outcome.VOID)
        done = 0
        for id in ids:
            claim = self._claim(id)
            if not claim.settled:
                claim.refunded = True
                self._pay(claim.claimant, claim.bond)
                done += 1
        if ids and not done:
            raise Refused("AlreadyResolved", id=ids[0])

    def _pay(self, account: str, wei: int) -> None:
        self.credit[account] = self.credit.get(account, 0) + wei

    def withdraw(self, account: str, to: str, payable: bool) -> None:
        amount = self.credit.get(account, 0)
        if not amount:
            raise Refused("NothingToWithdraw", account=account)
        if not payable:
            raise Refused("PayoutFailed", to=to, amount=amount)
        self.credit[account] = 0


def counted(number: int) -> bytes:
    """The hash of the counting machine at a number."""
    return keccak256(word(number))


def prove(before: bytes, index: int, end: int, witness: int) -> bytes:
    """The counting machine after one step, as its prover computes it from the number that it is shown."""
    if counted(witness) != before:
        raise Refused("WrongPrestate", actual=counted(witness), expected=before)
    return counted(witness + index + end + 1)
