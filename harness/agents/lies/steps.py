"""Lies about a step: it computes, writes or costs something else. The machine runs on from there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice

from harness.agents.lies import altered_machine as altered
from harness.agents.lies.altered_machine import Alteration, Departure
from harness.agents.lies.lie import Lie, lie_name
from harness.dispute.assertion_trace import STEP_BITS, STEP_MASK, AssertionTrace
from harness.primitives.opcodes import Opcode
from harness.proofs.trace import Trace as InputTrace
from harness.rollup.machine.execution import REFUND_QUOTIENT
from harness.rollup.machine.machine import Idle
from harness.rollup.machine.opcodes import OPCODES
from harness.rollup.machine.validity import L2Transaction

THIEF = bytes.fromhex("000000000000000000000000000000000000dead")
"""An account that lies enrich."""

Alterations = Callable[[InputTrace, int], Iterable[Alteration]]
"""Yields the possible alterations after a step of a transaction, the best one first."""


def flip_storage(opcode: str = "SSTORE", nth: int = 0) -> Lie:
    """The ``nth`` SSTORE (or SLOAD) flips the last bit of its slot."""

    def alterations(trace: InputTrace, step: int) -> Iterator[Alteration]:
        frame = trace.step_at(step).frame
        assert frame is not None
        yield altered.flip_storage_slot(frame.address, altered.stack_item(trace, step))

    return step_lie(lie_name("flip_storage", opcode, nth), opcode, nth, alterations)


def tamper_opcode(opcode: str, nth: int = 0) -> Lie:
    """The ``nth`` step of this name computes something else: it writes another value, or leaves another stack item."""
    return step_lie(lie_name("tamper_opcode", opcode, nth), opcode, nth, _of_opcode)


def tamper_memory(nth: int = 0) -> Lie:
    """The ``nth`` MSTORE writes another value."""
    return replace(tamper_opcode("MSTORE", nth), name=lie_name("tamper_memory", nth))


def tamper_gas(opcode: str = "PUSH1", nth: int = 0) -> Lie:
    """The ``nth`` step of this name costs one unit of gas too little."""
    return step_lie(lie_name("tamper_gas", opcode, nth), opcode, nth, lambda *_: (altered.add_gas,))


def _of_opcode(trace: InputTrace, step: int) -> Iterator[Alteration]:
    """Yield what a step can do wrong, by its opcode. Any step can leave another stack item, or other gas."""
    frame, opcode = trace.step_at(step).frame, trace.step_at(step).opcode
    row = None if opcode is None else OPCODES.get(opcode)
    if frame is not None and row is not None and row.writes is not None and row.writes.offset_at == 0:
        yield altered.flip_memory_byte(altered.stack_item(trace, step))
    elif frame is not None and row == Opcode.SSTORE:
        yield altered.flip_storage_slot(frame.address, altered.stack_item(trace, step))
    elif frame is not None and row == Opcode.TSTORE:
        yield altered.flip_transient_slot(frame.address, altered.stack_item(trace, step))
    yield from (altered.flip_stack_item, altered.add_gas, altered.change_account(THIEF, altered.more_wei()))


def step_lie(
    name: str,
    opcode: str,
    nth: int,
    alterations: Alterations,
    wanted: Callable[[InputTrace, int], bool] = lambda trace, step: True,
) -> Lie:
    """Return the lie about the ``nth`` step of this name that is ``wanted``."""

    def is_wanted(truth: AssertionTrace, index: int) -> bool:
        return wanted(truth.input_trace(index >> STEP_BITS), index & STEP_MASK)

    def departures(truth: AssertionTrace) -> Iterator[Departure]:
        found = (index for index in truth.each(opcode) if is_wanted(truth, index))
        for index in islice(found, nth, nth + 1):
            yield from _within(truth, index, alterations)

    return Lie(name, departures)


def departures_at(truth: AssertionTrace, index: int) -> Iterator[Departure]:
    """Yield the departures at the step of a trace index, which may be of any kind."""
    number, step = index >> STEP_BITS, index & STEP_MASK
    trace = truth.input_trace(number)
    if trace.execution is None or not 1 <= step < len(trace):
        return iter((_idle(index, trace, truth.inputs[number].after),))
    return _within(truth, index, _of_opcode)


def _within(truth: AssertionTrace, index: int, alterations: Alterations) -> Iterator[Departure]:
    """Depart within a transaction by an altered machine that runs on. The last departure is for alterations that do not
    change the root: it makes up hashes, and gives a thief one wei.
    """
    number, step = index >> STEP_BITS, index & STEP_MASK
    taken, trace = truth.inputs[number], truth.input_trace(number)
    for alter in () if trace.execution is None else alterations(trace, step):
        yield Departure(index, (altered.altered_trace(taken, step + 1, alter),))
    yield Departure(index, (altered.MadeUpTrace(trace, step, altered.with_one_more_wei(taken.after, THIEF)),))


def wrong_fee(nth: int = 0) -> Lie:
    """The end of a transaction pays back one wei too much to its sender."""

    def alterations(trace: InputTrace, step: int) -> Iterator[Alteration]:
        assert trace.execution is not None
        yield altered.change_account(trace.execution.payload.sender, altered.more_wei())

    return step_lie(lie_name("wrong_fee", nth), "END", nth, alterations)


def forget_floor(nth: int = 0) -> Lie:
    """The ``nth`` transaction that must pay the floor of gas (EIP-7623) pays for its execution alone, which is less."""

    def alterations(trace: InputTrace, step: int) -> Iterator[Alteration]:
        assert trace.execution is not None and isinstance(trace.execution.payload, L2Transaction)
        tx, env, gas = trace.execution.payload, trace.execution.env, _gas_of_floor(trace, step)
        price = tx.price(env.base_fee)
        payer = altered.change_account(tx.sender, altered.more_wei(gas * price))
        coinbase = altered.change_account(env.coinbase, altered.more_wei(-gas * (price - env.base_fee)))
        yield altered.each_of(payer, coinbase)

    def is_below(trace: InputTrace, step: int) -> bool:
        assert trace.execution is not None
        return isinstance(trace.execution.payload, L2Transaction) and _gas_of_floor(trace, step) > 0

    return step_lie(lie_name("forget_floor", nth), "END", nth, alterations, is_below)


def _gas_of_floor(trace: InputTrace, step: int) -> int:
    """Return the gas that the floor adds to what a transaction used, from its END; 0 if it used as much without it."""
    assert trace.execution is not None and trace.outcome is not None
    spent = trace.execution.payload.gas_limit - trace.outcome.gas_left
    return trace.outcome.gas_used - (spent - min(trace.step_at(step).now.refund, spent // REFUND_QUOTIENT))


def wrong_from(index: int, salt: int = 0) -> Lie:
    """True up to a trace index. After it, an altered machine runs on to the end.

    ``salt`` chooses the first alteration to try. If the machine is idle, one of its accounts is altered.
    """

    def alterations(trace: InputTrace, step: int) -> Iterator[Alteration]:
        found = (altered.flip_stack_item, altered.add_gas, altered.change_account(THIEF, altered.more_wei()))
        yield from found[salt % 3 :]
        yield from found[: salt % 3]

    def departures(truth: AssertionTrace) -> Iterator[Departure]:
        number, step = index >> STEP_BITS, index & STEP_MASK
        if number >= len(truth.inputs):
            yield _idle(index, InputTrace(truth.after), truth.after)
            return
        trace = truth.input_trace(number)
        if trace.execution is None or step >= len(trace):
            yield _idle(index, trace, truth.inputs[number].after)
        else:
            yield from _within(truth, index, alterations)

    return Lie(lie_name("wrong_from", index, salt), departures)


def _idle(index: int, trace: InputTrace, idle: Idle) -> Departure:
    """Depart at a step after which the machine is idle."""
    after = altered.with_one_more_wei(idle, THIEF)
    return Departure(index, (altered.MadeUpTrace(trace, index & STEP_MASK, after),))
