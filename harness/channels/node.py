"""A party with all its channels: it pays, receives, forwards, writes all down, and comes back after a crash."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from harness.channels.end import Ack, ChannelEnd, Message, Proposal
from harness.channels.errors import IllegalProposal, UnknownChannel
from harness.channels.journal import Journal, Record
from harness.channels.ledger import decode_lock, encode_lock
from harness.channels.locks import hashlock_of
from harness.channels.messages import Domain, Signer
from harness.channels.routing import Hop, Policy
from harness.channels.types import Lock, Side, Terms
from harness.errors import ChannelError

REVEAL_MARGIN = 120
"""Seconds before an incoming lock expires at which its payee turns to the chain; a hub forwards nothing shorter."""


@dataclass(frozen=True, slots=True)
class Forward:
    """Tells the receiver of a lock where the payment goes from there; no hops: it stays."""

    channel: bytes
    lock: Lock
    hops: tuple[Hop, ...]


@dataclass(frozen=True, slots=True)
class Preimage:
    """Opens a lock off chain."""

    channel: bytes
    hashlock: bytes
    preimage: bytes


NodeMessage = Message | Forward | Preimage
Send = Callable[[str, NodeMessage], None]


@dataclass(frozen=True, slots=True)
class Reveal:
    """A wish of a node: this preimage must be public on chain before its lock expires."""

    preimage: bytes
    expiry: int


@dataclass(slots=True)
class Journey:
    """A payment that passes through: the lock that came in (None at the payer), and the one that went out."""

    incoming: tuple[bytes, Lock] | None
    outgoing: tuple[bytes, Lock] | None
    hops: tuple[Hop, ...]


@dataclass(slots=True)
class Node:
    """One party. ``send`` puts a message on the bus for another address."""

    address: str
    signer: Signer
    domain: Domain
    journal: Journal
    send: Send
    policy: Policy = field(default_factory=Policy)
    ends: dict[bytes, ChannelEnd] = field(default_factory=dict)
    invoices: dict[bytes, tuple[bytes, int]] = field(default_factory=dict)
    journeys: list[Journey] = field(default_factory=list)
    preimages: dict[bytes, bytes] = field(default_factory=dict)
    refused: list[ChannelError] = field(default_factory=list)
    received: int = 0
    reveal_margin: int = REVEAL_MARGIN

    @classmethod
    def resume(
        cls, address: str, signer: Signer, domain: Domain, journal: Journal, send: Send, policy: Policy | None = None
    ) -> Node:
        """The party as it was when its last record was written; `tick` makes it send again what may have been lost."""
        node = cls(address, signer, domain, journal, send, policy or Policy())
        for record in journal.records():
            node._apply(record)
        return node

    # -- channels

    def join(self, terms: Terms) -> ChannelEnd:
        """Take part in a channel, or return its end if it is known."""
        if terms.channel not in self.ends:
            self._write(["join", list(terms.as_tuple())])
        return self.ends[terms.channel]

    def end(self, channel: bytes) -> ChannelEnd:
        """Raises UnknownChannel."""
        try:
            return self.ends[channel]
        except KeyError:
            raise UnknownChannel("0x" + channel.hex(), len(self.ends)) from None

    def peer(self, channel: bytes) -> str:
        end = self.end(channel)
        return end.terms.party(end.side.other)

    # -- paying

    def pay(self, channel: bytes, amount: int, now: int) -> None:
        """Pay the other party of a channel."""
        self._out(channel, self.end(channel).pay(amount, now))

    def invoice(self, amount: int, salt: int) -> bytes:
        """A fresh hashlock on which this party accepts ``amount``; its preimage comes from the key and ``salt``."""
        secret = self.signer.sign(hashlib.sha256(b"invoice %d" % salt).digest())
        preimage = hashlib.sha256(secret).digest()
        self._write(["invoice", preimage.hex(), amount])
        return hashlock_of(preimage)

    def pay_route(self, hashlock: bytes, hops: tuple[Hop, ...], now: int) -> Lock:
        """Lock the first hop of a routed payment."""
        first = hops[0]
        return self._lock_out(None, hashlock, first, hops[1:], now)

    def is_paid(self, hashlock: bytes) -> bool:
        """Whether this payer knows the preimage: the proof that the target was paid."""
        return hashlock in self.preimages

    def secrets_for(self, end: ChannelEnd) -> list[bytes]:
        """The known preimages of locks that an end's newest state pays to this party."""
        known = (self._secret(lock.hashlock) for lock in end.newest.locks if lock.payer is not end.side)
        return [secret for secret in known if secret is not None]

    # -- events

    def receive(self, message: NodeMessage, now: int) -> None:
        """Take in a message; one that must not be believed is refused, kept in ``refused``, and changes nothing."""
        try:
            if isinstance(message, (Proposal, Ack)):
                self._on_channel(message, now)
            elif isinstance(message, Forward):
                self._on_forward(message, now)
            else:
                self._on_preimage(message, now)
        except ChannelError as problem:
            self.refused.append(problem)

    def tick(self, now: int) -> list[Reveal]:
        """Send again what is unanswered, move payments on, and return what has to go on chain now."""
        wishes: list[Reveal] = []
        for channel, end in self.ends.items():
            proposal = end.resend()
            if proposal is not None:
                self._out(channel, proposal)
        for journey in self.journeys:
            self._advance(journey, now)
            if journey.outgoing is not None and not self._is_over(journey.outgoing):
                channel, lock = journey.outgoing
                self.send(self.peer(channel), Forward(channel, lock, journey.hops))
        for end in self.ends.values():
            for lock in end.newest.locks:
                preimage = self._secret(lock.hashlock)
                if lock.payer is not end.side and preimage and lock.expiry - self.reveal_margin <= now <= lock.expiry:
                    wishes.append(Reveal(preimage, lock.expiry))
                elif lock.payer is end.side and now > lock.expiry and lock.hashlock not in end.ledger.revealed:
                    self._try(end.channel, lambda end=end, lock=lock: end.expire_lock(lock, now))  # type: ignore[misc]
        return wishes

    def on_reveal(self, preimage: bytes, revealed_at: int, now: int) -> None:
        """Take in a preimage that is public on chain since ``revealed_at``."""
        for end in self.ends.values():
            locks = (*end.newest.locks, *end.ledger.draft.locks)
            if any(lock.hashlock == hashlock_of(preimage) and revealed_at <= lock.expiry for lock in locks):
                end.on_reveal(hashlock_of(preimage))
        self._use(preimage, now)

    def _use(self, preimage: bytes, now: int) -> None:
        self._learn(preimage)
        for journey in self.journeys:
            if journey.incoming is not None and journey.incoming[1].hashlock == hashlock_of(preimage):
                self._advance(journey, now)
        for end in self.ends.values():
            self._open_own_locks(end, now)

    # -- inside: channel messages

    def _on_channel(self, message: Message, now: int) -> None:
        end = self.end(message.channel)
        result = end.receive(message, now)
        for reply in result.replies:
            self._out(end.channel, reply)
        if result.changes is not None:
            self.received += max(0, result.changes.received)
        for journey in self.journeys:
            self._advance(journey, now)
        self._open_own_locks(end, now)

    def _on_forward(self, message: Forward, now: int) -> None:
        end = self.end(message.channel)
        if message.lock.payer is end.side:
            raise IllegalProposal("forwarded lock", message.lock, "one of the other side")
        incoming = (message.channel, message.lock)
        if all(journey.incoming != incoming for journey in self.journeys):
            self._write(["journey", _place(incoming), None, [_encode_hop(hop) for hop in message.hops]])
        for journey in self.journeys:
            if journey.incoming == incoming:
                self._advance(journey, now)

    def _on_preimage(self, message: Preimage, now: int) -> None:
        if hashlock_of(message.preimage) != message.hashlock:
            raise IllegalProposal("hashlock", message.hashlock.hex(), hashlock_of(message.preimage).hex())
        end = self.end(message.channel)
        if any(lock.hashlock == message.hashlock and lock.payer is end.side for lock in end.ledger.draft.locks):
            if message.hashlock not in self.preimages:
                self._use(message.preimage, now)
            else:
                # Known before: `tick` repeats what is still to be said of it, or two hubs would repeat it for ever.
                self._open_own_locks(end, now)

    # -- inside: payments under way

    def _advance(self, journey: Journey, now: int) -> None:
        """Do for one payment what can be done now; every step is safe to repeat."""
        if journey.incoming is None:
            return
        channel, lock = journey.incoming
        end = self.ends[channel]
        if lock not in end.newest.locks:
            return
        preimage = self._secret(lock.hashlock)
        if preimage and self._accepts(journey, lock):
            self._learn(preimage)
            self.send(self.peer(channel), Preimage(channel, lock.hashlock, preimage))
        elif journey.outgoing is not None:
            if self._came_back(journey.outgoing):
                self._give_back(end, lock, now)
        elif not journey.hops or not self._forward(journey, lock, now):
            self._give_back(end, lock, now)

    def _forward(self, journey: Journey, lock: Lock, now: int) -> bool:
        """Lock the next hop. False if the terms are not ours, the time is short, or the channel does not carry it."""
        hop = journey.hops[0]
        pays = lock.amount >= hop.amount + self.policy.fee(hop.amount)
        in_time = lock.expiry >= hop.expiry + self.policy.expiry_delta and hop.expiry > now + REVEAL_MARGIN
        if not pays or not in_time or hop.channel not in self.ends:
            return False
        try:
            self._lock_out(journey, lock.hashlock, hop, journey.hops[1:], now)
        except ChannelError as problem:
            self.refused.append(problem)
            return False
        return True

    def _lock_out(self, journey: Journey | None, hashlock: bytes, hop: Hop, rest: tuple[Hop, ...], now: int) -> Lock:
        """Write the journey down before the lock is signed: a crash in between leaves a lock that was never made."""
        end = self.end(hop.channel)
        lock = Lock(hashlock, hop.amount, hop.expiry, end.side)
        end.check_can_lock(lock, now)
        incoming = _place(journey.incoming) if journey and journey.incoming else None
        self._write(["journey", incoming, _place((hop.channel, lock)), [_encode_hop(each) for each in rest]])
        _, proposal = end.lock(hashlock, hop.amount, hop.expiry, now)
        self._out(hop.channel, proposal)
        self.send(hop.recipient, Forward(hop.channel, lock, rest))
        return lock

    def _accepts(self, journey: Journey, lock: Lock) -> bool:
        """A target reveals only for the whole amount; a hub that knows the preimage always takes its own side."""
        if journey.hops or journey.outgoing is not None or lock.hashlock not in self.invoices:
            return True
        return lock.amount >= self.invoices[lock.hashlock][1]

    def _came_back(self, outgoing: tuple[bytes, Lock]) -> bool:
        """Whether an outgoing lock is gone from every state that could be enforced, without having been paid."""
        channel, lock = outgoing
        end = self.ends[channel]
        return lock not in end.ledger.draft.locks and lock not in end.newest.locks and not end.ledger.is_waiting

    def _is_over(self, outgoing: tuple[bytes, Lock]) -> bool:
        return outgoing[1] not in self.ends[outgoing[0]].ledger.draft.locks

    def _give_back(self, end: ChannelEnd, lock: Lock, now: int) -> None:
        if lock in end.ledger.draft.locks:
            self._try(end.channel, lambda: end.drop_lock(lock, now))

    def _open_own_locks(self, end: ChannelEnd, now: int) -> None:
        for lock in end.ledger.draft.locks:
            # A late preimage opens nothing: what the chain would give back is not paid off chain.
            if now > lock.expiry and lock.hashlock not in end.ledger.revealed:
                continue
            preimage = self.preimages.get(lock.hashlock)
            if lock.payer is end.side and preimage:
                self._try(end.channel, lambda lock=lock, preimage=preimage: end.open_lock(lock, preimage, now))  # type: ignore[misc]

    def _secret(self, hashlock: bytes) -> bytes | None:
        invoice = self.invoices.get(hashlock)
        return self.preimages.get(hashlock) or (invoice[0] if invoice else None)

    def _learn(self, preimage: bytes) -> None:
        if hashlock_of(preimage) not in self.preimages:
            self._write(["learn", preimage.hex()])

    def _try(self, channel: bytes, propose: Callable[[], Proposal]) -> None:
        try:
            self._out(channel, propose())
        except ChannelError as problem:
            self.refused.append(problem)

    def _out(self, channel: bytes, message: Message) -> None:
        self.send(self.peer(channel), message)

    # -- inside: the journal

    def _write(self, record: Record) -> None:
        self.journal.append(record)
        self._apply(record)

    def _apply(self, record: Record) -> None:
        getattr(self, f"_on_record_{record[0]}")(*record[1:])

    def _on_record_join(self, terms: Record) -> None:
        joined = Terms(*terms)
        side = joined.side_of(self.address)
        assert side is not None, f"{self.address} is no party of {joined}"
        name = joined.channel.hex()
        write = lambda record: self.journal.append(["end", name, record])  # noqa: E731
        self.ends[joined.channel] = ChannelEnd.create(self.domain, joined, Side(side), self.signer, write)

    def _on_record_end(self, channel: str, record: Record) -> None:
        self.ends[bytes.fromhex(channel)].ledger.apply(record)

    def _on_record_invoice(self, preimage: str, amount: int) -> None:
        secret = bytes.fromhex(preimage)
        self.invoices[hashlock_of(secret)] = (secret, amount)

    def _on_record_learn(self, preimage: str) -> None:
        secret = bytes.fromhex(preimage)
        self.preimages[hashlock_of(secret)] = secret

    def _on_record_journey(self, incoming: Record | None, outgoing: Record | None, hops: list[Record]) -> None:
        came, went = _unplace(incoming), _unplace(outgoing)
        rest = tuple(_decode_hop(hop) for hop in hops)
        for journey in self.journeys:
            if came is not None and journey.incoming == came:
                journey.outgoing, journey.hops = went, rest
                return
        self.journeys.append(Journey(came, went, rest))


def _place(place: tuple[bytes, Lock]) -> Record:
    return [place[0].hex(), encode_lock(place[1])]


def _unplace(record: Record | None) -> tuple[bytes, Lock] | None:
    return None if record is None else (bytes.fromhex(record[0]), decode_lock(record[1]))


def _encode_hop(hop: Hop) -> Record:
    return [hop.channel.hex(), hop.recipient, hop.amount, hop.expiry]


def _decode_hop(record: Record) -> Hop:
    return Hop(bytes.fromhex(record[0]), record[1], record[2], record[3])
