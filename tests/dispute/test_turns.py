"""An agent's turn in which one action fails, and agents that wait for what cannot come."""

from __future__ import annotations

from typing import Any

import pytest

from harness import ether
from harness.agents import Challenger, Proposer, faults
from harness.agents.faults import Silent, Sound
from harness.agents.proposer import Propose, Status
from harness.agents.turns import KeptForDefence
from harness.chain.errors import InsufficientFunds
from harness.dispute.actions import Move, Open
from harness.dispute.player import Player
from harness.dispute.view import Outcome
from harness.errors import GoneByReorg
from harness.testbed.games import GameHandle
from harness.testbed.proposer import FraudConfirmed
from harness.testbed.runner import NeverHappened
from tests.support.rollups import busy, upheld_fraud


def attack(rollup: Any, account: Any, tactic: Any = None) -> tuple[Any, GameHandle, Any]:
    """A right assertion of the honest proposer, the game that a liar opens about it, and the liar."""
    right = rollup.proposer.propose()
    agent = Challenger(lie=faults.wrong_fee(), tactic=tactic or Silent(), about=frozenset({right.id}))
    liar = rollup.join(agent, account)
    return right, liar.dispute(right), liar


def test_a_proposer_without_the_money_to_assert_defends_what_it_asserted(rollup: Any, accounts: Any) -> None:
    """A liar pays for one move; a stranger's deposit makes a batch that the proposer cannot pay the bond for."""
    busy(rollup, accounts)
    spent = rollup.l1.balance(accounts.mallory)
    right, game, _ = attack(rollup, accounts.mallory)
    assert spent - rollup.l1.balance(accounts.mallory) < rollup.config.bond + ether(1) // 20
    rollup.l1.set_balance(rollup.proposer.account, ether(1) // 10)
    rollup.deposit(10**15, sender=accounts.carol)
    rollup.sequencer.post()
    rollup.run_until(game.resolved)
    assert game.outcome is Outcome.UPHELD and game.winner is rollup.proposer
    (setback,) = rollup.proposer.setbacks
    assert isinstance(setback.action, Propose) and setback.is_unaffordable
    assert isinstance(setback.error, InsufficientFunds) and setback.error.sender == rollup.proposer.account.address
    assert setback in rollup.runner.setbacks
    assert str(setback).startswith("proposer could not propose: insufficient funds: balance of ")

    rollup.run_until(right.confirmed)
    rollup.run_until(lambda: len(rollup.proposer.made) == 2)
    assert rollup.l1.balance(rollup.proposer.account) < ether(1), "asserted with the bond that came back"


def test_no_new_bond_takes_what_a_game_may_need(rollup: Any, accounts: Any) -> None:
    busy(rollup, accounts)
    right, game, _ = attack(rollup, accounts.mallory, Sound())
    rollup.l1.set_balance(rollup.proposer.account, ether(3) // 2)
    busy(rollup, accounts)
    for _ in range(4):
        rollup.step()
    assert rollup.proposer.made == [right.id]
    (setback,) = rollup.proposer.setbacks
    assert isinstance(setback.error, KeptForDefence) and setback.error.kept > 0
    assert rollup.proposer.account.address in {claim.claimant for claim in game.view.claims[1:]}
    rollup.l1.set_balance(rollup.proposer.account, ether(1_000))
    rollup.step()
    assert len(rollup.proposer.made) == 2


def test_a_challenger_without_money_for_one_game_plays_the_other(rollup: Any, accounts: Any) -> None:
    """It cannot open a second game, and answers, steps and resolves in the first."""
    busy(rollup, accounts)
    liars = [
        rollup.join(Proposer(lie=faults.wrong_fee()), accounts.mallory),
        rollup.join(Proposer(lie=faults.wrong_nonce()), accounts.sybil),
    ]
    challenger = rollup.challenger
    game = challenger.dispute(liars[0].propose())
    rollup.proposer.leave()
    liars[1].leave()
    for _ in range(60):
        if len(game.view.claims) == game.view.rules.max_depth:
            break  # The liar's next claim is stepped against, which needs no bond.
        rollup.step()
    liars[1].propose()
    rollup.l1.set_balance(challenger.account, ether(1) // 100)
    rollup.run_until(lambda: game.outcome is not Outcome.UNDECIDED)
    assert game.outcome is Outcome.REJECTED
    assert [type(setback.action) for setback in challenger.setbacks] == [Open]
    rollup.run_until(game.resolved)
    rollup.run_until(lambda: len(rollup.game_events()) == 2)
    assert rollup.l1.balance(challenger.account) > 0


FAILURES = (RuntimeError("a bug"), InsufficientFunds("0x", 0, 1), ConnectionError("no node"))


@pytest.mark.parametrize("problem", FAILURES, ids=lambda problem: type(problem).__name__)
def test_an_action_that_fails_leaves_no_other_undone(
    problem: Exception, rollup: Any, accounts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy(rollup, accounts)
    liars = [
        rollup.join(Proposer(lie=faults.wrong_fee()), accounts.mallory),
        rollup.join(Proposer(lie=faults.wrong_nonce()), accounts.sybil),
    ]
    challenger = rollup.challenger
    games = [challenger.dispute(liar.propose()) for liar in liars]
    rollup.runner.leave(*rollup.runner.members)
    rollup.runner.join(*liars)
    rollup.step()
    before = [len(game.view.claims) for game in games]
    perform = Player.perform

    def failing(self: Player, action: Any) -> Any:
        if isinstance(action, Move) and action.game == games[0].address:
            raise problem
        return perform(self, action)

    monkeypatch.setattr(Player, "perform", failing)
    rollup.runner.leave(*liars)
    rollup.runner.join(challenger, rollup.proposer)
    if isinstance(problem, InsufficientFunds):
        rollup.step()
        assert [type(setback.action) for setback in challenger.setbacks] == [Move]
    else:
        with pytest.raises(type(problem)):
            rollup.step()
    assert [len(game.view.claims) for game in games] == [before[0], before[1] + 1]
    assert len(rollup.proposer.made) == 1, "who plays after it has played"


def test_whoever_is_left_confirms_what_is_right(rollup: Any, accounts: Any) -> None:
    """The proposer is gone after its assertion was attacked; the challenger does what anybody may do."""
    busy(rollup, accounts)
    right = rollup.proposer.propose()
    assert rollup.challenger in rollup.runner.members
    rollup.proposer.leave()
    rollup.run_until(right.confirmed)
    assert rollup.l2.finalized_head == rollup.l2.unsafe_head


def test_a_fraud_that_was_upheld_says_what_keeps_it_waiting(rollup: Any, accounts: Any) -> None:
    wrong, _ = upheld_fraud(rollup, accounts)
    right = rollup.proposer.made[0]
    with pytest.raises(NeverHappened) as never:
        rollup.run_until(wrong.confirmed)
    assert never.value.wanted == f"confirmed of {wrong!r}"
    assert "by mallory, pending>, upheld in its game, waits until its rivals are rejected" in never.value.evidence[0]
    assert f"0x{right.hex()[:8]}" in never.value.evidence[0]
    with pytest.raises(NeverHappened, match=r"finalized_head >= goal.*\n(.*\n)*.*upheld in its game"):
        rollup.confirm_all()


def test_nothing_right_is_built_on_a_fraud_that_was_confirmed(rollup: Any, accounts: Any) -> None:
    rollup.proposer.leave()
    wrong, liar = upheld_fraud(rollup, accounts)
    rollup.run_until(wrong.confirmed)
    rollup.join(rollup.proposer)
    busy(rollup, accounts)
    rollup.leave(liar)
    balance = rollup.l1.balance(rollup.proposer.account)
    rollup.settle()
    assert rollup.l1.balance(rollup.proposer.account) == balance
    (setback,) = rollup.proposer.setbacks
    assert isinstance(setback.error, FraudConfirmed) and setback.error.assertion == wrong.id
    with pytest.raises(FraudConfirmed):
        rollup.proposer.propose()
    with pytest.raises(NeverHappened, match="proposer could not build on 0x"):
        rollup.run_until(lambda: False)


@pytest.mark.needs("reorg")
def test_nobody_waits_for_a_game_that_a_reorg_took(rollup: Any, accounts: Any) -> None:
    busy(rollup, accounts)
    liar = rollup.join(Proposer(lie=faults.wrong_fee()))
    start = rollup.l1.block_number
    game = rollup.challenger.dispute(liar.propose())
    rollup.run_until(lambda: len(game.view.claims) > 4)
    rollup.l1.reorg(rollup.l1.block_number - start)
    with pytest.raises(GoneByReorg) as gone:
        rollup.run_until(game.resolved)
    assert (gone.value.what, gone.value.name) == ("game", game.address)
    for question in (lambda: game.outcome, lambda: game.winner, lambda: game.disputed_step, lambda: game.view):
        with pytest.raises(GoneByReorg):
            question()
    assert "gone" in repr(game) and "reorg" in str(game) and "gone" in repr(game.assertion)
    assert game.assertion.status is Status.UNKNOWN
    with pytest.raises(GoneByReorg):
        _ = game.assertion.end
    rollup.runner.leave(*rollup.runner.members)
    with pytest.raises(GoneByReorg, match="assertion"):
        rollup.run_until(game.assertion.rejected)
    # The same assertion, and so the same game, comes back, and the handle with it.
    rollup.runner.join(liar, rollup.challenger)
    liar.propose()
    assert rollup.challenger.dispute(game.assertion).address == game.address
    rollup.run_until(game.resolved)
    assert game.winner is rollup.challenger


def test_a_forced_inclusion_does_not_stop_a_sequencer_that_it_overtakes(
    rollup: Any, accounts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The inclusion comes between what the sequencer saw and what it sent."""
    busy(rollup, accounts)
    rollup.sequencer.become(faults.Censors())
    message = rollup.queue_deposit(5, sender=accounts.carol, to=accounts.carol.address_bytes, call_value=5)
    rollup.l1.warp(rollup.config.window + 1)
    rollup.l1.mine()
    transfers = [rollup.l2.send(sender=accounts.alice, to=accounts.bob.address, value=1).hash for _ in range(2)]
    perform = type(rollup.sequencer).perform

    def overtaken(self: Any, action: Any) -> Any:
        monkeypatch.setattr(type(rollup.sequencer), "perform", perform)
        rollup.force_include(message, sender=accounts.bob)
        return perform(self, action)

    monkeypatch.setattr(type(rollup.sequencer), "perform", overtaken)
    rollup.settle()
    assert len(rollup.sequencer.refused) == 1
    assert rollup.l2.safe_head == rollup.l2.unsafe_head
    assert rollup.l2.receipt(message.transaction_hash).succeeded
    assert all(rollup.l2.receipt(tx_hash).succeeded for tx_hash in transfers)


@pytest.mark.needs("mining")
@pytest.mark.parametrize("first", ["force", "post"])
def test_a_sequencer_goes_on_after_a_block_that_has_a_forced_inclusion(first: str, rollup: Any, accounts: Any) -> None:
    busy(rollup, accounts)
    rollup.sequencer.become(faults.Censors())
    message = rollup.queue_deposit(5, sender=accounts.carol, to=accounts.carol.address_bytes, call_value=5)
    rollup.l1.warp(rollup.config.window + 1)
    rollup.l1.mine()
    transfer = rollup.l2.send(sender=accounts.alice, to=accounts.bob.address, value=1).hash
    with rollup.l1.block():
        if first == "post":
            rollup.step()
        rollup.force_include(message, sender=accounts.bob)
        rollup.step()
    rollup.settle()
    assert rollup.l2.safe_head == rollup.l2.unsafe_head
    assert rollup.l2.receipt(message.transaction_hash).succeeded and rollup.l2.receipt(transfer).succeeded


def test_an_agent_that_changes_its_mind_plays_by_the_new_one(rollup: Any) -> None:
    liar = rollup.join(Proposer(lie=faults.wrong_fee()))
    assert liar.seat.lie is liar.agent.lie
    liar.agent = Proposer(tactic=Silent())
    assert liar.seat.lie is None and liar.seat.tactic == Silent()


def test_setbacks_are_put_back_with_the_rollup(rollup: Any, accounts: Any) -> None:
    chain, mark = rollup.l1.snapshot(), rollup.snapshot()
    rollup.l1.set_balance(rollup.proposer.account, 0)
    busy(rollup, accounts)
    rollup.step()
    rollup.step()
    assert len(rollup.proposer.setbacks) == len(rollup.runner.setbacks) == 1, "each once"
    rollup.l1.restore(chain)
    rollup.restore(mark)
    assert rollup.proposer.setbacks == rollup.runner.setbacks == []


def test_everybody_says_who_it_is(rollup: Any, accounts: Any) -> None:
    liar = rollup.join(Proposer(lie=faults.wrong_fee(), tactic=Silent()))
    ally = rollup.join(Challenger(lie=faults.wrong_fee(), tactic=Silent()), accounts.sybil)
    assert repr(rollup.sequencer) == "<Sequencer trent, honest>"
    rollup.sequencer.become(faults.Stopped())
    assert repr(rollup.sequencer) == "<Sequencer trent, Stopped(delayed=True)>"
    assert repr(rollup.proposer) == "<Proposer peggy, honest>"
    assert repr(liar) == "<Proposer mallory, lies by wrong_fee()>"
    assert repr(rollup.challenger) == "<Challenger olivia, honest>"
    assert repr(ally) == "<Challenger sybil, lies by wrong_fee(), Silent()>"
    assert repr(ally.player) == "<Player sybil>"


def test_a_lie_that_fits_nothing_names_the_range(rollup: Any, accounts: Any) -> None:
    busy(rollup, accounts)
    liar = rollup.join(Proposer(lie=faults.flip_storage(opcode="SELFDESTRUCT")))
    with pytest.raises(
        faults.NothingToLieAbout, match=r"batches 0 to 0, in which L2 executed \d+ transactions"
    ) as nothing:
        liar.propose()
    assert nothing.value.batches == (0, 1)
