"""A party that is offline loses nothing as long as its watchtower looks once per settlement window."""

from __future__ import annotations

from typing import Any

import pytest

from harness import ether, reverts
from harness.channels.errors import BadChannelSignature, IncompleteState


def test_watchtower_punishes_a_stale_close(channels, accounts):
    channel = channels.open(accounts.alice, accounts.bob, deposit=ether(10))
    channel.pay(accounts.alice, ether(3))
    old = channel.state
    channel.pay(accounts.alice, ether(2))
    channels.offline(accounts.bob)
    channels.close(channel, by=accounts.alice, state=old)
    channels.watchtower.step()
    channels.settle(channel)
    assert channel.payout(accounts.bob) == ether(5)


def stale_close(channels: Any, accounts: Any, penalty: int = 0) -> Any:
    """Alice pays three times and closes with the first state while Bob is away."""
    channel = channels.open(accounts.alice, accounts.bob, deposit=ether(10), penalty=penalty)
    channel.pay(accounts.alice, ether(1))
    old = channel.state
    channel.pay(accounts.alice, ether(1))
    channel.pay(accounts.alice, ether(3))
    channels.offline(accounts.bob)
    channels.close(channel, by=accounts.alice, state=old)
    return channel


@pytest.mark.parametrize(
    ("penalty", "fine"), [(0, ether(0)), (1_000, ether(5) // 10), (10_000, ether(5))], ids=["none", "tenth", "all"]
)
def test_a_provably_stale_close_costs_the_agreed_share(channels: Any, accounts: Any, penalty: int, fine: int) -> None:
    channel = stale_close(channels, accounts, penalty)
    channels.watchtower.step()
    assert channel.info.stale
    channels.settle(channel)
    assert channel.payout(accounts.alice) == ether(5) - fine
    assert channel.payout(accounts.bob) == ether(5) + fine


@pytest.mark.parametrize("offset", [-1, 0])
def test_the_watchtower_is_in_time_up_to_the_deadline(channels: Any, accounts: Any, l1: Any, offset: int) -> None:
    channel = stale_close(channels, accounts)
    l1.warp(to=channel.info.deadline + offset)
    assert len(channels.watchtower.step()) == 1
    channels.settle(channel)
    assert channel.payout(accounts.bob) == ether(5)


def test_a_watchtower_one_second_late_can_only_say_so(channels: Any, accounts: Any, l1: Any) -> None:
    channel = stale_close(channels, accounts)
    l1.warp(to=channel.info.deadline + 1)
    assert channels.watchtower.step() == []
    assert channels.watchtower.missed == [channel.id]
    with reverts(channels.contract.WindowClosed, actual=channel.info.deadline + 1, deadline=channel.info.deadline):
        channels.judge.update(channel.terms, channel.end(accounts.bob).newest)
    channels.settle(channel)
    assert channel.payout(accounts.bob) == ether(1)


def test_the_victim_returns_before_its_watchtower_looks(channels: Any, accounts: Any) -> None:
    channel = stale_close(channels, accounts)
    channels.online(accounts.bob)
    channels.answer(channel, by=accounts.bob)
    assert channels.watchtower.step() == []
    channels.settle(channel)
    assert channel.payout(accounts.bob) == ether(5)


def test_one_watchtower_answers_two_closes_in_one_step(channels: Any, accounts: Any) -> None:
    first = stale_close(channels, accounts)
    second = channels.open(accounts.carol, accounts.dave, deposit=ether(4))
    second.pay(accounts.carol, ether(1))
    old = second.state
    second.pay(accounts.carol, ether(2))
    channels.close(second, by=accounts.carol, state=old)
    assert {answer.terms.channel for answer in channels.watchtower.step()} == {first.id, second.id}
    assert channels.watchtower.step() == []


def test_it_takes_over_complete_and_genuine_states_only(channels: Any, accounts: Any) -> None:
    channel = channels.open(accounts.alice, accounts.bob, deposit=ether(1))
    channels.read_chain()
    channels.offline(accounts.bob)
    channel.pay(accounts.alice, 5)
    end = channel.end(accounts.alice)
    digest = end.messages.state(end.state.state)
    good = end.state.signed(channel.side(accounts.bob), channel.end(accounts.bob).signer.sign(digest))
    half = good.signed(channel.side(accounts.alice), b"")
    with pytest.raises(IncompleteState):
        channels.watchtower.watch(channel.terms, half)
    forged = good.signed(channel.side(accounts.alice), good.signature(channel.side(accounts.bob)))
    with pytest.raises(BadChannelSignature):
        channels.watchtower.watch(channel.terms, forged)
