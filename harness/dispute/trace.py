"""What a player knows of the execution that a game is about."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Protocol

from harness.errors import HarnessError


class CannotProve(HarnessError):
    """There is no witness for a step: the trace is a lie there, and no lie has one."""

    def __init__(self, trace_index: int) -> None:
        super().__init__(
            f"no witness for the step at trace index {trace_index:#x}: this trace departs from the machine there"
        )
        self.trace_index = trace_index


class Trace(Protocol):
    """The machine after each step. Index 0 is the parent assertion's root; input << 24 | step names a step."""

    def hash_at(self, index: int) -> bytes:
        """Hash of the machine after ``index`` steps."""

    def witness(self, index: int) -> bytes:
        """What the one-step prover reads for the step from ``index`` to ``index`` + 1; raises CannotProve if there is
        none.
        """


class LazyTrace:
    """A trace that is made when a state of it is first asked for."""

    def __init__(self, make: Callable[[], Trace]) -> None:
        self._make = make

    @cached_property
    def _trace(self) -> Trace:
        return self._make()

    def hash_at(self, index: int) -> bytes:
        return self._trace.hash_at(index)

    def witness(self, index: int) -> bytes:
        return self._trace.witness(index)
