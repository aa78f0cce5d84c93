"""The mutant is the chain: an L1 that takes a unit of gas more for a precompile than it did, as after a fork.

The prover forwards what L2's fork charges, so on such an L1 a true step of that precompile cannot be proven any more,
and its failure can.
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
from harness.primitives.opcodes import Fork, Opcode
from harness.proofs.samples.programs import call
from harness.rollup.contracts import contract_type
from harness.rollup.errors import PrecompileDiffers
from harness.rollup.forks import fork_name, fork_word
from harness.testbed import deployment

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


HASHES = (
    3 * bytes([Opcode.JUMPDEST])
    + call(Opcode.STATICCALL, SHA256, got=(0, 32))
    + bytes([Opcode.PUSH0, Opcode.MLOAD, Opcode.PUSH0, Opcode.SSTORE])
)
"""Code that stores the hash of no bytes: INPUT, BLOCK, OPEN, three JUMPDEST, six pushes, and the call come before the
precompile, step 13.
"""


@pytest.mark.parametrize("dear", [False, True], ids=["as it was", "repriced"])
def test_a_game_shows_that_a_precompile_cannot_be_proven_any_more(
    dear: bool, reprice: Callable[[], None], rollup: Any, accounts: Any, DisputeGame: Any
) -> None:
    """The step's number is one above a multiple of 4. So the liar's leaf is the true state before it. The honest side
    claims the state behind it, which a proof has to give. (Elsewhere any state but the liar's would do.)
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
    assert (game.disputed_step.opcode, game.disputed_step.step) == ("PRECOMPILE", 13)
    assert (game.winner is rollup.challenger, liar.bond) == (True, 0)


@pytest.fixture
def owner(rollup: Any) -> Any:
    """Who may schedule an upgrade."""
    factory = contract_type("DisputeGameFactory").at(rollup.l1, rollup.assertions.disputes())
    return next(account for account in rollup.l1.accounts if account.address == factory.owner())


def time_of(rollup: Any) -> int:
    """A time that an upgrade may have."""
    factory = contract_type("DisputeGameFactory").at(rollup.l1, rollup.assertions.disputes())
    return int(rollup.l1.now + factory.delay() + 60)


def prague() -> Any:
    """The machine of an L1 of Prague."""
    return VMS[Fork.PRAGUE].get_state_class().computation_class


@pytest.mark.rollup(fork="cancun")
@pytest.mark.l1(fork="prague")
@pytest.mark.parametrize("missing", range(0x0B, 0x12), ids=hex)
def test_a_fork_that_l1_cannot_prove_is_not_scheduled(
    missing: int, rollup: Any, owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rollup says it in its own words before a transaction is sent; the inbox says it to everybody else."""
    monkeypatch.delitem(prague()._precompiles, missing.to_bytes(20, "big"))
    inbox, time = rollup.contracts.sequencer_inbox, time_of(rollup)
    for fork in (Fork.PRAGUE, Fork.OSAKA):
        with reverts(inbox.L1CannotProve, fork=fork_word(fork), precompile=missing, actual=0):
            inbox.schedule(fork_word(fork), time, sender=owner)
        with pytest.raises(PrecompileDiffers) as caught:
            rollup.upgrade(fork_name(fork), sender=owner)
        assert (caught.value.number, caught.value.fork) == (missing, fork_name(fork))
    assert inbox.forkAt(time) == 0


@pytest.mark.rollup(fork="cancun")
@pytest.mark.l1(fork="prague")
def test_a_fork_whose_precompile_l1_sells_dearer_is_not_scheduled(
    rollup: Any, owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = bytes(19) + b"\x0b"
    cheap = prague()._precompiles[address]

    def dear(computation: Any) -> Any:
        computation.consume_gas(1, reason="a fork")
        return cheap(computation)

    monkeypatch.setitem(prague()._precompiles, address, dear)
    inbox = rollup.contracts.sequencer_inbox
    with reverts(inbox.L1CannotProve, fork=1, precompile=0x0B, gas=375, actual=0, expected=128):
        inbox.schedule(1, time_of(rollup), sender=owner)


@pytest.mark.rollup(fork="cancun")
@pytest.mark.l1(fork="prague")
def test_once_l1_has_osaka_prague_is_not_scheduled_and_osaka_is(
    rollup: Any, owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L1 upgrades under the rollup: the way out is the fork that such an L1 proves."""
    osaka = VMS[Fork.OSAKA].get_state_class().computation_class
    monkeypatch.setattr(prague(), "_precompiles", osaka._precompiles)
    inbox = rollup.contracts.sequencer_inbox
    with reverts(inbox.L1CannotProve, fork=1, precompile=5, gas=5_547, actual=0, expected=1):
        inbox.schedule(1, time_of(rollup), sender=owner)
    assert inbox.forkAt(rollup.upgrade("osaka", sender=owner)) == 2
