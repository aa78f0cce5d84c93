"""Portal.execute, guard by guard: proofs, replays, targets that fail, re-enter or run out of gas."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from harness import ether, reverts
from harness.agents.proposer import Proposer, WrongRoot
from harness.primitives.hashing import keccak256, word
from harness.rollup.errors import NotYetProvable
from harness.rollup.predeploys import MESSENGER
from harness.rollup.withdrawals import Withdrawal, WithdrawalProof
from harness.testbed.rollup import Rollup


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
    sent = rollup.withdraw(value, sender=alice, to=target, gas=gas, data=data)
    rollup.confirm_all()
    return sent


def test_execute_pays_once(rollup: Rollup, withdrawal: Withdrawal, alice: Any, bob: Any) -> None:
    before, held = rollup.l1.balance(bob), rollup.l1.balance(rollup.portal)
    receipt = rollup.execute(withdrawal, sender=alice)
    assert rollup.l1.balance(bob) == before + ether(2)
    assert rollup.l1.balance(rollup.portal) == held - ether(2)
    assert rollup.portal.executed(withdrawal.id)
    (event,) = receipt.events
    assert (event.name, event.id, event.sender, event.value) == ("Executed", withdrawal.id, alice.address, ether(2))

    with reverts(rollup.portal.AlreadyExecuted, id=withdrawal.id):
        rollup.execute(withdrawal, sender=alice)
    assert rollup.l1.balance(bob) == before + ether(2)


def test_execute_twice_in_one_block_pays_once(rollup: Rollup, withdrawal: Withdrawal, alice: Any, bob: Any) -> None:
    before = rollup.l1.balance(bob)
    proof = rollup.prove(withdrawal).struct
    with rollup.l1.block():
        first = rollup.portal.execute(withdrawal.struct, proof, sender=alice, gas=500_000, check=False)
        second = rollup.portal.execute(withdrawal.struct, proof, sender=bob, gas=500_000, check=False)
    assert (first.succeeded, second.succeeded) == (True, False)
    assert rollup.l1.balance(bob) == before + ether(2) - second.cost


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": 10**6},
        {"value": ether(3)},
        {"sender": "0x00000000000000000000000000000000000000AA"},
        {"target": "0x00000000000000000000000000000000000000AA"},
        {"gas_limit": 1},
        {"data": b"\x01"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_execute_of_a_message_that_was_not_sent_reverts(
    rollup: Rollup, withdrawal: Withdrawal, alice: Any, change: dict[str, Any]
) -> None:
    forged = replace(withdrawal, **change)
    honest = rollup.prove(withdrawal)
    end = rollup.latest_confirmed.end
    state = rollup.node.idle_after(end).state
    # The best that a forger can bring: every node on the way to the slot that does not exist.
    nodes = tuple(state.prove_account(MESSENGER) + state.prove_slot(MESSENGER, forged.slot))
    with reverts(rollup.portal.NotSent, id=forged.id):
        rollup.portal.execute(forged.struct, replace(honest, nodes=nodes).struct, sender=alice)


def test_execute_of_nothing_reverts(rollup: Rollup, withdrawal: Withdrawal, alice: Any) -> None:
    nothing = Withdrawal(0, "0x" + 40 * "0", "0x" + 40 * "0", 0, 0, b"")
    with reverts():
        rollup.portal.execute(nothing.struct, (bytes(32), [], []), sender=alice)


def test_execute_without_a_node_reverts(rollup: Rollup, withdrawal: Withdrawal, alice: Any) -> None:
    proof = rollup.prove(withdrawal)
    for left_out in range(len(proof.nodes)):
        nodes = proof.nodes[:left_out] + proof.nodes[left_out + 1 :]
        with reverts(rollup.portal.MissingNode, hash=keccak256(proof.nodes[left_out])):
            rollup.portal.execute(withdrawal.struct, replace(proof, nodes=nodes).struct, sender=alice)


def test_execute_with_a_changed_node_reverts(rollup: Rollup, withdrawal: Withdrawal, alice: Any) -> None:
    proof = rollup.prove(withdrawal)
    for changed, node in enumerate(proof.nodes):
        bad = node[:-1] + bytes([node[-1] ^ 1])
        nodes = (*proof.nodes[:changed], bad, *proof.nodes[changed + 1 :])
        with reverts(rollup.portal.MissingNode, hash=keccak256(node)):
            rollup.portal.execute(withdrawal.struct, replace(proof, nodes=nodes).struct, sender=alice)


@pytest.mark.parametrize("changed", range(10))
def test_execute_with_another_machine_reverts(rollup: Rollup, withdrawal: Withdrawal, alice: Any, changed: int) -> None:
    proof = rollup.prove(withdrawal)
    words = list(proof.machine)
    words[changed] = word(int.from_bytes(words[changed], "big") ^ 1)
    with reverts(rollup.portal.WrongMachine, expected=rollup.latest_confirmed.root):
        rollup.portal.execute(withdrawal.struct, replace(proof, machine=tuple(words)).struct, sender=alice)


@pytest.mark.parametrize("length", [0, 10, 12])
def test_execute_with_a_machine_of_another_length_reverts(
    rollup: Rollup, withdrawal: Withdrawal, alice: Any, length: int
) -> None:
    proof = rollup.prove(withdrawal)
    words = (*proof.machine, bytes(32))[:length]
    with reverts(rollup.portal.WrongMachineLength, actual=length, expected=11):
        rollup.portal.execute(withdrawal.struct, replace(proof, machine=words).struct, sender=alice)


def test_execute_against_a_pending_assertion_reverts(rollup: Rollup, alice: Any) -> None:
    sent = rollup.withdraw(ether(1), sender=alice)
    rollup.sequencer.post()
    pending = rollup.proposer.propose()
    proof = _proof_at(rollup, sent, pending.id, pending.end)
    with reverts(rollup.assertions.NotConfirmed, id=pending.id, actual=1):
        rollup.portal.execute(sent.struct, proof.struct, sender=alice)


def test_execute_against_an_unknown_assertion_reverts(rollup: Rollup, withdrawal: Withdrawal, alice: Any) -> None:
    proof = replace(rollup.prove(withdrawal), assertion=bytes(32))
    with reverts(rollup.assertions.NotConfirmed, id=bytes(32), actual=0):
        rollup.portal.execute(withdrawal.struct, proof.struct, sender=alice)


def test_execute_against_a_rival_reverts(rollup: Rollup, alice: Any) -> None:
    sent = rollup.withdraw(ether(1), sender=alice)
    rollup.sequencer.post()
    rival = rollup.join(Proposer(lie=WrongRoot())).propose()
    with reverts(rollup.assertions.NotConfirmed, id=rival.id, actual=1):
        rollup.portal.execute(sent.struct, _proof_at(rollup, sent, rival.id, rival.end).struct, sender=alice)


def test_execute_against_an_older_confirmed_assertion_succeeds(
    rollup: Rollup, withdrawal: Withdrawal, alice: Any, bob: Any
) -> None:
    proof = rollup.prove(withdrawal)
    rollup.l2.send(sender=alice, to=bob, value=1)
    rollup.confirm_all()
    assert rollup.latest_confirmed.id != proof.assertion
    rollup.portal.execute(withdrawal.struct, proof.struct, sender=alice)
    with reverts(rollup.portal.AlreadyExecuted):
        rollup.execute(withdrawal, sender=alice)


def _proof_at(rollup: Rollup, sent: Withdrawal, assertion: bytes, end: int) -> WithdrawalProof:
    from harness.rollup.withdrawals import prove

    rollup.node.sync()
    return prove(sent, rollup.node.idle_after(end), assertion)


def test_proving_a_message_that_is_not_confirmed_says_so(rollup: Rollup, alice: Any) -> None:
    sent = rollup.withdraw(ether(1), sender=alice)
    with pytest.raises(NotYetProvable) as caught:
        rollup.prove(sent)
    assert caught.value.message == sent.id


@pytest.mark.parametrize("name", ["portal", "delayed_inbox"])
def test_execute_on_the_rollups_own_doors_reverts(rollup: Rollup, alice: Any, name: str) -> None:
    door = getattr(rollup.contracts, name)
    sent = _to(rollup, door, alice)
    with reverts(rollup.portal.ForbiddenTarget, target=door):
        rollup.execute(sent, sender=alice)


def test_execute_on_a_target_that_reverts_can_be_tried_again(rollup: Rollup, target: Any, alice: Any) -> None:
    sent = _to(rollup, target, alice, value=ether(1))
    target.setMood(1, sender=alice)
    with reverts(rollup.portal.CallFailed, id=sent.id):
        rollup.execute(sent, sender=alice)
    assert not rollup.portal.executed(sent.id)

    target.setMood(0, sender=alice)
    rollup.execute(sent, sender=alice)
    assert target.received() == ether(1)


def test_execute_on_a_target_that_re_enters_reverts(rollup: Rollup, target: Any, alice: Any) -> None:
    sent = _to(rollup, target, alice, value=ether(1))
    proof = rollup.prove(sent).struct
    target.setReentry(rollup.portal.functions["execute"].encode(sent.struct, proof), sender=alice)
    target.setMood(2, sender=alice)
    with reverts(rollup.portal.CallFailed, id=sent.id, reason=rollup.portal.Reentered.encode()):
        rollup.portal.execute(sent.struct, proof, sender=alice)
    assert target.received() == 0


def test_execute_gives_the_target_at_least_its_gas(rollup: Rollup, target: Any, alice: Any) -> None:
    sent = _to(rollup, target, alice, gas=1_000_000, data=b"\x01")
    with reverts(rollup.portal.TooLittleGas):
        rollup.portal.execute(sent.struct, rollup.prove(sent).struct, sender=alice, gas=1_000_000)
    rollup.portal.execute(sent.struct, rollup.prove(sent).struct, sender=alice, gas=1_250_000)
    assert target.lastGas() >= 990_000


def test_junk_in_the_proof_does_not_eat_the_targets_gas(
    rollup: Rollup, target: Any, contracts: Any, alice: Any
) -> None:
    """Copying the data costs more the more memory the proof has filled; the promised gas is there all the same."""
    sent = _to(rollup, target, alice, gas=100_000, data=bytes(23_000))
    proof = rollup.prove(sent)
    padded = replace(proof, nodes=(*proof.nodes, bytes(900_000)))
    call = rollup.portal.functions["execute"].encode(sent.struct, padded.struct)
    relay = contracts["Forwarder"].deploy(rollup.l1, sender=alice)

    def gas_seen(limit: int) -> int | None:
        """What the target saw when the portal was called with ``limit``; None if the portal refused."""
        mark = rollup.l1.snapshot()
        relay.forwardWith(limit, rollup.portal.address, call, sender=alice)
        seen = target.lastGas() if rollup.portal.executed(sent.id) else None
        rollup.l1.restore(mark)
        return seen

    low, high = 1_000_000, 6_000_000
    assert gas_seen(low) is None
    least = gas_seen(high)
    while high - low > 1_000:
        middle = (low + high) // 2
        seen = gas_seen(middle)
        low, high, least = (middle, high, least) if seen is None else (low, middle, seen)
    assert least is not None
    assert 99_000 <= least <= 160_000


def test_execute_on_a_target_that_burns_all_gas_can_be_tried_again(rollup: Rollup, target: Any, alice: Any) -> None:
    sent = _to(rollup, target, alice)
    target.setMood(3, sender=alice)
    with reverts():
        rollup.portal.execute(sent.struct, rollup.prove(sent).struct, sender=alice, gas=400_000)
    assert not rollup.portal.executed(sent.id)


def test_the_l2_sender_is_known_during_execution_only(rollup: Rollup, target: Any, alice: Any) -> None:
    with reverts(rollup.portal.NoMessage):
        rollup.portal.l2Sender()
    rollup.execute(_to(rollup, target, alice, data=b"\x01"), sender=alice)
    assert target.lastL2Sender() == alice.address
    with reverts(rollup.portal.NoMessage):
        rollup.portal.l2Sender()


def test_mass_exit_in_one_challenge_period(rollup: Rollup, accounts: Any, alice: Any) -> None:
    leavers = list(accounts)[:6]
    sent = [rollup.withdraw(ether(10), sender=account) for account in leavers]
    rollup.confirm_all()
    before = [rollup.l1.balance(account) for account in leavers]
    payer = accounts.victor
    with rollup.l1.block():
        for each in sent:
            rollup.portal.execute(each.struct, rollup.prove(each).struct, sender=payer, gas=400_000)
    assert [rollup.l1.balance(account) for account in leavers] == [balance + ether(10) for balance in before]


def test_nothing_can_be_initialised_a_second_time(rollup: Rollup) -> None:
    """All that a contract is told, it is told by its constructor: there is no initializer to call again."""
    contracts = (
        rollup.portal,
        rollup.token_bridge,
        rollup.assertions,
        rollup.contracts.delayed_inbox,
        rollup.contracts.sequencer_inbox,
    )
    for contract in contracts:
        names = [entry["name"] for entry in contract.abi if entry["type"] == "function"]
        assert not [name for name in names if re.match("init|set[A-Z]|upgrade|transferOwner", name)]


def test_execute_against_a_rejected_assertion_reverts(rollup: Rollup, contracts: Any, alice: Any) -> None:
    judge = contracts["Judge"].deploy(rollup.l1, sender=alice)
    judged = Rollup.deploy(rollup.l1, rollup.config, disputes=judge.address)
    judged.deposit(ether(3), sender=alice)
    sent = judged.withdraw(ether(1), sender=alice)
    judged.sequencer.post()
    lie = judged.join(Proposer(lie=WrongRoot())).propose()
    judge.open(judged.assertions.address, lie.id, sender=alice)
    judge.reject(judged.assertions.address, lie.id, alice.address, sender=alice)
    with reverts(judged.assertions.NotConfirmed, id=lie.id, actual=3):
        judged.portal.execute(sent.struct, _proof_at(judged, sent, lie.id, lie.end).struct, sender=alice)


def test_a_message_of_a_replaced_history_is_not_executed(rollup: Rollup, alice: Any, bob: Any) -> None:
    """The batch with the message is removed by a reorg, and another batch of the same index is confirmed."""
    rollup.confirm_all()
    sent = rollup.withdraw(ether(1), sender=alice)
    (draft,) = rollup.unsafe.drafts
    rollup.unsafe.drafts = ()
    rollup.l2.send(sender=alice, to=bob, value=1)
    rollup.confirm_all()
    with pytest.raises(NotYetProvable):
        rollup.prove(sent)
    end = rollup.latest_confirmed.end
    assert end == draft.index + 1
    state = rollup.node.idle_after(end).state
    nodes = tuple(state.prove_account(MESSENGER) + state.prove_slot(MESSENGER, sent.slot))
    idle = rollup.node.idle_after(end)
    proof = WithdrawalProof(rollup.latest_confirmed.id, tuple(word(item) for item in idle.words()), nodes)
    with reverts(rollup.portal.NotSent, id=sent.id):
        rollup.portal.execute(sent.struct, proof.struct, sender=alice)
