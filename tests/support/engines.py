"""L2's engines side by side: one kind for each fork at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Engines:
    """One kind of engine for each fork of L2."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        from harness.rollup.forks import FORKS
        from harness.rollup.machine.rules import rules_of

        self.each = {fork: make(rules_of(fork)) for fork in FORKS}

    def use(self) -> None:
        """Run everything on these engines."""
        from harness.rollup.machine.rules import rules_of

        for fork, engine in self.each.items():
            rules_of(fork).engine = engine

    @property
    def compiled(self) -> int:
        """Functions that were compiled."""
        return sum(engine.compiled for engine in self.each.values())


@contextmanager
def both_engines() -> Iterator[dict[str, Engines]]:
    """Yield one that compiles whatever it comes by, on an overlay, and the plain loop on a journal of snapshots."""
    from harness.engine.choice import PlainEngine
    from harness.engine.runner import Engine, Heat

    used = Engines(lambda rules: rules.engine)
    heat = Heat(frames=0, opcodes=0, entries=1)
    try:
        yield {
            "eager": Engines(lambda rules: Engine(rules.compiled, heat)),
            "plain": Engines(lambda rules: PlainEngine(rules.table)),
        }
    finally:
        used.use()


def by(engine: Engines, run: Any) -> Any:
    """Return the answers of a run on an engine."""
    engine.use()
    return run().answers
