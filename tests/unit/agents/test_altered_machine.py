"""A machine that is altered in mid-transaction: true before, consistent afterwards, and the same in every run."""

from __future__ import annotations

import pytest

from harness.agents.lies import altered_machine as altered
from harness.agents.lies.altered_machine import Alteration, AlteredExecution
from harness.proofs.maker import make_witness
from harness.proofs.stack import to_int
from harness.proofs.trace import Execution, Trace
from harness.rollup.machine.environment import Env, Ring
from harness.rollup.machine.machine import Cursor, Idle
from harness.rollup.machine.state import State
from harness.rollup.machine.validity import L2Transaction

SENDER = b"\x05" * 20
PROGRAM = b"\xc0" * 20
CODE = bytes.fromhex("600560070160005260005160015500")
"""5 + 7 into memory, from there into slot 1."""

ADD, MSTORE, SSTORE = 4, 6, 10
"""Their steps. Step 1 opens the top frame, and the first opcode is step 2."""

LOOP = bytes.fromhex("610fff5b8015601557600190038060205260035600")
"""Counts down, storing the counter in memory."""

BOUNCED = bytes.fromhex("600160005560006000fd")
"""Writes slot 0 and reverts."""


def execution(code: bytes) -> Execution:
    state = State().with_account(SENDER, balance=10**24).with_account(PROGRAM, code=code, balance=10**18, nonce=1)
    env = Env(9, 1_000, b"\xfe" * 20, 2**40, bytes(32), 7, 1, 901, 3)
    tx = L2Transaction(2, 901, 0, 1, 10, 200_000, PROGRAM, 0, b"", (), SENDER, b"")
    return Execution(state, env, Ring(), tx)


def trace(run: Execution, kept: int = 1 << 17) -> Trace:
    return Trace(Idle(run.state, Cursor(0, True), run.env, run.ring), execution=run, kept=kept)


def liar(run: Execution, at: int, alter: Alteration, kept: int = 1 << 17) -> Trace:
    return trace(AlteredExecution(run.state, run.env, run.ring, run.payload, at=at, alter=alter), kept)


def test_it_is_true_before_the_alteration_and_differs_from_then_on() -> None:
    run = execution(CODE)
    truth, told = trace(run), liar(run, ADD + 1, altered.flip_stack_item)
    assert len(truth) == len(told)
    same = [truth.hash_at(index) == told.hash_at(index) for index in range(len(truth) + 1)]
    assert same == [True] * (ADD + 1) + [False] * (len(truth) - ADD)


def test_what_follows_is_what_the_machine_then_does() -> None:
    told = liar(execution(CODE), ADD + 1, altered.flip_stack_item)
    assert to_int(told.step_at(ADD + 1).stack.value) == 13  # type: ignore[union-attr]
    assert told.after.state.storage(PROGRAM, 1) == 13


@pytest.mark.parametrize(
    ("at", "alter", "slots"),
    [
        (ADD + 1, altered.add_gas, {1: 12}),
        (SSTORE + 1, altered.flip_storage_slot(PROGRAM, 1), {1: 13}),
        (SSTORE + 1, altered.flip_storage_slot(PROGRAM, 2), {1: 12, 2: 1}),
        (MSTORE + 1, altered.flip_memory_byte(31), {1: 13}),
        (MSTORE + 1, altered.flip_memory_byte(0), {1: 12 + (1 << 248)}),
        (MSTORE + 1, altered.flip_memory_byte(32), {1: 12}),
        (MSTORE + 1, altered.flip_transient_slot(PROGRAM, 1), {1: 12}),
    ],
)
def test_alterations(at: int, alter: Alteration, slots: dict[int, int]) -> None:
    state = liar(execution(CODE), at, alter).after.state
    assert {slot: state.storage(PROGRAM, slot) for slot in slots} == slots


def test_a_unit_of_gas_more_is_paid_back() -> None:
    run = execution(CODE)
    truth, told = trace(run), liar(run, ADD + 1, altered.add_gas)
    price = 8
    assert told.after.state.balance(SENDER) == truth.after.state.balance(SENDER) + price


def test_the_end_and_the_idle_machine_can_be_altered_too() -> None:
    run = execution(CODE)
    truth = trace(run)
    one_more_wei = altered.change_account(SENDER, altered.more_wei())
    for at in (len(truth) - 1, len(truth)):
        told = liar(run, at, one_more_wei)
        assert told.after.state.balance(SENDER) == truth.after.state.balance(SENDER) + 1
        assert told.hash_at(at - 1) == truth.hash_at(at - 1)
        assert told.hash_at(at) != truth.hash_at(at)


def test_an_alteration_that_a_revert_takes_back_leaves_no_mark() -> None:
    run = execution(BOUNCED)
    truth, told = trace(run), liar(run, 5, altered.flip_storage_slot(PROGRAM, 0))
    assert told.hash_at(5) != truth.hash_at(5)
    assert told.after.root == truth.after.root


def test_steps_that_were_dropped_come_back_altered() -> None:
    run = execution(LOOP)
    whole, thin = (liar(run, 20, altered.flip_stack_item, kept) for kept in (1 << 17, 100))
    assert len(whole) == len(thin) > 1_000
    for index in (15, 20, 21, 500, 777, len(whole) - 1):
        assert whole.hash_at(index) == thin.hash_at(index)
        assert make_witness(whole, index) == make_witness(thin, index)


def test_made_up_hashes_last_until_the_input_is_over() -> None:
    truth = trace(execution(CODE))
    after = altered.with_one_more_wei(truth.after, SENDER)
    told = altered.MadeUpTrace(truth, ADD, after)
    hashes = [told.hash_at(index) for index in range(len(truth) + 3)]
    assert hashes[: ADD + 1] == [truth.hash_at(index) for index in range(ADD + 1)]
    assert (
        len(set(hashes[ADD + 1 : len(truth)]) - {truth.hash_at(index) for index in range(len(truth))})
        == len(truth) - ADD - 1
    )
    assert hashes[len(truth) :] == [after.root] * 3
