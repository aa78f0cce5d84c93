"""The patches: read, and applied to the letter."""

from __future__ import annotations

import re
from dataclasses import dataclass
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

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that it changes, below the root."""
        return tuple(part.split(maxsplit=1)[0] for part in self._files())

    def apply(self, root: Path) -> None:
        """Change the files under ``root``; raises PatchMismatch if one of them is not what the patch expects."""
        for part in self._files():
            lines = part.splitlines(keepends=True)
            path = root / lines[0].split()[0]
            path.write_text("".join(self._patched(path, lines[2:])), encoding="utf-8")

    def _files(self) -> list[str]:
        return re.split(r"(?m)^--- ", self.diff)[1:]

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
