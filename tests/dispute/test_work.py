"""The work of a dispute grows no faster than its subject. Work is counted, not timed."""

from __future__ import annotations

from typing import Any

import pytest

from harness.agents import Proposer, faults
from harness.agents.lies.altered_machine import AlteredExecution
from harness.proofs.trace import Execution
from harness.rollup.machine.environment import TX_GAS_CAP
from harness.rollup.machine.execution import contract_address

LOOPS = 30_000
RUNTIME = bytes.fromhex(f"62{LOOPS:06x}5b600190038080155060045700")
"""Counts down from LOOPS; ten opcodes a turn."""

CREATION = bytes.fromhex(f"60{len(RUNTIME):02x}80600b6000396000f3") + RUNTIME


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bool, int]]:
    """The recorded runs of transactions: whether on an altered machine, and how many steps."""
    found: list[tuple[bool, int]] = []
    run = Execution.run

    def counted(self: Execution, recorder: Any = None) -> Any:
        try:
            return run(self, recorder)
        finally:
            inner = getattr(recorder, "inner", recorder)
            if inner is not None:
                found.append((isinstance(self, AlteredExecution), inner.count))

    monkeypatch.setattr(Execution, "run", counted)
    return found


def test_a_dispute_records_a_long_transaction_once_as_it_is_and_once_as_the_liar_has_it(
    rollup: Any, accounts: Any, runs: list[tuple[bool, int]]
) -> None:
    """Who asserts a lie and who defends it are one; what lies between the steps kept is replayed once, and no farther
    than it reaches.
    """
    alice = accounts.alice
    created = contract_address(alice.address_bytes, rollup.l2.nonce(alice))
    rollup.l2.send(sender=alice, data=CREATION, gas=200_000)
    rollup.l2.send(sender=alice, to="0x" + created.hex(), gas=TX_GAS_CAP)
    liar = rollup.join(Proposer(lie=faults.tamper_opcode("SUB", LOOPS // 2)))
    game = rollup.challenger.dispute(liar.propose())
    rollup.run_until(game.resolved)
    assert game.winner is rollup.challenger
    assert game.disputed_step.opcode == "SUB"
    steps = 10 * LOOPS
    for altered in (False, True):
        long = sorted(count for kind, count in runs if kind is altered and count > 1_000)
        assert [round(count / steps, 1) for count in long] == [0.5, 1.0]
