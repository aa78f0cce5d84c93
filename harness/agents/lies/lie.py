"""Lies about L2 as values: where a lie departs from the machine, and the trace that a liar defends."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from harness.agents.lies.altered_machine import Departure, LiarTrace
from harness.dispute.assertion_trace import END, AssertionTrace, Truths
from harness.dispute.trace import Trace
from harness.errors import HarnessError


class NothingToLieAbout(HarnessError):
    """L2 did nothing in the range that this lie could be about.

    ``batches`` holds the first batch of the range and the one after the last; None if the trace is of no range of L2.
    """

    def __init__(self, lie: str, truth: AssertionTrace | None = None) -> None:
        self.lie = lie
        self.batches: tuple[int, int] | None = None
        where = "the asserted range"
        if truth is not None:
            first, count = truth.before.cursor.batch, len(truth.batches)
            self.batches = (first, first + count)
            ran = sum(taken.tx is not None or taken.deposit is not None for taken in truth.inputs)
            where = f"batches {first} to {first + count - 1}, in which L2 executed {ran} transactions,"
        super().__init__(f"nothing in {where} fits the lie {lie}")


@dataclass(frozen=True, slots=True)
class Lie:
    """A lie about L2: a function from the true trace to the liar's. ``departures`` yields possible departures, the best
    one first.
    """

    name: str
    departures: Callable[[AssertionTrace], Iterable[Departure]] = field(repr=False)

    def __call__(self, truth: Trace) -> LiarTrace:
        """Return the liar's trace, by the first departure that changes the root.

        Raises NothingToLieAbout if there is none.
        """
        if not isinstance(truth, AssertionTrace):
            raise NothingToLieAbout(self.name)
        for departure in self.departures(truth):
            claimed = LiarTrace(truth, departure)
            if claimed.hash_at(END) != truth.hash_at(END):
                return claimed
        raise NothingToLieAbout(self.name, truth)

    def root(self, truths: Truths, start: int, end: int) -> bytes:
        """Return the root that the liar asserts."""
        return truths.lying_trace(truths.of(start, end), self).hash_at(END)


@dataclass(frozen=True, slots=True)
class Garbled:
    """A lie whose states are of no machine. ``tell`` turns the true trace into the liar's."""

    name: str
    tell: Callable[[Trace], Trace] = field(repr=False)

    def __call__(self, truth: Trace) -> Trace:
        return self.tell(truth)

    def root(self, truths: Truths, start: int, end: int) -> bytes:
        """Return the root that the liar asserts."""
        return truths.lying_trace(truths.of(start, end), self).hash_at(END)


def lie_name(name: str, *arguments: object) -> str:
    """Return a lie's name with its arguments, without last arguments that are 0."""
    while arguments and arguments[-1] == 0:
        arguments = arguments[:-1]
    return f"{name}({', '.join(map(repr, arguments))})"
