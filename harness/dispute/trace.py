"""What a player knows of the execution that a game is about."""

from __future__ import annotations

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
