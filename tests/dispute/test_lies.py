"""A lie in each kind of step, on the real contracts: the challenger proves that very step, the liar loses its bond."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from harness.agents import Proposer, faults
from harness.agents.lies.inputs import ORDER
from harness.chain.values.transactions import Transaction, sign
from harness.dispute.assertion_trace import END, AssertionTrace
from harness.dispute.trace import CannotProve
from harness.primitives import rlp
from harness.proofs.trace import Trace as InputTrace
from harness.rollup.codec.batch import Item
from harness.rollup.errors import InvalidTransaction
from harness.rollup.machine.validity import decode
from harness.testbed.challenger import NoDispute
from tests.support.rollups import prover_of

OPCODES = (
    "ADD", "MUL", "MOD", "LT", "ISZERO", "AND", "SHR",  # arithmetic
    "JUMP", "JUMPI", "JUMPDEST", "PUSH1", "DUP2", "SWAP1", "POP", "MLOAD", "MSTORE",  # flow and memory
    "CALLER", "CALLVALUE", "TIMESTAMP", "NUMBER", "BLOCKHASH", "CALLDATALOAD", "CALLDATASIZE", "GAS", "EXTCODESIZE",
    "KECCAK256", "CALLDATACOPY", "CODECOPY", "MCOPY",  # copies
    "SLOAD", "SSTORE", "TLOAD", "TSTORE",
    "LOG2", "CALL", "DELEGATECALL", "STATICCALL", "CREATE", "CREATE2", "SELFDESTRUCT",
    "RETURN", "REVERT", "STOP", "PRECOMPILE", "END", "DESTROY", "ACCESS", "OPEN", "LOOKUP",
)  # fmt: skip
"""Every family of opcodes, and each step between opcodes that a transaction has."""


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


@pytest.mark.parametrize("opcode", OPCODES)
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
        (faults.misspend_budget(1), "INPUT"),
        (faults.misspend_budget(-1), "INPUT"),
        (faults.misspend_budget(2**23, nth=1), "INPUT"),
        (faults.forget_unused_gas(), "END"),
        (faults.forget_unused_gas(1), "END"),
        (faults.invent_budget(-1), "INPUT"),
        (faults.invent_budget(2**23), "INPUT"),
        (faults.wrong_root(), "IDLE"),
        (faults.wrong_from(0), "INPUT"),
        (faults.wrong_from((1 << 24) - 1), "IDLE"),
        (faults.made_up_from(1 << 24), "INPUT"),
        (faults.wrong_sender(), "INPUT"),
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
    game = table.play(Proposer(lie=faults.accept_foreign()))
    assert game.disputed_step.opcode == "INPUT"


BURNS_ALL = b"\xfe"
"""Initcode whose first instruction fails, with all gas gone."""


@pytest.mark.rollup(gas_cap=2**23)
@pytest.mark.parametrize("opens_block", [False, True], ids=["same block", "new block"])
def test_an_item_beyond_the_budget_that_is_executed_is_proven(
    opens_block: bool, table: Any, rollup: Any, accounts: Any
) -> None:
    """The liar's batch goes on with a second transaction of 2^23 gas, for which L1 has added none."""
    alice, bob = accounts.alice, accounts.bob
    rollup.sequencer.post()
    nonce = rollup.l2.nonce(alice)
    raws = [rollup.sign_l2(alice, data=BURNS_ALL, gas=2**23, nonce=nonce + number) for number in range(2)]
    raws.append(rollup.sign_l2(alice, to=bob, value=1, gas=21_000, nonce=nonce + 2))
    items = [Item(raw, rollup.l1.now if opens_block else None) for raw in raws]
    rollup.sequencer.post_data(b"".join(item.encode() for item in items))
    rollup.assertions.confirm(_confirmable(rollup), sender=bob)
    truth = AssertionTrace.of(rollup.node, 1, 2)
    told = faults.exceed_budget()(truth)
    executed = [each.after.state.nonce(alice.address_bytes) - nonce for each in (truth, told.traces[0])]
    assert executed == [1, 2]
    game = table.play(Proposer(lie=faults.exceed_budget()))
    assert game.disputed_step.opcode == "INPUT"


@pytest.mark.parametrize(
    "lie", [faults.misspend_budget(-1), faults.forget_unused_gas(), faults.invent_budget(-1)], ids=str
)
def test_a_lie_about_a_budget_that_is_filled_again_is_about_a_later_input(lie: Any, rollup: Any, accounts: Any) -> None:
    """Both batches spend less than L1 adds between them, so that only the second leaves a mark on the root."""
    for _ in range(2):
        rollup.l2.send(sender=accounts.alice, to=accounts.bob.address, value=1, gas=100_000)
        rollup.sequencer.post()
        rollup.l1.mine(20)
    truth = AssertionTrace.of(rollup.node, 0, 2)
    told = lie(truth)
    assert truth.batch_of[told.number].index == 1
    assert told.hash_at(END) != truth.after.root


def _signed_again(raw: bytes, change: Callable[[int, int, int], tuple[int, int, int]]) -> bytes:
    """A transaction of type 2 with another signature in place of its own (parity, r, s)."""
    fields = rlp.to_list(rlp.decode(raw[1:]))
    parity, r, s = (rlp.to_int(field) for field in fields[-3:])
    encoded = [rlp.encode(field) for field in fields[:-3]]
    return raw[:1] + rlp.encode_list(encoded + [rlp.encode_int(each) for each in change(parity, r, s)])


@pytest.mark.parametrize(
    ("change", "whose"),
    [
        (lambda parity, r, s: (1 - parity, r, ORDER - s), "alice"),
        (lambda parity, r, s: (parity, 0, s), None),
        (lambda parity, r, s: (parity, 5, s), None),
    ],
    ids=["high s", "zero r", "r of no point"],
)
def test_a_bad_signature_taken_for_somebodys_is_proven(
    change: Any, whose: str | None, table: Any, rollup: Any, accounts: Any
) -> None:
    """The liar executes the transaction: of its real sender where only s is high, else of the zero address."""
    rollup.sequencer.post()
    tx = Transaction(2, rollup.l2.chain_id, 0, 0, 10**9, 21_000, accounts.bob.address_bytes, 1, b"")
    raw = _signed_again(sign(tx, accounts.alice.key, accounts.alice.address_bytes).raw, change)
    with pytest.raises(InvalidTransaction) as refused:
        decode(raw, rollup.l2.chain_id)
    assert refused.value.rule == 3
    _post(rollup, raw)
    rollup.assertions.confirm(_confirmable(rollup), sender=accounts.bob)
    lie = faults.accept_bad_signature()
    told = lie(AssertionTrace.of(rollup.node, 1, 2))
    sender = accounts[whose].address_bytes if whose else bytes(20)
    assert told.traces[0].after.state.nonce(sender) == rollup.node.idle_after(1).state.nonce(sender) + 1
    game = table.play(Proposer(lie=lie))
    assert game.disputed_step.opcode == "INPUT"


def _confirmable(rollup: Any) -> bytes:
    """The right assertion about the first batch, whose time has come."""
    first = rollup.proposer.propose()
    rollup.l1.warp(rollup.config.period + 1)
    return bytes(first.id)


@pytest.mark.parametrize(
    "lie",
    [
        *(faults.tamper_opcode(name) for name in ("ADD", "MSTORE", "SSTORE", "TSTORE", "CALL", "PRECOMPILE")),
        faults.tamper_gas("SLOAD"), faults.wrong_nonce(), faults.wrong_fee(), faults.wrong_sender(),
        faults.reorder_inputs(), faults.unposted_batch(), faults.wrong_from(1 << 25), faults.wrong_from(99 << 24),
        faults.misspend_budget(), faults.invent_budget(),
    ],
    ids=str,
)  # fmt: skip
def test_behind_its_lie_a_liar_goes_on_as_a_real_machine(
    lie: Any, rollup: Any, accounts: Any, Everything: Any, OneStepProver: Any
) -> None:
    """The prover agrees with every later step of a liar's (some are drawn); for the lie itself there is no proof."""
    everything(rollup, accounts, Everything)
    rollup.l2.send(sender=accounts.bob, to=accounts.carol.address, value=1)
    rollup.l2.send(sender=accounts.carol, to=accounts.bob.address, value=1)
    rollup.sequencer.post()
    rollup.node.sync()
    truth = AssertionTrace.of(rollup.node, 0, 1)
    liar = lie(truth)
    with pytest.raises(CannotProve):
        liar.witness(liar.index)
    prover = rollup.l1.at(OneStepProver, prover_of(rollup))
    for index in _later(liar, random.Random(lie.name)):
        pre = liar.hash_at(index)
        assert pre != truth.hash_at(index)
        assert bytes(prover.verify(pre, index, 1, liar.witness(index))) == liar.hash_at(index + 1)


def _later(liar: Any, rng: random.Random) -> list[int]:
    """Indices behind a departure: some steps of the input lied about, and the inputs that follow."""
    told, base = liar.traces[0], liar.number << 24
    last = len(told) if isinstance(told, InputTrace) else 1
    steps = range(base + (liar.index & 0xFFFFFF) + 1, base + last + 2)
    following = (liar.number + len(liar.traces)) << 24
    return [*rng.sample(steps, min(5, len(steps))), steps[0], following, following | 1, 200 << 24 | 3]


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


@pytest.mark.parametrize(
    "lie", [faults.wrong_authority(), faults.wrong_authority_nonce(), faults.wrong_delegate()], ids=str
)
def test_a_lie_about_an_authorisation_is_proven(
    lie: Any, table: Any, rollup: Any, accounts: Any, Everything: Any
) -> None:
    contract = rollup.l2.deploy(Everything, sender=accounts.alice)
    receipt = rollup.l2.authorize(accounts.alice, contract.address, sender=accounts.bob)
    game = table.play(Proposer(lie=lie))
    assert (game.disputed_step.opcode, game.disputed_step.transaction) == ("AUTHORIZE", receipt.hash)


@pytest.mark.parametrize("opcode", ["SENDER", "AUTHORIZE", "LOOKUP", "OPEN"])
def test_a_lie_about_a_delegated_account_is_proven(
    opcode: str, table: Any, rollup: Any, accounts: Any, Everything: Any
) -> None:
    """It sends, it is called by another contract, and what it delegates to is looked up."""
    contract = rollup.l2.deploy(Everything, sender=accounts.bob)
    rollup.l2.authorize(accounts.alice, contract.address)
    rollup.l2.authorize(accounts.alice, contract.address, data=contract.run.encode(b"some bytes"))
    game = table.play(Proposer(lie=faults.tamper_opcode(opcode)))
    assert game.disputed_step.opcode == opcode
