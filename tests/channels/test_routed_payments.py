"""Payments over the channels of others: they arrive whole, or they come back whole."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from harness import ether
from harness.channels.errors import NoRoute
from harness.channels.locks import hashlock_of
from harness.channels.node import Forward, Node
from harness.channels.routing import Hop, Policy
from harness.channels.types import Status

FEE = 10**12


def line(
    channels: Any, accounts: Any, hops: int, deposit: int = ether(1), **options: Any
) -> tuple[list[Any], list[Any]]:
    """Accounts in a row with a channel between each two, deposits on the payer's side only."""
    members = [accounts[i] for i in range(hops + 1)]
    for hub in members[1:-1]:
        channels.policies[hub.address] = Policy(base_fee=FEE, expiry_delta=300)
    return members, [channels.open(payer, payee, deposit=deposit, **options) for payer, payee in pairwise(members)]


def worth(channels: Any, account: Any) -> int:
    """What an account has in all its channels, locks not counted."""
    return sum(
        channel.balance(account)
        for channel in channels.channels.values()
        if channel.terms.side_of(account.address) is not None
    )


class Quiet(Node):
    """A payee that neither takes a lock nor gives it back."""

    def _on_forward(self, message: Forward, now: int) -> None:
        """Say nothing."""


def keep_quiet(channels: Any, account: Any) -> None:
    node = channels.node(account)
    quiet = Quiet.resume(node.address, node.signer, node.domain, node.journal, node.send, node.policy)
    channels.nodes[account.address] = quiet


@pytest.mark.parametrize("hops", [1, 2, 3, 14, 18])
def test_a_payment_over_many_hops_arrives(channels: Any, accounts: Any, hops: int) -> None:
    members, made = line(channels, accounts, hops)
    before = [worth(channels, member) for member in members]
    hashlock, route = channels.pay_route(members[0], members[-1], ether(1) // 2)
    assert len(route) == hops
    assert channels.node(members[0]).is_paid(hashlock)
    gained = [worth(channels, member) - old for member, old in zip(members, before, strict=True)]
    assert gained == [-ether(1) // 2 - FEE * (hops - 1), *([FEE] * (hops - 1)), ether(1) // 2]
    assert all(not channel.state.locks for channel in made)


def test_each_hop_gives_its_hub_time_and_fee(channels: Any, accounts: Any) -> None:
    members, _ = line(channels, accounts, 4)
    _, route = channels.pay_route(members[0], members[-1], 1_000)
    for outer, inner in pairwise(route):
        assert outer.expiry - inner.expiry == 300
        assert outer.amount - inner.amount == FEE


def test_the_cheaper_of_two_short_routes_is_taken(channels: Any, accounts: Any) -> None:
    a = accounts
    for hub, fee in ((a.bob, 900), (a.carol, 20)):
        channels.policies[hub.address] = Policy(base_fee=fee)
    for hub in (a.bob, a.carol):
        channels.open(a.alice, hub, deposit=ether(1))
        channels.open(hub, a.dave, deposit=ether(1))
    _, route = channels.pay_route(a.alice, a.dave, 1_000)
    assert route[0].recipient == a.carol.address
    assert route[0].amount == 1_020


def test_exhausted_capacity_finds_another_way_or_none(channels: Any, accounts: Any) -> None:
    a = accounts
    channels.open(a.alice, a.bob, deposit=ether(1))
    thin = channels.open(a.bob, a.dave, deposit=100)
    with pytest.raises(NoRoute) as problem:
        channels.pay_route(a.alice, a.dave, 101)
    assert problem.value.amount == 101
    channels.open(a.bob, a.carol, deposit=ether(1))
    channels.open(a.carol, a.dave, deposit=ether(1))
    _, route = channels.pay_route(a.alice, a.dave, 101)
    assert len(route) == 3
    assert thin.state.version == 0


def test_more_hops_than_allowed_are_no_route(channels: Any, accounts: Any) -> None:
    members, _ = line(channels, accounts, 4)
    with pytest.raises(NoRoute):
        channels.pay_route(members[0], members[-1], 1, max_hops=3)
    with pytest.raises(NoRoute):
        channels.pay_route(members[0], members[0], 1)


def test_a_hub_that_spent_its_capacity_meanwhile_gives_the_payment_back(channels: Any, accounts: Any) -> None:
    """The payer's view of the last channel is old: the payment fails there and comes back all the way."""
    members, made = line(channels, accounts, 3)
    graph = channels.graph()
    made[2].pay(members[2], ether(1) - 10)
    before = [worth(channels, member) for member in members]
    target = channels.node(members[3])
    hashlock = target.invoice(1_000, 1)
    route = graph.route(members[0].address, members[3].address, 1_000, expiry=channels.now + 3_600, latest=2**40)
    channels.node(members[0]).pay_route(hashlock, route, channels.now)
    channels.settle_messages()
    assert not channels.node(members[0]).is_paid(hashlock)
    assert [worth(channels, member) for member in members] == before
    assert all(not channel.state.locks for channel in made)


@pytest.mark.parametrize(
    ("amount", "expiry"), [(999, 3_600 + 300), (1_000 + FEE - 1, 3_600 + 300), (1_000 + FEE, 3_600 + 299)]
)
def test_a_hub_forwards_on_its_own_terms_only(channels: Any, accounts: Any, amount: int, expiry: int) -> None:
    members, made = line(channels, accounts, 2)
    hashlock = channels.node(members[2]).invoice(1_000, 1)
    now = channels.now
    route = (
        Hop(made[0].id, members[1].address, amount, now + expiry),
        Hop(made[1].id, members[2].address, 1_000, now + 3_600),
    )
    channels.node(members[0]).pay_route(hashlock, route, now)
    channels.settle_messages()
    assert made[1].state.version == 0
    assert not made[0].state.locks
    assert made[0].balance(members[0]) == ether(1)


def test_a_target_takes_no_partial_payment(channels: Any, accounts: Any) -> None:
    members, made = line(channels, accounts, 1)
    hashlock = channels.node(members[1]).invoice(1_000, 1)
    hop = Hop(made[0].id, members[1].address, 999, channels.now + 3_600)
    channels.node(members[0]).pay_route(hashlock, (hop,), channels.now)
    channels.settle_messages()
    assert not channels.node(members[0]).is_paid(hashlock)
    assert made[0].balance(members[0]) == ether(1)


def test_a_payment_on_an_offline_mediator_comes_back_when_its_lock_expires(
    channels: Any, accounts: Any, l1: Any
) -> None:
    members, made = line(channels, accounts, 3)
    graph = channels.graph()
    channels.offline(members[2])
    hashlock = channels.node(members[3]).invoice(1_000, 1)
    route = graph.route(members[0].address, members[3].address, 1_000, expiry=channels.now + 3_600, latest=2**40)
    channels.node(members[0]).pay_route(hashlock, route, channels.now)
    channels.deliver()
    channels.tick()
    assert made[0].state.locks
    l1.warp(to=route[0].expiry + 1)
    channels.online(members[2])
    for _ in range(4):
        channels.tick()
    assert all(not channel.state.locks for channel in made)
    assert worth(channels, members[0]) == ether(1)
    assert not channels.node(members[0]).is_paid(hashlock)


def test_a_hub_whose_payee_shows_the_preimage_on_chain_is_paid_upstream(channels: Any, accounts: Any, l1: Any) -> None:
    """The payee waits until the last second, and the hub is offline: one revelation opens both locks."""
    members, made = line(channels, accounts, 2)
    secret = b"\x07" * 32
    payer, hub, payee = members
    keep_quiet(channels, payee)
    now = channels.now
    route = (
        Hop(made[0].id, hub.address, 1_000 + FEE, now + 4_200),
        Hop(made[1].id, members[2].address, 1_000, now + 3_600),
    )
    channels.node(payer).pay_route(hashlock_of(secret), route, now)
    channels.settle_messages()
    assert made[1].state.locks
    channels.offline(hub)
    channels.close(made[1], by=members[2])
    l1.warp(to=route[1].expiry)
    channels.judge.reveal(secret)
    channels.settle(made[1])
    channels.unlock(made[1])
    assert made[1].payout(members[2]) == 1_000
    channels.online(hub)
    channels.settle_messages()
    assert made[0].balance(hub) == 1_000 + FEE
    assert channels.node(payer).is_paid(hashlock_of(secret))


@pytest.mark.parametrize(("offset", "paid"), [(-1, True), (0, True), (1, False)])
def test_a_preimage_shown_on_chain_around_the_expiry(
    channels: Any, accounts: Any, l1: Any, offset: int, paid: bool
) -> None:
    """Off chain the payer pays exactly what the chain would give."""
    channel = channels.open(accounts.alice, accounts.bob, deposit=ether(1))
    secret = b"\x07" * 32
    alice, bob = channel.end(accounts.alice), channel.end(accounts.bob)
    lock, proposal = alice.lock(hashlock_of(secret), 500, channels.now + 1_000, channels.now)
    for reply in bob.receive(proposal, channels.now).replies:
        alice.receive(reply, channels.now)
    l1.warp(to=lock.expiry + offset)
    channels.judge.reveal(secret)
    channels.settle_messages()
    for _ in range(3):
        channels.tick()
        l1.warp(100)
    assert channel.balance(accounts.bob) == (500 if paid else 0)
    assert not channel.state.locks


def test_jamming_ends_with_the_locks(channels: Any, accounts: Any, l1: Any) -> None:
    """A jammer fills a hub's channel with locks it never opens: the money is back once they have expired."""
    members, made = line(channels, accounts, 2, deposit=ether(1))
    payer, hub, jammer = members
    keep_quiet(channels, jammer)
    for salt in range(20):
        hop = (
            Hop(made[0].id, hub.address, ether(1) // 20, channels.now + 5_000),
            Hop(made[1].id, jammer.address, ether(1) // 20 - FEE, channels.now + 3_600),
        )
        hashlock = hashlock_of(bytes([salt + 1]) * 32)
        channels.node(payer).pay_route(hashlock, hop, channels.now)
    channels.settle_messages()
    assert made[0].balance(payer) == 0
    assert len(made[1].state.locks) == 20
    with pytest.raises(NoRoute):
        channels.pay_route(payer, hub, 1)
    l1.warp(5_001)
    for _ in range(4):
        channels.tick()
    assert made[0].balance(payer) == ether(1)
    channels.pay_route(payer, hub, ether(1))
    assert made[0].balance(hub) == ether(1)


def test_a_route_survives_a_bad_bus(l1: Any, accounts: Any) -> None:
    from harness.channels.bus import Faults
    from harness.testbed.channel_fixtures import open_channels

    network = open_channels(l1, seed=3, faults=Faults(0.3, 0.3, 0.5, 3))
    members, made = line(network, accounts, 5)
    hashlock, _ = network.pay_route(members[0], members[-1], 1_000)
    for _ in range(30):
        network.tick()
    assert network.node(members[0]).is_paid(hashlock)
    assert made[-1].balance(members[-1]) == 1_000
    assert network.bus.dropped > 0
    network.stop()


def test_locks_in_both_directions_settle_on_chain(channels: Any, accounts: Any) -> None:
    channel = channels.open(accounts.alice, accounts.bob, deposit=ether(1), other_deposit=ether(1))
    alice, bob = channel.end(accounts.alice), channel.end(accounts.bob)
    secrets = [bytes([i + 1]) * 32 for i in range(3)]
    for number, secret in enumerate(secrets):
        payer, payee = (alice, bob) if number % 2 == 0 else (bob, alice)
        _, proposal = payer.lock(hashlock_of(secret), 100 + number, channels.now + 90_000, channels.now)
        for reply in payee.receive(proposal, channels.now).replies:
            payer.receive(reply, channels.now)
    channel.close(by=accounts.alice)
    channels.judge.reveal(secrets[0])
    channels.judge.reveal(secrets[1])
    channel.settle()
    channel.unlock()
    assert channel.info.status is Status.SETTLED
    assert channel.payout(accounts.alice) == ether(1) - 100 + 101
    assert channel.payout(accounts.bob) == ether(1) + 100 - 101
