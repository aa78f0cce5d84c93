"""Trials of mutants by scenarios of the library: what its oracles of money and time alone tell.

Run as a module, it plays scenarios until an expectation does not hold, and prints that as one line of JSON.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from harness.errors import HarnessError
from harness.mutants.patches import Mutant, PatchMismatch
from harness.mutants.trial import WIDTH, Trial, Trials, Verdict
from harness.scenarios.finding import cases_of, library, opened
from harness.scenarios.loading import load
from harness.scenarios.running import play

TAGS: Mapping[str, tuple[str, ...]] = {
    "bridge": ("bridge",),
    "channel": ("channel",),
    "dispute": ("dispute",),
    "inbox": ("inbox", "rollup"),
}
"""The tags of the scenarios that a group's mutants are tried by."""


def names_for(group: str) -> tuple[str, ...]:
    """Return the names of the scenarios that a group is tried by."""
    wanted = set(TAGS.get(group, ()))
    return tuple(name for name, path in library().items() if wanted & set(load(path).tags))


class ScenarioTrials(Trials):
    """Tries mutants by the scenarios of their group, or by those of ``names``."""

    def __init__(self, root: Path, names: Sequence[str] = ()) -> None:
        super().__init__(root)
        self._names = tuple(names)

    def attempt(self, mutant: Mutant) -> Trial:
        """Play the scenarios on the mutant, until one breaks."""
        names = self._names or names_for(mutant.name.partition("/")[0])
        if self._on_sound.get(names) is None:
            self._on_sound[names] = self._played(names, None)
        if self._on_sound[names].outcome is not Verdict.SURVIVED:
            return Trial(Verdict.BROKEN, f"without the fault: {self._on_sound[names].reason}")
        try:
            return self._played(names, mutant)
        except PatchMismatch as problem:
            return Trial(Verdict.BROKEN, str(problem))

    @cached_property
    def _on_sound(self) -> dict[tuple[str, ...], Trial]:
        return {}

    def _played(self, names: Sequence[str], mutant: Mutant | None) -> Trial:
        with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
            copy = self._copied(Path(folder), mutant)
            code, output = self._ended([sys.executable, "-m", __name__, *names], copy)
        last = (output.strip().splitlines() or ["no output"])[-1]
        if code == 0:
            return Trial(Verdict.SURVIVED, by=f"{len(names)} scenarios")
        if code != 1:
            return Trial(Verdict.BROKEN, last, by="scenarios")
        said = json.loads(last)
        return Trial(Verdict.CAUGHT, f"{said['what']}: {said['actual']}"[:WIDTH], by=said["scenario"])


def broken(names: Sequence[str]) -> Iterator[dict[str, str]]:
    """Play scenarios; yield each expectation that does not hold."""
    for name in names:
        scenario, sources, root = opened(library()[name])
        for case, one in cases_of(scenario):
            for row in play(one, sources, root=root, case=case).expectations:
                if not row.holds:
                    yield {"scenario": name, "what": row.what, "actual": row.actual}


def main(names: Sequence[str]) -> int:
    """Play scenarios until an expectation does not hold; return 1 if one did not, and 2 if one could not be played."""
    try:
        first = next(broken(names), None)
    except HarnessError as problem:
        print(f"{type(problem).__name__}: {problem}".partition("\n")[0])
        return 2
    if first is None:
        return 0
    print(json.dumps(first))
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
