"""Deliberately broken contracts, each a patch that names the test which must catch it.

A patch under ``tests/mutants/<group>`` is a unified diff with two lines ahead of it:

    Breaks: what goes wrong, in a sentence
    Caught-by: tests/contracts/channel/test_payment_channel_close.py::test_close_succeeds

The runner copies the contracts, applies the patch and runs that test on the copy: it has to fail.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from harness.errors import HarnessError

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@")


class PatchMismatch(HarnessError):
    """A patch whose old lines are not in the file: the contract has changed since."""

    def __init__(self, patch: str, line: int, actual: str, expected: str) -> None:
        super().__init__(f"{patch}: line {line} is {actual!r}, expected {expected!r}")
        self.patch = patch
        self.line = line
        self.actual = actual
        self.expected = expected


class Outcome(StrEnum):
    """What became of a mutant."""

    CAUGHT = "caught"
    SURVIVED = "survived"
    BROKEN = "broken"
    """The test did not run: the mutant does not compile, or the named test does not exist."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A patch with its header."""

    name: str
    breaks: str
    caught_by: str
    diff: str

    @classmethod
    def read(cls, path: Path) -> Mutant:
        head, _, diff = path.read_text(encoding="utf-8").partition("\n\n")
        fields = dict(line.split(": ", 1) for line in head.splitlines())
        return cls(f"{path.parent.name}/{path.stem}", fields["Breaks"], fields["Caught-by"], diff)

    def apply(self, root: Path) -> None:
        """Change the files under ``root``; raises PatchMismatch if one of them is not what the patch expects."""
        files = re.split(r"(?m)^--- ", self.diff)[1:]
        for part in files:
            lines = part.splitlines(keepends=True)
            path = root / lines[0].split()[0]
            path.write_text("".join(self._patched(path, lines[2:])), encoding="utf-8")

    def _patched(self, path: Path, diff: list[str]) -> list[str]:
        old = path.read_text(encoding="utf-8").splitlines(keepends=True)
        new: list[str] = []
        place = 0
        for line in diff:
            hunk = _HUNK.match(line)
            if hunk:
                start = int(hunk[1]) - 1
                new += old[place:start]
                place = start
            elif line[0] == "+":
                new.append(line[1:])
            else:
                actual = old[place] if place < len(old) else ""
                if actual != line[1:]:
                    raise PatchMismatch(self.name, place + 1, actual, line[1:])
                new += [actual] if line[0] == " " else []
                place += 1
        return new + old[place:]


def find(root: Path, group: str = "") -> list[Mutant]:
    """The mutants of a group, or all, in order of their names."""
    return [Mutant.read(path) for path in sorted((root / "tests" / "mutants").glob(f"{group or '*'}/*.patch"))]


def try_mutant(mutant: Mutant, root: Path) -> Outcome:
    """Run the mutant's test on a patched copy of the contracts of ``root``."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy = Path(folder)
        shutil.copytree(root / "contracts", copy / "contracts")
        shutil.copy(root / "pyproject.toml", copy / "pyproject.toml")
        mutant.apply(copy)
        test = str(root / mutant.caught_by)
        options = ["-q", "-x", "-p", "no:cacheprovider", "--rootdir", folder, "-c", str(copy / "pyproject.toml")]
        command = [sys.executable, "-m", "pytest", *options, test]
        changed = os.environ | {"HARNESS_HOUSE": folder}
        run = subprocess.run(command, capture_output=True, text=True, cwd=root, env=changed)
    if run.returncode == 0:
        return Outcome.SURVIVED
    ran = run.returncode == 1 and "CompileFailed" not in run.stdout and " error" not in run.stdout.splitlines()[-1]
    return Outcome.CAUGHT if ran else Outcome.BROKEN


def run(root: Path, mutants: Iterable[Mutant], report: Callable[[str], None] = print) -> int:
    """Try all and report; the exit code. The last line is ``mutants: N tried, M not caught``."""
    tried = missed = 0
    for mutant in mutants:
        outcome = try_mutant(mutant, root)
        tried += 1
        missed += outcome is not Outcome.CAUGHT
        report(f"{outcome.value:9}{mutant.name}: {mutant.breaks} [{mutant.caught_by.rsplit('::', 1)[-1]}]")
    report(f"mutants: {tried} tried, {missed} not caught")
    return 1 if missed or not tried else 0
