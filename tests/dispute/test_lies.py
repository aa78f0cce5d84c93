"""A lie in each kind of step, on the real contracts: the challenger proves that very step, the liar loses its bond."""

from __future__ import annotations

from typing import Any

import pytest

from harness.agents import Proposer, faults
from harness.chain.transactions import Transaction, sign
from harness.rollup.batch import Item
from harness.scenarios.disputes import NoDispute

OPCODES = (
    "ADD", "MUL", "MOD", "LT", "ISZERO", "AND", "SHR", "BYTE",  # arithmetic
    "JUMP", "JUMPI", "JUMPDEST", "PUSH1", "DUP2", "SWAP1", "POP", "MLOAD", "MSTORE",  # flow and memory
    "CALLER", "CALLVALUE", "TIMESTAMP", "NUMBER", "BLOCKHASH", "CALLDATALOAD", "CALLDATASIZE", "GAS", "EXTCODESIZE",
    "KECCAK256", "CALLDATACOPY", "CODECOPY", "RETURNDATACOPY", "MCOPY",  # copies
    "SLOAD", "SSTORE", "TLOAD", "TSTORE",
    "LOG2", "CALL", "DELEGATECALL", "STATICCALL", "CREATE", "CREATE2", "SELFDESTRUCT",
    "RETURN", "REVERT", "STOP", "PRECOMPILE", "END", "DESTROY", "ACCESS",
)  # fmt: skip
DRAWN = ("ADD", "JUMPI", "MLOAD", "BLOCKHASH", "KECCAK256", "CALLDATACOPY", "SLOAD", "TSTORE", "LOG2", "CALL",
"CREATE2",
         "SELFDESTRUCT", "RETURN", "REVERT", "PRECOMPILE", "END", "DESTROY", "ACCESS")  # fmt: skip
"""One of each family, and each step between opcodes; `harness fuzz games` plays the others too."""


def everything(rollup: Any, accounts: Any, Everything: Any) -> Any:
    """Run a transaction with every family of opcodes in it, and an access list."""
    contract = rollup.l2.deploy(Everything, sender=accounts.alice)
    data = contract.run.encode(b"some bytes to hash and to copy")
    listed = ((bytes.fromhex(contract.address[2:]), (0, 1)),)
    base = Transaction(
        2, rollup.l2.chain_id, rollup.l2.nonce(accounts.alice.address), 10**6, 10**9, 2_000_000,
        bytes.fromhex(contract.address[2:]), 7, data, listed,
    )  # fmt: skip
    receipt = rollup.l2.send_transaction(base, accounts.alice)
    assert receipt.succeeded
    return receipt


@pytest.mark.parametrize("opcode", DRAWN)
def test_a_lie_in_this_step_is_proven(opcode: str, table: Any, rollup: Any, accounts: Any, Everything: Any) -> None:
    everything(rollup, accounts, Everything)
    game = table.play(Proposer(lie=faults.tamper_opcode(opcode)))
    assert game.disputed_step.opcode == opcode
    assert game.disputed_step.transaction is not None


def test_a_flipped_slot_is_proven_at_its_sstore(table: Any, rollup: Any, accounts: Any, Everything: Any) -> None:
    receipt = everything(rollup, accounts, Everything)
    game = table.play(Proposer(lie=faults.flip_storage(nth=1)))
    step = game.disputed_step
    assert (step.opcode, step.transaction) == ("SSTORE", receipt.hash)
    assert step.contract.lower() == receipt.raw.to.lower()


@pytest.mark.parametrize(
    ("lie", "opcode"),
    [
        (faults.tamper_memory(), "MSTORE"),
        (faults.tamper_gas(), "PUSH1"),
        (faults.wrong_fee(), "END"),
        (faults.wrong_nonce(), "INPUT"),
        (faults.reject_valid(), "INPUT"),
        (faults.drop_deposit(), "INPUT"),
        (faults.invent_deposit(), "INPUT"),
        (faults.reorder_inputs(), "INPUT"),
        (faults.unposted_batch(), "IDLE"),
        (faults.wrong_root(), "IDLE"),
        (faults.wrong_from(0), "INPUT"),
        (faults.wrong_from((1 << 24) - 1), "IDLE"),
        (faults.all_zero(), "INPUT"),
        (faults.wrong_at_random(1 << 24, b"seed"), None),
    ],
    ids=str,
)
def test_a_lie_about_inputs_or_roots_is_proven(
    lie: Any, opcode: str | None, table: Any, rollup: Any, accounts: Any, Everything: Any
) -> None:
    everything(rollup, accounts, Everything)
    rollup.l2.send(sender=accounts.bob, to=accounts.carol.address, value=1)
    rollup.l2.send(sender=accounts.carol, to=accounts.bob.address, value=1)
    game = table.play(Proposer(lie=lie))
    if opcode is not None:
        assert game.disputed_step.opcode == opcode


def _post(rollup: Any, *raws: bytes) -> None:
    """Post these bytes as the first batch: the range of the first assertion."""
    rollup.sequencer.post_data(b"".join(Item(raw).encode() for raw in raws))


def test_an_invalid_transaction_treated_as_valid_is_proven(table: Any, rollup: Any, accounts: Any) -> None:
    tx = Transaction(2, rollup.l2.chain_id, 99, 0, 10**9, 21_000, accounts.bob.address_bytes, 1, b"")
    _post(rollup, sign(tx, accounts.alice.key, accounts.alice.address_bytes).raw)
    game = table.play(Proposer(lie=faults.accept_invalid()))
    assert game.disputed_step.opcode == "INPUT"


def test_a_transaction_of_another_chain_treated_as_valid_is_proven(table: Any, rollup: Any, accounts: Any) -> None:
    tx = Transaction(2, 1, 0, 0, 10**9, 21_000, accounts.bob.address_bytes, 1, b"")
    _post(rollup, sign(tx, accounts.alice.key, accounts.alice.address_bytes).raw)
    game = table.play(Proposer(lie=faults.accept_bad_signature()))
    assert game.disputed_step.opcode == "INPUT"


def test_a_right_assertion_is_not_disputed(rollup: Any) -> None:
    rollup.sequencer.post()
    right = rollup.proposer.propose()
    with pytest.raises(NoDispute):
        rollup.challenger.dispute(right)
    rollup.settle()
    assert rollup.game_events() == []


def test_a_lie_that_fits_nothing_is_refused(rollup: Any) -> None:
    liar = rollup.join(Proposer(lie=faults.flip_storage(nth=10_000)))
    with pytest.raises(faults.NothingToLieAbout):
        liar.propose()
