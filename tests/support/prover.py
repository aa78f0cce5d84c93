"""The one-step prover that a rollup's games ask."""

from __future__ import annotations

from harness.rollup.contracts import contract_type
from harness.testbed.rollup import Rollup


def prover_of(rollup: Rollup) -> str:
    """The address of the prover behind the games that are opened now."""
    factory = contract_type("DisputeGameFactory").at(rollup.l1, rollup.assertions.disputes())
    game = contract_type("DisputeGame").at(rollup.l1, factory.functions["implementation"]())
    return str(game.prover())
