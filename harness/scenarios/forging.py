"""What a liar does with a false root, and what a thief shows to a portal that believes too much."""

from __future__ import annotations

from typing import Any

from harness.agents.lies.altered_machine import LiarTrace
from harness.agents.lies.withdrawals import forged_withdrawal
from harness.rollup.machine.machine import Idle
from harness.rollup.predeploys import PASSER
from harness.rollup.withdrawals import Opening, OutputRootProof, Withdrawal, WithdrawalProof, prove
from harness.scenarios.errors import StepImpossible
from harness.scenarios.world import World
from harness.testbed.assertions import AssertionHandle


def liars_machine(world: World, name: str) -> tuple[AssertionHandle, Idle]:
    """Return the newest assertion of a lying proposer, and its machine there; raises StepImpossible."""
    proposer = world.crew.proposer(name)
    if not proposer.made:
        raise StepImpossible(f"cash-out: {name}", "it has made no assertion")
    assertion = AssertionHandle(world.rollup, proposer.made[-1])
    record = assertion.record
    start = int(world.rollup.assertion(record.parent).end)
    lie: Any = proposer.agent.lie
    if lie is None:
        raise StepImpossible(f"cash-out: {name}", "it does not lie")
    trace = world.rollup.truths.lying_trace(world.rollup.truths.of(start, int(record.end)), lie)
    if not isinstance(trace, LiarTrace):
        raise StepImpossible(f"cash-out: {name}", "no machine has its root")
    return assertion, trace.after


def cash_out(world: World, name: str) -> int:
    """Withdraw what a false root grants its liar; return the wei.

    Raises StepImpossible unless the agent's lie is forge_withdrawal, and the decoded Reverted of L1.
    """
    agent, account = world.crew.seats[name].agent, world.account(name)
    lie = agent.lie
    if lie is None or lie.kind != "forge_withdrawal":
        raise StepImpossible(f"cash-out: {name}", "its lie grants nothing, expected the lie forge_withdrawal")
    assertion, machine = liars_machine(world, name)
    wei = 10**18 if lie.wei is None else lie.wei
    message = forged_withdrawal(world.account(lie.to or name), wei)
    rollup = world.rollup
    if int(rollup.roots.gameOf(assertion.id), 16) == 0:
        rollup.roots.open(*Opening.of(machine, assertion.id).arguments, sender=account)
    index = int(rollup.roots.indexOf(assertion.id))
    rollup.portal.proveWithdrawalTransaction(*prove(message, machine).arguments(message, index), sender=account)
    rollup.portal.finalizeWithdrawalTransaction(message.struct, sender=account)
    return wei


def forged_proof(world: World, message: Withdrawal) -> WithdrawalProof:
    """Return a proof of a message in a state that nobody asserted: L2's own, with the message in it."""
    idle = world.rollup.node.idle
    state = idle.state.with_account(PASSER, storage={message.slot: 1})
    root = OutputRootProof(bytes(32), state.root, state.account(PASSER).storage_root, idle.block_hash)
    return WithdrawalProof(root, tuple(state.prove_slot(PASSER, message.slot)))


def prove_forged(world: World, name: str, sender: str, index: int) -> None:
    """Prove a withdrawal against a state that nobody asserted; raises the decoded Reverted."""
    message = world.withdrawal(name)
    call = forged_proof(world, message).arguments(message, index)
    world.rollup.portal.proveWithdrawalTransaction(*call, sender=world.account(sender))


def forge(world: World, name: str, sender: str, value: int) -> None:
    """Name a withdrawal that L2 never sent."""
    world.name(name, forged_withdrawal(world.account(sender), value))
