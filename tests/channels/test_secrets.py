"""A preimage leaves its party only for locks that pay the invoice in full and can still be opened within the margin."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness import ether
from harness.channels.locks import hashlock_of
from harness.channels.node import REVEAL_MARGIN
from harness.channels.routing import Hop
from harness.channels.types import Status
from harness.channels.wire import Forward, Preimage

from .peer import Peer

PRICE = 1_000


@pytest.fixture
def thief(channels: Any, accounts: Any) -> Peer:
    """Alice, who can promise money to Bob and wants his secret for less."""
    channel = channels.open(accounts.alice, accounts.bob, deposit=ether(1))
    return Peer(channels, channel, accounts.alice, accounts.bob)


@pytest.fixture
def invoice(channels: Any, accounts: Any) -> bytes:
    hashlock: bytes = channels.node(accounts.bob).invoice(PRICE, 1)
    return hashlock


def heard(thief: Peer) -> list[Preimage]:
    """Watch what Bob tells; the thief must have called this before."""
    said: list[Preimage] = []
    node = thief.channels.nodes[thief.victim.address]
    before = node.send

    def listen(recipient: str, message: Any) -> None:
        said.extend([message] if isinstance(message, Preimage) else [])
        before(recipient, message)

    node.send = listen
    return said


def has_left(channels: Any, thief: Peer, invoice: bytes, said: list[Preimage]) -> bool:
    """Whether anybody but Bob can know the secret: his peer, the watchtower, everybody."""
    channels.tick()
    node = channels.node(thief.victim)
    watched = bool(channels.watchtower._secrets) or bool(node.secrets_for(thief.end, channels.now))
    return bool(said) or watched or channels.judge.revealed_at(invoice) != 0


def hops_to(channels: Any, accounts: Any, thief: Peer) -> dict[str, Any]:
    onward = Hop(thief.channel.id, accounts.alice.address, 1, channels.now + 600)
    stranger = Hop(b"\x09" * 32, accounts.carol.address, PRICE, channels.now + 600)
    return {"none": (), "back": (onward,), "unknown": (stranger,), "unsaid": None}


@pytest.mark.parametrize("hops", ["none", "back", "unknown", "unsaid"])
@pytest.mark.parametrize(
    ("amount", "time"),
    [(1, 3_600), (PRICE - 1, 3_600), (PRICE, REVEAL_MARGIN - 1), (PRICE, 1), (10 * PRICE, 1)],
    ids=["1 wei", "1 wei short", "a second short of the margin", "one second", "much and late"],
)
def test_no_secret_leaves_for_too_little_or_too_late(
    channels: Any, accounts: Any, thief: Peer, invoice: bytes, l1: Any, amount: int, time: int, hops: str
) -> None:
    said = heard(thief)
    thief.locks(invoice, amount, channels.now + time, hops_to(channels, accounts, thief)[hops])
    assert not has_left(channels, thief, invoice, said)
    for wait in (max(60, time - REVEAL_MARGIN), REVEAL_MARGIN - 1, 2):
        l1.warp(wait)
        assert not has_left(channels, thief, invoice, said)
        channels.watchtower.step()
        assert channels.judge.revealed_at(invoice) == 0


@pytest.mark.parametrize("hops", ["none", "back", "unknown", "unsaid"])
@pytest.mark.parametrize("time", [REVEAL_MARGIN + 1, 3_600])
def test_the_whole_price_in_time_is_taken_whatever_the_sender_says_of_hops(
    channels: Any, accounts: Any, thief: Peer, invoice: bytes, time: int, hops: str
) -> None:
    said = heard(thief)
    thief.locks(invoice, PRICE, channels.now + time, hops_to(channels, accounts, thief)[hops])
    channels.tick()
    assert {message.hashlock for message in said} == {invoice}
    assert channels.node(accounts.bob).secrets_for(thief.end)


def test_a_small_lock_beside_the_full_one_gets_nothing(channels: Any, thief: Peer, invoice: bytes) -> None:
    """Two locks of one hashlock: the full one is gone before the small one is looked at."""
    small = thief.locks(invoice, 1, channels.now + 3_600)
    large = thief.locks(invoice, PRICE, channels.now + 600)
    node = channels.node(thief.victim)
    assert len(node.secrets_for(thief.end)) == 1
    channels.tick()
    assert [lock for lock, _ in node.entrust(thief.end, channels.now)] == [large]
    assert channels.watchtower._secrets[invoice].locks == {large}
    assert small in thief.end.newest.locks


def test_a_lock_given_back_gets_nothing_afterwards(channels: Any, thief: Peer, invoice: bytes) -> None:
    """Bob drops a lock, the peer keeps silent, so that it is still in the newest state that both know."""
    lock = thief.lock(invoice, PRICE, channels.now + 3_600)
    thief.end.receive(thief.proposal(locks=(lock,)), channels.now)
    thief.end.drop_lock(lock, channels.now)
    said = heard(thief)
    assert not has_left(channels, thief, invoice, said)


def test_no_secret_leaves_for_a_channel_that_is_being_closed(
    channels: Any, accounts: Any, thief: Peer, invoice: bytes
) -> None:
    """The posted state may lack the lock: then the secret buys nothing."""
    said = heard(thief)
    thief.end.receive(thief.proposal(locks=(thief.lock(invoice, PRICE, channels.now + 3_600),)), channels.now)
    thief.channel.close(by=accounts.alice)
    assert thief.channel.info.status is Status.CLOSING
    assert not has_left(channels, thief, invoice, said)


@pytest.mark.parametrize("left", [REVEAL_MARGIN, 5, 0])
def test_a_secret_that_left_in_time_goes_on_chain_within_the_margin(
    channels: Any, thief: Peer, invoice: bytes, l1: Any, left: int
) -> None:
    lock = thief.locks(invoice, PRICE, channels.now + 3_600, ())
    l1.warp(to=lock.expiry - REVEAL_MARGIN - 1)
    channels.tick()
    assert channels.judge.revealed_at(invoice) == 0
    l1.warp(to=lock.expiry - left)
    channels.tick()
    assert channels.judge.revealed_at(invoice) <= lock.expiry
    thief.channel.close(by=thief.victim, state=thief.end.newest)
    thief.channel.settle()
    thief.channel.unlock()
    assert thief.channel.payout(thief.victim) == PRICE


def test_a_hub_sends_its_payer_the_preimage_that_its_payee_sent_it(channels: Any, accounts: Any, l1: Any) -> None:
    """The hub made no invoice: the secret is known outside, and it takes its own side of the payment."""
    upper = channels.open(accounts.alice, accounts.carol, deposit=ether(1))
    lower = channels.open(accounts.carol, accounts.bob, deposit=ether(1))
    payer, payee = (
        Peer(channels, upper, accounts.alice, accounts.carol),
        Peer(channels, lower, accounts.bob, accounts.carol),
    )
    secret = b"\x07" * 32
    hop = Hop(lower.id, accounts.bob.address, 10, channels.now + 3_600)
    lock = payer.locks(hashlock_of(secret), 10, channels.now + 4_200, (hop,))
    payee.says(payee.ack(payee.end.ledger.newest))
    assert payee.end.newest.locks
    payee.says(Preimage(lower.id, hashlock_of(secret), secret))
    assert channels.node(accounts.carol).secrets_for(payer.end) == [secret]
    l1.warp(to=lock.expiry - 10)
    channels.tick()
    assert channels.judge.revealed_at(hashlock_of(secret)) <= lock.expiry


def test_a_payment_whose_secret_is_known_is_not_sent_again(channels: Any, accounts: Any) -> None:
    from harness.channels.errors import IllegalProposal

    channels.open(accounts.alice, accounts.bob, deposit=ether(1))
    hashlock, route = channels.pay_route(accounts.alice, accounts.bob, PRICE)
    later = (replace(route[0], expiry=route[0].expiry + 1),)
    with pytest.raises(IllegalProposal):
        channels.node(accounts.alice).pay_route(hashlock, later, channels.now)


def test_a_stranger_does_not_say_where_a_payment_goes(channels: Any, accounts: Any, invoice: bytes) -> None:
    """Only the payer of a lock directs it: anybody else could make a hub give payments back."""
    upper = channels.open(accounts.alice, accounts.carol, deposit=ether(1))
    channels.open(accounts.carol, accounts.bob, deposit=ether(1))
    payer = Peer(channels, upper, accounts.alice, accounts.carol)
    lock = payer.locks(invoice, 2 * PRICE, channels.now + 7_200)
    channels.node(accounts.dave)
    channels.bus.send(accounts.dave.address, accounts.carol.address, Forward(upper.id, lock, ()))
    channels.deliver()
    assert lock in payer.end.ledger.draft.locks
    assert channels.node(accounts.carol).refused[-1].args
