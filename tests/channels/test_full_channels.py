"""No channel gets stuck: a party signs nothing that the other would refuse, and expired locks make room."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness import ether
from harness.channels.errors import IllegalProposal, MalformedMessage, NoRoute, UnknownChannel
from harness.channels.locks import MAX_LOCKS, hashlock_of
from harness.channels.routing import Hop, Policy
from harness.errors import ChannelError


@pytest.fixture
def line(channels: Any, accounts: Any) -> list[Any]:
    """Alice to Carol to Bob, and Dave to Carol: Carol is a hub of strangers."""
    a, b, c, d = accounts.alice, accounts.bob, accounts.carol, accounts.dave
    return [channels.open(payer, payee, deposit=ether(1)) for payer, payee in ((a, c), (c, b), (d, c))]


def numbered(number: int) -> bytes:
    return hashlock_of(number.to_bytes(32, "big"))


def works(channels: Any, channel: Any, payer: Any) -> bool:
    """Whether a payment arrives at once, and is acknowledged."""
    payee = {channel.terms.a: channel.terms.b, channel.terms.b: channel.terms.a}[payer.address]
    end = channels.nodes[payee].end(channel.id)
    before = end.balance(channels.now)
    channel.pay(payer, 5)
    settled: bool = channel.end(payer).is_settled_between_us
    return settled and end.balance(channels.now) == before + 5


def test_the_same_lock_is_made_once(channels: Any, accounts: Any, line: list[Any], l1: Any) -> None:
    end = line[0].end(accounts.alice)
    lock, _ = end.lock(numbered(1), 5, channels.now + 3_600, channels.now)
    with pytest.raises(IllegalProposal):
        end.lock(numbered(1), 5, channels.now + 3_600, channels.now)
    channels.settle_messages()
    channels.nodes[accounts.carol.address]._give_back(line[0].end(accounts.carol), lock, channels.now)
    channels.settle_messages()
    assert lock not in end.newest.locks
    with pytest.raises(IllegalProposal):
        end.lock(numbered(1), 5, lock.expiry, channels.now)
    l1.warp(to=lock.expiry + 1)
    channels.tick()
    assert works(channels, line[0], accounts.alice)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"amount": 0}, MalformedMessage),
        ({"amount": -5}, MalformedMessage),
        ({"amount": "5"}, MalformedMessage),
        ({"expiry": 2**64}, MalformedMessage),
        ({"expiry": -1}, MalformedMessage),
        ({"expiry": 1}, IllegalProposal),
        ({"recipient": "0x" + 40 * "7"}, IllegalProposal),
        ({"recipient": None}, MalformedMessage),
        ({"channel": b"\x07" * 32}, UnknownChannel),
        ({"channel": "channel"}, MalformedMessage),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_first_hop_that_cannot_be_taken_is_not_written_down(
    channels: Any, accounts: Any, line: list[Any], change: dict[str, Any], error: type[ChannelError]
) -> None:
    node = channels.node(accounts.alice)
    written = len(node.journal)
    hop = replace(Hop(line[0].id, accounts.carol.address, 5, channels.now + 3_600), **change)
    with pytest.raises(error):
        node.pay_route(numbered(1), (hop,), channels.now)
    for broken in ((), (hop,) * 30, None):
        with pytest.raises(ChannelError):
            node.pay_route(numbered(1), broken, channels.now)
    for hashlock in (b"", bytes(31), "0x"):
        with pytest.raises(MalformedMessage):
            node.pay_route(hashlock, (replace(hop, amount=5),), channels.now)
    assert len(node.journal) == written
    assert works(channels, line[0], accounts.alice)


@pytest.mark.parametrize(
    "change",
    [
        {"recipient": "0x" + 40 * "7"},
        {"channel": b"\x07" * 32},
        {"expiry": 2**64 - 1},
        {"expiry": 0},
        {"amount": 2**127},
        {"amount": ether(2)},
        {"amount": 501},
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_hub_gives_back_what_it_cannot_forward_and_writes_no_journey(
    channels: Any, accounts: Any, line: list[Any], change: dict[str, Any]
) -> None:
    first = Hop(line[0].id, accounts.carol.address, 500, channels.now + 7_200)
    second = replace(Hop(line[1].id, accounts.bob.address, 500, channels.now + 3_600), **change)
    channels.node(accounts.alice).pay_route(numbered(1), (first, second), channels.now)
    channels.settle_messages()
    hub = channels.node(accounts.carol)
    assert hub.refused and all(isinstance(problem, ChannelError) for problem in hub.refused)
    assert "journey" not in [record[0] for record in hub.journal.records()]
    assert not line[0].state.locks and line[0].balance(accounts.alice) == ether(1)
    assert works(channels, line[0], accounts.alice) and works(channels, line[1], accounts.carol)


def test_a_hub_ties_its_money_up_for_as_long_as_it_says_and_no_longer(
    channels: Any, accounts: Any, line: list[Any]
) -> None:
    """A stranger's locks without end would take the hub's places for ever, at one wei each."""
    channels.policies[accounts.carol.address] = Policy(longest=10_000)
    channels.resume(accounts.carol)
    channels.offline(accounts.bob)
    for number, over in ((1, 1), (2, 0)):
        last = channels.now + 10_000 + over
        route = (
            Hop(line[0].id, accounts.carol.address, 1, last + 600),
            Hop(line[1].id, accounts.bob.address, 1, last),
        )
        channels.node(accounts.alice).pay_route(numbered(number), route, channels.now)
        channels.deliver()
        assert len(line[1].end(accounts.carol).state.locks) == 1 - over


def test_a_channel_holds_256_locks_and_goes_on(channels: Any, accounts: Any, line: list[Any], l1: Any) -> None:
    """The 257th is refused before it is signed; when all are over, both sides can pay and lock again."""
    end, now = line[0].end(accounts.alice), channels.now
    for number in range(MAX_LOCKS):
        end.lock(numbered(number + 1), 1, now + 3_600, now)
    with pytest.raises(IllegalProposal):
        end.lock(numbered(1_000), 1, now + 3_600, now)
    with pytest.raises(NoRoute):
        channels.pay_route(accounts.alice, accounts.bob, 1)
    channels.settle_messages()
    assert works(channels, line[0], accounts.alice)
    l1.warp(to=now + 3_601)
    channels.tick()
    assert not line[0].state.locks
    channels.pay_route(accounts.alice, accounts.bob, 1)
    assert works(channels, line[0], accounts.carol)


def test_two_strangers_cannot_fill_a_hubs_channel_to_an_absent_peer(
    channels: Any, accounts: Any, line: list[Any], l1: Any
) -> None:
    """130 payments of one unit each: 256 are locked onwards, the rest goes back, and time frees all."""
    channels.node(accounts.bob)
    channels.offline(accounts.bob)
    for payer, channel, base in ((accounts.alice, line[0], 1), (accounts.dave, line[2], 1_000)):
        route = (
            Hop(channel.id, accounts.carol.address, 1, channels.now + 7_200),
            Hop(line[1].id, accounts.bob.address, 1, channels.now + 3_600),
        )
        for number in range(130):
            channels.node(payer).pay_route(numbered(base + number), route, channels.now)
        channels.deliver()
    hub = channels.node(accounts.carol)
    assert len(line[1].end(accounts.carol).state.locks) == MAX_LOCKS
    assert len(line[0].state.locks) + len(line[2].state.locks) == MAX_LOCKS
    l1.warp(10_000)
    channels.online(accounts.bob)
    for _ in range(3):
        channels.tick()
    assert not any(channel.state.locks for channel in line)
    assert hub.end(line[1].id).balance(channels.now) == ether(1)
    for channel, payer in zip(line, (accounts.alice, accounts.carol, accounts.dave), strict=True):
        assert works(channels, channel, payer)
