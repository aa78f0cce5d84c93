"""What a dispute means for the rest of the rollup: rivals, children, withdrawals, a lying challenger, reorgs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness import reverts
from harness.agents import Challenger, Proposer, faults
from harness.agents.faults import LastSecond, Sound
from harness.agents.proposer import Status
from harness.dispute.actions import Move
from harness.dispute.assertion_trace import END, STEP_BITS, AssertionTrace
from harness.dispute.player import Overtaken
from harness.dispute.view import Outcome
from harness.proofs.trace import Trace as InputTrace
from harness.testbed.challenger import NoDispute
from tests.support.rollups import busy, prove_by_a_lie


def test_a_right_rival_is_confirmed_once_the_wrong_one_is_rejected(
    table: Any, rollup: Any, accounts: Any, spending: Any
) -> None:
    busy(rollup, accounts, transfers=3)
    liar = rollup.join(Proposer(lie=faults.wrong_fee()))
    wrong = liar.propose()
    right = rollup.proposer.propose()
    honest = spending(rollup.proposer.account)
    table.game = rollup.challenger.dispute(wrong)
    rollup.run_until(right.confirmed)
    assert wrong.rejected()
    assert liar.bond == 0
    assert honest.kept() >= 0
    assert rollup.l2.finalized_head > 0


def test_games_about_two_wrong_rivals_are_played_side_by_side(rollup: Any, accounts: Any) -> None:
    busy(rollup, accounts, transfers=3)
    liars = [
        rollup.join(Proposer(lie=faults.wrong_fee()), accounts.mallory),
        rollup.join(Proposer(lie=faults.wrong_nonce()), accounts.sybil),
    ]
    games = [rollup.challenger.dispute(liar.propose()) for liar in liars]
    rollup.run_until(lambda: all(game.resolved() for game in games))
    assert [game.disputed_step.opcode for game in games] == ["END", "INPUT"]
    assert [liar.bond for liar in liars] == [0, 0]
    assert all(game.winner is rollup.challenger for game in games)


def test_a_challenger_watches_and_disputes_by_itself(rollup: Any, accounts: Any) -> None:
    busy(rollup, accounts, transfers=3)
    assert rollup.challenger.name == "challenger"
    rollup.join(Proposer(lie=faults.wrong_fee()))
    rollup.run_until(lambda: rollup.l2.finalized_head > 0)
    (game,) = rollup.game_events()
    assert rollup.assertions.assertion(game[0]).status == Status.REJECTED


def test_a_lying_challenger_loses_its_bonds_to_the_proposer(rollup: Any, accounts: Any, spending: Any) -> None:
    busy(rollup, accounts, transfers=3)
    right = rollup.proposer.propose()
    liar = rollup.join(Challenger(lie=faults.wrong_fee(), tactic=LastSecond(Sound())))
    honest = spending(rollup.proposer.account)
    game = liar.dispute(right)
    rollup.run_until(game.resolved)
    assert game.outcome is Outcome.UPHELD
    assert game.winner is rollup.proposer
    rollup.run_until(right.confirmed)
    assert honest.kept() > 0


def test_nothing_is_withdrawn_by_an_assertion_in_dispute_or_rejected(
    table: Any, rollup: Any, accounts: Any, Portal: Any
) -> None:
    withdrawal = rollup.withdraw(10**18, sender=accounts.alice)
    rollup.sequencer.post()
    theft = replace(withdrawal, value=5 * 10**18, target=accounts.mallory.address)
    wrong, call = prove_by_a_lie(rollup, theft, accounts.mallory)
    table.game = rollup.challenger.dispute(wrong)
    with reverts(Portal.OptimismPortal_InvalidRootClaim):
        rollup.finalize(theft, sender=accounts.mallory)
    rollup.run_until(table.game.resolved)
    with reverts(Portal.OptimismPortal_InvalidRootClaim):
        rollup.finalize(theft, sender=accounts.mallory)
    with reverts(Portal.OptimismPortal_InvalidDisputeGame):
        rollup.portal.proveWithdrawalTransaction(*call, sender=accounts.mallory)
    rollup.confirm_all()
    had = rollup.l1.balance(accounts.alice)
    receipt = rollup.execute(withdrawal, sender=accounts.bob)
    assert receipt.succeeded and rollup.l1.balance(accounts.alice) == had + 10**18


def test_an_assertion_in_dispute_is_not_confirmed(rollup: Any, accounts: Any, AssertionChain: Any) -> None:
    busy(rollup, accounts, transfers=3)
    wrong = rollup.join(Proposer(lie=faults.wrong_fee())).propose()
    rollup.challenger.dispute(wrong)
    rollup.l1.warp(rollup.config.period + 1)
    rollup.l1.mine()
    with reverts(AssertionChain.InDispute, id=wrong.id):
        rollup.assertions.confirm(wrong.id, sender=accounts.bob)


def test_a_child_of_a_rejected_assertion_is_rejected_and_its_game_void(
    rollup: Any, accounts: Any, spending: Any
) -> None:
    busy(rollup, accounts, transfers=3)
    honest = spending(rollup.challenger.account)
    liar = rollup.join(Proposer(lie=faults.wrong_fee()))
    wrong = liar.propose()
    liar.leave()
    rollup.l2.send(sender=accounts.alice, to=accounts.bob.address, value=10)
    rollup.sequencer.post()
    child = _child(rollup, wrong, accounts.sybil)
    meddler = rollup.join(Challenger(lie=faults.wrong_fee(), about=frozenset({child})), accounts.frank)
    meddler.leave()
    with pytest.raises(NoDispute):
        rollup.challenger.dispute(_handle(rollup, child))
    meddler.open(child)
    game = rollup.game_events()[-1][1]
    rollup.run_until(rollup.challenger.dispute(wrong).resolved)
    rollup.assertions.rejectChild(child, sender=accounts.bob)
    assert rollup.assertions.assertion(child).status == Status.REJECTED
    while meddler.play():
        continue
    view = meddler.player.view(game)
    assert view.outcome is Outcome.VOID
    assert rollup.l1.balance(game) == 0
    rollup.settle()
    for id in (wrong.id, child):
        assert rollup.assertions.assertion(id).beneficiary == rollup.challenger.account.address
    assert rollup.assertions.credit(rollup.challenger.account.address) == 0
    assert honest.kept() >= 2 * (rollup.config.bond - rollup.config.bond * rollup.config.burnt_share // 10_000)


def _handle(rollup: Any, id: bytes) -> Any:
    from harness.testbed.assertions import AssertionHandle

    return AssertionHandle(rollup, id)


def _child(rollup: Any, parent: Any, account: Any) -> bytes:
    """Assert some root on top of a wrong one."""
    head = rollup.l1.head
    receipt = rollup.assertions.propose(
        parent.id, b"\x07" * 32, 0, head.number, head.hash, sender=account, value=rollup.config.bond
    )
    return bytes(next(event for event in receipt.events if event.name == "Asserted").id)


@pytest.mark.parametrize("depth", [1, 4])
def test_a_reorg_in_mid_game_is_played_over(depth: int, rollup: Any, accounts: Any) -> None:
    busy(rollup, accounts, transfers=3)
    liar = rollup.join(Proposer(lie=faults.wrong_fee()))
    game = rollup.challenger.dispute(liar.propose())
    for _ in range(6):
        rollup.step()
    before = len(game.view.claims)
    rollup.l1.reorg(depth)
    assert len(game.view.claims) < before
    rollup.run_until(game.resolved)
    assert game.winner is rollup.challenger
    assert liar.bond == 0


def test_a_move_that_a_reorg_overtakes_is_decided_again(
    rollup: Any, accounts: Any, spending: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L1 changes between the decision and the transaction: the transaction is refused, and nothing is at stake."""
    busy(rollup, accounts, transfers=3)
    challenger, overtaken = rollup.challenger, []
    honest = spending(challenger.account)
    game = challenger.dispute(rollup.join(Proposer(lie=faults.wrong_fee())).propose())
    perform = challenger.player.perform

    def slow(action: Any) -> Any:
        if isinstance(action, Move) and not overtaken:
            rollup.l1.reorg(1)
            rollup.l1.mine()
            try:
                return perform(action)
            except Overtaken as refusal:
                overtaken.append(refusal)
                raise
        return perform(action)

    monkeypatch.setattr(challenger.player, "perform", slow)
    rollup.run_until(game.resolved)
    assert len(overtaken) == 1
    assert game.winner is challenger
    assert honest.kept() >= 0


@pytest.mark.needs("reorg")
def test_a_claim_is_that_of_the_batches_which_a_reorg_left(rollup: Any, accounts: Any) -> None:
    busy(rollup, accounts, transfers=3)
    liar = rollup.join(Proposer(lie=faults.wrong_fee()))
    before = liar.view().next_root
    assert liar.view().next_root == before
    rollup.l1.reorg(1)
    assert liar.view().next_root is None
    rollup.l2.send(sender=accounts.alice, to=accounts.carol.address, value=11)
    rollup.sequencer.post()
    after = liar.view()
    assert after.next_root not in (before, None)
    assert after.next_root == liar.agent.claim(rollup.truths, after.path[-1].end, after.next_end)


def test_a_proposer_that_becomes_another_claims_anew(rollup: Any, accounts: Any) -> None:
    busy(rollup, accounts, transfers=3)
    handle = rollup.join(Proposer(lie=faults.wrong_fee()))
    lie = handle.view().next_root
    mark = handle.snapshot()
    handle.agent = Proposer()
    assert handle.view().next_root == rollup.proposer.view().next_root != lie
    handle.restore(mark)
    assert handle.view().next_root == lie
    handle.agent = Proposer(lie=faults.flip_storage(nth=10_000))
    assert handle.view().next_root is None


def test_states_once_asked_for_are_not_recorded_again(
    rollup: Any, accounts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A game over more inputs than are kept recorded asks for states of all of them, turn after turn."""
    recorded: list[int] = []
    original = InputTrace.__init__

    def record(self: Any, *args: Any, **options: Any) -> None:
        recorded.append(1)
        original(self, *args, **options)

    rollup.l2.send(sender=accounts.alice, to=accounts.bob.address, value=10)
    rollup.sequencer.post()
    rollup.l2.backend.follow()
    trace = AssertionTrace.of(rollup.node, 0, 1)
    monkeypatch.setattr(InputTrace, "__init__", record)
    states = [number << STEP_BITS | 1 for number, taken in enumerate(trace.inputs) if taken.outcome]
    assert len(states) > 8
    assert [trace.hash_at(index) for index in states] == [trace.hash_at(index) for index in states]
    assert len(recorded) == len(states)
    assert rollup.truths.of(0, 1) is rollup.truths.of(0, 1)


def test_a_player_repeats_one_lie_and_makes_another_afresh(rollup: Any, accounts: Any) -> None:
    busy(rollup, accounts, transfers=3)
    wrong = rollup.join(Proposer(lie=faults.wrong_fee())).propose()
    seat = rollup.join(Challenger(lie=faults.wrong_nonce()), accounts.frank)
    nonce = seat.knowledge(wrong.id)
    assert seat.knowledge(wrong.id).trace is nonce.trace is not nonce.truth
    assert seat.knowledge(wrong.id).truth is rollup.challenger.knowledge(wrong.id).trace
    mark = seat.snapshot()
    seat.agent = Challenger(lie=faults.wrong_fee())
    assert seat.knowledge(wrong.id).trace.hash_at(END) == wrong.root
    seat.restore(mark)
    assert seat.knowledge(wrong.id).trace.hash_at(END) == nonce.trace.hash_at(END) != wrong.root


@pytest.mark.needs("reorg")
def test_a_game_about_a_message_that_a_reorg_replaced_is_proven_from_the_one_that_is_there(
    rollup: Any, accounts: Any
) -> None:
    """L2 skips either message, so its roots are the same before and after: only the inbox tells them apart.

    One L1 block holds message and batch. L2 is told the hash of the block before, which the reorg leaves.
    """
    delayed, inbox = rollup.contracts.delayed_inbox, rollup.contracts.sequencer_inbox

    def play(value: int) -> tuple[bytes, bytes, Any]:
        raw = rollup.sign_l2(accounts.alice, to=accounts.bob.address, value=value, nonce=99)
        index, before, count = inbox.batchCount(), inbox.delayedCount(), delayed.messageCount()
        with rollup.l1.block():
            delayed.queueTransaction(raw, 21_000, sender=accounts.bob)
            inbox.postBatch(index, before, count + 1, b"", sender=rollup.sequencer.account)
        wrong = liar.propose()
        game = rollup.challenger.dispute(wrong)
        rollup.step()
        return rollup.node.idle_after(wrong.end).root, wrong.root, game

    liar = rollup.join(Proposer(lie=faults.accept_invalid()))
    first = rollup.l1.block_number
    truth, lie, _ = play(value=1)
    rollup.l1.reorg(rollup.l1.block_number - first)
    again, other, game = play(value=2)
    assert truth == again and lie != other
    rollup.run_until(game.resolved)
    assert game.winner is rollup.challenger
    assert game.disputed_step.opcode == "INPUT"
    assert liar.bond == 0


def test_the_challenger_takes_the_bond_of_the_assertion_home(rollup: Any, accounts: Any, spending: Any) -> None:
    busy(rollup, accounts, transfers=3)
    honest = spending(rollup.challenger.account)
    game = rollup.challenger.dispute(rollup.join(Proposer(lie=faults.wrong_fee())).propose())
    rollup.run_until(game.resolved)
    rollup.settle()
    lost = sum(claim.bond for claim in game.view.claims if claim.claimant == accounts.mallory.address)
    left = rollup.config.bond - rollup.config.bond * rollup.config.burnt_share // 10_000
    assert honest.kept() == lost - game.view.burnt + left


def test_a_reorg_that_swaps_two_deposits_is_not_played_with_the_old_trace(
    rollup: Any, accounts: Any, spending: Any
) -> None:
    """The batch's record and both roots stay what they were; the states in between do not.

    One L1 block holds deposits and batch. L2 is told the hash of the block before, which the reorg leaves.
    """
    l1, challenger, inbox = rollup.l1, rollup.challenger, rollup.contracts.sequencer_inbox
    rollup.confirm_all()
    floor, honest = l1.block_number, spending(challenger.account)
    index, before = inbox.batchCount(), inbox.delayedCount()
    with l1.block():
        for account in (accounts.alice, accounts.bob):
            rollup.portal.depositTransaction(account, 0, 100_000, False, b"", sender=account, value=10**18)
        inbox.postBatch(index, before, before + 2, b"", sender=rollup.sequencer.account)
    lie = faults.wrong_from((2 << 24) + 1)
    liar = rollup.join(Proposer(lie=lie))
    wrong = liar.propose()
    old = challenger.knowledge(wrong.id).truth
    when = l1.block_at(floor + 1).timestamp
    one, other, batch, *_ = l1.reorg(l1.block_number - floor)
    l1.warp(to=when)
    with l1.block():
        for raw in (other, one, batch):
            l1.resend(raw)
    again = liar.propose()
    new = challenger.knowledge(again.id).truth
    assert (old.inputs[0].before.root, old.after.root) == (new.inputs[0].before.root, new.after.root)
    assert old.hash_at(2 << 24) != new.hash_at(2 << 24)
    game = challenger.dispute(again)
    rollup.run_until(game.resolved)
    assert game.winner is challenger
    assert honest.kept() >= 0
