"""Counts as people count: the third transaction of a batch, the 1,234th opcode of a transaction."""

from __future__ import annotations

from harness.dispute.assertion_trace import STEP_BITS, AssertionTrace
from harness.proofs.machine import Phase
from harness.proofs.trace import Trace as InputTrace

BETWEEN = frozenset(
    {"INPUT", "SENDER", "AUTHORIZE", "ACCESS", "LOOKUP", "PRECOMPILE", *(phase.name for phase in Phase)}
)
"""The names of steps that are no opcodes."""


def inputs_of_batch(truth: AssertionTrace, batch: int) -> list[int]:
    """Return the numbers of the inputs of a batch that are transactions or deposits, in order."""
    numbered = enumerate(zip(truth.inputs, truth.batch_of, strict=True))
    return [
        number
        for number, (taken, found) in numbered
        if found.index == batch and (taken.tx is not None or taken.deposit is not None)
    ]


def transaction_number(truth: AssertionTrace, number: int) -> int | None:
    """Return which transaction of its batch an input is, from 1; None if it is none."""
    if number >= len(truth.inputs):
        return None
    found = inputs_of_batch(truth, truth.batch_of[number].index)
    return found.index(number) + 1 if number in found else None


def opcode_number(trace: InputTrace, step: int) -> int | None:
    """Return which opcode of its transaction a step is, from 1; None if it is no opcode."""
    if trace.execution is None or not 1 <= step < len(trace) or trace.name_at(step) in BETWEEN:
        return None
    return sum(trace.name_at(each) not in BETWEEN for each in range(1, step + 1))


def step_of_opcode(trace: InputTrace, nth: int) -> int | None:
    """Return the step that is the ``nth`` opcode of a transaction, from 1; None if it has fewer."""
    if trace.execution is None:
        return None
    for step in range(1, len(trace)):
        nth -= trace.name_at(step) not in BETWEEN
        if nth == 0:
            return step
    return None


def index_of(truth: AssertionTrace, batch: int, transaction: int | None, opcode: int | None) -> int | None:
    """Return the trace index of a place; None if the range does not have it.

    Without a transaction it is the opening of the batch, without an opcode the transaction's end.
    """
    if transaction is None:
        openings = (number for number, found in enumerate(truth.batch_of) if found.index == batch)
        first = next(openings, None)
        return None if first is None else first << STEP_BITS
    found = inputs_of_batch(truth, batch)
    if transaction > len(found):
        return None
    number = found[transaction - 1]
    trace = truth.input_trace(number)
    step = len(trace) - 1 if opcode is None else step_of_opcode(trace, opcode)
    return None if step is None else number << STEP_BITS | step
