"""Takes steps out of a scenario that does not hold, as long as it fails in the same way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.scenarios.loading import validated
from harness.scenarios.records import Row
from harness.scenarios.running import play
from harness.scenarios.sources import Sources

MOST_RUNS = 60
"""Most runs that a scenario is shortened by."""


def shorten(content: dict[str, Any], sources: Sources, root: Path) -> tuple[dict[str, Any], bool]:
    """Return a scenario with as few steps as it takes to break the same expectations, and whether it breaks any.

    ``content`` is as YAML has it. What a call must give at the end depends on the steps, so a scenario with ``reads``
    keeps them all.
    """
    wanted = _broken(content, sources, root)
    if not wanted or content["expect"]["reads"]:
        return content, bool(wanted)
    runs, steps = 0, list(content["steps"])
    size = max(1, len(steps) // 2)
    while size and runs < MOST_RUNS:
        place = len(steps) - size
        while place > -size and runs < MOST_RUNS:
            fewer = steps[: max(0, place)] + steps[place + size :]
            runs += 1
            if fewer and _broken({**content, "steps": fewer}, sources, root) == wanted:
                steps = fewer
            place -= size
        size //= 2
    return {**content, "steps": steps}, True


def _broken(content: dict[str, Any], sources: Sources, root: Path) -> frozenset[str]:
    """Return what does not hold, without the numbers of steps; nothing if the scenario cannot be played."""
    try:
        result = play(validated(content, known=sources.names), sources, root=root)
    except HarnessError:
        return frozenset()
    return frozenset(_said(row) for row in result.expectations if not row.holds)


def _said(row: Row) -> str:
    """Return what does not hold; for a step also why, but not its number."""
    words = row.what.split(maxsplit=2)
    return f"{words[2]}: {row.actual}" if words[0] == "step" else row.what
