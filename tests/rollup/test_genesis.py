"""A contract that L2 begins with: called, kept through reorgs, and disputed down to one of its opcodes."""

from __future__ import annotations

from typing import Any

import pytest

from harness import RollupConfig, ether
from harness.agents import Proposer, faults
from harness.rollup.contracts import attach
from harness.rollup.errors import WrongGenesis
from harness.testbed.rollup import Rollup

BOX = "0x00000000000000000000000000000000000c0de0"


@pytest.mark.rollup(genesis={BOX: {"contract": "Forwarder", "storage": {"0x3": 77}}})
def test_a_contract_of_genesis_runs_and_keeps_its_storage(rollup: Rollup, alice: Any, contracts: Any) -> None:
    box = contracts["Forwarder"].at(rollup.l2, BOX)
    assert box.received() == 77
    rollup.l2.send(sender=alice, to=BOX, value=5, gas=200_000)
    assert (box.calls(), box.received()) == (1, 82)
    assert rollup.l2.balance(BOX) == 5


@pytest.mark.rollup(genesis={BOX: "Forwarder"})
def test_a_lie_inside_a_contract_of_genesis_is_disputed(rollup: Rollup, alice: Any) -> None:
    rollup.l2.send(sender=alice, to=BOX, value=5, gas=200_000)
    liar = rollup.join(Proposer(lie=faults.flip_storage(opcode="SSTORE")))
    game = rollup.challenger.dispute(liar.propose())
    rollup.run_until(game.resolved)
    assert game.winner is rollup.challenger
    assert game.disputed_step.opcode == "SSTORE"


@pytest.mark.rollup(genesis={BOX: "Forwarder"})
def test_another_node_needs_the_same_table(rollup: Rollup) -> None:
    addresses, table = rollup.contracts.addresses, rollup.config.genesis
    assert attach(rollup.l1, addresses, table).genesis.root == rollup.contracts.genesis.root
    with pytest.raises(WrongGenesis, match="same table"):
        attach(rollup.l1, addresses)


def test_a_table_is_given_in_code(l1: Any, contracts: Any) -> None:
    rollup = Rollup.deploy(l1, RollupConfig.of({"genesis": {BOX: contracts["Forwarder"]}}))
    rollup.fund([l1.accounts.alice])
    rollup.deposit(ether(1), sender=l1.accounts.alice, to=BOX, gas=200_000)
    assert rollup.l2.balance(BOX) == ether(1)
