"""Where imports that are not relative lead: remappings as solc and Foundry read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Remapping:
    """``context:prefix=target``; a later remapping wins over an earlier one of the same length."""

    context: str
    prefix: str
    target: str

    @classmethod
    def parse(cls, text: str) -> Remapping | None:
        """Read one remapping; None if the text is none.

        If only one of prefix and target ends with a slash, the target follows the prefix.
        """
        left, equals, target = text.strip().partition("=")
        context, colon, prefix = left.partition(":")
        if not colon:
            context, prefix = "", left
        if not equals or not prefix:
            return None
        if target and prefix.endswith("/") != target.endswith("/"):
            target = f"{target}/" if prefix.endswith("/") else target.rstrip("/")
        return cls(context, prefix, target)

    def __str__(self) -> str:
        return f"{self.context}:{self.prefix}={self.target}" if self.context else f"{self.prefix}={self.target}"


def remapped(remappings: Iterable[Remapping], importer: str, unit: str) -> str:
    """Apply the remapping with the longest context, then the longest prefix, then the last one given."""
    fitting = [
        (len(entry.context), len(entry.prefix), place, entry)
        for place, entry in enumerate(remappings)
        if importer.startswith(entry.context) and unit.startswith(entry.prefix)
    ]
    if not fitting:
        return unit
    best = max(fitting, key=lambda row: row[:3])[3]
    return best.target + unit.removeprefix(best.prefix)


def library_paths(root: Path, libraries: tuple[Path, ...], importer: Path, wanted: str) -> Iterator[Path]:
    """Yield where an import may lie in libraries that Foundry installed, without remappings of the project.

    Foundry maps ``name/`` to ``src``, ``contracts`` or the whole of ``lib/name``, and obeys the library's
    remappings.txt. The importing library comes first, then those that it holds, then the project's.
    """
    for holder in importer.parents:
        if holder == root or root not in holder.parents:
            break
        yield from _by_file_of(holder, wanted)
        yield from _in_home(holder / "lib", wanted)
    for home in libraries:
        yield from _in_home(home, wanted)
        for library in _folders(home):
            yield from _in_home(library / "lib", wanted)


def _in_home(home: Path, wanted: str) -> Iterator[Path]:
    name, _, rest = wanted.partition("/")
    if rest and (home / name).is_dir():
        yield from (home / name / inner / rest for inner in ("src", "contracts", "."))
    for library in _folders(home):
        yield from _by_file_of(library, wanted)


def _by_file_of(library: Path, wanted: str) -> Iterator[Path]:
    for entry in read_remappings(library / "remappings.txt"):
        if wanted.startswith(entry.prefix):
            yield library / (entry.target + wanted.removeprefix(entry.prefix))


def _folders(home: Path) -> list[Path]:
    return sorted(entry for entry in home.iterdir() if entry.is_dir()) if home.is_dir() else []


def read_remappings(file: Path) -> tuple[Remapping, ...]:
    """Return the remappings of a remappings.txt; other lines are skipped."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    return tuple(found for line in lines if not line.startswith("#") and (found := Remapping.parse(line)))
