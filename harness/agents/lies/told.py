"""Lies about what a new block tells: the words that the inbox saw of L1, and what is written into L2's state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from harness.agents.lies import altered_machine as altered
from harness.agents.lies.altered_machine import Departure
from harness.agents.lies.inputs import input_lie
from harness.agents.lies.lie import Lie, lie_name
from harness.dispute.assertion_trace import STEP_BITS, STEP_MASK, AssertionTrace
from harness.proofs.trace import Trace as InputTrace
from harness.rollup.machine.opening import HISTORY, HISTORY_WINDOW, L1_BLOCK
from harness.rollup.node.derivation import Input, InputKind

_SLOTS = {"number": 0, "base_fee": 1, "parent_hash": 2, "sequence_number": 3, "blob_base_fee": 7}
"""What L1Block tells, by its slot. The slot of the number also holds the time."""


def wrong_attributes(told: str, nth: int = 0) -> Lie:
    """The ``nth`` batch is opened as if the inbox had seen another value of L1.

    ``told`` is ``base_fee``, ``timestamp``, ``parent_hash`` or ``blob_base_fee``.
    """

    def depart(truth: AssertionTrace, number: int, taken: Input) -> Iterator[Departure]:
        batch, before = truth.batch_of[number], taken.before
        seen: Any = getattr(batch.l1, told)
        other: Any = bytes((seen[0] ^ 1, *seen[1:])) if isinstance(seen, bytes) else seen + 1
        batch = replace(batch, l1=replace(batch.l1, **{told: other}))
        opened = before.next_block(before.env.timestamp, batch, opens_batch=True)
        after = replace(opened, cursor=taken.after.cursor)
        yield Departure(number << STEP_BITS, (InputTrace(before, after=after),))

    return input_lie(lie_name("wrong_attributes", told, nth), lambda taken: taken.kind is InputKind.OPEN, depart, nth)


def wrong_block_words(told: str = "sequence_number", nth: int = 0) -> Lie:
    """The ``nth`` opening of a block writes another value into L2's state.

    ``told`` is ``number``, ``base_fee``, ``parent_hash``, ``sequence_number`` or ``blob_base_fee`` of L1Block, or
    ``history``: the hash of the block before.
    """

    def departures(truth: AssertionTrace) -> Iterator[Departure]:
        for index in islice(truth.each("BLOCK"), nth, nth + 1):
            number, step = index >> STEP_BITS, index & STEP_MASK
            taken, trace = truth.inputs[number], truth.input_trace(number)
            address, slot = L1_BLOCK, _SLOTS.get(told, 0)
            if told == "history":
                address, slot = HISTORY, (taken.ready.env.number - 1) % HISTORY_WINDOW
            if trace.execution is None:
                state = taken.after.state
                other = state.with_account(address, storage={slot: state.storage(address, slot) ^ 1})
                yield Departure(index, (altered.MadeUpTrace(trace, step, altered.with_state(taken.after, other)),))
            else:
                alter = altered.flip_storage_slot(address, slot)
                yield Departure(index, (altered.altered_trace(taken, step + 1, alter),))

    return Lie(lie_name("wrong_block_words", told, nth), departures)
