"""Writes what `harness fuzz` finds: the smallest scenario that shows it, and the result of that scenario's run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from harness.fuzz.cases import line_of
from harness.fuzz.losses import AttackCase, Lost, said_of
from harness.scenarios import storing
from harness.scenarios.loading import validated
from harness.scenarios.running import play
from harness.scenarios.sources import Sources


def _say(line: str) -> None:
    print(line, file=sys.stderr)


@dataclass(frozen=True, slots=True)
class Findings:
    """Writes each case that is lost to ``folder``, and says so by ``say``."""

    folder: Path
    say: Callable[[str], object] = _say

    def __call__(self, lost: Lost) -> None:
        """Shrink a case, write its scenario, play that once, and write the result. Raises OSError."""
        content = self._content(lost)
        name = f"drawn-{sha256(line_of(lost.case).encode()).hexdigest()[:8]}"
        path = self.folder / f"{name}.scenario.yaml"
        text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, default_flow_style=None, width=120)
        storing.write_whole(path, text.encode())
        result = play(validated(content, str(path)), Sources())
        storing.write(result, self.folder / f"{name}.result.json")
        self.say(f"written: {path} and its result")
        if result.holds:
            self.say(f"warning: {path} does not show the loss when it is played by itself")

    def _content(self, lost: Lost) -> dict[str, Any]:
        shows = said_of(lost.problem)
        return {"name": "A drawn case that the honest side lost", "shows": shows, "steps": [_step(lost.shrunk())]}


def _step(case: Any) -> dict[str, Any]:
    """Return the step that plays a case."""
    if isinstance(case, AttackCase):
        step = {"kind": case.pack, "name": case.name, "adapter": "built-in", "seed": case.seed}
        step |= {"variant": case.variant} if case.variant else {}
        return {"attack": step | ({"moves": list(case.moves)} if case.moves else {})}
    return {"drawn": {"kind": type(case).__name__, "case": _plain(asdict(case))}}


def _plain(value: Any) -> Any:
    """Return a value as YAML and JSON have it: lists in the place of tuples."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value
