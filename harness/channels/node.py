"""A party with all its channels. It pays, receives, forwards, keeps a journal, and comes back after a crash.

A party trusts no message. `wire` checks its form and `rules` its content. `guards` and the states that the other side
has signed decide what a node does for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from harness.channels import wire
from harness.channels.end import ChannelEnd, check_amount
from harness.channels.errors import IllegalProposal, NotAChannelParty, UnknownChannel, UnknownLock
from harness.channels.guards import check_forward, may_leave
from harness.channels.journal import Journal
from harness.channels.journeys import Journey, Place
from harness.channels.locks import hashlock_of
from harness.channels.messages import Domain, Signer
from harness.channels.party_memory import PartyMemory
from harness.channels.routing import Hop, Policy
from harness.channels.types import Lock, Terms
from harness.channels.wire import Ack, Forward, Message, NodeMessage, Preimage, Proposal
from harness.errors import ChannelError

__all__ = ["REVEAL_MARGIN", "Forward", "Journey", "Node", "NodeMessage", "Preimage", "Reveal", "Send"]

REVEAL_MARGIN = 120
"""Seconds before an incoming lock's expiry at which its payee goes to the chain.

A hub forwards no lock that is shorter.
"""

REMEMBERED = 1_000
"""Most refusals that a node keeps."""

Send = Callable[[str, NodeMessage], None]


@dataclass(frozen=True, slots=True)
class Reveal:
    """A node's request to publish this preimage on chain before its lock expires."""

    preimage: bytes
    expiry: int


@dataclass(slots=True)
class Node(PartyMemory):
    """One party.

    ``send`` puts a message on the bus for another address. ``public`` maps a hashlock to its preimage and the time at
    which the chain showed it. ``refused`` holds the newest errors that messages ended in.
    """

    send: Send
    policy: Policy = field(default_factory=Policy)
    public: dict[bytes, tuple[bytes, int]] = field(default_factory=dict)
    refused: list[ChannelError] = field(default_factory=list)
    received: int = 0
    reveal_margin: int = REVEAL_MARGIN
    clock: int = 0

    @classmethod
    def resume(
        cls, address: str, signer: Signer, domain: Domain, journal: Journal, send: Send, policy: Policy | None = None
    ) -> Node:
        """Restore the party as it was when its last record was written.

        `tick` sends again what may have been lost.
        """
        node = cls(address, signer, domain, journal, send, policy or Policy())
        for record in journal.records():
            node.apply(record)
        return node

    # -- channels

    def join(self, terms: Terms) -> ChannelEnd:
        """Take part in a channel, or return its end if it is known; raises NotAChannelParty."""
        wire.check_terms(terms)
        if terms.side_of(self.address) is None:
            raise NotAChannelParty(self.address, terms.a, terms.b)
        if terms.channel not in self.ends:
            self.write(["join", list(terms.as_tuple())])
        return self.ends[terms.channel]

    def end(self, channel: bytes) -> ChannelEnd:
        """Return this party's end of a channel; raises UnknownChannel."""
        wire.check_bytes("channel", channel, 32)
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
        self.send_to_peer(channel, self.end(channel).pay(amount, now))

    def invoice(self, amount: int, salt: int) -> bytes:
        """Return a fresh hashlock on which this party accepts ``amount``.

        The preimage comes from the key and ``salt``.
        """
        check_amount(amount)
        secret = self.signer.sign(hashlib.sha256(b"invoice %d" % salt).digest())
        preimage = hashlib.sha256(secret).digest()
        self.write(["invoice", preimage.hex(), amount])
        return hashlock_of(preimage)

    def pay_route(self, hashlock: bytes, hops: tuple[Hop, ...], now: int) -> Lock:
        """Lock the first hop of a routed payment; raises what the hop's recipient would refuse it with.

        The preimage must still be unknown. Otherwise any hub could take the money without forwarding the payment.
        """
        self.clock = now
        wire.check_bytes("hashlock", hashlock, 32)
        wire.check_hops(hops)
        if not hops:
            raise IllegalProposal("route", "empty", "at least one hop")
        if self._known(hashlock) is not None:
            raise IllegalProposal("hashlock", hashlock.hex(), "one whose preimage is still a secret")
        return self._lock_out(None, hashlock, hops[0], hops[1:], now)

    def is_paid(self, hashlock: bytes) -> bool:
        """Return whether this payer knows the preimage, which proves that the target was paid."""
        return hashlock in self.preimages

    def secrets_for(self, end: ChannelEnd, now: int | None = None) -> list[bytes]:
        """Return the preimages that may leave for locks of an end's newest state.

        ``now`` None is the last time that this party heard of.
        """
        at = self.clock if now is None else now
        secrets = (self._secret_for(end, lock, at) for lock in end.newest.locks)
        return [secret for secret in secrets if secret is not None]

    def entrust(self, end: ChannelEnd, now: int) -> list[tuple[Lock, bytes]]:
        """Return these preimages with their locks, for a watchtower. From here on they count as sent."""
        self.clock = now
        claims = [(lock, self._secret_for(end, lock, now)) for lock in end.newest.locks]
        given = [(lock, secret) for lock, secret in claims if secret is not None]
        for _, secret in given:
            self._learn(secret)
        return given

    # -- events

    def receive_from(self, sender: str, message: NodeMessage, now: int) -> None:
        """Take in a message of a known sender. Only the payer of a lock says where its payment goes."""
        if isinstance(message, Forward) and sender != self._payer(message):
            self._refuse(IllegalProposal("sender of a forward", sender, "the channel's other party"))
        else:
            self.receive(message, now)

    def receive(self, message: NodeMessage, now: int) -> None:
        """Take in a message. A message that must be refused changes nothing; its error is kept in ``refused``."""
        self.clock = now
        try:
            if isinstance(message, (Proposal, Ack)):
                self._on_channel(message, now)
                return
            wire.check_message(message)
            if isinstance(message, Forward):
                self._on_forward(message, now)
            else:
                self._on_preimage(message, now)
        except ChannelError as problem:
            self._refuse(problem)

    def tick(self, now: int) -> list[Reveal]:
        """Send again what is unanswered, move payments on, and return what must go on chain now."""
        self.clock = now
        wishes: list[Reveal] = []
        for channel, end in self.ends.items():
            self._note_public(end)
            proposal = end.resend()
            if proposal is not None:
                self.send_to_peer(channel, proposal)
            self._open_own_locks(end, now)
        under_way = {journey.incoming for journey in self.journeys}
        for journey in self.journeys:
            self._advance(journey, now)
            self._repeat(journey)
        for end in self.ends.values():
            for lock in end.newest.locks:
                if (end.channel, lock) not in under_way:
                    self._claim(end, lock, now)
                wishes += self._wishes(end, lock, now)
            self._try(end.channel, lambda end=end: end.expire_locks(now))  # type: ignore[misc]
        return wishes

    def on_reveal(self, preimage: bytes, revealed_at: int, now: int) -> None:
        """Take in a preimage that was published on chain at ``revealed_at``."""
        self.clock = now
        hashlock = hashlock_of(preimage)
        if self.public.get(hashlock) == (preimage, revealed_at):
            return
        self.public[hashlock] = (preimage, revealed_at)
        for end in self.ends.values():
            self._note_public(end)
        if self._concerns_us(hashlock):
            self._use(preimage, now)

    def _use(self, preimage: bytes, now: int) -> None:
        self._learn(preimage)
        for journey in self.journeys:
            if journey.hashlock == hashlock_of(preimage):
                self._advance(journey, now)
        for end in self.ends.values():
            self._open_own_locks(end, now)

    # -- inside: channel messages

    def _on_channel(self, message: Message, now: int) -> None:
        end = self.end(message.channel)
        result = end.receive(message, now)
        for reply in result.replies:
            self.send_to_peer(end.channel, reply)
        if result.changes is not None:
            self.received += max(0, result.changes.received)
            self._note_public(end)
        for journey in self.journeys:
            # A preimage is sent when it is learned, and by `tick`, but not after every message.
            if journey.touches(end.channel) and self._known(journey.hashlock) is None:
                self._advance(journey, now)
        if any(isinstance(reply, Proposal) for reply in result.replies):
            # Our proposal crossed the peer's, and so did our messages about its locks.
            for journey in self.journeys:
                if journey.outgoing is not None and journey.outgoing[0] == end.channel:
                    self._repeat(journey)
        self._open_own_locks(end, now)

    def _on_forward(self, message: Forward, now: int) -> None:
        end, lock = self.end(message.channel), message.lock
        for journey in self.journeys:
            if journey.incoming == (end.channel, lock):
                self._advance(journey, now)
                return
        if not end.ledger.is_claim(lock):
            raise UnknownLock(lock, len(end.newest.locks))
        if self._claim(end, lock, now):
            return
        try:
            # Only this party can open a lock on its own invoice, so it forwards no such lock.
            hops = () if lock.hashlock in self.invoices else message.hops
            hop = check_forward(end, lock, hops, self.policy, now, self.reveal_margin)
            self._lock_out((end.channel, lock), lock.hashlock, hop, message.hops[1:], now)
        except ChannelError:
            self._give_back(end, lock, now)
            raise

    def _on_preimage(self, message: Preimage, now: int) -> None:
        if hashlock_of(message.preimage) != message.hashlock:
            raise IllegalProposal("hashlock", message.hashlock.hex(), hashlock_of(message.preimage).hex())
        end = self.end(message.channel)
        if any(lock.hashlock == message.hashlock and lock.payer is end.side for lock in end.ledger.draft.locks):
            if message.hashlock not in self.preimages:
                self._use(message.preimage, now)
            else:
                # The preimage was known before. Only `tick` sends it again; otherwise two hubs would do so for ever.
                self._open_own_locks(end, now)

    # -- inside: secrets

    def _secret_for(self, end: ChannelEnd, lock: Lock, now: int) -> bytes | None:
        """Return the preimage that may leave for a lock, whoever receives it; None if none may.

        A preimage that came from others is known outside already. It may leave for every lock that the other side
        promises on it.
        """
        known = self._known(lock.hashlock)
        if lock.hashlock not in self.invoices:
            return known if end.ledger.is_claim(lock) else None
        secret, amount = self.invoices[lock.hashlock]
        allowed = may_leave(end, lock, amount, now, self.reveal_margin, has_left=known is not None)
        return secret if allowed else None

    def _claim(self, end: ChannelEnd, lock: Lock, now: int) -> bool:
        """Send the peer the preimage of a lock if it may leave; return whether it did."""
        secret = self._secret_for(end, lock, now)
        if secret is None:
            return False
        self._learn(secret)
        self.send(self.peer(end.channel), Preimage(end.channel, lock.hashlock, secret))
        return True

    def _wishes(self, end: ChannelEnd, lock: Lock, now: int) -> list[Reveal]:
        """Return what must go on chain for a lock.

        That is a preimage that has left, once the peer can no longer answer it in time.
        """
        late = end.is_frozen(now) or now >= lock.expiry - self.reveal_margin
        if not late or now > lock.expiry or end.ledger.is_revealed(lock):
            return []
        secret = self._secret_for(end, lock, now)
        return [] if secret is None or lock.hashlock not in self.preimages else [Reveal(secret, lock.expiry)]

    def _known(self, hashlock: bytes) -> bytes | None:
        """Return the preimage of a hashlock if it is known outside this party; None if it is not."""
        shown = self.public.get(hashlock)
        return self.preimages.get(hashlock) or (shown[0] if shown else None)

    def _learn(self, preimage: bytes) -> None:
        if hashlock_of(preimage) not in self.preimages:
            self.write(["learn", preimage.hex()])

    def _note_public(self, end: ChannelEnd) -> None:
        """Tell an end which of its locks the chain has opened. A lock may be younger than the publication."""
        for lock in (*end.newest.locks, *end.ledger.draft.locks):
            if lock.hashlock in self.public:
                end.on_reveal(lock.hashlock, self.public[lock.hashlock][1])

    def _concerns_us(self, hashlock: bytes) -> bool:
        """Return whether a preimage on chain opens a lock of this party. Those of strangers are not written down."""
        held = (lock for end in self.ends.values() for lock in (*end.newest.locks, *end.ledger.draft.locks))
        ours = hashlock in self.invoices or any(journey.hashlock == hashlock for journey in self.journeys)
        return ours or any(lock.hashlock == hashlock for lock in held)

    # -- inside: payments under way

    def _advance(self, journey: Journey, now: int) -> None:
        """Do for one payment what can be done now. Every step is safe to repeat."""
        if journey.incoming is None:
            return
        end, lock = self.ends[journey.incoming[0]], journey.incoming[1]
        if end.ledger.is_claim(lock) and not self._claim(end, lock, now) and self._came_back(journey.outgoing):
            self._give_back(end, lock, now)

    def _lock_out(self, incoming: Place | None, hashlock: bytes, hop: Hop, rest: tuple[Hop, ...], now: int) -> Lock:
        """Write the journey down before the lock is signed.

        After a crash in between, the journal holds a lock that was never made.
        """
        end = self.end(hop.channel)
        if hop.recipient != self.peer(hop.channel):
            raise IllegalProposal("hop's recipient", hop.recipient, self.peer(hop.channel))
        lock = Lock(hashlock, hop.amount, hop.expiry, end.side)
        end.check_can_lock(lock, now)
        self.write(Journey(incoming, (hop.channel, lock), rest).as_record())
        _, proposal = end.lock(hashlock, hop.amount, hop.expiry, now)
        self.send_to_peer(hop.channel, proposal)
        self.send(hop.recipient, Forward(hop.channel, lock, rest))
        return lock

    def _repeat(self, journey: Journey) -> None:
        """Send again where an outgoing lock is to be forwarded, while the lock is undecided."""
        if journey.outgoing is not None:
            channel, lock = journey.outgoing
            if lock in self.ends[channel].ledger.drafted_locks:
                self.send(self.peer(channel), Forward(channel, lock, journey.hops))

    def _came_back(self, outgoing: Place | None) -> bool:
        """Return whether an outgoing lock is in no state that could be enforced, and was not paid."""
        if outgoing is None:
            return True
        end, lock = self.ends[outgoing[0]], outgoing[1]
        ledger = end.ledger
        return not ledger.is_waiting and lock not in ledger.held and lock not in ledger.drafted_locks

    def _give_back(self, end: ChannelEnd, lock: Lock, now: int) -> None:
        if lock in end.ledger.drafted_locks:
            self._try(end.channel, lambda: end.drop_lock(lock, now))

    def _open_own_locks(self, end: ChannelEnd, now: int) -> None:
        for lock in end.ledger.draft.locks:
            preimage = self._known(lock.hashlock)
            # A late preimage opens nothing: the chain would return the lock to its payer.
            if preimage and lock.payer is end.side and (now <= lock.expiry or end.ledger.is_revealed(lock)):
                self._learn(preimage)
                self._try(end.channel, lambda lock=lock, preimage=preimage: end.open_lock(lock, preimage, now))  # type: ignore[misc]

    def _payer(self, message: Forward) -> str | None:
        known = isinstance(message.channel, bytes) and message.channel in self.ends
        return self.peer(message.channel) if known else None

    def _try(self, channel: bytes, propose: Callable[[], Proposal | None]) -> None:
        try:
            proposal = propose()
        except ChannelError as problem:
            self._refuse(problem)
            return
        if proposal is not None:
            self.send_to_peer(channel, proposal)

    def _refuse(self, problem: ChannelError) -> None:
        """Keep an error without its frames. A peer decides how many errors there are."""
        self.refused.append(problem.with_traceback(None))
        del self.refused[:-REMEMBERED]

    def send_to_peer(self, channel: bytes, message: Message) -> None:
        """Send a message to the other party of a channel, whatever it says: what a peer that misbehaves does."""
        self.send(self.peer(channel), message)

    _out = send_to_peer
    """Its former name, by which tests of users know it."""
