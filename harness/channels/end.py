"""One party's end of a channel. It writes each step down before it acts.

Each party proposes states of its own parity on top of the newest state that it holds. A proposal binds its proposer at
once. The receiver adopts a proposal if it is newer than all that the receiver has signed, and if it takes nothing from
the receiver (`rules`). The receiver's signature acknowledges it.

If two proposals cross, the one with the higher version wins. Its receiver proposes again what the winner does not
include. A lost message loses no money: totals are cumulative, and `resend` repeats the newest proposal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from harness.channels import rules, wire
from harness.channels.errors import (
    ChannelFrozen,
    ForeignState,
    IllegalAmount,
    IllegalProposal,
    MalformedMessage,
    StaleState,
    UnknownLock,
)
from harness.channels.journal import Record
from harness.channels.ledger import Content, Ledger, Move, Op, encode_op, encode_state
from harness.channels.locks import hashlock_of
from harness.channels.messages import Domain, Messages, Signer, Verifier
from harness.channels.rules import Changes
from harness.channels.types import ChannelState, CloseTogether, Funds, Lock, Side, SignedState, Terms, Withdrawal
from harness.channels.wire import Ack, Message, Proposal
from harness.errors import ChannelError

__all__ = ["Ack", "ChannelEnd", "Message", "Proposal", "Received", "check_amount"]

FOREVER = 2**64
"""A time that no block reaches."""

LONGEST_PROMISE = 30 * 86_400
"""Most seconds for which a party lets a cooperative close stop its payments."""


@dataclass(frozen=True, slots=True)
class Received:
    """The result of a message.

    ``replies`` are the messages to send back. ``changes`` is what an adopted proposal changed; None if nothing was
    adopted.
    """

    replies: tuple[Message, ...] = ()
    changes: Changes | None = None


@dataclass(slots=True)
class ChannelEnd:
    """A party's side of one channel. ``write`` keeps a record; it returns only once the record is safe."""

    terms: Terms
    side: Side
    signer: Signer
    messages: Messages
    write: Callable[[Record], None]
    ledger: Ledger = field(init=False)
    channel: bytes = field(init=False)
    _verifier: Verifier = field(init=False)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.side)
        self.channel = self.terms.channel
        self._verifier = Verifier(self.terms.party(self.side.other))

    @classmethod
    def create(
        cls, domain: Domain, terms: Terms, side: Side, signer: Signer, write: Callable[[Record], None]
    ) -> ChannelEnd:
        return cls(terms, side, signer, Messages.of(domain, terms), write)

    # -- what this party knows

    @property
    def newest(self) -> SignedState:
        """The newest state that the other side signed. This party would close with it."""
        return self.ledger.adopted

    @property
    def state(self) -> SignedState:
        """The newest state that this party signed or adopted."""
        ledger = self.ledger
        return ledger.signed[ledger.newest] if ledger.is_waiting else ledger.adopted

    @property
    def is_settled_between_us(self) -> bool:
        """Whether none of this party's proposals waits for the other side."""
        return not self.ledger.is_waiting and not self.ledger.intents

    def balance(self, now: int) -> int:
        """Return what this side can pay or lock. Its own proposals count as spent."""
        funds = self.ledger.spendable(now)
        return funds.balances(self.ledger.draft.state(0, 0))[self.side]

    def is_frozen(self, now: int) -> bool:
        """Whether the channel is being closed."""
        return bool(self.ledger.frozen) and now <= self.ledger.frozen_until

    def check_thawed(self, now: int) -> None:
        """Raise ChannelFrozen if the channel is being closed."""
        if self.is_frozen(now):
            raise ChannelFrozen(self.channel, self.ledger.frozen)

    # -- proposing

    def pay(self, amount: int, now: int) -> Proposal:
        """Pay the other side.

        Raises ChannelOverdrawn above the balance, ChannelFrozen while the channel is being closed, and IllegalAmount.
        """
        check_amount(amount)
        return self._propose([Op(Move.PAY, amount)], now)

    def lock(self, hashlock: bytes, amount: int, expiry: int, now: int) -> tuple[Lock, Proposal]:
        """Lock own money for the other side on a hashlock.

        Raises what the other side would refuse the lock with: MalformedMessage, IllegalProposal, ChannelOverdrawn.
        """
        lock = Lock(hashlock, amount, expiry, self.side)
        return lock, self._propose([Op(Move.ADD, lock=lock)], now)

    def check_can_lock(self, lock: Lock, now: int) -> None:
        """Check a lock without making it; raises what `lock` would raise."""
        self._drafted([Op(Move.ADD, lock=lock)], now)

    def open_lock(self, lock: Lock, preimage: bytes, now: int) -> Proposal:
        """Pay an own lock whose preimage is known; raises IllegalProposal if the preimage is another lock's."""
        if hashlock_of(preimage) != lock.hashlock:
            raise IllegalProposal("hashlock", hashlock_of(preimage).hex(), lock.hashlock.hex())
        return self._propose([Op(Move.OPEN, lock=self._held(lock))], now)

    def drop_lock(self, lock: Lock, now: int) -> Proposal:
        """Give up a lock of the other side before it expires."""
        return self._propose([Op(Move.DROP, lock=self._held(lock))], now)

    def expire_lock(self, lock: Lock, now: int) -> Proposal:
        """Take back an own lock after it has expired."""
        return self._propose([Op(Move.EXPIRE, lock=self._held(lock))], now)

    def expire_locks(self, now: int) -> Proposal | None:
        """Take back all own locks that have expired; returns None if there are none."""
        ledger = self.ledger
        over = [lock for lock in ledger.draft.locks if lock.payer is self.side and ledger.is_over(lock, now)]
        return self._propose([Op(Move.EXPIRE, lock=lock) for lock in over], now) if over else None

    def resend(self) -> Proposal | None:
        """Return the newest proposal again while it waits for its acknowledgement."""
        ledger = self.ledger
        return self._proposal(ledger.newest) if ledger.is_waiting else None

    # -- receiving

    def receive(self, message: Message, now: int) -> Received:
        """Take in a message.

        Raises BadChannelSignature, ForeignState, IllegalProposal or ChannelOverdrawn; then nothing has changed.
        """
        self._check_message(message)
        return self._on_proposal(message, now) if isinstance(message, Proposal) else self._on_ack(message)

    def adopt(self, message: Proposal, now: int) -> Changes:
        """Verify a proposal and adopt it without signing it. A payee needs no more to be sure of its money.

        Raises what `receive` raises, ChannelFrozen, and StaleState if the proposal is not newer.
        """
        self._check_message(message)
        self.check_thawed(now)
        return self._adopt(message, now, countersign=False)

    def acknowledge(self) -> Ack | None:
        """Sign the newest adopted proposal of the other side. The other side may then close with it."""
        adopted = self.ledger.adopted
        if adopted.version == 0 or adopted.state.proposer is self.side:
            return None
        signature = adopted.signature(self.side)
        if not signature:
            signature = self.signer.sign(self.messages.state(adopted.state))
            self._write(["countersign", signature.hex()])
        return Ack(self.channel, adopted.version, signature)

    def on_reveal(self, hashlock: bytes, revealed_at: int = 0) -> None:
        """Remember when a preimage was published on chain. Locks that expire later can no longer be taken back."""
        if self.ledger.revealed.get(hashlock) != revealed_at:
            self._write(["revealed", hashlock.hex(), revealed_at])

    def on_funds(self, funds: Funds) -> None:
        """Take in the deposits and withdrawals that the chain reports."""
        if funds != self.ledger.funds:
            self._write(["funds", funds.held_a, funds.held_b, funds.withdrawn_a, funds.withdrawn_b])

    # -- leaving

    def freeze(self, reason: str, until: int = FOREVER) -> None:
        """Sign no more states until a time, because the channel is being closed."""
        self._write(["freeze", reason, until])

    def thaw(self, reason: str) -> None:
        """Sign states again if the channel was frozen for this reason. A reorg can take a close back."""
        if self.ledger.frozen == reason:
            self._write(["freeze", "", 0])

    def promise_withdrawal(self, withdrawal: Withdrawal, now: int) -> bytes:
        """Sign a partial withdrawal, and count it as spent until it expires.

        Raises ChannelOverdrawn unless every state that this side may have to post still covers it.
        """
        wire.check_withdrawal(withdrawal)
        self.check_thawed(now)
        for signed in self.ledger.enforceable:
            self.ledger.check_covered(signed.state, now, withdrawal)
        self._write(["promise", int(withdrawal.side), withdrawal.total, withdrawal.expiry])
        return self.signer.sign(self.messages.withdrawal(withdrawal))

    def promise_close(self, close: CloseTogether, now: int) -> bytes:
        """Sign a cooperative close that gives this side what its newest state does.

        This side makes no payment until the close expires.
        """
        wire.check_close(close)
        self.check_thawed(now)
        funds, latest = self.ledger.funds, now + LONGEST_PROMISE
        due = funds.balances(self.state.state)[self.side]
        offered = close.balance_a if self.side is Side.A else close.balance_b
        if offered < due or self.state.locks:
            raise IllegalProposal("our share", offered, f"at least {due}, with no payment pending")
        if close.balance_a + close.balance_b > funds.pool:
            raise IllegalProposal("both shares", close.balance_a + close.balance_b, f"at most {funds.pool}")
        if not now <= close.expiry <= latest:
            raise IllegalProposal("close's expiry", close.expiry, f"from {now} to {latest}")
        self.freeze("a cooperative close is signed", close.expiry)
        return self.signer.sign(self.messages.close_together(close))

    # -- inside

    def _propose(self, ops: list[Op], now: int) -> Proposal:
        state = self._drafted(ops, now)
        signature = self.signer.sign(self.messages.state(state))
        self._write(["propose", state.version, state.base, [encode_op(op) for op in ops], signature.hex()])
        return self._proposal(state.version)

    def _drafted(self, ops: list[Op], now: int) -> ChannelState:
        """Return the state that ``ops`` lead to; raises what its receiver would refuse it with."""
        self.check_thawed(now)
        ledger = self.ledger
        for op in ops:
            if op.move is Move.ADD and op.lock is not None:
                wire.check_lock(op.lock)
                rules.check_new_lock(op.lock, now)
        return self._acceptable(ledger.drafted(ops), now)

    def _acceptable(self, content: Content, now: int) -> ChannelState:
        ledger = self.ledger
        version = ledger.next_version()
        wire.check_uint("version", version, wire.NUMBER_BITS)
        state = content.state(version, ledger.adopted.version)
        ledger.check_covered(state, now)
        rules.check_content(ledger, content)
        return state

    def _abandon(self, now: int) -> None:
        """Give up the intents that no longer fit after a crossing proposal. Otherwise no draft could be signed."""
        ledger, kept, lost = self.ledger, Content.of(self.ledger.adopted), []
        try:
            self._acceptable(ledger.draft, now)
            return
        except ChannelError:
            for number, intent in enumerate(ledger.intents):
                try:
                    self._acceptable(after := kept.after(intent.op, self.side), now)
                    kept = after
                except ChannelError:
                    lost.append(number)
        self._write(["abandon", lost])

    def _proposal(self, version: int) -> Proposal:
        signed = self.ledger.signed[version]
        return Proposal(self.channel, signed, signed.signature(self.side))

    def _on_proposal(self, message: Proposal, now: int) -> Received:
        ledger = self.ledger
        if self.is_frozen(now):
            return Received()
        try:
            changes = self._adopt(message, now, countersign=True)
        except StaleState:
            if message.signed.version <= ledger.adopted.version:
                return Received(_just(self.acknowledge()))
            return Received(_just(self.resend()))
        replies = _just(self.acknowledge())
        if ledger.intents:
            # The proposal crossed ours. What it does not include is proposed again on top of it, if it still fits.
            self._abandon(now)
        if ledger.intents:
            replies += (self._propose([], now),)
        return Received(replies, changes)

    def _adopt(self, message: Proposal, now: int, *, countersign: bool) -> Changes:
        digest = self.messages.state(message.signed.state)
        self._verifier.check(digest, message.signature)
        changes = rules.check(self.ledger, message.signed, now)
        ours = self.signer.sign(digest).hex() if countersign else ""
        self._write(["adopt", encode_state(message.signed), message.signature.hex(), ours])
        return changes

    def _on_ack(self, message: Ack) -> Received:
        ledger = self.ledger
        if message.version <= ledger.adopted.version or message.version not in ledger.signed:
            return Received()
        digest = self.messages.state(ledger.signed[message.version].state)
        self._verifier.check(digest, message.signature)
        self._write(["ack", message.version, message.signature.hex()])
        return Received()

    def _check_message(self, message: Message) -> None:
        wire.check_message(message)
        if not isinstance(message, (Proposal, Ack)):
            raise MalformedMessage("message", message, "a proposal or an acknowledgement")
        if message.channel != self.channel:
            raise ForeignState(message.channel, self.channel)

    def _held(self, lock: Lock) -> Lock:
        if lock not in self.ledger.draft.locks:
            raise UnknownLock(lock, len(self.ledger.draft.locks))
        return lock

    def _write(self, record: Record) -> None:
        self.write(record)
        self.ledger.apply(record)


def _just(message: Message | None) -> tuple[Message, ...]:
    return () if message is None else (message,)


def check_amount(amount: int) -> None:
    """Raise IllegalAmount unless the amount is a positive whole number."""
    if not isinstance(amount, int) or isinstance(amount, bool) or amount <= 0:
        raise IllegalAmount(amount)
