"""Folders of contracts that were built elsewhere: an index by file name, and each contract read when it is taken.

A published package may hold hundreds of megabytes of JSON. A file in a folder that is named after a source, such as
``Token.sol/Token.json``, is named after its contract, so its name is all that the index needs. Truffle's files begin
with the contract's name. Every other file is read at once.
"""

from __future__ import annotations

import mmap
import os
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path

from harness.contracts.artifact import Artifact
from harness.contracts.compiling.builds import Builds
from harness.contracts.compiling.folders import files_below
from harness.contracts.compiling.freshness import Freshness
from harness.contracts.compiling.prebuilt import Found, path_from, read_file
from harness.contracts.errors import ArtifactUnreadable, SourceSkipped
from harness.primitives.hashing import keccak256

_SOURCES = (".sol", ".vy", ".yul")
_LARGE = 2**20
_HEAD = 4_096
_NAMED = re.compile(rb'\s*\{\s*(?:"_format"\s*:\s*"[^"]*"\s*,\s*)?"contractName"\s*:\s*"([A-Za-z_$][\w$]*)"')
_ABI = re.compile(rb'"abi"\s*:')


@dataclass(eq=False)
class _File:
    """One JSON file; ``named`` is the contract that its name or its first line tells of, None if it has been read."""

    path: Path
    folder: Path
    root: Path
    named: str | None = None
    _found: tuple[Found, ...] | None = field(default=None, repr=False)

    @property
    def found(self) -> tuple[Found, ...]:
        """What the file holds; what cannot be read is an error in its place if the contract's name is known."""
        if self._found is None:
            self._found = self._read()
        return self._found

    def _read(self) -> tuple[Found, ...]:
        try:
            every = tuple(read_file(self.path, self.root))
        except (OSError, ValueError, RecursionError) as problem:
            reason = f"it is no JSON: {problem}"
            if self.named is not None:
                return self._unreadable(reason)
            warnings.warn(SourceSkipped(str(self.path), reason), stacklevel=4)
            return ()
        if self.named is None or any(each.name == self.named for each in every):
            return every
        names = " and ".join(each.name for each in every)
        return self._unreadable(f"it holds {names}, expected {self.named}" if names else "it has no ABI")

    def _unreadable(self, reason: str) -> tuple[Found, ...]:
        place, name = path_from(self.root, self.path), self.named or ""
        return (Found(place, name, ArtifactUnreadable(str(self.path), reason)),)


class PrebuiltShelf:
    """The contracts below some folders, by source and name; a folder may also be a single JSON file.

    A file that is no JSON causes a warning. A contract that cannot be read is an error when it is taken. If several
    files hold a contract of one source and name, each is known by the path of its file instead. ``root`` is the
    project's folder.
    """

    def __init__(self, folders: Sequence[Path], root: Path) -> None:
        self._root = root
        self._files: dict[str, list[_File]] = {}
        self._places: dict[str, dict[str, tuple[_File, Found]]] = {}
        self._builds = cache(Builds)
        self._freshness = cache(lambda folder: Freshness(folder, root))
        self._taken: dict[tuple[str, str], Artifact] = {}
        for folder in folders:
            for path in [folder] if folder.is_file() else files_below([folder], ".json"):
                self._add(path, folder.parent if folder.is_file() else folder)

    def _add(self, path: Path, folder: Path) -> None:
        if "build-info" in path.relative_to(folder).parts or path.name.endswith(".dbg.json"):
            return
        if path.parent.suffix in _SOURCES:
            self._files.setdefault(path.name.split(".")[0], []).append(
                _File(path, folder, self._root, path.name.split(".")[0])
            )
            return
        named = _name_within(path)
        file = _File(path, folder, self._root, named or None)
        for name in (named,) if named else () if named == "" else {found.name for found in file.found}:
            self._files.setdefault(name, []).append(file)

    def index(self) -> Mapping[str, tuple[str, ...]]:
        return LazyIndex(self._files.keys(), lambda name: tuple(sorted(self._of(name))))

    def take(self, source: str, name: str) -> Artifact:
        if (source, name) not in self._taken:
            file, found = self._of(name)[source]
            if isinstance(found.artifact, ArtifactUnreadable):
                raise found.artifact
            self._taken[source, name] = self._completed(found.artifact, found, file)
        return self._taken[source, name]

    def beyond(self, source: str, name: str) -> tuple[str, ...]:
        """Return under which sources the contracts of this name in a JSON file, ``source``, are known."""
        file = Path(os.path.normpath(self._root / source))
        return tuple(place for place, (holder, _) in self._of(name).items() if holder.path == file)

    def _of(self, name: str) -> Mapping[str, tuple[_File, Found]]:
        """Return the contracts of a name, by the source's name, or by their file where that means several."""
        if name not in self._places:
            every = [(file, each) for file in self._files.get(name, ()) for each in file.found if each.name == name]
            self._places[name] = _by_place(_each_once(every), self._root)
        return self._places[name]

    def _completed(self, artifact: Artifact, found: Found, file: _File) -> Artifact:
        """Return a contract with what other files tell of it: lines, libraries, and a warning if it is stale."""
        artifact = self._builds(file.folder).completed(artifact, file.path)
        fresh = self._freshness(file.folder)
        fresh.check(artifact, found.hashes, file.path)
        units = {artifact.source, *found.hashes, *artifact.files.values(), *artifact.texts}
        paths = {unit: path for unit in units if (path := fresh.path_of(unit)) is not None}
        return self._relinked(
            replace(
                artifact,
                paths={artifact.source: self._root / artifact.source, **paths},
                library=partial(self._library, file, found),
            )
        )

    def _library(self, file: _File, user: Found, label: str) -> Artifact | None:
        """Return the library that a contract links, from the same file, or else the same folder."""
        source, _, name = label.rpartition(":")
        short = [each for each in self._files if each == name or (len(label) > 35 and each.startswith(name))]
        entries = [entry for each in short for entry in self._of(each).items()]
        fitting = [(place, holder, each) for place, (holder, each) in entries if source in ("", each.source)]
        for near in (lambda each: each[1] is file, lambda each: each[1].folder == file.folder, lambda _: True):
            close = [each for each in fitting if near(each)]
            if len(close) > 1:
                close = [each for each in close if _compiler(each[2]) == _compiler(user)] or close
            if len(close) == 1:
                return self.take(close[0][0], close[0][2].name)
        return None

    def _relinked(self, artifact: Artifact) -> Artifact:
        """Give libraries that the code names by a hash their own names, if the folders hold them."""
        both = (artifact.link_references, artifact.runtime_link_references)
        if not any(label.startswith("$") for links in both for label in links):
            return artifact
        names = self._by_hash()
        ours, runtime = ({names.get(label, label): places for label, places in links.items()} for links in both)
        return replace(artifact, link_references=ours, runtime_link_references=runtime)

    def _by_hash(self) -> Mapping[str, str]:
        full = [f"{found.source}:{name}" for name in self._files for _, found in self._of(name).values()]
        return {f"${keccak256(each.encode()).hex()[:34]}$": each for each in full}


class LazyIndex(Mapping[str, tuple[str, ...]]):
    """Contract names, and for each the places that declare it, looked up when asked for."""

    def __init__(self, names: Iterable[str], places: Callable[[str], tuple[str, ...]]) -> None:
        self._names = dict.fromkeys(sorted(names))
        self._look = places

    def __getitem__(self, name: str) -> tuple[str, ...]:
        if name not in self._names:
            raise KeyError(name)
        return self._look(name)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _name_within(path: Path) -> str | None:
    """Return the name that a file begins with; "" for a large file without any ABI; None if it must be read."""
    try:
        with path.open("rb") as handle:
            hit = _NAMED.match(handle.read(_HEAD))
            if hit is not None:
                return hit[1].decode()
            if path.stat().st_size < _LARGE:
                return None
            with mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return None if _ABI.search(content) else ""
    except OSError:
        return None


def _each_once(found: list[tuple[_File, Found]]) -> list[tuple[_File, Found]]:
    """Skip a contract that another file has too: with the same source, or where this one knows only its file's name."""
    kept: dict[tuple[object, ...], tuple[_File, Found]] = {}
    for file, each in found:
        artifact = each.artifact
        if isinstance(artifact, Artifact):
            key: tuple[object, ...] = (each.source, artifact.bytecode, artifact.runtime, repr(artifact.abi))
            kept.setdefault(key, (file, each))
        else:
            kept[(id(each),)] = (file, each)
    codes = {
        each.artifact.bytecode
        for _, each in kept.values()
        if isinstance(each.artifact, Artifact) and not each.source.endswith(".json")
    }
    return [
        (file, each)
        for file, each in kept.values()
        if not (
            each.source.endswith(".json") and isinstance(each.artifact, Artifact) and each.artifact.bytecode in codes
        )
    ]


def _by_place(found: list[tuple[_File, Found]], root: Path) -> dict[str, tuple[_File, Found]]:
    sources = [each.source for _, each in found]
    return {
        each.source if sources.count(each.source) == 1 else path_from(root, file.path): (file, each)
        for file, each in found
    }


def _compiler(found: Found) -> str:
    return found.artifact.compiler if isinstance(found.artifact, Artifact) else ""
