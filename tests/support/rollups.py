"""What tests of several rooms ask of a rollup."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.agents import Challenger, Proposer, faults
from harness.agents.faults import Silent
from harness.chain.chain import Chain
from harness.chain.values.accounts import Account, Accounts
from harness.chain.values.rules import l1_rules
from harness.dispute.view import Outcome
from harness.rollup.codec.messages import L1Attributes
from harness.rollup.contracts import contract_type
from harness.rollup.machine.machine import Idle
from harness.rollup.predeploys import PASSER
from harness.rollup.withdrawals import Opening, Withdrawal, prove
from harness.testbed.assertions import AssertionHandle
from harness.testbed.proposer import ProposerHandle
from harness.testbed.rollup import Rollup


def busy(rollup: Rollup, accounts: Accounts, transfers: int = 1) -> None:
    """Post a batch of transfers: something to assert, or to lie about."""
    for _ in range(transfers):
        rollup.l2.send(sender=accounts.alice, to=accounts.bob.address, value=10)
    rollup.sequencer.post()


def seen_by(l1: Chain, number: int) -> L1Attributes:
    """What a contract sees of the L1 block ``number`` while it is made, as the block's header tells later."""
    block: Any = l1.w3.eth.get_block(number)
    blob_base_fee = l1_rules("prague").blobs.base_fee(int(block["excessBlobGas"]))
    return L1Attributes(block["baseFeePerGas"], block["timestamp"], bytes(block["parentHash"]), blob_base_fee)


def upheld_fraud(rollup: Rollup, accounts: Accounts) -> tuple[AssertionHandle, ProposerHandle]:
    """A wrong assertion that won its game against somebody who opened it and left; it, and its proposer."""
    busy(rollup, accounts)
    liar = rollup.join(Proposer(lie=faults.wrong_fee()))
    wrong = liar.propose()
    weak = rollup.join(Challenger(tactic=Silent()), accounts.frank)
    game = weak.dispute(wrong)
    weak.leave()
    rollup.run_until(lambda: game.outcome is not Outcome.UNDECIDED)
    assert game.outcome is Outcome.UPHELD
    return wrong, liar


def prover_of(rollup: Rollup) -> str:
    """Return the address of the one-step prover behind the games that are opened now."""
    factory = contract_type("DisputeGameFactory").at(rollup.l1, rollup.assertions.disputes())
    game = contract_type("DisputeGame").at(rollup.l1, factory.functions["implementation"]())
    return str(game.prover())


def assert_root(rollup: Rollup, root: bytes, account: Account) -> AssertionHandle:
    """Assert any root on top of the newest confirmed assertion."""
    chain, head, parent = rollup.assertions, rollup.l1.head, rollup.latest_confirmed.id
    attempt = chain.attemptOf(parent, root)
    receipt = chain.propose(parent, root, attempt, head.number, head.hash, sender=account, value=rollup.config.bond)
    made = next(event for event in receipt.events if event.name == "Asserted")
    return AssertionHandle(rollup, bytes(made.id))


def forged(idle: Idle, withdrawal: Withdrawal) -> Idle:
    """Return a machine in which a message was sent that was not."""
    return replace(idle, state=idle.state.with_account(PASSER, storage={withdrawal.slot: 1}))


def prove_by_a_lie(rollup: Rollup, withdrawal: Withdrawal, account: Account) -> tuple[AssertionHandle, tuple[Any, ...]]:
    """Assert a state with a message that was not sent, open it, and prove the message; return what was asserted and
    what the portal was given.
    """
    rollup.l2.backend.follow()
    end = rollup.assertions.childEnd(rollup.latest_confirmed.id)
    lie = forged(rollup.node.idle_after(end), withdrawal)
    handle = assert_root(rollup, lie.root, account)
    rollup.roots.open(*Opening.of(lie, handle.id).arguments, sender=account)
    call = prove(withdrawal, lie).arguments(withdrawal, rollup.roots.indexOf(handle.id))
    rollup.portal.proveWithdrawalTransaction(*call, sender=account)
    return handle, call
