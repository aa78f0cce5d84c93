"""The named ways to behave, and seeded lives of channels with them."""

from __future__ import annotations

from typing import Any

import pytest

from harness import ether
from harness.agents.channel_cheats import STRATEGIES, FrontRunning, Jamming, Stale, Unresponsive
from harness.agents.channel_party import AnswerWith, ChannelView, CloseWith, Honest, LockUp
from harness.channels.types import SignedState
from harness.contracts.bindings import ContractType
from harness.contracts.project import built_in_contracts
from harness.fuzz.channel_life import ChannelLife
from harness.fuzz.channels import draw

LIVES = 40


@pytest.fixture
def game(channels: Any, accounts: Any) -> tuple[Any, list[SignedState]]:
    """Alice paid Bob four times; her complete states, oldest first."""
    channel = channels.open(accounts.alice, accounts.bob, deposit=ether(10), penalty=10_000)
    states = [channel.end(accounts.alice).newest]
    for _ in range(4):
        channel.pay(accounts.alice, ether(1))
        states.append(channel.end(accounts.alice).newest)
    return channel, states


def view(channel: Any, account: Any, states: list[SignedState], answer: SignedState | None = None) -> ChannelView:
    return ChannelView(channel.network.now, channel.side(account), channel.info, states, answer)


def test_honest_closes_with_the_newest_and_answers_the_older(channels: Any, accounts: Any, game: Any) -> None:
    channel, states = game
    assert Honest().decide(view(channel, accounts.alice, states)) == (CloseWith(states[-1]),)
    channel.close(by=accounts.alice, state=states[1])
    bob = [channel.end(accounts.bob).newest]
    assert Honest().decide(view(channel, accounts.bob, bob)) == (AnswerWith(bob[0]),)
    channel.answer(by=accounts.bob)
    assert Honest().decide(view(channel, accounts.bob, bob)) == ()


def test_stale_closes_with_what_was_best_for_it(accounts: Any, game: Any) -> None:
    channel, states = game
    assert Stale().decide(view(channel, accounts.alice, states)) == (CloseWith(states[0]),)


def test_silent_says_nothing_after_a_while(accounts: Any, game: Any) -> None:
    channel, states = game
    assert Unresponsive().decide(view(channel, accounts.alice, states)) == ()
    assert [Unresponsive(after=2).speaks(moves) for moves in range(4)] == [True, True, False, False]


def test_jamming_locks_up_what_it_can(accounts: Any, game: Any) -> None:
    channel, states = game
    assert Jamming(count=3).decide(view(channel, accounts.alice, states)) == (LockUp(3),)


def test_front_running_gets_ahead_of_the_answer_in_one_block_and_gains_nothing(
    channels: Any, accounts: Any, game: Any, l1: Any
) -> None:
    channel, states = game
    (closing,) = FrontRunning().decide(view(channel, accounts.alice, states))
    assert isinstance(closing, CloseWith)
    channel.close(by=accounts.alice, state=closing.signed)
    answer = channel.end(accounts.bob).newest
    (ahead,) = FrontRunning().decide(view(channel, accounts.alice, states, answer))
    assert isinstance(ahead, AnswerWith) and ahead.ahead
    with l1.block():
        channel.answer(by=accounts.alice, state=ahead.signed)
        channel.answer(by=accounts.bob)
    assert channel.info.version == answer.version
    assert channel.info.stale
    channel.settle()
    assert channel.payout(accounts.bob) == ether(10)


def test_the_honest_side_loses_in_no_life(request: pytest.FixtureRequest, l1: Any) -> None:
    contract = l1.deploy(ContractType(built_in_contracts()["PaymentChannel"]), sender=l1.accounts[-1])
    seed = int(request.config.getoption("--harness-seed")) * 10_000
    start, verdicts = l1.snapshot(), []
    for number in range(LIVES):
        verdicts.append(ChannelLife(contract, draw(seed + number)).play())
        l1.restore(start)
    assert [verdict for verdict in verdicts if verdict.lost] == []
    assert {verdict.case.strategy for verdict in verdicts} == set(STRATEGIES)
    assert sum(verdict.crashes for verdict in verdicts) > 10
