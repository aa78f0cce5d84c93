"""Lies about the budget of sequenced gas: what a new batch adds, what an input takes, and what its end gives back.

Such a lie changes no account. It changes the cursor, which decides the later items that L2 executes. No budget is below
0. If the next batch fills the budget to its cap, the lie does not show. Then it is about a later input.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from harness.agents.lies.altered_machine import Departure, MadeUpTrace
from harness.agents.lies.inputs import input_lie
from harness.agents.lies.lie import Lie, lie_name
from harness.dispute.assertion_trace import STEP_BITS, AssertionTrace
from harness.proofs.inputs import execution_of
from harness.proofs.trace import Execution
from harness.proofs.trace import Trace as InputTrace
from harness.rollup.codec.batch import read_item
from harness.rollup.errors import BudgetExceeded, InvalidTransaction
from harness.rollup.machine.machine import Cursor
from harness.rollup.machine.validity import decode
from harness.rollup.node.derivation import Input, InputKind


def misspend_budget(gas: int = 1, nth: int = 0) -> Lie:
    """The ``nth`` sequenced transaction takes ``gas`` too little from the budget; too much, if ``gas`` is negative."""

    def is_sequenced(taken: Input) -> bool:
        return taken.tx is not None and taken.message is None

    def depart(truth: AssertionTrace, number: int, taken: Input) -> Iterator[Departure]:
        assert taken.tx is not None
        execution, cursor = execution_of(taken, taken.tx), _with_more(taken.running, gas)
        told = InputTrace(taken.before, execution=execution, cursor=cursor)
        yield Departure(number << STEP_BITS, (told,))

    return input_lie(lie_name("misspend_budget", gas, nth), is_sequenced, depart, nth, or_later=True)


def exceed_budget(nth: int = 0) -> Lie:
    """L2 executes the ``nth`` item whose gas is above the budget. The honest machine ends the batch there."""

    def depart(truth: AssertionTrace, number: int, taken: Input) -> Iterator[Departure]:
        batch, cursor = truth.batch_of[number], taken.before.cursor
        found = read_item(batch.data, cursor.offset)
        assert found is not None
        item, offset = found
        ready = taken.before if item.timestamp is None else taken.before.next_block(item.timestamp, batch)
        tx = decode(item.raw, ready.env.chain_id, ready.env.fork)
        unwritten = None if item.timestamp is None else taken.before.state
        execution = Execution(ready.state, ready.env, ready.ring, tx, unwritten)
        running = replace(cursor, offset=offset, items=cursor.items + 1, budget=0).normal(batch)
        with suppress(InvalidTransaction):
            yield Departure(number << STEP_BITS, (InputTrace(taken.before, execution=execution, cursor=running),))

    def is_excess(taken: Input) -> bool:
        return isinstance(taken.skipped, BudgetExceeded)

    return input_lie(lie_name("exceed_budget", nth), is_excess, depart, nth, or_later=True)


def forget_unused_gas(nth: int = 0) -> Lie:
    """The ``nth`` transaction or deposit that leaves gas does not give that gas back to the budget."""

    def leaves_gas(taken: Input) -> bool:
        return taken.outcome is not None and taken.outcome.gas_left > 0

    def depart(truth: AssertionTrace, number: int, taken: Input) -> Iterator[Departure]:
        trace = truth.input_trace(number)
        after = replace(taken.after, cursor=taken.running)
        for end in trace.named("END"):
            yield Departure(number << STEP_BITS | end, (MadeUpTrace(trace, end, after),))

    return input_lie(lie_name("forget_unused_gas", nth), leaves_gas, depart, nth, or_later=True)


def invent_budget(gas: int = 1) -> Lie:
    """A new batch adds ``gas`` more to the budget than L1 has, or less if ``gas`` is negative."""

    def depart(truth: AssertionTrace, number: int, taken: Input) -> Iterator[Departure]:
        after = replace(taken.after, cursor=_with_more(taken.after.cursor, gas))
        yield Departure(number << STEP_BITS, (InputTrace(taken.before, after=after),))

    return input_lie(lie_name("invent_budget", gas), lambda taken: taken.kind is InputKind.OPEN, depart, or_later=True)


def _with_more(cursor: Cursor, gas: int) -> Cursor:
    """Return a cursor with ``gas`` more in its budget, at least 0."""
    return replace(cursor, budget=max(0, cursor.budget + gas))
