"""A lie about the fork: a batch is opened under other rules than L1 wrote into its record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.agents.lies.altered_machine import Departure
from harness.agents.lies.lie import Lie, lie_name
from harness.dispute.assertion_trace import STEP_BITS, AssertionTrace
from harness.proofs.trace import Trace as InputTrace
from harness.rollup.forks import fork_named
from harness.rollup.node.derivation import InputKind


def wrong_fork(fork: str, nth: int = 0) -> Lie:
    """The ``nth`` batch of another fork follows the rules of this one, as if its upgrade came late, or early."""
    told = fork_named(fork)

    def departures(truth: AssertionTrace) -> Iterator[Departure]:
        opened = [(at, taken) for at, taken in enumerate(truth.inputs) if taken.kind is InputKind.OPEN]
        for number, taken in [(at, taken) for at, taken in opened if taken.after.env.fork is not told][nth : nth + 1]:
            batch, before = replace(truth.batch_of[number], fork=told), taken.before
            following = before.next_block(before.env.timestamp, batch, opens_batch=True)
            after = replace(following, cursor=taken.after.cursor)
            yield Departure(number << STEP_BITS, (InputTrace(taken.before, after=after),))

    return Lie(lie_name("wrong_fork", fork, nth), departures)
