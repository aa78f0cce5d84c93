"""Portal.finalizeWithdrawalTransaction, guard by guard: replays, maturity, targets that fail, re-enter or lack gas."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from harness import ether, reverts
from harness.agents.proposer import Proposer, WrongRoot
from harness.rollup.config import RollupConfig
from harness.rollup.errors import MessageLost, NoGasForCall, NotYetFinalizable, NotYetProvable
from harness.rollup.predeploys import PASSER
from harness.rollup.withdrawals import Withdrawal
from harness.testbed.rollup import Rollup
from tests.support.rollups import assert_root, prove_by_a_lie

NOBODY = "0x000000000000000000000000000000000000dEaD"
DAY = 86_400
ESTIMATION = "0x0000000000000000000000000000000000000001"


@pytest.fixture
def withdrawal(rollup: Rollup, alice: Any, bob: Any) -> Withdrawal:
    """Two ether from alice on L2 to bob on L1, confirmed."""
    sent = rollup.withdraw(ether(2), sender=alice, to=bob)
    rollup.confirm_all()
    return sent


@pytest.fixture
def target(rollup: Rollup, contracts: Any, alice: Any) -> Any:
    """A contract on L1 with moods."""
    return contracts["Forwarder"].deploy(rollup.l1, sender=alice)


def _to(rollup: Rollup, target: Any, alice: Any, *, value: int = 0, gas: int = 0, data: bytes = b"") -> Withdrawal:
    """A message to the target, confirmed and proven by alice."""
    sent = rollup.withdraw(value, sender=alice, to=target, gas=gas, data=data)
    rollup.confirm_all()
    rollup.prove(sent, sender=alice)
    return sent


def test_execute_pays_once(rollup: Rollup, withdrawal: Withdrawal, alice: Any, bob: Any) -> None:
    before, held = rollup.l1.balance(bob), rollup.l1.balance(rollup.portal)
    receipt = rollup.execute(withdrawal, sender=alice)
    assert rollup.l1.balance(bob) == before + ether(2)
    assert rollup.l1.balance(rollup.portal) == held - ether(2)
    assert rollup.portal.finalizedWithdrawals(withdrawal.hash)
    (event,) = receipt.events
    assert (event.name, event.withdrawalHash, event.success) == ("WithdrawalFinalized", withdrawal.hash, True)

    with reverts(rollup.portal.OptimismPortal_AlreadyFinalized):
        rollup.execute(withdrawal, sender=alice)
    assert rollup.l1.balance(bob) == before + ether(2)


def test_finalize_by_two_proofs_pays_once(rollup: Rollup, withdrawal: Withdrawal, alice: Any, bob: Any) -> None:
    rollup.prove(withdrawal, sender=alice)
    rollup.prove(withdrawal, sender=bob)
    before, portal = rollup.l1.balance(bob), rollup.portal
    with rollup.l1.block():
        first = portal.finalizeWithdrawalTransaction(withdrawal.struct, sender=alice, gas=500_000, check=False)
        second = portal.finalizeWithdrawalTransaction(withdrawal.struct, sender=bob, gas=500_000, check=False)
    assert (first.succeeded, second.succeeded) == (True, False)
    assert rollup.l1.balance(bob) == before + ether(2) - second.cost
    with reverts(portal.OptimismPortal_AlreadyFinalized):
        portal.checkWithdrawal(withdrawal.hash, bob.address)


def test_prove_and_finalize_fit_into_one_block_without_a_delay(
    rollup: Rollup, withdrawal: Withdrawal, alice: Any, bob: Any
) -> None:
    index, before = rollup.open_root(sender=alice), rollup.l1.balance(bob)
    call = rollup.proof(withdrawal).arguments(withdrawal, index)
    with rollup.l1.block():
        rollup.portal.proveWithdrawalTransaction(*call, sender=alice, gas=500_000)
        rollup.portal.finalizeWithdrawalTransaction(withdrawal.struct, sender=alice, gas=500_000)
    assert rollup.l1.balance(bob) == before + ether(2)


def test_finalize_what_one_has_not_proven_reverts(rollup: Rollup, withdrawal: Withdrawal, alice: Any, bob: Any) -> None:
    rollup.prove(withdrawal, sender=bob)
    for attempt in (
        lambda: rollup.finalize(withdrawal, sender=alice),
        lambda: rollup.finalize(withdrawal, sender=bob, prover=alice),
        lambda: rollup.finalize(replace(withdrawal, value=ether(3)), sender=bob),
    ):
        with reverts(rollup.portal.OptimismPortal_Unproven):
            attempt()
    assert rollup.finalize(withdrawal, sender=alice, prover=bob).succeeded


@pytest.fixture
def slow(rollup: Rollup, alice: Any) -> Rollup:
    """A rollup with a maturity delay of a day."""
    made = Rollup.deploy(rollup.l1, RollupConfig(maturity=DAY))
    made.deposit(ether(3), sender=alice)
    return made


def test_execute_of_an_executed_message_says_so_while_another_proof_matures(slow: Rollup, alice: Any, bob: Any) -> None:
    sent = slow.withdraw(ether(1), sender=alice, to=bob)
    slow.confirm_all()
    slow.prove(sent, sender=alice)
    slow.l1.warp(DAY)
    slow.prove(sent, sender=bob)
    slow.l1.warp(10)
    slow.finalize(sent, sender=alice)
    with reverts(slow.portal.OptimismPortal_AlreadyFinalized):
        slow.execute(sent, sender=bob)


def test_finalize_before_the_proof_is_mature_reverts(slow: Rollup, alice: Any, bob: Any) -> None:
    sent = slow.withdraw(ether(1), sender=alice, to=bob)
    slow.confirm_all()
    with pytest.raises(NotYetFinalizable) as caught:
        slow.execute(sent, sender=alice)
    proven = slow.portal.provenWithdrawals(sent.hash, alice.address).timestamp
    assert (caught.value.message, caught.value.ready) == (sent.hash, proven + DAY + 1)
    assert str(caught.value.ready) in str(caught.value)
    slow.l1.warp(to=proven + DAY)
    with reverts(slow.portal.OptimismPortal_ProofNotOldEnough):
        slow.finalize(sent, sender=alice)
    before = slow.l1.balance(bob)
    slow.l1.warp(to=proven + DAY + 1)
    slow.execute(sent, sender=alice)
    assert slow.l1.balance(bob) == before + ether(1)


def test_the_delay_runs_while_the_assertion_is_pending(slow: Rollup, alice: Any, bob: Any) -> None:
    sent = slow.withdraw(ether(1), sender=alice, to=bob)
    slow.sequencer.post()
    slow.proposer.propose()
    slow.prove(sent, sender=alice)
    slow.confirm_all()
    before = slow.l1.balance(bob)
    slow.execute(sent, sender=alice)
    assert slow.l1.balance(bob) == before + ether(1)


@pytest.mark.parametrize("waits", [DAY // 2, DAY + 2], ids=["little", "long"])
def test_execute_keeps_a_proof_whose_delay_runs(rollup: Rollup, alice: Any, bob: Any, waits: int) -> None:
    """It names a pending child of an assertion that was confirmed since then, and covers the message too."""
    slow = Rollup.deploy(rollup.l1, RollupConfig(maturity=DAY, period=2 * DAY))
    slow.deposit(ether(3), sender=alice)
    sent = slow.withdraw(ether(1), sender=alice, to=bob)
    slow.sequencer.post()
    parent = slow.proposer.propose()
    slow.l1.warp(2 * DAY - waits)
    slow.deposit(1, sender=alice)
    slow.sequencer.post()
    child = slow.proposer.propose()
    slow.prove(sent, sender=alice, assertion=child)
    proven = slow.portal.provenWithdrawals(sent.hash, alice.address)
    slow.l1.warp(waits + 1)
    slow.assertions.confirm(parent.id, sender=alice)
    with pytest.raises(NotYetFinalizable) as caught:
        slow.execute(sent, sender=alice)
    again = slow.portal.provenWithdrawals(sent.hash, alice.address)
    # A new proof is ready after a day; the child is confirmed two days after it was made.
    assert (again == proven) == (waits > DAY)
    assert caught.value.ready <= slow.l1.now + DAY + 1
    slow.l1.warp(to=caught.value.ready)
    slow.settle()
    before = slow.l1.balance(bob)
    slow.execute(sent, sender=alice)
    assert slow.l1.balance(bob) == before + ether(1)


def test_finalize_against_a_rival_reverts(rollup: Rollup, alice: Any) -> None:
    sent = rollup.withdraw(ether(1), sender=alice)
    rollup.sequencer.post()
    theft = replace(sent, value=ether(5))
    prove_by_a_lie(rollup, theft, alice)
    rollup.l1.warp(rollup.config.period - 1)
    with reverts(rollup.portal.OptimismPortal_InvalidRootClaim):
        rollup.finalize(theft, sender=alice)


def test_finalize_after_an_assertion_was_replaced_needs_another_proof(
    rollup: Rollup, contracts: Any, alice: Any, bob: Any
) -> None:
    """A right assertion is rejected, and asserted again: a proof counts for the attempt that it named."""
    judge = contracts["Judge"].deploy(rollup.l1, sender=alice)
    judged = Rollup.deploy(rollup.l1, rollup.config, disputes=judge.address)
    judged.deposit(ether(3), sender=alice)
    sent = judged.withdraw(ether(1), sender=alice, to=bob)
    judged.sequencer.post()
    fallen = judged.proposer.propose()
    judged.prove(sent, sender=bob)
    judge.open(judged.assertions.address, fallen.id, sender=alice)
    judge.reject(judged.assertions.address, fallen.id, alice.address, sender=alice)
    again = assert_root(judged, fallen.root, alice)
    assert (again.id != fallen.id, again.root) == (True, fallen.root)
    judged.l1.warp(judged.config.period + 1)
    judged.assertions.confirm(again.id, sender=alice)
    with reverts(judged.portal.OptimismPortal_InvalidRootClaim):
        judged.finalize(sent, sender=bob)
    judged.prove(sent, sender=bob)
    before = judged.l1.balance(bob)
    judged.finalize(sent, sender=alice, prover=bob)
    assert judged.l1.balance(bob) == before + ether(1)


def test_proving_a_message_that_is_not_confirmed_says_so(rollup: Rollup, alice: Any) -> None:
    sent = rollup.withdraw(ether(1), sender=alice)
    for attempt in (rollup.execute, rollup.prove):
        with pytest.raises(NotYetProvable) as caught:
            attempt(sent, sender=alice)
        assert caught.value.message == sent.hash


def test_a_wrong_pending_assertion_is_not_proven_against(rollup: Rollup, alice: Any) -> None:
    sent = rollup.withdraw(ether(1), sender=alice)
    rollup.sequencer.post()
    wrong = rollup.join(Proposer(lie=WrongRoot())).propose()
    with pytest.raises(NotYetProvable):
        rollup.prove(sent, sender=alice)
    with reverts(rollup.roots.WrongMachine, expected=wrong.root):
        rollup.prove(sent, sender=alice, assertion=wrong)


def test_finalize_on_a_target_that_reverts_can_be_tried_again(rollup: Rollup, target: Any, alice: Any) -> None:
    sent = _to(rollup, target, alice, value=ether(1))
    target.setMood(1, sender=alice)
    assert rollup.portal.retriesFailed()
    with reverts(rollup.portal.CallFailed, withdrawalHash=sent.hash):
        rollup.finalize(sent, sender=alice)
    assert not rollup.portal.finalizedWithdrawals(sent.hash)

    target.setMood(0, sender=alice)
    rollup.finalize(sent, sender=alice)
    assert target.received() == ether(1)


def test_a_failed_message_is_lost_by_the_op_stacks_rule(rollup: Rollup, target: Any, alice: Any) -> None:
    strict = Rollup.deploy(rollup.l1, RollupConfig(retry_failed=False))
    strict.deposit(ether(3), sender=alice)
    assert not strict.portal.retriesFailed()
    sent = _to(strict, target, alice, value=ether(1))
    target.setMood(1, sender=alice)
    mark = strict.l1.snapshot()
    call = strict.portal.functions["finalizeWithdrawalTransactionExternalProof"].encode(sent.struct, alice.address)
    with reverts(strict.portal.OptimismPortal_GasEstimation):
        strict.l1.call(to=strict.portal.address, data=call, sender=ESTIMATION)
    strict.l1.restore(mark)

    held = strict.l1.balance(strict.portal)
    with pytest.raises(MessageLost, match="the message is lost") as caught:
        strict.finalize(sent, sender=alice)
    (event,) = caught.value.receipt.events
    assert (event.name, event.success) == ("WithdrawalFinalized", False)
    assert strict.l1.balance(strict.portal) == held
    assert strict.portal.l2Sender() == NOBODY
    target.setMood(0, sender=alice)
    with reverts(strict.portal.OptimismPortal_AlreadyFinalized):
        strict.finalize(sent, sender=alice)


def test_a_call_that_could_be_lost_for_want_of_gas_names_its_gas(rollup: Rollup, target: Any, alice: Any) -> None:
    strict = Rollup.deploy(rollup.l1, RollupConfig(retry_failed=False))
    strict.deposit(ether(3), sender=alice)
    with pytest.raises(NoGasForCall, match="2 bytes of data and names no gas"):
        strict.withdraw(0, sender=alice, to=target, data=b"\x01\x02")
    assert strict.withdraw(0, sender=alice, to=target, data=b"\x01\x02", gas=0).gas_limit == 0
    assert strict.withdraw(5, sender=alice, to=target).gas_limit == 0
    assert rollup.withdraw(0, sender=alice, to=target, data=b"\x01\x02").gas_limit == 0


def test_finalize_on_a_target_that_re_enters_reverts(rollup: Rollup, target: Any, alice: Any) -> None:
    sent = _to(rollup, target, alice, value=ether(1))
    again = rollup.portal.functions["finalizeWithdrawalTransactionExternalProof"].encode(sent.struct, alice.address)
    target.setReentry(again, sender=alice)
    target.setMood(2, sender=alice)
    expected = rollup.portal.OptimismPortal_NoReentrancy.encode()
    with reverts(rollup.portal.CallFailed, withdrawalHash=sent.hash, reason=expected):
        rollup.finalize(sent, sender=alice)
    assert target.received() == 0


def test_another_message_is_not_executed_inside_of_one(rollup: Rollup, target: Any, alice: Any, bob: Any) -> None:
    other = rollup.withdraw(ether(1), sender=bob)
    sent = _to(rollup, target, alice, value=ether(1))
    rollup.prove(other, sender=bob)
    inner = rollup.portal.functions["finalizeWithdrawalTransactionExternalProof"].encode(other.struct, bob.address)
    target.setReentry(inner, sender=alice)
    target.setMood(2, sender=alice)
    with reverts(rollup.portal.CallFailed, reason=rollup.portal.OptimismPortal_NoReentrancy.encode()):
        rollup.finalize(sent, sender=alice)


def test_finalize_gives_the_target_at_least_its_gas(rollup: Rollup, target: Any, alice: Any) -> None:
    sent = _to(rollup, target, alice, gas=1_000_000, data=b"\x01")
    finalize = rollup.portal.finalizeWithdrawalTransaction
    with reverts(rollup.portal.TooLittleGas, minimum=(1_000_000 + 40_000) * 64 // 63 + 10_000):
        finalize(sent.struct, sender=alice, gas=1_000_000)
    finalize(sent.struct, sender=alice, gas=1_250_000)
    assert target.lastGas() >= 990_000


@pytest.mark.parametrize("gas", [2**24, 2**64, 2**256 - 1])
def test_finalize_of_a_message_with_more_gas_than_there_is_reverts(
    rollup: Rollup, target: Any, alice: Any, gas: int
) -> None:
    sent = _to(rollup, target, alice, gas=gas)
    with reverts(rollup.portal.TooLittleGas):
        rollup.finalize(sent, sender=alice)


def test_long_data_does_not_eat_the_targets_gas(rollup: Rollup, target: Any, contracts: Any, alice: Any) -> None:
    """Copying the data costs gas; what the message was promised is there all the same."""
    sent = _to(rollup, target, alice, gas=100_000, data=bytes(23_000))
    assert 99_000 <= _least_gas_seen(rollup, sent, target, contracts, alice) <= 160_000


def test_a_delegated_target_with_value_has_its_gas(rollup: Rollup, contracts: Any, alice: Any, bob: Any) -> None:
    """The dearest call of code: value, and two accounts that were not touched before (EIP-7702)."""
    model = contracts["Forwarder"].deploy(rollup.l1, sender=alice)
    rollup.l1.authorize(bob, model)
    target = model.type.at(rollup.l1, bob.address)
    sent = _to(rollup, target, alice, value=1, gas=100_000)
    assert 99_000 <= _least_gas_seen(rollup, sent, target, contracts, alice) <= 140_000


def _least_gas_seen(rollup: Rollup, sent: Withdrawal, target: Any, contracts: Any, alice: Any) -> int:
    """The gas that the target sees where the portal just does not refuse."""
    call = rollup.portal.functions["finalizeWithdrawalTransactionExternalProof"].encode(sent.struct, alice.address)
    relay = contracts["Forwarder"].deploy(rollup.l1, sender=alice)

    def gas_seen(limit: int) -> int | None:
        """What the target saw when the portal was called with ``limit``; None if the portal refused."""
        mark = rollup.l1.snapshot()
        relay.forwardWith(limit, rollup.portal.address, call, sender=alice)
        seen = target.lastGas() if rollup.portal.finalizedWithdrawals(sent.hash) else None
        rollup.l1.restore(mark)
        return seen

    low, high = 100_000, 2_000_000
    assert gas_seen(low) is None
    least = gas_seen(high)
    while high - low > 1_000:
        middle = (low + high) // 2
        seen = gas_seen(middle)
        low, high, least = (middle, high, least) if seen is None else (low, middle, seen)
    assert least is not None
    return least


def test_finalize_on_a_target_that_burns_all_gas_can_be_tried_again(rollup: Rollup, target: Any, alice: Any) -> None:
    sent = _to(rollup, target, alice)
    target.setMood(3, sender=alice)
    with reverts():
        rollup.portal.finalizeWithdrawalTransaction(sent.struct, sender=alice, gas=400_000)
    assert not rollup.portal.finalizedWithdrawals(sent.hash)


def test_the_l2_sender_is_known_during_execution_only(rollup: Rollup, target: Any, alice: Any) -> None:
    assert rollup.portal.l2Sender() == NOBODY
    rollup.finalize(_to(rollup, target, alice, data=b"\x01"), sender=alice)
    assert target.lastL2Sender() == alice.address
    assert rollup.portal.l2Sender() == NOBODY


def test_mass_exit_in_one_challenge_period(rollup: Rollup, accounts: Any, alice: Any) -> None:
    leavers = list(accounts)[:6]
    sent = [rollup.withdraw(ether(10), sender=account) for account in leavers]
    rollup.confirm_all()
    before = [rollup.l1.balance(account) for account in leavers]
    payer, portal = accounts.victor, rollup.portal
    index = rollup.open_root(sender=payer)
    with rollup.l1.block():
        for each in sent:
            call = rollup.proof(each).arguments(each, index)
            portal.proveWithdrawalTransaction(*call, sender=payer, gas=400_000)
        for each in sent:
            portal.finalizeWithdrawalTransaction(each.struct, sender=payer, gas=400_000)
    assert [rollup.l1.balance(account) for account in leavers] == [balance + ether(10) for balance in before]


def test_nothing_can_be_initialised_a_second_time(rollup: Rollup) -> None:
    """All that a contract is told, it is told by its constructor: there is no initializer to call again."""
    contracts = (
        rollup.portal,
        rollup.roots,
        rollup.token_bridge,
        rollup.assertions,
        rollup.contracts.delayed_inbox,
        rollup.contracts.sequencer_inbox,
    )
    for contract in contracts:
        names = [entry["name"] for entry in contract.abi if entry["type"] == "function"]
        assert not [name for name in names if re.match("init|set[A-Z]|upgrade|transferOwner", name)]


def test_a_message_of_a_replaced_history_is_not_executed(rollup: Rollup, alice: Any, bob: Any) -> None:
    """The batch with the message is removed by a reorg, and another batch of the same index is confirmed."""
    rollup.confirm_all()
    sent = rollup.withdraw(ether(1), sender=alice)
    (draft,) = rollup.unsafe.drafts
    rollup.unsafe.drafts = ()
    rollup.l2.send(sender=alice, to=bob, value=1)
    other = rollup.withdraw(ether(1), sender=bob)
    rollup.confirm_all()
    with pytest.raises(NotYetProvable):
        rollup.prove(sent, sender=alice)
    end = rollup.latest_confirmed.end
    assert end == draft.index + 1
    state = rollup.node.idle_after(end).state
    proof = replace(rollup.proof(other), nodes=tuple(state.prove_slot(PASSER, sent.slot)))
    index = rollup.open_root(sender=alice)
    with reverts(rollup.portal.OptimismPortal_InvalidMerkleProof):
        rollup.portal.proveWithdrawalTransaction(*proof.arguments(sent, index), sender=alice)
