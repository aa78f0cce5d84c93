"""The setting that chooses the engine, so that a fault in the fast path can be distinguished from others.

Environment:
    HARNESS_ENGINE  ``compiled`` (default) compiles hot code; ``eager`` compiles at the first arrival, for tests that
                    compare; ``plain`` compiles nothing
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from harness.engine.marks import Marks, run_marked
from harness.engine.rules import Handler, Rules
from harness.engine.runner import Engine, Heat, run_plainly
from harness.engine.store import Store
from harness.errors import HarnessError

VARIABLE = "HARNESS_ENGINE"


class UnknownEngine(HarnessError):
    """HARNESS_ENGINE names an engine that does not exist."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{VARIABLE} is {name!r}, expected one of {', '.join(_KINDS)}")
        self.name = name


class CodeRunner(Protocol):
    """Runs frames by a fork's rules; ``is_plain`` if nothing may be faster than the plain loop, nor differ from it."""

    @property
    def is_plain(self) -> bool: ...

    def run(self, computation: Any) -> None:
        """Run a frame's code until it halts; raises if it fails."""

    def run_marked(self, computation: Any, marks: Marks) -> None:
        """Run a frame's code and mark what runs, until it halts, or until it is past its end; raises if it fails."""


class PlainEngine:
    """Runs every frame opcode by opcode."""

    is_plain = True

    def __init__(self, table: Sequence[Handler]) -> None:
        self.table = table

    def run(self, computation: Any) -> None:
        """Run a frame's code until it halts; raises if it fails."""
        run_plainly(self.table, computation)

    def run_marked(self, computation: Any, marks: Marks) -> None:
        """Run a frame's code and mark what runs, until it halts, or until it is past its end; raises if it fails."""
        run_marked(self.table, computation, marks)


_KINDS: dict[str, Callable[[Rules], CodeRunner]] = {
    "compiled": lambda rules: Engine(rules, store=Store.of(rules)),
    "eager": lambda rules: Engine(rules, Heat(frames=0, opcodes=0, entries=1)),
    "plain": lambda rules: PlainEngine(rules.table),
}


def open_engine(rules: Rules) -> CodeRunner:
    """Return the engine that HARNESS_ENGINE names, for a fork's rules; raises UnknownEngine."""
    name = os.environ.get(VARIABLE, "compiled")
    kind = _KINDS.get(name)
    if kind is None:
        raise UnknownEngine(name)
    engine: CodeRunner = kind(rules)
    return engine
