"""Agents that join and leave, in every role."""

from __future__ import annotations

from typing import Any

import pytest

from harness import ether
from harness.agents import Challenger, Proposer, Sequencer, faults
from harness.dispute.view import Outcome
from harness.rollup.errors import NotSequenced, WrongSequencer
from tests.support.rollups import busy


def test_a_challenger_that_lies_joins_and_pays(rollup: Any, accounts: Any) -> None:
    busy(rollup, accounts)
    right = rollup.proposer.propose()
    before = rollup.l1.balance(accounts.sybil)
    liar = rollup.join(Challenger(lie=faults.wrong_fee()), accounts.sybil)
    game = liar.dispute(right)
    rollup.run_until(game.resolved)
    assert game.winner is rollup.proposer and game.outcome is Outcome.UPHELD
    assert rollup.l1.balance(accounts.sybil) < before - ether(1)


def test_several_challengers_join_and_one_opens(rollup: Any, accounts: Any) -> None:
    busy(rollup, accounts)
    others = [rollup.join(Challenger(), account) for account in (accounts.erin, accounts.frank)]
    wrong = rollup.join(Proposer(lie=faults.wrong_fee())).propose()
    assert rollup.challenger is others[0], "an honest one that joined is the rollup's challenger"
    rollup.run_until(wrong.rejected)
    assert len(rollup.game_events()) == 1


def test_who_left_does_nothing_by_itself_until_it_is_back(rollup: Any, accounts: Any) -> None:
    busy(rollup, accounts)
    rollup.proposer.leave()
    assert rollup.settle() == 0 and rollup.proposer.made == []
    assert rollup.join(rollup.proposer) is rollup.proposer
    assert rollup.join(rollup.proposer) is rollup.proposer
    assert rollup.runner.members.count(rollup.proposer) == 1
    rollup.settle()
    assert len(rollup.proposer.made) == 1

    challenger = rollup.challenger
    rollup.leave(challenger)
    rollup.leave(challenger)
    assert challenger not in rollup.runner.members
    assert rollup.challenger is challenger, "the one that left, not another one"
    wrong = rollup.join(Proposer(lie=faults.wrong_root()))
    busy(rollup, accounts)
    rollup.proposer.leave()
    assertion = wrong.propose()
    rollup.settle()
    assert not rollup.game_events()
    rollup.join(challenger)
    rollup.run_until(assertion.rejected)


def test_a_sequencer_takes_the_place_of_the_one_that_is_there(rollup: Any, accounts: Any) -> None:
    first = rollup.sequencer
    mark, chain = rollup.snapshot(), rollup.l1.snapshot()
    stopped = rollup.join(Sequencer(faults.Stopped()))
    assert rollup.sequencer is stopped and stopped.account is first.account
    assert first not in rollup.runner.members
    with pytest.raises(NotSequenced):
        rollup.l2.send(sender=accounts.alice, to=accounts.bob.address, value=1)
    patient = rollup.join(Sequencer(patience=500))
    rollup.l2.send(sender=accounts.alice, to=accounts.bob.address, value=1)
    assert patient.play() == 0
    rollup.l1.restore(chain)
    rollup.restore(mark)
    assert rollup.sequencer is first and first in rollup.runner.members
    rollup.l2.send(sender=accounts.alice, to=accounts.bob.address, value=1)
    assert first.play() == 1


def test_nobody_else_sequences(rollup: Any, accounts: Any) -> None:
    with pytest.raises(WrongSequencer) as wrong:
        rollup.join(Sequencer(), accounts.mallory)
    assert (wrong.value.actual, wrong.value.expected) == (accounts.mallory.address, rollup.sequencer.account.address)
    assert rollup.sequencer in rollup.runner.members


def test_who_is_no_agent_cannot_join(rollup: Any, accounts: Any) -> None:
    before = rollup.runner.members
    for nobody in (accounts.alice, Proposer, faults.wrong_fee(), None):
        with pytest.raises(TypeError, match="expected a Proposer, a Challenger, a Sequencer"):
            rollup.join(nobody)
    with pytest.raises(TypeError):
        rollup.join(rollup.proposer, accounts.mallory)
    assert rollup.runner.members == before
