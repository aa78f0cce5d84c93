"""The mutant is the chain: an L1 that takes a unit of gas more for a precompile than it did, as after a fork.

The prover forwards what Cancun charges, so on such an L1 a true step of that precompile cannot be proven any more, and
its failure can.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import reverts
from harness.agents import Proposer, faults
from harness.chain import open_chain
from harness.chain.pyevm.evm import VMS
from harness.chain.values.rules import DEFAULT_RULES
from harness.primitives.opcodes import Opcode
from harness.rollup.errors import PrecompileDiffers
from harness.testbed import deployment
from tests.support.programs import call

SHA256 = bytes(19) + b"\x02"


@pytest.fixture
def reprice(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Make SHA-256 dearer on L1; L2 has its own table."""
    table: Any = VMS[DEFAULT_RULES.fork].get_state_class().computation_class._precompiles
    cheap = table[SHA256]

    def dear(computation: Any) -> Any:
        computation.consume_gas(1, reason="a fork")
        return cheap(computation)

    return lambda: monkeypatch.setitem(table, SHA256, dear)


def test_a_dearer_l1_is_refused_before_anything_is_deployed(reprice: Callable[[], None], tmp_path: Path) -> None:
    reprice()
    with open_chain("py-evm") as chain:
        with pytest.raises(PrecompileDiffers) as caught:
            deployment.deploy(chain, chain.accounts.judy, tmp_path)
        assert (caught.value.number, chain.block_number) == (2, 0)


HASHES = call(Opcode.STATICCALL, SHA256, got=(0, 32)) + bytes([Opcode.PUSH0, Opcode.MLOAD, Opcode.PUSH0, Opcode.SSTORE])
"""Code that stores the hash of no bytes: INPUT, OPEN, six pushes, and the call come before the precompile, step 9."""


@pytest.mark.parametrize("dear", [False, True], ids=["as it was", "repriced"])
def test_a_game_shows_that_a_precompile_cannot_be_proven_any_more(
    dear: bool, reprice: Callable[[], None], rollup: Any, accounts: Any, DisputeGame: Any
) -> None:
    """The step has an odd number: the liar's leaf is the true state before it, and to counter that takes a proof of the
    true state behind it. (At an even one any other state than the liar's would do.)
    """
    assert rollup.l2.send(sender=accounts.alice, data=HASHES).succeeded
    liar = rollup.join(Proposer(lie=faults.tamper_opcode("PRECOMPILE")))
    game = rollup.challenger.dispute(liar.propose())
    if dear:
        reprice()
        with reverts(DisputeGame.StepCountersNothing):
            rollup.run_until(game.resolved)
        return
    rollup.run_until(game.resolved)
    assert (game.disputed_step.opcode, game.disputed_step.step) == ("PRECOMPILE", 9)
    assert (game.winner is rollup.challenger, liar.bond) == (True, 0)
