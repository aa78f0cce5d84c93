"""Seeded play of peers that say anything: a hub between two of them and a payee before one end with what is theirs.

The peers know every secret that was told, sign any state, repeat old messages, direct payments anywhere, withdraw,
fall silent and close with old states. The hub may lose nothing; the payee is paid for every secret that left it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import pytest

from harness.chain.errors import RevertedWithError
from harness.channels.locks import hashlock_of
from harness.channels.node import Node
from harness.channels.routing import Hop
from harness.channels.types import Lock, Side, Status, Withdrawal
from harness.channels.wire import Forward, Preimage
from harness.errors import ChannelError

from .peer import Peer

DEPOSIT = 10**6
PRICES = (1_000, 5_000)
MESSAGES = 400
MADE_UP: tuple[Any, ...] = (0, -1, 1, 2**64, 2**128, 2**300, None, "", b"", bytes(32), (), [], 1.5)


@dataclass
class Play:
    """Three channels of hostile peers with two honest parties."""

    channels: Any
    accounts: Any
    random: Random
    peers: list[Peer] = field(default_factory=list)
    said: list[tuple[Peer, Any]] = field(default_factory=list)
    heard: list[Preimage] = field(default_factory=list)
    secrets: list[bytes] = field(default_factory=list)
    invoices: dict[bytes, int] = field(default_factory=dict)
    spent: dict[bytes, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        a, hub, b, payee = (getattr(self.accounts, name) for name in ("alice", "carol", "bob", "dave"))
        pairs = ((a, hub), (b, hub), (a, payee))
        made = [self.channels.open(*pair, DEPOSIT, other_deposit=DEPOSIT) for pair in pairs]
        self.peers = [Peer(self.channels, channel, *pair) for channel, pair in zip(made, pairs, strict=True)]
        self.secrets = [bytes([number]) * 32 for number in (1, 2)]
        for salt, price in enumerate(PRICES):
            self.invoices[self.channels.node(payee).invoice(price, salt)] = price
        for honest in (hub, payee):
            self._listen(self.channels.node(honest))

    def _listen(self, node: Node) -> None:
        send = node.send

        def heard(recipient: str, message: Any) -> None:
            self.heard.extend([message] if isinstance(message, Preimage) else [])
            send(recipient, message)

        node.send = heard

    # -- what a peer may think of

    def expiry(self) -> int:
        now: int = self.channels.now
        return now + self.random.choice([-1, 1, 119, 121, 700, 1_400, 3_600, 3_600, 7_200, 7_200, 2**40])

    def amount(self) -> int:
        return self.random.choice([1, 2, *PRICES, PRICES[0] - 1, 10_000, self.random.randrange(1, DEPOSIT)])

    def hashlock(self) -> bytes:
        return self.random.choice([*self.invoices, *map(hashlock_of, self.secrets)])

    def some_lock(self, peer: Peer) -> Lock:
        known = [*peer.end.newest.locks, *peer.end.ledger.gone]
        if known and self.random.random() < 0.5:
            return self.random.choice(known)
        return peer.lock(self.hashlock(), self.amount(), self.expiry() % 2**64)

    def proposal(self, peer: Peer) -> Any:
        random, ledger = self.random, peer.end.ledger
        kept = tuple(lock for lock in ledger.adopted.locks if random.random() < 0.85)
        added = tuple(self.some_lock(peer) for _ in range(random.choice([0, 0, 1, 1, 2])))
        pays = random.choice([0, 0, 0, 1, self.amount(), -1, *(lock.amount for lock in ledger.adopted.locks)])
        base = random.choice([None, None, *ledger.signed, ledger.newest, 0])
        version = random.choice([None] * 6 + [ledger.newest, ledger.newest + 1, 2**63, 2**64 - 1])
        try:
            return peer.proposal(pays=pays, locks=kept + added, base=base, version=version)
        except OverflowError:
            return peer.proposal()

    def forward(self, peer: Peer) -> Forward:
        """Direct a lock anywhere; half of the time as a hub would take it."""
        random, onward, lock = self.random, self.random.choice(self.peers), self.some_lock(peer)
        hop = Hop(onward.channel.id, onward.account.address, self.amount(), self.expiry() % 2**64)
        if random.random() < 0.5:
            hop = replace(hop, amount=random.randrange(1, lock.amount + 1), expiry=max(0, lock.expiry - 600))
        if random.random() < 0.1:
            hop = replace(hop, recipient=random.choice([peer.account.address, "0x" + 40 * "5"]))
        return Forward(peer.channel.id, lock, random.choice([(), (hop,), (hop,), (hop,), (hop, hop)]))

    def message(self, peer: Peer) -> Any:
        random, ledger = self.random, peer.end.ledger
        kind = random.randrange(8)
        if kind < 3:
            return self.proposal(peer)
        if kind == 3:
            return peer.ack(random.choice([ledger.newest, *ledger.signed]))
        if kind < 6:
            return self.forward(peer)
        secret = random.choice([*self.secrets, *(message.preimage for message in self.heard)])
        return Preimage(peer.channel.id, hashlock_of(secret), secret)

    def mutated(self, message: Any) -> Any:
        """The message with one field, or a field of a field, replaced by anything."""
        name = self.random.choice(list(message.__dataclass_fields__))
        inner = getattr(message, name)
        if hasattr(inner, "__dataclass_fields__") and self.random.random() < 0.7:
            return replace(message, **{name: self.mutated(inner)})
        return replace(message, **{name: self.random.choice(MADE_UP)})

    # -- a turn

    def turn(self) -> None:
        random, peer = self.random, self.random.choice(self.peers)
        doing = random.random()
        if doing < 0.75:
            message = self.message(peer)
            message = self.mutated(message) if random.random() < 0.1 else message
            self.said.append((peer, message))
            peer.says(message)
        elif doing < 0.85 and self.said:
            peer, message = random.choice(self.said)
            peer.says(message)
        elif doing < 0.87:
            self.withdraw(peer)
        elif doing < 0.88:
            self.pay(peer, self.random.choice([1, 500, 100_000]))
        elif doing < 0.881:
            self.close(peer)
        else:
            self.wait(random.randrange(1, 60))

    def wait(self, seconds: int) -> None:
        self.channels.chain.warp(seconds + 1)
        self.channels.tick()
        self.channels.watchtower.step()

    def pay(self, peer: Peer, amount: int) -> None:
        """The victim pays: it may spend this much, and not a unit more."""
        try:
            self.channels.node(peer.victim).pay(peer.channel.id, amount, self.channels.now)
        except ChannelError:
            return
        self.spent[peer.channel.id] = self.spent.get(peer.channel.id, 0) + amount

    def withdraw(self, peer: Peer) -> None:
        info = peer.channel.info
        taken = (info.funds.withdrawn_a, info.funds.withdrawn_b)[peer.side]
        # A peer asks for all that it may have, payments included that it has not acknowledged.
        waiting = peer.end.ledger.spendable(self.channels.now).balances(peer.end.ledger.draft.state(0, 0))[peer.side]
        amount = self.random.choice([self.amount(), max(1, waiting - 10)])
        wanted = Withdrawal(peer.side, taken + amount, self.channels.now + 60)
        try:
            theirs = peer.end.promise_withdrawal(wanted, self.channels.now)
        except ChannelError:
            return
        ours = peer.signer.sign(peer.end.messages.withdrawal(wanted))
        signatures = [ours, theirs] if peer.side is Side.A else [theirs, ours]
        self.channels.judge.withdraw(peer.channel.terms, wanted, peer.account.address, signatures)

    def close(self, peer: Peer) -> None:
        """Close with any state that the victim has signed."""
        states = [signed for signed in peer.end.ledger.signed.values() if signed.signature(peer.side.other)]
        if states and peer.channel.info.status is Status.OPEN:
            try:
                peer.channel.close(by=peer.account, state=self.random.choice(states))
            except RevertedWithError as refusal:
                assert refusal.name == "Overdrawn"

    # -- the end

    def goes_on(self, peer: Peer) -> bool:
        """Whether the channel still carries a payment each way."""
        before = peer.end.newest.state.paid(peer.side), peer.end.state.state.paid(peer.side.other)
        left = peer.end.ledger.spendable(self.channels.now).balances(peer.end.newest.state)[peer.side]
        peer.says(peer.proposal(pays=min(5, left)))
        self.pay(peer, 3)
        for _ in range(5):
            if peer.end.ledger.is_waiting:
                peer.says(peer.ack(peer.end.ledger.newest))
        after = peer.end.newest.state
        paid = after.paid(peer.side) == before[0] + min(5, left) and after.paid(peer.side.other) >= before[1] + 3
        return paid and bool(peer.end.is_settled_between_us)

    def settled(self) -> list[int]:
        """What the victims end with on chain, withdrawals left out; the secrets that have left are shown meanwhile."""
        for _ in range(140):
            self.wait(60)
        for peer in self.peers:
            if peer.channel.info.status is Status.OPEN:
                peer.channel.close(by=peer.victim)
            elif peer.channel.info.version < peer.end.newest.version:
                peer.channel.answer(by=peer.victim)
        self.wait(1)
        for peer in self.peers:
            peer.channel.settle()
            peer.channel.unlock()
        return [peer.channel.payout(peer.victim) for peer in self.peers]


@pytest.mark.parametrize("number", range(10))
def test_whatever_peers_say_honest_money_is_safe(
    channels: Any, accounts: Any, request: pytest.FixtureRequest, number: int
) -> None:
    seed = int(request.config.getoption("--harness-seed")) * 1_000 + number
    play = Play(channels, accounts, Random(seed))
    for _ in range(MESSAGES):
        play.turn()
    hub, payee = channels.node(accounts.carol), channels.node(accounts.dave)
    assert hub.refused and payee.refused
    for peer in play.peers:
        assert peer.channel.info.status is not Status.OPEN or play.goes_on(peer), f"seed {seed}: {peer.channel.terms}"
    before = [peer.end.ledger for peer in play.peers]
    assert [channels.resume(peer.victim).end(peer.channel.id).ledger for peer in play.peers] == before
    spent = [play.spent.get(peer.channel.id, 0) for peer in play.peers]
    ends = play.settled()
    assert ends[0] + ends[1] >= 2 * DEPOSIT - spent[0] - spent[1], f"seed {seed}: the hub lost"
    told = {message.hashlock for message in play.heard}
    sold = sum(price for h, price in play.invoices.items() if h in told or channels.judge.revealed_at(h))
    assert ends[2] >= DEPOSIT + sold - spent[2], f"seed {seed}: the payee sold {sold} for {ends[2] - DEPOSIT}"
