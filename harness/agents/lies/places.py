"""A lie at a place that a person counted: the 1,234th opcode of the third transaction of batch 7."""

from __future__ import annotations

from collections.abc import Iterator

from harness.agents.lies.altered_machine import Departure
from harness.agents.lies.lie import Lie, lie_name
from harness.agents.lies.steps import departures_at
from harness.dispute.assertion_trace import AssertionTrace
from harness.dispute.counting import index_of


def tamper_at(batch: int, transaction: int | None = None, opcode: int | None = None) -> Lie:
    """The step at this place computes something else; see `tamper_opcode`.

    Batches count from 0, transactions and opcodes from 1. Without an opcode it is the end of the transaction, without a
    transaction the opening of the batch.
    """

    def departures(truth: AssertionTrace) -> Iterator[Departure]:
        index = index_of(truth, batch, transaction, opcode)
        return iter(()) if index is None else departures_at(truth, index)

    return Lie(lie_name("tamper_at", batch, transaction, opcode), departures)
