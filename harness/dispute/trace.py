"""A player's knowledge of the execution that a game is about."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Protocol

from harness.errors import HarnessError


class CannotProve(HarnessError):
    """There is no witness for a step, because the trace is a lie there."""

    def __init__(self, trace_index: int) -> None:
        super().__init__(
            f"no witness for the step at trace index {trace_index:#x}: this trace departs from the machine there"
        )
        self.trace_index = trace_index


class Trace(Protocol):
    """The machine after each step. Index 0 is the parent assertion's root. A trace index is input << 24 | step."""

    def hash_at(self, index: int) -> bytes:
        """Return the hash of the machine after ``index`` steps."""

    def witness(self, index: int) -> bytes:
        """Return the encoded witness of the step from ``index`` to ``index`` + 1.

        Raises CannotProve if there is none.
        """


def made(trace: Trace) -> Trace:
    """Return the trace itself, made if it was not yet: what is remembered about a trace is remembered about that."""
    return trace._trace if isinstance(trace, LazyTrace) else trace


class LazyTrace:
    """A trace that is made at its first use."""

    def __init__(self, make: Callable[[], Trace]) -> None:
        self._make = make

    @cached_property
    def _trace(self) -> Trace:
        return self._make()

    def hash_at(self, index: int) -> bytes:
        return self._trace.hash_at(index)

    def witness(self, index: int) -> bytes:
        return self._trace.witness(index)
