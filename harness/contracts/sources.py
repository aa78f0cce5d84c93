"""Solidity source files as the compiler names them: what they declare, what they import, where that is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from harness.contracts.errors import ImportNotFound

_COMMENT_OR_STRING = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')""", re.DOTALL
)
_DECLARATION = re.compile(r"(?:^|[;}\s])(?:abstract\s+)?(?:contract|interface|library)\s+([A-Za-z_$][\w$]*)[^;{}]*\{")
_IMPORT = re.compile(r"""(?:^|[;}\s])import\b[^;"']*["']([^"'\n]+)["'][^;]*;""")
_PRAGMA = re.compile(r"\bpragma\s+solidity\s+([^;]+);")


@dataclass(frozen=True)
class Source:
    """One file: ``unit`` is the compiler's name for it, the path below the project's root where it lies there."""

    unit: str
    path: Path
    text: str

    @cached_property
    def _code(self) -> str:
        return _COMMENT_OR_STRING.sub(lambda hit: " " if hit["comment"] is not None else hit[0], self.text)

    @cached_property
    def declares(self) -> tuple[str, ...]:
        """Names of the contracts, interfaces and libraries, in order; free functions and types are not among them."""
        blank = _COMMENT_OR_STRING.sub(" ", self.text)
        return tuple(dict.fromkeys(_DECLARATION.findall(blank)))

    @cached_property
    def imports(self) -> tuple[str, ...]:
        """The import paths as written."""
        return tuple(dict.fromkeys(_IMPORT.findall(self._code)))

    @cached_property
    def pragmas(self) -> tuple[str, ...]:
        """The version ranges of its ``pragma solidity`` lines."""
        return tuple(" ".join(found.split()) for found in _PRAGMA.findall(self._code))


@dataclass(frozen=True, slots=True)
class Remapping:
    """``context:prefix=target``, as solc and Foundry write it; a later one wins over an earlier of the same length."""

    context: str
    prefix: str
    target: str

    @classmethod
    def parse(cls, text: str) -> Remapping | None:
        """Read one remapping; None if the text is none."""
        left, equals, target = text.strip().partition("=")
        context, colon, prefix = left.rpartition(":")
        return cls(context if colon else "", prefix, target) if equals and prefix else None

    def __str__(self) -> str:
        return f"{self.context}:{self.prefix}={self.target}" if self.context else f"{self.prefix}={self.target}"


class SourceTree:
    """The sources of one project and everything they import.

    A relative import is resolved against the importing unit; any other one, after the remappings, against the
    project's root, then the library folders, then each ``node_modules`` from the root upwards.
    """

    def __init__(
        self, root: Path, folders: Iterable[Path], remappings: Iterable[Remapping] = (), libraries: Iterable[Path] = ()
    ) -> None:
        self.root = root
        self.remappings = tuple(remappings)
        self._bases = (root, *libraries, *(parent / "node_modules" for parent in (root, *root.parents)))
        self._known: dict[str, Source] = {}
        self._closures: dict[str, Mapping[str, Source]] = {}
        self.own = tuple(self._read_own(folders))

    def _read_own(self, folders: Iterable[Path]) -> Iterable[Source]:
        for folder in folders:
            for path in sorted(folder.rglob("*.sol")):
                if "node_modules" not in path.relative_to(folder).parts:
                    unit = path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else path.as_posix()
                    yield self._load(unit, path)

    def _load(self, unit: str, path: Path) -> Source:
        if unit not in self._known:
            self._known[unit] = Source(unit, path, path.read_text(encoding="utf-8"))
        return self._known[unit]

    def closure(self, source: Source) -> Mapping[str, Source]:
        """Return the source and all it imports, however indirectly, by unit; raises ImportNotFound."""
        if source.unit not in self._closures:
            found = {source.unit: source}
            queue = [source]
            while queue:
                importer = queue.pop()
                for wanted in importer.imports:
                    imported = self.resolve(importer, wanted)
                    if imported.unit not in found:
                        found[imported.unit] = imported
                        queue.append(imported)
            self._closures[source.unit] = dict(sorted(found.items()))
        return self._closures[source.unit]

    def resolve(self, importer: Source, wanted: str) -> Source:
        """Return the source that an import of ``importer`` means; raises ImportNotFound."""
        unit = self._remapped(importer.unit, _absolute(importer.unit, wanted))
        if unit in self._known:
            return self._known[unit]
        for base in self._bases:
            path = base / unit
            if path.is_file():
                return self._load(unit, path)
        raise ImportNotFound(importer.unit, wanted, tuple(str(base / unit) for base in self._bases if base.is_dir()))

    def _remapped(self, importer: str, unit: str) -> str:
        """Apply the remapping with the longest context, then the longest prefix, then the last one given."""
        fitting = [
            (len(entry.context), len(entry.prefix), place, entry)
            for place, entry in enumerate(self.remappings)
            if importer.startswith(entry.context) and unit.startswith(entry.prefix)
        ]
        if not fitting:
            return unit
        best = max(fitting, key=lambda row: row[:3])[3]
        return best.target + unit.removeprefix(best.prefix)


def index_of(sources: Iterable[Source]) -> Mapping[str, tuple[str, ...]]:
    """Return, by contract name, the units that declare it."""
    found: dict[str, tuple[str, ...]] = {}
    for source in sources:
        for name in source.declares:
            found[name] = (*found.get(name, ()), source.unit)
    return found


def _absolute(importer: str, wanted: str) -> str:
    if not wanted.startswith(("./", "../")):
        return wanted
    parts = list(PurePosixPath(importer).parent.parts)
    for part in PurePosixPath(wanted).parts:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
