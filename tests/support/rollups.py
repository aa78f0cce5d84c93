"""What tests of several rooms ask of a rollup."""

from __future__ import annotations

from harness.agents import Challenger, Proposer, faults
from harness.agents.faults import Silent
from harness.chain.values.accounts import Accounts
from harness.dispute.view import Outcome
from harness.rollup.contracts import contract_type
from harness.testbed.assertions import AssertionHandle
from harness.testbed.proposer import ProposerHandle
from harness.testbed.rollup import Rollup


def busy(rollup: Rollup, accounts: Accounts, transfers: int = 1) -> None:
    """Post a batch of transfers: something to assert, or to lie about."""
    for _ in range(transfers):
        rollup.l2.send(sender=accounts.alice, to=accounts.bob.address, value=10)
    rollup.sequencer.post()


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
