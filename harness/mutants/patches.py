"""Reads and applies the patches of mutants, to the letter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from harness.errors import HarnessError

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@")


class PatchMismatch(HarnessError):
    """The file does not have the patch's old lines, because the contract has changed since."""

    def __init__(self, patch: str, line: int, actual: str, expected: str) -> None:
        super().__init__(f"{patch}: line {line} is {actual!r}, expected {expected!r}")
        self.patch = patch
        self.line = line
        self.actual = actual
        self.expected = expected


class MutantUnreadable(HarnessError):
    """A file is no patch with a header, or a folder has no patches."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Mutant:
    """A patch with its header; ``missed`` is why no attack of a pack can find it, "" if one must."""

    name: str
    breaks: str
    caught_by: str
    diff: str
    missed: str = ""

    @classmethod
    def read(cls, path: Path) -> Mutant:
        """Read a patch; raises MutantUnreadable."""
        try:
            head, _, diff = path.read_text(encoding="utf-8").partition("\n\n")
        except (OSError, UnicodeDecodeError) as problem:
            raise MutantUnreadable(str(path), str(problem)) from problem
        fields = {name: value for name, _, value in (line.partition(": ") for line in head.splitlines())}
        for name in ("Breaks", "Caught-by"):
            if not fields.get(name):
                raise MutantUnreadable(str(path), f"no line {name!r} ahead of the patch")
        return cls(
            f"{path.parent.name}/{path.stem}", fields["Breaks"], fields["Caught-by"], diff, fields.get("Missed", "")
        )

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that the patch changes, below the root."""
        return tuple(part.split(maxsplit=1)[0] for part in self._files())

    def apply(self, root: Path) -> None:
        """Change the files under ``root``; raises PatchMismatch if a file is not what the patch expects."""
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
    """Return the mutants of a group, the one of a full name such as "channel/pay-out-again", or all, sorted by name.

    Raises MutantUnreadable if there are none.
    """
    folder = root / "tests" / "mutants"
    every = sorted(folder.glob("*/*.patch"))
    if not every:
        raise MutantUnreadable(
            str(folder), "there are no mutants; they are in a checkout of the harness, so run this there"
        )
    chosen = [path for path in every if group in ("", path.parent.name, f"{path.parent.name}/{path.stem}")]
    if not chosen:
        groups = sorted({path.parent.name for path in every})
        raise MutantUnreadable(str(folder), f"no group or mutant {group!r}, expected one of {', '.join(groups)}")
    return [Mutant.read(path) for path in chosen]
