"""Messages about other channels, and locks that look alike but differ."""

from __future__ import annotations

from typing import Any

import pytest

from harness import ether
from harness.channels.errors import IllegalProposal
from harness.channels.judge import ChannelJudge
from harness.channels.locks import hashlock_of
from harness.channels.routing import Hop
from harness.channels.types import ETHER, OPENING, Side, Terms
from harness.errors import ChannelError
from harness.testbed.channel_fixtures import open_channels
from harness.testbed.channels import Channels

from .peer import Peer

SECRET = b"\x07" * 32


def foreign(channels: Any, first: Any, second: Any) -> Terms:
    a, b = sorted((first.address, second.address), key=lambda address: int(address, 16))
    return Terms(ETHER, a, b, channels.judge.next_epoch(ETHER, a, b), 3_600)


def test_a_channel_of_strangers_is_ignored(channels: Any, accounts: Any, l1: Any) -> None:
    """Strangers open, close and settle a channel in the same contract, from within the same chain."""
    own = channels.open(accounts.alice, accounts.bob, deposit=ether(1))
    stranger = ChannelJudge(channels.contract, accounts.erin)
    terms = foreign(channels, accounts.carol, accounts.dave)
    stranger.open(terms, 500, accounts.carol)
    own.pay(accounts.alice, 5)
    stranger.close(terms, OPENING, accounts.carol)
    own.pay(accounts.alice, 5)
    l1.warp(4_000)
    stranger.settle(terms, OPENING.state)
    stranger.payout(terms, terms.side_of(accounts.carol.address))
    stranger.reveal(SECRET)
    channels.tick()
    node = channels.node(accounts.bob)
    assert (own.balance(accounts.bob), node.preimages) == (10, {})
    assert set(channels.channels) == {own.id}


def test_channels_opened_later_keep_right_books(channels: Any, accounts: Any) -> None:
    before = channels.open(accounts.alice, accounts.bob, deposit=ether(1))
    late = Channels(ChannelJudge(channels.contract, accounts.erin))
    own = late.open(accounts.carol, accounts.dave, deposit=7)
    before.close(by=accounts.alice)
    late.close_together(own)
    late.collect(own, accounts.carol)
    late.stop()


def test_parties_of_one_channel_on_two_networks_do_not_meet(l1: Any, accounts: Any) -> None:
    """A signature counts in one contract only, whatever the terms have in common."""
    first, second = open_channels(l1), open_channels(l1)
    one, two = (network.open(accounts.alice, accounts.bob, deposit=ether(1)) for network in (first, second))
    assert one.id == two.id
    second.bus.send(accounts.alice.address, accounts.bob.address, one.end(accounts.alice).pay(5, first.now))
    second.deliver()
    assert two.balance(accounts.bob) == 0
    assert isinstance(second.nodes[accounts.bob.address].refused[-1], ChannelError)
    first.stop()
    second.stop()


@pytest.fixture
def twins(channels: Any, accounts: Any) -> tuple[Any, Any, Any]:
    """A channel in which Alice promises Bob on one hashlock 300 until early and 500 until late."""
    channel = channels.open(accounts.alice, accounts.bob, deposit=ether(1))
    end, now = channel.end(accounts.alice), channels.now
    early, _ = end.lock(hashlock_of(SECRET), 300, now + 1_000, now)
    late, _ = end.lock(hashlock_of(SECRET), 500, now + 2_000, now)
    channels.settle_messages()
    assert channel.state.locks == (early, late)
    return channel, early, late


@pytest.mark.parametrize("seconds", [1_000, 1_001, 2_000, 2_001])
def test_locks_of_one_hashlock_are_decided_each_by_its_own_expiry(
    channels: Any, accounts: Any, l1: Any, twins: Any, seconds: int
) -> None:
    """Off chain the payer pays exactly what the contract would give to the payee."""
    channel, early, late = twins
    start = early.expiry - 1_000
    l1.warp(to=start + seconds)
    channels.judge.reveal(SECRET)
    channels.settle_messages()
    for _ in range(2):
        channels.tick()
    l1.warp(to=late.expiry + 10)
    for _ in range(3):
        channels.tick()
    due = sum(lock.amount for lock in (early, late) if start + seconds <= lock.expiry)
    assert channel.balance(accounts.bob) == due
    assert not channel.state.locks
    channel.pay(accounts.alice, 7)
    assert channel.balance(accounts.bob) == due + 7


@pytest.mark.parametrize("seconds", [1_000, 1_001])
def test_a_payee_insists_on_the_lock_that_was_opened_in_time_only(
    channels: Any, accounts: Any, l1: Any, seconds: int
) -> None:
    channel = channels.open(accounts.alice, accounts.bob, deposit=ether(1))
    peer = Peer(channels, channel, accounts.alice, accounts.bob)
    start = channels.now
    early = peer.locks(hashlock_of(SECRET), 300, start + 1_000)
    late = peer.locks(hashlock_of(SECRET), 500, start + 2_000)
    l1.warp(to=start + seconds)
    channels.judge.reveal(SECRET)
    l1.warp(to=start + 2_100)
    channels.read_chain()
    node = channels.node(accounts.bob)
    peer.says(peer.proposal(locks=(early,)))
    assert isinstance(node.refused[-1], IllegalProposal)
    peer.says(peer.proposal(locks=(late,), pays=0 if seconds > 1_000 else 300))
    assert peer.end.newest.locks == (late,)
    peer.says(peer.proposal(locks=(), pays=500))
    assert peer.end.newest.locks == ()


def test_a_lock_on_a_secret_that_is_public_already_is_money(channels: Any, accounts: Any, l1: Any) -> None:
    """The chain would give it to the payee from the start, so it does not expire: neither side lets it."""
    channel = channels.open(accounts.alice, accounts.bob, deposit=ether(1))
    channels.judge.reveal(SECRET)
    channels.tick()
    end = channel.end(accounts.alice)
    lock, _ = end.lock(hashlock_of(SECRET), 300, channels.now + 1_000, channels.now)
    channels.offline(accounts.bob)
    l1.warp(to=lock.expiry + 1)
    channels.tick()
    channels.online(accounts.bob)
    for _ in range(3):
        channels.tick()
    assert channel.balance(accounts.bob) == 300
    assert not channel.state.locks


def test_one_hashlock_twice_through_a_hub_arrives_twice(channels: Any, accounts: Any) -> None:
    upper = channels.open(accounts.alice, accounts.carol, deposit=ether(1))
    lower = channels.open(accounts.carol, accounts.bob, deposit=ether(1))
    channels.offline(accounts.bob)
    hashlock = channels.node(accounts.bob).invoice(100, 1)
    for later in (0, 1):
        end = channels.now + 3_600 + later
        route = (
            Hop(upper.id, accounts.carol.address, 100, end + 600),
            Hop(lower.id, accounts.bob.address, 100, end),
        )
        channels.node(accounts.alice).pay_route(hashlock, route, channels.now)
        channels.deliver()
    assert len(upper.state.locks) == len(lower.state.locks) == 2
    channels.online(accounts.bob)
    for _ in range(3):
        channels.tick()
    assert (upper.balance(accounts.carol), lower.balance(accounts.bob)) == (200, 200)
    assert upper.terms.side_of(accounts.alice.address) in Side


def test_a_payee_knows_at_once_that_a_new_lock_is_open_already(channels: Any, accounts: Any, l1: Any) -> None:
    """Its payer lets it expire before the payee does anything else."""
    channel = channels.open(accounts.alice, accounts.bob, deposit=ether(1))
    peer = Peer(channels, channel, accounts.alice, accounts.bob)
    channels.judge.reveal(SECRET)
    lock = peer.locks(hashlock_of(SECRET), 300, channels.now + 1_000)
    l1.warp(to=lock.expiry + 1)
    peer.says(peer.proposal(locks=()))
    assert isinstance(channels.node(accounts.bob).refused[-1], IllegalProposal)
    assert peer.end.newest.locks == (lock,)
