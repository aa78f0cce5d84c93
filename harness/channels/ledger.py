"""What one party knows of one channel, folded from its journal: the same records give the same ledger."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from harness.channels.errors import ChannelOverdrawn, UnknownRecord
from harness.channels.journal import Record
from harness.channels.locks import locked_by, root_of
from harness.channels.types import OPENING, ChannelState, Funds, Lock, Side, SignedState, Withdrawal


class Move(StrEnum):
    """What a party may propose. Every move spends only its own money, or gives up its own claim."""

    PAY = "pay"
    ADD = "add"
    OPEN = "open"
    DROP = "drop"
    EXPIRE = "expire"


@dataclass(frozen=True, slots=True)
class Op:
    """A move on a lock, or a payment of ``amount``.

    ADD locks own money. OPEN pays an own lock whose preimage is known. EXPIRE takes an own lock back after its expiry.
    DROP gives up a lock of the other side.
    """

    move: Move
    amount: int = 0
    lock: Lock | None = None


@dataclass(slots=True)
class Intent:
    """An own operation that the other side has signed in no state yet.

    ``first`` is the version of our first proposal that holds it; None if there is none.
    """

    op: Op
    first: int | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What a state holds, without its version."""

    paid_a: int = 0
    paid_b: int = 0
    locks: tuple[Lock, ...] = ()

    @classmethod
    def of(cls, signed: SignedState) -> Content:
        return cls(signed.state.paid_a, signed.state.paid_b, signed.locks)

    def after(self, op: Op, side: Side) -> Content:
        """Return the content after an operation of ``side``. A lock that is already gone needs no removal."""
        if op.move is Move.PAY:
            return self._paying(side, op.amount)
        lock = op.lock
        assert lock is not None, f"{op.move} names no lock"
        if op.move is Move.ADD:
            return replace(self, locks=(*self.locks, lock))
        if lock not in self.locks:
            return self
        removed = replace(self, locks=tuple(other for other in self.locks if other != lock))
        return removed._paying(side, lock.amount) if op.move is Move.OPEN else removed

    def state(self, version: int, base: int) -> ChannelState:
        if not self.locks:
            return ChannelState(version, base, self.paid_a, self.paid_b)
        a, b = locked_by(self.locks, Side.A), locked_by(self.locks, Side.B)
        return ChannelState(version, base, self.paid_a, self.paid_b, a, b, root_of(self.locks))

    def _paying(self, side: Side, amount: int) -> Content:
        if side is Side.A:
            return Content(self.paid_a + amount, self.paid_b, self.locks)
        return Content(self.paid_a, self.paid_b + amount, self.locks)


@dataclass(slots=True)
class Ledger:
    """One side's knowledge.

    ``adopted`` is the newest state that the other side signed. ``signed`` are our own signatures, on which the other
    side may build. ``draft`` is ``adopted`` with our intents. ``revealed`` maps a hashlock to the time at which its
    preimage was published on chain. ``dropped`` are locks of the other side that we gave up. ``held`` are the locks of
    ``adopted``, ``drafted_locks`` those of ``draft``, and ``gone`` those that ``adopted`` once held.
    """

    side: Side
    funds: Funds = field(default_factory=Funds)
    adopted: SignedState = OPENING
    signed: dict[int, SignedState] = field(default_factory=lambda: {0: OPENING})
    newest: int = 0
    intents: list[Intent] = field(default_factory=list)
    draft: Content = field(default_factory=Content)
    revealed: dict[bytes, int] = field(default_factory=dict)
    dropped: set[Lock] = field(default_factory=set)
    gone: set[Lock] = field(default_factory=set)
    held: frozenset[Lock] = frozenset()
    drafted_locks: frozenset[Lock] = frozenset()
    promises: list[Withdrawal] = field(default_factory=list)
    frozen: str = ""
    frozen_until: int = 0

    @property
    def is_waiting(self) -> bool:
        """Whether the other side has not signed our newest proposal yet."""
        return self.newest > self.adopted.version

    def next_version(self) -> int:
        """Return the next version of our parity above everything signed so far."""
        highest = max(self.newest, self.adopted.version)
        return highest + 1 if (highest + 1) % 2 == (self.side is Side.A) else highest + 2

    @property
    def enforceable(self) -> tuple[SignedState, ...]:
        """The states that this side may have to post.

        They are the adopted state, and own proposals that the other side may still acknowledge.
        """
        return (self.adopted, *(kept for version, kept in self.signed.items() if version > self.adopted.version))

    def is_revealed(self, lock: Lock) -> bool:
        """Return whether the lock's preimage was published on chain in time. Then its payee gets the money."""
        revealed_at = self.revealed.get(lock.hashlock)
        return revealed_at is not None and revealed_at <= lock.expiry

    def is_over(self, lock: Lock, now: int) -> bool:
        """Return whether its payer may take the lock back."""
        return now > lock.expiry and not self.is_revealed(lock)

    def is_claim(self, lock: Lock) -> bool:
        """Return whether the lock is a promise to us: the other side signed it, and we did not give it up."""
        return lock.payer is not self.side and lock in self.held and lock not in self.dropped

    def drafted(self, ops: list[Op]) -> Content:
        content = self.draft
        for op in ops:
            content = content.after(op, self.side)
        return content

    def spendable(self, now: int, another: Withdrawal | None = None) -> Funds:
        """Return the channel's funds less the promised withdrawals that may still be executed, ``another`` included."""
        if not self.promises and another is None:
            return self.funds
        a, b = self.funds.withdrawn_a, self.funds.withdrawn_b
        for promise in (*self.promises, another) if another else self.promises:
            if promise.expiry >= now:
                a = max(a, promise.total) if promise.side is Side.A else a
                b = max(b, promise.total) if promise.side is Side.B else b
        return replace(self.funds, withdrawn_a=a, withdrawn_b=b)

    def check_covered(self, state: ChannelState, now: int, another: Withdrawal | None = None) -> None:
        """Raise ChannelOverdrawn for the first side that owes more than it has, with ``another`` withdrawal counted."""
        funds = self.spendable(now, another)
        free_a, free_b = funds.balances(state)
        if free_a < 0:
            raise ChannelOverdrawn("A", funds.held_a + state.paid_b - free_a, funds.held_a + state.paid_b)
        if free_b < 0:
            raise ChannelOverdrawn("B", funds.held_b + state.paid_a - free_b, funds.held_b + state.paid_a)

    # -- the fold

    def apply(self, record: Record) -> None:
        """Take in one record of the journal; raises UnknownRecord."""
        match record:
            case "funds", *fields:
                self._on_funds(*fields)
            case "propose", *fields:
                self._on_propose(*fields)
            case "adopt", *fields:
                self._on_adopt(*fields)
            case "abandon", *fields:
                self._on_abandon(*fields)
            case "countersign", *fields:
                self._on_countersign(*fields)
            case "ack", *fields:
                self._on_ack(*fields)
            case "revealed", *fields:
                self._on_revealed(*fields)
            case "promise", *fields:
                self._on_promise(*fields)
            case "freeze", *fields:
                self._on_freeze(*fields)
            case _:
                raise UnknownRecord(record)

    def _on_funds(self, held_a: int, held_b: int, withdrawn_a: int, withdrawn_b: int) -> None:
        self.funds = Funds(held_a, held_b, withdrawn_a, withdrawn_b)

    def _on_propose(self, version: int, base: int, ops: list[Record], signature: str) -> None:
        added = [decode_op(op) for op in ops]
        self._draw(self.drafted(added))
        self.intents += [Intent(op) for op in added]
        self.dropped |= {op.lock for op in added if op.move is Move.DROP and op.lock}
        # Intents without a proposal come last: those just added, or all of them after an adoption.
        for intent in reversed(self.intents):
            if intent.first is not None:
                break
            intent.first = version
        signed = SignedState(self.draft.state(version, base), self.draft.locks)
        self.signed[version] = signed.signed(self.side, bytes.fromhex(signature))
        self.newest = version

    def _on_adopt(self, state: Record, theirs: str, ours: str) -> None:
        proposed = decode_state(state)
        both = proposed.signed(self.side.other, bytes.fromhex(theirs)).signed(self.side, bytes.fromhex(ours))
        base = both.state.base
        self.intents = [Intent(i.op) for i in self.intents if i.first is None or i.first > base]
        # The other side builds only on states that we signed, and on none below its base.
        # Our proposals above its base crossed this one, so their intents are proposed again.
        self.signed = {
            v: kept
            for v, kept in self.signed.items()
            if v == base or (v > base and kept.signature(self.side) and kept.state.proposer is not self.side)
        }
        self.signed[both.version] = both
        self._move_to(both)
        self.newest = both.version
        self._redraft()

    def _on_abandon(self, numbers: list[int]) -> None:
        self.intents = [intent for number, intent in enumerate(self.intents) if number not in numbers]
        self._redraft()

    def _on_countersign(self, ours: str) -> None:
        self.adopted = self.signed[self.adopted.version] = self.adopted.signed(self.side, bytes.fromhex(ours))

    def _on_ack(self, version: int, theirs: str) -> None:
        self._move_to(self.signed[version].signed(self.side.other, bytes.fromhex(theirs)))
        self.signed = {kept: signed for kept, signed in self.signed.items() if kept >= version}
        self.signed[version] = self.adopted
        self.intents = [i for i in self.intents if i.first is None or i.first > version]

    def _on_revealed(self, hashlock: str, revealed_at: int = 0) -> None:
        self.revealed[bytes.fromhex(hashlock)] = revealed_at

    def _on_promise(self, side: int, total: int, expiry: int) -> None:
        self.promises.append(Withdrawal(Side(side), total, expiry))

    def _on_freeze(self, reason: str, until: int) -> None:
        self.frozen, self.frozen_until = reason, until

    def _move_to(self, adopted: SignedState) -> None:
        if adopted.locks or self.held:
            held = frozenset(adopted.locks)
            self.gone |= self.held - held
            self.held = held
        self.adopted = adopted

    def _redraft(self) -> None:
        self.draft = Content.of(self.adopted)
        self._draw(self.drafted([intent.op for intent in self.intents]))

    def _draw(self, draft: Content) -> None:
        self.draft = draft
        self.drafted_locks = frozenset(draft.locks)


def encode_lock(lock: Lock) -> Record:
    return [lock.hashlock.hex(), lock.amount, lock.expiry, int(lock.payer)]


def decode_lock(record: Record) -> Lock:
    return Lock(bytes.fromhex(record[0]), record[1], record[2], Side(record[3]))


def encode_op(op: Op) -> Record:
    return [op.move.value, op.amount] if op.lock is None else [op.move.value, op.amount, encode_lock(op.lock)]


def decode_op(record: Record) -> Op:
    return Op(Move(record[0]), record[1], decode_lock(record[2]) if len(record) > 2 else None)


def encode_state(signed: SignedState) -> Record:
    """Return the state and its locks, without signatures."""
    state = signed.state
    return [state.version, state.base, state.paid_a, state.paid_b, [encode_lock(lock) for lock in signed.locks]]


def decode_state(record: Record) -> SignedState:
    version, base, paid_a, paid_b, locks = record
    content = Content(paid_a, paid_b, tuple(map(decode_lock, locks)))
    return SignedState(content.state(version, base), content.locks)
