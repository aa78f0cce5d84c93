"""A file of gas to commit, and the comparison of a run with it.

Each line has layer, function, and the least, the median and the most gas: ``l1 Counter.set(uint256) 26392 43492 43492``
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import HarnessError
from harness.gas.samples import Row
from harness.gas.table import name_of

_HEAD = "# Gas by pytest --gas-snapshot: layer, function, least, median, most\n"
_LINE = re.compile(r"(l1|l2) (\S.*) (\d+) (\d+) (\d+)")
_KINDS = ("min", "median", "max")

Numbers = tuple[int, int, int]
"""The least, the median and the most gas."""


class SnapshotUnreadable(HarnessError):
    """A file is no snapshot of gas. ``path`` is the file, ``line`` the number of the line, 0 for the file itself."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        super().__init__(f"{path}{f':{line}' if line else ''}: {reason}")
        self.path = path
        self.line = line


@dataclass(frozen=True, slots=True)
class Change:
    """A number that differs by more than the tolerance: ``kind`` is min, median or max, ``percent`` of the old one."""

    function: str
    kind: str
    old: int
    new: int

    @property
    def percent(self) -> float:
        """The difference in percent of the old number."""
        return 100 * (self.new - self.old) / self.old if self.old else float("inf")

    def __str__(self) -> str:
        return f"{self.function}: {self.kind} was {self.old:,}, is {self.new:,} ({self.percent:+.2f} %)"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A run beside a snapshot: what rose and fell, what is not in the snapshot, and what the run did not call."""

    rose: tuple[Change, ...]
    fell: tuple[Change, ...]
    new: tuple[str, ...]
    uncalled: tuple[str, ...]


def written(rows: Sequence[Row]) -> str:
    """Return the content of a snapshot."""
    lines = [f"{name} {' '.join(map(str, numbers))}\n" for name, numbers in sorted(_numbers(rows).items())]
    return _HEAD + "".join(lines)


def read(path: Path) -> dict[str, Numbers]:
    """Read a snapshot; raises SnapshotUnreadable."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise SnapshotUnreadable(path, 0, f"it cannot be read: {problem}") from problem
    found: dict[str, Numbers] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            expected = "layer, function, least, median and most gas, as in: l1 Counter.set(uint256) 26392 43492 43492"
            raise SnapshotUnreadable(path, number, f"it is {line!r:.80}, expected {expected}")
        name = f"{match[1]} {match[2]}"
        if name in found:
            raise SnapshotUnreadable(path, number, f"{name} is there twice")
        found[name] = int(match[3]), int(match[4]), int(match[5])
    return found


def compare(old: Mapping[str, Numbers], rows: Sequence[Row], tolerance: float) -> Comparison:
    """Compare a run with a snapshot; ``tolerance`` is in percent of the old number."""
    now = _numbers(rows)
    changes = [
        change for name in sorted(old.keys() & now.keys()) for change in _changes(name, old[name], now[name], tolerance)
    ]
    return Comparison(
        tuple(change for change in changes if change.new > change.old),
        tuple(change for change in changes if change.new < change.old),
        tuple(sorted(now.keys() - old.keys())),
        tuple(sorted(old.keys() - now.keys())),
    )


def _changes(name: str, old: Numbers, new: Numbers, tolerance: float) -> Iterator[Change]:
    for kind, before, after in zip(_KINDS, old, new, strict=True):
        if abs(after - before) * 100 > tolerance * before:
            yield Change(name, kind, before, after)


def _numbers(rows: Sequence[Row]) -> dict[str, Numbers]:
    return {f"{row.layer} {name_of(row, rows)}": (row.least, row.median, row.most) for row in rows}
