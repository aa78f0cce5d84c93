"""A hostile party of a channel: it signs any state with its own key and sends any message."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from harness.channels.ledger import Content
from harness.channels.messages import Signer
from harness.channels.types import Lock, Side, SignedState
from harness.channels.wire import Ack, Forward, Proposal


@dataclass
class Peer:
    """``account`` against ``victim`` in one channel; it hears nothing, and knows what the victim knows."""

    channels: Any
    channel: Any
    account: Any
    victim: Any

    def __post_init__(self) -> None:
        self.channels.deliver()
        self.channels.offline(self.account)

    @property
    def end(self) -> Any:
        """The victim's."""
        return self.channel.end(self.victim)

    @property
    def side(self) -> Side:
        side: Side = self.channel.side(self.account)
        return side

    @property
    def signer(self) -> Signer:
        return Signer(self.account.private_key)

    @property
    def paid(self) -> int:
        """What this party has paid so far, by the newest state that it signed."""
        amount: int = self.end.newest.state.paid(self.side)
        return amount

    def lock(self, hashlock: bytes, amount: int, expiry: int) -> Lock:
        return Lock(hashlock, amount, expiry, self.side)

    def proposal(
        self,
        *,
        pays: int = 0,
        locks: tuple[Lock, ...] | None = None,
        base: int | None = None,
        version: int | None = None,
    ) -> Proposal:
        """A state on top of a version that the victim has signed, the newest one unless ``base`` says otherwise."""
        ledger = self.end.ledger
        base = ledger.adopted.version if base is None else base
        below = ledger.signed.get(base, ledger.adopted)
        kept = ledger.adopted.locks if locks is None else locks
        sent = self.paid + pays
        paid_a, paid_b = (sent, below.state.paid_b) if self.side is Side.A else (below.state.paid_a, sent)
        newest = max(ledger.newest, ledger.adopted.version)
        following = newest + 1 if (newest + 1) % 2 == (self.side is Side.A) else newest + 2
        state = Content(paid_a, paid_b, kept).state(following if version is None else version, base)
        return self.signed(SignedState(state, kept))

    def signed(self, signed: SignedState, **changes: Any) -> Proposal:
        state = replace(signed.state, **changes)
        signature = self.signer.sign(self.end.messages.state(state))
        return Proposal(self.channel.id, replace(signed, state=state), signature)

    def ack(self, version: int) -> Ack:
        signed = self.end.ledger.signed[version]
        return Ack(self.channel.id, version, self.signer.sign(self.end.messages.state(signed.state)))

    def says(self, message: Any) -> None:
        """Put a message on the bus, and let the victim do with it what it does."""
        self.channels.bus.send(self.account.address, self.victim.address, message)
        self.channels.deliver()

    def locks(self, hashlock: bytes, amount: int, expiry: int, hops: Any = None) -> Lock:
        """Promise money on a hashlock, and say where it is to go if ``hops`` are given."""
        lock = self.lock(hashlock, amount, expiry)
        self.says(self.proposal(locks=(*self.end.newest.locks, lock)))
        if hops is not None:
            self.says(Forward(self.channel.id, lock, hops))
        return lock
