"""The sidechain of a run: its validators by number, the messages over its bridge, and headers that liars seal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from harness.chain.chain import Chain
from harness.chain.receipts import Receipt
from harness.chain.values.accounts import Account
from harness.contracts.bindings import Contract
from harness.primitives.rlp import decode, encode, to_bytes, to_list
from harness.scenarios.errors import StepImpossible
from harness.sidechain.bridge import RECEIVED, RESERVE, SENT, BridgedMessage, SidechainBridge
from harness.sidechain.forging import ForgedState, forged, forged_message, state_with
from harness.sidechain.header import Header
from harness.sidechain.light_client import Checkpoint, seats
from harness.sidechain.sealed_chain import validator_keys
from harness.sidechain.sidechain import Sidechain

Seals = Literal["plain", "twice", "high-s"]
"""How a forged header is sealed: as it should be, with its first seal up to a quorum, or with high values of s."""

Shown = Literal["sent", "received", "aliased"]
"""What is proven: the slot that says a message was sent, or received; or the first by a path spelt otherwise."""

FOR_GAS = 10**17
"""Wei of the sidechain's own that each account has there at the beginning."""

_GAS = 3_000_000
"""Gas of a transaction in a block with others, which is not estimated."""

_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""The order of secp256k1."""


@dataclass(frozen=True, slots=True)
class Forgery:
    """A header that liars sealed, the state behind it, and the message that the state says was sent.

    ``seats`` are the places of those who sealed it, one bit each.
    """

    header: Header
    seats: int
    state: ForgedState
    message: BridgedMessage


@dataclass(slots=True)
class SidechainDesk:
    """The sidechain of one run, attached to its L1. Validators count from 1, in the order of their addresses."""

    l1: Chain
    side: Sidechain
    bridge: SidechainBridge
    places: list[bytes]
    began: int
    seed: int
    messages: dict[str, BridgedMessage] = field(default_factory=dict)
    forgeries: dict[str, Forgery] = field(default_factory=dict)
    _made: int = 0

    @classmethod
    def on(
        cls, l1: Chain, *, validators: int, trusting_period: int, depth: int, stake: int, seed: int
    ) -> SidechainDesk:
        """Open a sidechain and attach it to L1."""
        side = Sidechain(validators, seed=seed)
        bridge = side.attach(l1, trusting_period=trusting_period, depth=depth, stake=stake)
        for account in side.chain.accounts:
            # Else somebody could send back what never came over.
            side.chain.set_balance(account, FOR_GAS)
        side.chain.mine()
        return cls(l1, side, bridge, list(side.members), side.chain.block_number, seed)

    @property
    def contracts(self) -> dict[str, Contract]:
        """The contracts by the names that steps call them by."""
        bridge = self.bridge
        found = {"light_client": bridge.client.contract, "near_bridge": bridge.near, "far_bridge": bridge.far}
        found |= {"near_port": bridge.near_port, "far_port": bridge.far_port}
        return found | ({"stakes": bridge.client.stake} if int(bridge.client.contract.stake(), 16) else {})

    # -- validators

    def validator(self, number: int) -> bytes:
        """Return a validator's address; raises StepImpossible for a number that none has."""
        if not 1 <= number <= len(self.places):
            raise StepImpossible(f"validator {number}", f"there are {len(self.places)}")
        return self.places[number - 1]

    def those(self, numbers: Sequence[int] | None) -> list[bytes] | None:
        """Return validators' addresses; None for None."""
        return None if numbers is None else [self.validator(number) for number in numbers]

    def account(self, number: int) -> Account:
        """Return a validator's account on L1."""
        return Account.from_key(self.side.keys()[self.validator(number)], f"validator_{number}")

    def newcomer(self) -> int:
        """Let somebody take part who may be voted in; return its number."""
        key = validator_keys(len(self.places) + 1, self.seed)[-1]
        self.places.append(self.side.join(key).address)
        return len(self.places)

    def vote(self, number: int, add: bool, by: Sequence[bytes]) -> int:
        """Let validators vote, and seal blocks until the set has changed; return how many blocks that took.

        Raises StepImpossible if two rounds of everybody's proposals change nothing.
        """
        before, candidate = self.side.members, self.validator(number)
        self.side.vote(candidate, add, by)
        for count in range(1, 2 * len(before) + 1):
            self.seal(1)
            if self.side.members != before:
                return count
        raise StepImpossible(f"a vote on validator {number}", "the set is as it was")

    # -- blocks

    def keep_time(self) -> None:
        """Set the sidechain's clock to L1's, if it is behind."""
        if self.side.chain.now < self.l1.now:
            self.side.chain.warp(to=self.l1.now)

    def seal(self, count: int) -> None:
        """Have blocks sealed; raises NoQuorum."""
        self.keep_time()
        self.side.chain.mine(count)

    # -- messages

    def message(self, name: str) -> BridgedMessage:
        """Return a message; raises StepImpossible for another name."""
        if name not in self.messages:
            raise StepImpossible(name, "no step that was done has sent it")
        return self.messages[name]

    def forgery(self, name: str) -> Forgery:
        """Return a forged header; raises StepImpossible for another name."""
        if name not in self.forgeries:
            raise StepImpossible(name, "no step that was done has forged it")
        return self.forgeries[name]

    def attest(self, name: str | None, by: Sequence[bytes] | None) -> int:
        """Have messages delivered on the sidechain; return how many were.

        Without a name those that lie deep enough, after the validators of now have been named. With one, that message,
        whatever L1 says: raises Reverted.
        """
        self.keep_time()
        if name is not None:
            message = self.message(name)
            self.bridge.deliver(message, self.bridge.attestations(message.id, by))
            return 1
        if self.bridge.validators() != self.side.members:
            self.bridge.succeed(by=by)
        return len(self.bridge.attest(by=by))

    def proof(self, message: BridgedMessage, shown: Shown) -> tuple[object, ...]:
        """Return a proof about a message against the newest header that the light client has."""
        height, checkpoint, account, slot = self.bridge.prove(RECEIVED if shown == "received" else SENT, message.id)
        if shown == "aliased":
            slot = [*slot[:-1], _aliased(slot[-1])]
        return height, checkpoint, account, slot

    def redeem(self, message: BridgedMessage, proof: object, sender: Account) -> Receipt:
        """Have a message run on L1; raises Reverted."""
        return self.bridge.execute(message, proof, sender=sender)

    def refund(self, message: BridgedMessage, sender: Account) -> Receipt:
        """Have a message paid back by the last header that counts; raises Reverted."""
        client, near = self.bridge.client, self.bridge.near
        heights = sorted(height for height in client.checkpoints if height <= client.newest.number)
        last, behind = client.newest.number, 0
        if client.contract.isOver():
            frozen, paid = client.contract.frozenAt(), near.paidUpTo()
            usable = [height for height in heights if height < frozen]
            last = paid if paid >= frozen else usable[-1]
            behind = min((height for height in heights if height > last), default=0)
        return self.bridge.refund(message, client.header(last), behind=behind, sender=sender)

    # -- lies

    def forge(
        self, name: str, to: str, value: int, by: Sequence[bytes], *, alone: bool, later: int, below: int, seals: Seals
    ) -> Forgery:
        """Have validators seal a header whose state says that a message to L1 was sent, which pays an account.

        It is ``later`` blocks behind the one that lies ``below`` the newest. No two forged states are alike.
        """
        self._made += 1
        message = forged_message(self.bridge, to, value, 10**6 + self._made)
        state = state_with(self.bridge, message)
        keys = self.side.keys()
        parent = self.side.header(self.side.head.number - below)
        plain = header = forged(parent, state.root, [keys[each] for each in by], later=later, alone=alone)
        found = header.extra.seals
        if seals == "high-s":
            header = header.sealed(tuple(map(_malleable, found)))
        elif seals == "twice":
            needed = -(-2 * len(header.extra.validators) // 3)
            header = header.sealed(found[:1] * max(0, needed - len(found)) + found)
        self.forgeries[name] = Forgery(header, seats(plain), state, message)
        return self.forgeries[name]

    def relay(self, name: str | None, sender: Account) -> Header:
        """Hand the newest header to the light client, or a forged one; return it. Raises Reverted."""
        client = self.bridge.client
        client.sync()
        if name is None:
            client.update(self.side.head, sender=sender)
            return self.side.head
        forgery = self.forgery(name)
        header = forgery.header
        if header.extra.validators == client.spans[-1]:
            client.contract.update(header.encode(), forgery.seats, sender=sender)
            client.remember(header)
        else:
            client.update(header, sender=sender)
        return header

    def proof_of(self, forgery: Forgery) -> tuple[object, ...]:
        """Return the proof of a forged header's message."""
        header, client = forgery.header, self.bridge.client
        known = client.checkpoints.get(header.number)
        if known is None or known.state_root != header.state_root:
            known = Checkpoint(header.state_root, header.timestamp, client.newest.number)
        return header.number, known.words, *_way(forgery)

    def heist(self, forgery: Forgery, thief: Account, *, update_first: bool) -> int:
        """Put an update to the newest header and a theft into one block of L1; return how many of the two succeed.

        A thief hands its header in against the set that the light client trusts by then.
        """
        client, newest = self.bridge.client, self.side.head
        order = (newest, forgery.header) if update_first else (forgery.header, newest)
        before = newest.number if update_first else client.newest.number
        words = (forgery.header.state_root, forgery.header.timestamp, before)
        sent: dict[Header, Receipt] = {}
        trusted = client.spans[-1]
        with self.l1.block():
            for header in order:
                sent[header] = client.hand_in(header, trusted, sender=thief, check=False, gas=_GAS)
                trusted = header.extra.validators
                if header is forgery.header:
                    proof = (header.number, words, *_way(forgery))
                    paid = self.bridge.near.execute(forgery.message.words, proof, sender=thief, check=False, gas=_GAS)
        for header in order:
            if sent[header].succeeded:
                client.remember(header)
        return int(sent[newest].succeeded) + int(paid.succeeded)

    # -- sums

    def coming(self) -> Iterator[BridgedMessage]:
        """Yield the messages of L1 that have neither run nor been refunded."""
        for message in self.bridge.sent():
            if not self.bridge.far.received(message.id) and not self.bridge.near.refunded(message.id):
                yield message

    def leaving(self) -> Iterator[BridgedMessage]:
        """Yield the messages to L1 that have not run."""
        return (each for each in self.bridge.sent_back() if not self.bridge.near.received(each.id))

    def owed(self) -> int:
        """Return the wei that L1's end has to have: what is on the sidechain, and on its way either way."""
        there = RESERVE - self.side.chain.balance(self.bridge.far)
        return there + sum(each.value for each in (*self.coming(), *self.leaving()))

    def shortfall(self) -> int:
        """Return the wei that L1's end lacks of what it owes."""
        return max(0, self.owed() - self.l1.balance(self.bridge.near))

    def breach(self) -> str:
        """Return where L1's end has something else than came in and did not go out; "" if it does not."""
        near = self.bridge.near
        came = sum(each.value for each in self.bridge.sent() if not near.refunded(each.id))
        known = (*self.bridge.sent_back(), *(forgery.message for forgery in self.forgeries.values()))
        went = sum(each.value for each in known if near.received(each.id))
        held = self.l1.balance(near)
        return "" if held == came - went else f"near_bridge has {held} wei, {came} came in and {went} went out"


def _way(forgery: Forgery) -> tuple[object, object]:
    """Return the nodes from a forged root to the bridge's account, and from there to the slot."""
    return forgery.state.account, forgery.state.slot


def _malleable(seal: bytes) -> bytes:
    """Return the other seal of the same maker on the same digest."""
    s = _ORDER - int.from_bytes(seal[32:64], "big")
    return seal[:32] + s.to_bytes(32, "big") + bytes((1 - seal[64],))


def _aliased(node: bytes) -> bytes:
    """Return a leaf whose path has the same nibbles, spelt with another flag."""
    path, value = (to_bytes(item) for item in to_list(decode(node), (2,)))
    return encode([bytes((path[0] | 0x40,)) + path[1:], value])
