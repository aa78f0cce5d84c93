"""Execution on immutable state: snapshots, L2's bounds, deposits, calls without a transaction."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.primitives import rlp
from harness.primitives.hashing import keccak256
from harness.primitives.opcodes import Opcode
from harness.proofs.samples import programs as P
from harness.rollup.codec.messages import Deposit
from harness.rollup.errors import InvalidTransaction
from harness.rollup.machine.environment import TX_GAS_CAP, Env, Ring
from harness.rollup.machine.execution import contract_address, execute, execute_deposit, simulate
from harness.rollup.machine.opcodes import OPCODES, RANGE_BOUND
from harness.rollup.machine.state import State, StateJournal
from harness.rollup.machine.validity import L2Transaction, decode, intrinsic_gas, validate

SENDER = b"\x05" * 20
PROGRAM = b"\xc0" * 20
COINBASE = b"\xfe" * 20
ENV = Env(9, 1_000, COINBASE, TX_GAS_CAP, b"\x77" * 32, 7, 3, 901, 3)
FUNDS = 10**20


def state(code: bytes = b"", **more: Any) -> State:
    made = State().with_account(SENDER, balance=FUNDS)
    return made.with_account(PROGRAM, code=code, nonce=1, **more) if code else made


def tx(**more: Any) -> L2Transaction:
    known = {
        "type_id": 2, "chain_id": 901, "nonce": 0, "priority_fee": 2, "max_fee": 20, "gas_limit": 500_000,
        "to": PROGRAM, "value": 0, "data": b"", "access_list": (), "sender": SENDER, "raw": b"",
    }  # fmt: skip
    return L2Transaction(**(known | more))


def run(code: bytes, **more: Any) -> Any:
    return execute(state(code), ENV, Ring(), tx(**more))


def test_hash_and_intrinsic_gas_are_those_of_the_transaction_that_another_one_was_made_of() -> None:
    first = tx(raw=b"one")
    assert (first.hash, first.intrinsic_gas) == (keccak256(b"one"), 21_000)
    other = replace(first, raw=b"two", data=b"\x01")
    assert (other.hash, other.intrinsic_gas) == (keccak256(b"two"), 21_016)


def test_a_transaction_of_10_000_authorisations_is_too_long_to_be_one() -> None:
    raw = b"\x04" + rlp.encode([[b"", PROGRAM, b"", b"", b"", b""]] * 10_000)
    with pytest.raises(InvalidTransaction, match=r"rule 1 \(encoding\): it has 270005 bytes, at most 50000") as refused:
        decode(raw, 901)
    assert refused.value.rule == 1


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        ({9: []}, "it is of type 4 and has no authorisation, at least one is needed"),
        ({5: b""}, "it is of type 4 and creates a contract, which only types 0 to 2 may"),
        ({9: [[b"", PROGRAM, b"", b"", b""]]}, "a list of 5 where 6 are expected"),
        ({9: [[b"", PROGRAM[1:], b"", b"", b"", b""]]}, "19 bytes"),
        ({9: [[b"", PROGRAM, b"\x01" + bytes(8), b"", b"", b""]]}, f"number {2**64} is not below {2**64}"),
    ],
    ids=["none", "nobody to call", "five fields", "a short delegate", "a long nonce"],
)
def test_what_is_wrong_with_authorisations_is_said(spoilt: dict[int, Any], told: str) -> None:
    fields: list[Any] = [
        b"\x03\x85",
        *[b""] * 4,
        PROGRAM,
        b"",
        b"",
        [],
        [[b"", PROGRAM, b"", b"", b"", b""]],
        *[b"\x01"] * 3,
    ]
    for index, value in spoilt.items():
        fields[index] = value
    with pytest.raises(InvalidTransaction) as refused:
        decode(b"\x04" + rlp.encode(fields), 901)
    assert refused.value.rule == 1 and told in str(refused.value)


def test_fees_go_where_they_belong() -> None:
    before = state()
    outcome = execute(before, ENV, Ring(), tx(value=5, gas_limit=30_000))
    assert (outcome.gas_used, outcome.status) == (21_000, 1)
    assert outcome.state.balance(SENDER) == FUNDS - 5 - 21_000 * 9
    assert outcome.state.balance(COINBASE) == 21_000 * 2
    assert outcome.state.balance(PROGRAM) == 5
    assert outcome.state.nonce(SENDER) == 1
    assert before.balance(SENDER) == FUNDS and before.nonce(SENDER) == 0


def test_a_transfer_gives_the_same_with_and_without_the_short_cut() -> None:
    from harness.proofs.recorder import StepRecorder

    for value in (0, 5):
        plain, full = (execute(state(), ENV, Ring(), tx(value=value), r) for r in (None, StepRecorder()))
        assert (plain.state.root, plain.gas_used) == (full.state.root, full.gas_used)


def test_a_refund_is_at_most_a_fifth() -> None:
    code = b"".join(P.invocation(0x55, (slot, 0)) for slot in range(5))
    before = state(code, storage={slot: 1 for slot in range(5)})
    outcome = execute(before, ENV, Ring(), tx())
    spent = 21_000 + 5 * (3 + 2 + 5_000) - 1
    assert outcome.gas_used == spent - spent // 5


@pytest.mark.parametrize("opcode", [op for op in OPCODES.values() if op.ranges and op.ranges[0].size_at is not None])
def test_a_size_above_the_bound_halts(opcode: Opcode) -> None:
    offset_at, size_at, _ = opcode.ranges[0]
    assert size_at is not None
    values = [0] * len(P.operands(opcode))
    values[size_at] = RANGE_BOUND + 1
    outcome = run(P.invocation(opcode, tuple(values)))
    assert (outcome.status, outcome.gas_used, outcome.is_bound_hit) == (0, 500_000, True)
    values[size_at], values[offset_at] = 0, RANGE_BOUND + 1
    assert not run(P.invocation(opcode, tuple(values))).is_bound_hit


def test_a_size_at_the_bound_is_allowed() -> None:
    assert run(P.invocation(0x20, (0, RANGE_BOUND))).status == 1


@pytest.mark.parametrize("opcode", [0x51, 0x52, 0x53])
def test_an_offset_has_no_bound_but_gas(opcode: int) -> None:
    for offset, status in ((RANGE_BOUND + 1, 1), (200_000, 1), (2**40, 0), (2**256 - 1, 0)):
        outcome = run(P.invocation(opcode, (offset, 1)[: 1 if opcode == 0x51 else 2]))
        assert (outcome.status, outcome.is_bound_hit) == (status, False)


def test_an_output_window_is_not_bounded() -> None:
    outcome = run(P.call(0xFA, (4).to_bytes(20, "big"), got=(RANGE_BOUND + 100, RANGE_BOUND)))
    assert outcome.status == 1 and not outcome.is_bound_hit


def test_what_only_a_block_decides_is_noted() -> None:
    assert run(b"\x44").is_block_bound
    assert run(P.invocation(0x40, (3,))).is_block_bound
    assert not run(b"\x43\x42\x41").is_block_bound


def test_a_failed_deposit_keeps_its_mint_and_its_nonce() -> None:
    before = State().with_account(PROGRAM, code=P.invocation(0xFD, (0, 0)), nonce=1)
    deposit = Deposit(SENDER, PROGRAM, mint=9, value=4, gas_limit=60_000, data=b"")
    outcome = execute_deposit(before, ENV, Ring(), deposit)
    assert outcome.status == 0
    assert (outcome.state.balance(SENDER), outcome.state.nonce(SENDER)) == (9, 1)
    poor = execute_deposit(before, ENV, Ring(), replace(deposit, value=10))
    assert (poor.status, poor.gas_used, poor.state.balance(SENDER)) == (0, 60_000, 9)


def test_a_creation_collides_with_code_nonce_or_storage() -> None:
    taken = contract_address(SENDER, 0)
    creation = tx(to=None, data=b"\x00", gas_limit=100_000)
    free = execute(state(), ENV, Ring(), creation)
    assert (free.status, free.created) == (1, taken)
    for fields in ({"nonce": 1}, {"code": b"\x00"}, {"balance": 1, "storage": {1: 1}}):
        outcome = execute(state().with_account(taken, **fields), ENV, Ring(), creation)
        assert (outcome.status, outcome.gas_used) == (0, 100_000), fields


def test_a_simulated_call_neither_pays_nor_signs() -> None:
    before = State().with_account(PROGRAM, code=P.store(b"hi") + P.invocation(0xF3, (0, 2)), nonce=1)
    outcome = simulate(before, ENV, Ring(), sender=b"\x99" * 20, to=PROGRAM)
    assert (outcome.status, outcome.return_value) == (1, b"hi")
    assert simulate(before, ENV, Ring(), sender=b"\x99" * 20, to=PROGRAM, value=1).status == 0


def test_a_slot_keeps_its_original_value_through_reverts() -> None:
    journal = StateJournal(state(b"\x00", storage={1: 5}))
    snapshot = journal.now
    journal.write_slot(PROGRAM, 1, 6)
    journal.warm_slot(PROGRAM, 1)
    journal.write_slot(PROGRAM, 1, 7)
    assert journal.original(PROGRAM, 1) == 5
    journal.now = snapshot
    journal.warm_slot(PROGRAM, 1)
    assert journal.original(PROGRAM, 1) == 5


def test_what_is_zero_or_empty_is_not_stored() -> None:
    before = state(b"\x00")
    assert before.with_account(PROGRAM, storage={1: 5}).with_account(PROGRAM, storage={1: 0}).root == before.root
    assert before.with_account(b"\x31" * 20, balance=1).with_account(b"\x31" * 20, balance=0).root == before.root
    journal = StateJournal(before)
    journal.write_transient(PROGRAM, 1, 5)
    journal.write_transient(PROGRAM, 1, 0)
    assert journal.now.scratch is None


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        (4, {"gas_limit": TX_GAS_CAP + 1}),
        (5, {"max_fee": 6, "priority_fee": 0}),
        (5, {"priority_fee": 21}),
        (6, {"to": None, "data": bytes(49_153), "gas_limit": TX_GAS_CAP}),
        (7, {"gas_limit": 20_999}),
        (8, {"nonce": 1}),
        (8, {"sender": PROGRAM}),
        (9, {"value": FUNDS}),
    ],
)
def test_validity_names_the_first_broken_rule(rule: int, change: dict[str, Any]) -> None:
    before = state(b"\x00")
    with pytest.raises(InvalidTransaction) as caught:
        execute(before, ENV, Ring(), tx(**change))
    assert caught.value.rule == rule
    validate(tx(), before, ENV)


def test_intrinsic_gas_counts_bytes_words_and_entries() -> None:
    assert intrinsic_gas(False, b"") == 21_000
    assert intrinsic_gas(False, b"\x00\x01") == 21_020
    assert intrinsic_gas(True, b"\x01" * 33) == 53_000 + 33 * 16 + 4
    assert intrinsic_gas(False, b"", ((b"\x01" * 20, (1, 2)), (b"\x02" * 20, ()))) == 21_000 + 4_800 + 3_800


@pytest.mark.parametrize("raw", [b"", b"\x05", b"\x80", b"\xc0", b"\x02\xc0", bytes(50_001)])
def test_nonsense_breaks_rule_1(raw: bytes) -> None:
    with pytest.raises(InvalidTransaction) as caught:
        decode(raw, 901)
    assert caught.value.rule == 1
