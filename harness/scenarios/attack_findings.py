"""Writes what an attack found: the smallest scenario that shows it, and the report of that scenario's run."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from harness.adapters.choosing import Chosen
from harness.attack.attack import Outcome, Verdict
from harness.scenarios.loading import validated
from harness.scenarios.report import page
from harness.scenarios.running import play
from harness.scenarios.sources import Sources
from harness.scenarios.storing import write_whole


def scenario_of(kind: str, adapter: str, seed: int, outcome: Outcome) -> dict[str, Any]:
    """Return a scenario of one step that plays what was found, as plain data."""
    step: dict[str, Any] = {"kind": kind, "name": outcome.attack, "adapter": adapter}
    step |= {"variant": outcome.variant} if outcome.variant else {}
    step |= {"seed": seed} if seed else {}
    step |= {"moves": list(outcome.moves)} if outcome.moves else {}
    return {"name": f"{outcome.attack} against {adapter}", "shows": outcome.shows, "steps": [{"attack": step}]}


@dataclass(frozen=True, slots=True)
class Written:
    """The files of one finding; ``is_shown`` tells whether its scenario showed it again when it was played."""

    attack: str
    paths: tuple[Path, Path]
    is_shown: bool


def write(folder: Path, kind: str, chosen: Chosen, seed: int, outcomes: Iterable[Outcome]) -> Iterator[Written]:
    """Write a scenario and a report of each finding to a folder, and yield what was written.

    The scenario is played once for its report. Raises what writing a file raises.
    """
    for outcome in outcomes:
        if outcome.verdict is not Verdict.FOUND:
            continue
        plain = scenario_of(kind, chosen.word, seed, outcome)
        path = folder / f"{kind}-{outcome.attack.replace(' ', '-')}.scenario.yaml"
        text = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)
        write_whole(path, text.encode())
        result = play(validated(plain, str(path)), Sources())
        again = f"harness play {shlex.quote(str(path))}"
        report = page.write([result], path.with_suffix("").with_suffix(".html"), [again])
        is_shown = any(outcome.broke in row.actual for row in result.expectations if not row.holds)
        yield Written(outcome.attack, (path, report), is_shown)
