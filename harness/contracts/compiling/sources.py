"""Solidity source files under the compiler's names: what they declare and import, and where the imports are."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from harness.contracts.compiling.folders import files_below, read_text
from harness.contracts.compiling.missing import advice
from harness.contracts.compiling.remappings import Remapping, library_paths, remapped
from harness.contracts.compiling.scanner import Scan, scan
from harness.contracts.errors import ImportNotFound, SourceSkipped, SourceUnreadable

__all__ = ["Remapping", "Source", "SourceTree", "index_of"]

_RELATIVE = ("./", "../")


@dataclass(frozen=True)
class Source:
    """One file: ``unit`` is the compiler's name for it, the path from the project's root where nothing else names it.

    ``problem`` says why the file cannot be compiled, "" where it can.
    """

    unit: str
    path: Path
    text: str
    problem: str = ""

    @cached_property
    def _scan(self) -> Scan:
        return scan(self.text)

    @property
    def declares(self) -> tuple[str, ...]:
        """Names of the contracts, interfaces and libraries, in order; free functions and types are not among them."""
        return self._scan.declares

    @property
    def imports(self) -> tuple[str, ...]:
        """The import paths as written."""
        return self._scan.imports

    @property
    def pragmas(self) -> tuple[str, ...]:
        """The version ranges of its ``pragma solidity`` lines."""
        return self._scan.pragmas


@dataclass(frozen=True, slots=True)
class _Closure:
    """A file with all it imports, and the remappings that lead solc to those that it would name otherwise."""

    sources: Mapping[str, Source]
    remappings: tuple[Remapping, ...]


class SourceTree:
    """The sources of one project and everything they import.

    A relative import is looked for beside the importing file; any other one, after the remappings, below the project's
    root, then the library folders, then each ``node_modules`` from the root upwards, then from the importing file
    upwards, then where Foundry's own remappings would lead. Links are followed, and keep their names.
    """

    def __init__(
        self, root: Path, folders: Iterable[Path], remappings: Iterable[Remapping] = (), libraries: Iterable[Path] = ()
    ) -> None:
        self.root = root
        self.remappings = tuple(remappings)
        self._libraries = tuple(libraries)
        self._bases = (root, *self._libraries, *(parent / "node_modules" for parent in (root, *root.parents)))
        self._known: dict[str, Source] = {}
        self._imports: dict[str, tuple[tuple[Source, Remapping | None], ...]] = {}
        self._closures: dict[str, _Closure] = {}
        self.own = tuple(self._read_own(folders))

    def _read_own(self, folders: Iterable[Path]) -> Iterator[Source]:
        for path in files_below(folders, ".sol", self._libraries):
            try:
                source = self._load(self._from_root(path), path)
            except SourceUnreadable as problem:
                warnings.warn(SourceSkipped(str(path), problem.reason), stacklevel=3)
                continue
            if source.problem and not source.declares:
                warnings.warn(SourceSkipped(str(path), source.problem), stacklevel=3)
            else:
                yield source

    def _from_root(self, path: Path) -> str:
        return Path(os.path.relpath(path, self.root)).as_posix()

    def _load(self, unit: str, path: Path) -> Source:
        """Return the source; one whose name another file has is named by its path from the root."""
        known = self._known.get(unit)
        taken = known.path if known is not None else self.root / unit
        if taken != path and taken.is_file() and not taken.samefile(path):
            unit = self._from_root(path)
        if unit not in self._known:
            try:
                text, problem = read_text(path)
            except OSError as error:
                raise SourceUnreadable(unit, error.strerror or str(error)) from error
            self._known[unit] = Source(unit, path, text, problem)
        return self._known[unit]

    def closure(self, source: Source) -> Mapping[str, Source]:
        """Return the source and all it imports, however indirectly, by unit.

        Raises ImportNotFound, and SourceUnreadable where one of them is no text.
        """
        return self._closure(source).sources

    def remappings_of(self, source: Source) -> tuple[Remapping, ...]:
        """Return the remappings under which solc finds every file of the source's closure; raises as ``closure``."""
        return (*self.remappings, *self._closure(source).remappings)

    def _closure(self, source: Source) -> _Closure:
        if source.unit not in self._closures:
            found = {source.unit: source}
            led: dict[Remapping, None] = {}
            queue = [source]
            while queue:
                importer = queue.pop()
                if importer.problem:
                    raise SourceUnreadable(importer.unit, importer.problem)
                for imported, leading in self._imported(importer):
                    if leading is not None:
                        led[leading] = None
                    if imported.unit not in found:
                        found[imported.unit] = imported
                        queue.append(imported)
            self._closures[source.unit] = _Closure(dict(sorted(found.items())), tuple(sorted(led, key=str)))
        return self._closures[source.unit]

    def _imported(self, importer: Source) -> tuple[tuple[Source, Remapping | None], ...]:
        """Return what a file imports, each with the remapping that leads solc to it; None where it needs none.

        A file is imported by many: its own imports are looked for once.
        """
        if importer.unit not in self._imports:
            found: list[tuple[Source, Remapping | None]] = []
            for wanted in importer.imports:
                imported = self.resolve(importer, wanted)
                plain = _absolute(importer.unit, wanted)
                led = remapped(self.remappings, importer.unit, plain) != imported.unit
                found.append((imported, Remapping(importer.unit, plain, imported.unit) if led else None))
            self._imports[importer.unit] = tuple(found)
        return self._imports[importer.unit]

    def known(self, unit: str) -> Source:
        """Return a source that was found before; raises KeyError."""
        return self._known[unit]

    def import_of(self, wanted: str) -> Source | None:
        """Return the source that an import in the project's root would mean; None where it leads to no file.

        Raises SourceUnreadable.
        """
        if wanted.startswith((*_RELATIVE, "/")):
            return None
        if wanted in self._known:
            return self._known[wanted]
        try:
            return self.resolve(Source("", self.root / "none.sol", ""), wanted)
        except ImportNotFound:
            return None

    def hint(self, wanted: str) -> str:
        """Return what may help where an import in the project's root leads to no file."""
        return advice(self.root, wanted, [base / wanted for base in self._bases], self.remappings)

    def resolve(self, importer: Source, wanted: str) -> Source:
        """Return the source that an import of ``importer`` means; raises ImportNotFound, SourceUnreadable."""
        tried: dict[Path, None] = {}
        for unit, path in self._places(importer, wanted):
            if path.is_file():
                return self._load(unit, path)
            tried[path] = None
        hint = advice(self.root, wanted, tried, self.remappings)
        raise ImportNotFound(importer.unit, wanted, tuple(map(str, tried)), hint)

    def _places(self, importer: Source, wanted: str) -> Iterator[tuple[str, Path]]:
        """Yield where an import may lie, with the name that the compiler is to know the file by."""
        plain = _absolute(importer.unit, wanted)
        unit = remapped(self.remappings, importer.unit, plain)
        relative = wanted.startswith(_RELATIVE)
        if relative and unit == plain:
            outside = unit.startswith("../") or _climbs_out(importer.unit, wanted)
            for path in _beside(importer.path, wanted):
                yield (self._from_root(path) if outside else unit), path
        yield from ((unit, base / unit) for base in self._bases)
        if relative or unit != plain:
            return
        inner = [parent / "node_modules" / unit for parent in importer.path.resolve().parents]
        for path in (*inner, *library_paths(self.root, self._libraries, importer.path, unit)):
            normal = Path(os.path.normpath(path))
            yield self._from_root(normal), normal


def index_of(sources: Iterable[Source]) -> Mapping[str, tuple[str, ...]]:
    """Return, by contract name, the units that declare it."""
    found: dict[str, tuple[str, ...]] = {}
    for source in sources:
        for name in source.declares:
            found[name] = (*found.get(name, ()), source.unit)
    return found


def _beside(importer: Path, wanted: str) -> Iterator[Path]:
    """Yield a relative import's places: by name, by the folder that a link leads to, by the file that one leads to."""
    yield Path(os.path.normpath(importer.parent / wanted))
    yield Path(os.path.normpath(importer.parent.resolve() / wanted))
    yield Path(os.path.normpath(importer.resolve().parent / wanted))


def _climbs_out(importer: str, wanted: str) -> bool:
    """Tell whether a relative import leaves the folder that the compiler's names begin in."""
    depth = sum(1 for part in PurePosixPath(importer).parent.parts if part not in ("..", "/"))
    for part in PurePosixPath(wanted).parts:
        depth += -1 if part == ".." else 1
        if depth < 0:
            return True
    return False


def _absolute(importer: str, wanted: str) -> str:
    """Return the name that solc gives an import before the remappings."""
    if not wanted.startswith(_RELATIVE):
        return wanted
    folder = PurePosixPath(importer).parent
    for part in PurePosixPath(wanted).parts:
        folder = folder.parent if part == ".." else folder / part
    return folder.as_posix()
