"""Lies about a step: it computes, writes or costs something else, and what follows is what the machine then does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from harness.agents.lies import altered_machine as altered
from harness.agents.lies.altered_machine import Alteration, Departure
from harness.agents.lies.lie import Lie, lie_name
from harness.dispute.assertion_trace import STEP_BITS, STEP_MASK, AssertionTrace
from harness.primitives.opcodes import Opcode
from harness.proofs.trace import Trace as InputTrace
from harness.rollup.machine.machine import Idle
from harness.rollup.machine.opcodes import OPCODES

THIEF = bytes.fromhex("000000000000000000000000000000000000dead")
"""An account that gets what nobody gave it."""

Alterations = Callable[[InputTrace, int], Iterable[Alteration]]
"""What can be wrong behind a step of a transaction, the best first."""


def flip_storage(opcode: str = "SSTORE", nth: int = 0) -> Lie:
    """The slot that the ``nth`` SSTORE (or SLOAD) is about has its last bit flipped behind it."""

    def alterations(trace: InputTrace, step: int) -> Iterator[Alteration]:
        frame = trace.step_at(step).frame
        assert frame is not None
        yield altered.other_slot(frame.address, altered.stack_item(trace, step))

    return _step_lie(lie_name("flip_storage", opcode, nth), opcode, nth, alterations)


def tamper_opcode(opcode: str, nth: int = 0) -> Lie:
    """The ``nth`` step of this name computes something else: what it wrote, or left on the stack, is different."""
    return _step_lie(lie_name("tamper_opcode", opcode, nth), opcode, nth, _of_opcode)


def tamper_memory(nth: int = 0) -> Lie:
    """The ``nth`` MSTORE writes something else."""
    return replace(tamper_opcode("MSTORE", nth), name=lie_name("tamper_memory", nth))


def tamper_gas(opcode: str = "PUSH1", nth: int = 0) -> Lie:
    """The ``nth`` step of this name costs one unit of gas less than it does."""
    return _step_lie(lie_name("tamper_gas", opcode, nth), opcode, nth, lambda *_: (altered.more_gas,))


def _of_opcode(trace: InputTrace, step: int) -> Iterator[Alteration]:
    """What a step of a transaction can do wrong, by its opcode; any can leave another item, or another gas."""
    frame, opcode = trace.step_at(step).frame, trace.step_at(step).opcode
    row = None if opcode is None else OPCODES.get(opcode)
    if frame is not None and row is not None and row.writes is not None and row.writes.offset_at == 0:
        yield altered.other_byte(altered.stack_item(trace, step))
    elif frame is not None and row == Opcode.SSTORE:
        yield altered.other_slot(frame.address, altered.stack_item(trace, step))
    elif frame is not None and row == Opcode.TSTORE:
        yield altered.other_transient(frame.address, altered.stack_item(trace, step))
    yield from (altered.other_item, altered.more_gas, altered.other_account(THIEF, altered.richer))


def _step_lie(name: str, opcode: str, nth: int, alterations: Alterations) -> Lie:
    def departures(truth: AssertionTrace) -> Iterator[Departure]:
        index = truth.find(opcode, nth)
        return iter(()) if index is None else _within(truth, index, alterations)

    return Lie(name, departures)


def _within(truth: AssertionTrace, index: int, alterations: Alterations) -> Iterator[Departure]:
    """Depart within a transaction: by an altered machine that runs on; where the transaction's end shows none of the
    alterations, by hashes that are made up, and a wei for a thief.
    """
    number, step = index >> STEP_BITS, index & STEP_MASK
    taken, trace = truth.inputs[number], truth.input_trace(number)
    for alter in alterations(trace, step):
        yield Departure(index, (altered.altered(taken, step + 1, alter),))
    yield Departure(index, (altered.MadeUp(trace, step, altered.richer_by_one(taken.after, THIEF)),))


def wrong_fee(nth: int = 0) -> Lie:
    """The end of a transaction pays its sender one wei too much back."""

    def alterations(trace: InputTrace, step: int) -> Iterator[Alteration]:
        assert trace.execution is not None
        yield altered.other_account(trace.execution.payload.sender, altered.richer)

    return _step_lie(lie_name("wrong_fee", nth), "END", nth, alterations)


def wrong_from(index: int, salt: int = 0) -> Lie:
    """True up to a trace index, and behind it a machine with something else in it, run on consistently to the end.

    ``salt`` chooses what is altered, if that leaves a mark. Where the machine is idle, an account of it is altered.
    """

    def alterations(trace: InputTrace, step: int) -> Iterator[Alteration]:
        found = (altered.other_item, altered.more_gas, altered.other_account(THIEF, altered.richer))
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
    """Depart where the machine is idle after a step, or stays so."""
    after = altered.richer_by_one(idle, THIEF)
    return Departure(index, (altered.MadeUp(trace, index & STEP_MASK, after),))
