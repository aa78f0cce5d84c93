"""Portal.proveWithdrawalTransaction, guard by guard: roots, proofs, targets; and what a proof leaves in storage."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from harness import ether, reverts
from harness.primitives.hashing import keccak256, word
from harness.rollup.predeploys import PASSER
from harness.rollup.withdrawals import Withdrawal
from harness.testbed.rollup import Rollup
from tests.support.rollups import prove_by_a_lie

NOBODY = "0x000000000000000000000000000000000000dEaD"


@pytest.fixture
def withdrawal(rollup: Rollup, alice: Any, bob: Any) -> Withdrawal:
    """Two ether from alice on L2 to bob on L1, confirmed, with the root open."""
    sent = rollup.withdraw(ether(2), sender=alice, to=bob)
    rollup.confirm_all()
    rollup.open_root(sender=bob)
    return sent


def _call(rollup: Rollup, withdrawal: Withdrawal, **changes: Any) -> tuple[Any, ...]:
    """What the portal takes for an honest proof; ``changes`` are to the four words, or ``nodes``, or ``index``."""
    proof = rollup.proof(withdrawal)
    nodes = changes.pop("nodes", proof.nodes)
    index = changes.pop("index", rollup.roots.indexOf(rollup.latest_confirmed.id))
    return replace(proof, root=replace(proof.root, **changes), nodes=tuple(nodes)).arguments(withdrawal, index)


def test_prove_leaves_game_and_time(rollup: Rollup, withdrawal: Withdrawal, alice: Any, bob: Any) -> None:
    receipt = rollup.prove(withdrawal, sender=bob)
    game = rollup.roots.gameOf(rollup.latest_confirmed.id)
    proven = rollup.portal.provenWithdrawals(withdrawal.hash, bob.address)
    assert (proven.disputeGameProxy, proven.timestamp) == (game, rollup.l1.head.timestamp)
    assert rollup.portal.provenWithdrawals(withdrawal.hash, alice.address).timestamp == 0
    assert rollup.portal.proofSubmitters(withdrawal.hash, 0) == bob.address
    assert rollup.portal.numProofSubmitters(withdrawal.hash) == 1
    first, second = receipt.events
    assert (first.name, first.withdrawalHash, first.to) == ("WithdrawalProven", withdrawal.hash, bob.address)
    assert getattr(first, "from") == alice.address
    assert (second.name, second.proofSubmitter) == ("WithdrawalProvenExtension1", bob.address)


def test_prove_stores_where_the_op_stack_does(rollup: Rollup, withdrawal: Withdrawal, bob: Any) -> None:
    portal, l1 = rollup.portal, rollup.l1
    assert l1.storage(portal, 50) == int(NOBODY, 16)
    rollup.prove(withdrawal, sender=bob)
    outer = keccak256(withdrawal.hash + word(57))
    slot = int.from_bytes(keccak256(word(bob.address_bytes) + outer), "big")
    game = int(rollup.roots.gameOf(rollup.latest_confirmed.id), 16)
    assert l1.storage(portal, slot) == l1.head.timestamp << 160 | game
    listed = keccak256(withdrawal.hash + word(60))
    assert l1.storage(portal, int.from_bytes(listed, "big")) == 1
    assert l1.storage(portal, int.from_bytes(keccak256(listed), "big")) == int(bob.address, 16)
    rollup.finalize(withdrawal, sender=bob)
    assert l1.storage(portal, int.from_bytes(keccak256(withdrawal.hash + word(51)), "big")) == 1


@pytest.mark.parametrize("name", ["portal", "delayed_inbox"])
def test_prove_for_the_rollups_own_doors_reverts(rollup: Rollup, alice: Any, name: str) -> None:
    sent = rollup.withdraw(0, sender=alice, to=getattr(rollup.contracts, name))
    rollup.confirm_all()
    with reverts(rollup.portal.OptimismPortal_BadTarget):
        rollup.prove(sent, sender=alice)


def test_prove_against_an_unknown_game_reverts(rollup: Rollup, withdrawal: Withdrawal, alice: Any) -> None:
    count = rollup.roots.gameCount()
    with reverts(rollup.roots.NoSuchGame, index=count, count=count):
        rollup.portal.proveWithdrawalTransaction(*_call(rollup, withdrawal, index=count), sender=alice)


def test_prove_against_a_rejected_assertion_reverts(rollup: Rollup, contracts: Any, alice: Any, bob: Any) -> None:
    judge = contracts["Judge"].deploy(rollup.l1, sender=alice)
    judged = Rollup.deploy(rollup.l1, rollup.config, disputes=judge.address)
    judged.deposit(ether(3), sender=alice)
    judged.sequencer.post()
    theft = Withdrawal(1 << 240 | 77, alice.address, bob.address, ether(3), 0, b"")
    lie, call = prove_by_a_lie(judged, theft, bob)
    judge.open(judged.assertions.address, lie.id, sender=alice)
    judge.reject(judged.assertions.address, lie.id, alice.address, sender=alice)
    with reverts(judged.portal.OptimismPortal_InvalidDisputeGame):
        judged.portal.proveWithdrawalTransaction(*call, sender=bob)
    with reverts(judged.portal.OptimismPortal_InvalidRootClaim):
        judged.finalize(theft, sender=bob)


@pytest.mark.parametrize("changed", ["version", "state_root", "passer_storage_root", "block_hash"])
def test_prove_with_other_words_than_the_roots_reverts(
    rollup: Rollup, withdrawal: Withdrawal, alice: Any, changed: str
) -> None:
    honest = getattr(rollup.proof(withdrawal).root, changed)
    call = _call(rollup, withdrawal, **{changed: honest[:-1] + bytes([honest[-1] ^ 1])})
    with reverts(rollup.portal.OptimismPortal_InvalidOutputRootProof):
        rollup.portal.proveWithdrawalTransaction(*call, sender=alice)


def test_prove_against_a_root_opened_for_another_assertion_reverts(
    rollup: Rollup, withdrawal: Withdrawal, alice: Any, bob: Any
) -> None:
    older, before = rollup.latest_confirmed, rollup.roots.indexOf(rollup.latest_confirmed.id)
    rollup.l2.send(sender=alice, to=bob, value=1)
    rollup.confirm_all()
    newer = rollup.open_root(sender=bob)
    assert before != newer
    proofs = {before: rollup.proof(withdrawal, older), newer: rollup.proof(withdrawal)}
    for index, other in ((before, newer), (newer, before)):
        with reverts(rollup.portal.OptimismPortal_InvalidOutputRootProof):
            call = proofs[index].arguments(withdrawal, other)
            rollup.portal.proveWithdrawalTransaction(*call, sender=alice)
        rollup.portal.proveWithdrawalTransaction(*proofs[index].arguments(withdrawal, index), sender=alice)


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": 1 << 240 | 10**6},
        {"nonce": 0},
        {"value": ether(3)},
        {"sender": "0x00000000000000000000000000000000000000AA"},
        {"target": "0x00000000000000000000000000000000000000AA"},
        {"gas_limit": 1},
        {"data": b"\x01"},
        {"data": bytes(32)},
    ],
    ids=lambda change: f"{next(iter(change))} {next(iter(change.values()))!r:.12}",
)
def test_prove_of_a_message_that_was_not_sent_reverts(
    rollup: Rollup, withdrawal: Withdrawal, alice: Any, change: dict[str, Any]
) -> None:
    message = replace(withdrawal, **change)
    state = rollup.node.idle_after(rollup.latest_confirmed.end).state
    # The best that a forger can bring: every node on the way to the slot that does not exist.
    nodes = state.prove_slot(PASSER, message.slot)
    proof = replace(rollup.proof(withdrawal), nodes=tuple(nodes))
    with reverts(rollup.portal.OptimismPortal_InvalidMerkleProof):
        index = rollup.roots.indexOf(rollup.latest_confirmed.id)
        rollup.portal.proveWithdrawalTransaction(*proof.arguments(message, index), sender=alice)


def test_prove_of_a_message_whose_way_ends_at_anothers_leaf_reverts(
    rollup: Rollup, withdrawal: Withdrawal, alice: Any
) -> None:
    state = rollup.node.idle_after(rollup.latest_confirmed.end).state
    real = state.prove_slot(PASSER, withdrawal.slot)
    forged = (replace(withdrawal, value=value) for value in count(ether(9)))
    message = next(each for each in forged if state.prove_slot(PASSER, each.slot) == real)
    index = rollup.open_root(sender=alice)
    call = rollup.proof(withdrawal).arguments(message, index)
    with reverts(rollup.portal.OptimismPortal_InvalidMerkleProof):
        rollup.portal.proveWithdrawalTransaction(*call, sender=alice)


def test_prove_by_another_contracts_storage_reverts(rollup: Rollup, withdrawal: Withdrawal, alice: Any) -> None:
    """A contract of L2 that writes what it wants into slot keccak256(hash, 0) is not the passer."""
    theft = replace(withdrawal, value=ether(9))
    code = b"\x60\x01\x7f" + word(theft.slot) + b"\x55\x00"  # PUSH1 1, PUSH32 slot, SSTORE, STOP
    made = rollup.l2.send(sender=alice, data=code, gas=200_000)
    rollup.confirm_all()
    index = rollup.open_root(sender=alice)
    state = rollup.node.idle_after(rollup.latest_confirmed.end).state
    place = bytes.fromhex(made.contract_address[2:])
    assert state.storage(place, theft.slot) == 1
    proof = rollup.proof(withdrawal)
    other = state.account(place).storage_root
    nodes = tuple(state.prove_slot(place, theft.slot))
    wrong = replace(proof, root=replace(proof.root, passer_storage_root=other), nodes=nodes)
    with reverts(rollup.portal.OptimismPortal_InvalidOutputRootProof):
        rollup.portal.proveWithdrawalTransaction(*wrong.arguments(theft, index), sender=alice)
    with reverts(rollup.portal.MissingNode):
        wrong = replace(proof, nodes=nodes)
        rollup.portal.proveWithdrawalTransaction(*wrong.arguments(theft, index), sender=alice)


def test_prove_with_a_missing_or_changed_node_reverts(rollup: Rollup, withdrawal: Withdrawal, alice: Any) -> None:
    nodes = rollup.proof(withdrawal).nodes
    for changed, node in enumerate(nodes):
        bad = node[:-1] + bytes([node[-1] ^ 1])
        for without in ((*nodes[:changed], bad, *nodes[changed + 1 :]), (*nodes[:changed], *nodes[changed + 1 :])):
            with reverts(rollup.portal.MissingNode, hash=keccak256(node)):
                rollup.portal.proveWithdrawalTransaction(*_call(rollup, withdrawal, nodes=without), sender=alice)


def test_prove_against_a_pending_assertion_succeeds(rollup: Rollup, alice: Any, bob: Any) -> None:
    sent = rollup.withdraw(ether(1), sender=alice, to=bob)
    rollup.sequencer.post()
    pending = rollup.proposer.propose()
    rollup.prove(sent, sender=bob)
    proven = rollup.portal.provenWithdrawals(sent.hash, bob.address)
    assert proven.disputeGameProxy == rollup.roots.gameOf(pending.id)
    with reverts(rollup.portal.OptimismPortal_InvalidRootClaim):
        rollup.finalize(sent, sender=bob)
    rollup.confirm_all()
    before = rollup.l1.balance(bob)
    rollup.finalize(sent, sender=alice, prover=bob)
    assert rollup.l1.balance(bob) == before + ether(1)


def test_prove_against_an_older_confirmed_assertion_succeeds(
    rollup: Rollup, withdrawal: Withdrawal, alice: Any, bob: Any
) -> None:
    older = rollup.latest_confirmed
    rollup.l2.send(sender=alice, to=bob, value=1)
    rollup.confirm_all()
    assert rollup.latest_confirmed.id != older.id
    rollup.prove(withdrawal, sender=alice, assertion=older)
    assert rollup.finalize(withdrawal, sender=alice).succeeded


def test_prove_again_counts_anew(rollup: Rollup, withdrawal: Withdrawal, alice: Any, bob: Any) -> None:
    rollup.prove(withdrawal, sender=alice)
    first = rollup.portal.provenWithdrawals(withdrawal.hash, alice.address).timestamp
    rollup.l1.warp(100)
    rollup.prove(withdrawal, sender=bob)
    assert rollup.portal.provenWithdrawals(withdrawal.hash, alice.address).timestamp == first
    rollup.prove(withdrawal, sender=alice)
    assert rollup.portal.provenWithdrawals(withdrawal.hash, alice.address).timestamp > first
    assert [rollup.portal.proofSubmitters(withdrawal.hash, n) for n in range(3)] == [
        who.address for who in (alice, bob, alice)
    ]


def test_a_node_that_a_client_adds_to_the_proof_changes_nothing(
    rollup: Rollup, withdrawal: Withdrawal, alice: Any
) -> None:
    """Viem repeats a leaf that stands inside of its branch."""
    nodes = (*rollup.proof(withdrawal).nodes, b"\xc2\x20\x01")
    rollup.portal.proveWithdrawalTransaction(*_call(rollup, withdrawal, nodes=nodes), sender=alice)
    assert rollup.finalize(withdrawal, sender=alice).succeeded
