"""What tests of several rooms ask of a rollup."""

from __future__ import annotations

from harness.chain.values.accounts import Accounts
from harness.rollup.contracts import contract_type
from harness.testbed.rollup import Rollup


def busy(rollup: Rollup, accounts: Accounts, transfers: int = 1) -> None:
    """Post a batch of transfers: something to assert, or to lie about."""
    for _ in range(transfers):
        rollup.l2.send(sender=accounts.alice, to=accounts.bob.address, value=10)
    rollup.sequencer.post()


def prover_of(rollup: Rollup) -> str:
    """Return the address of the one-step prover behind the games that are opened now."""
    factory = contract_type("DisputeGameFactory").at(rollup.l1, rollup.assertions.disputes())
    game = contract_type("DisputeGame").at(rollup.l1, factory.functions["implementation"]())
    return str(game.prover())
