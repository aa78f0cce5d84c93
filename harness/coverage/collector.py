"""Collects the marks of everything that runs of the measured projects' contracts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.contracts.artifact import Artifact
from harness.contracts.binding.filled_code import Mask, blank, mask_of
from harness.contracts.project import Project
from harness.engine.marks import Marks
from harness.errors import ContractError, ToolNotFound

_CODES_KEPT = 4_096
"""Most codes whose contract is remembered."""

Hits = dict[str, bytes]
"""The marks of each code that ran, by the root of its project, unit, contract and kind: plain data, for other
processes."""


def key_of(root: Path, artifact: Artifact, *, creation: bool) -> str:
    """Return what the marks of one of a contract's codes are known by."""
    return f"{root}\0{artifact.source}\0{artifact.name}\0{'creation' if creation else 'runtime'}"


def compiled(project: Project) -> Iterator[Artifact]:
    """Yield a measured project's own contracts, compiled as they are measured; what does not compile is passed over."""
    if project.sources is not None:
        for unit in project.sources.tree.own:
            for name in unit.declares:
                try:
                    yield project.sources.take(unit.unit, name)
                except (ContractError, ToolNotFound):
                    continue


class Collector:
    """The marks by contract. ``projects`` may grow; each is compiled whole when the first code runs."""

    def __init__(self, projects: Mapping[Path, Project]) -> None:
        self._projects = projects
        self._known: dict[tuple[bytes, bool], Marks | None] = {}
        self._marks: dict[str, Marks] = {}
        self._artifacts: dict[Path, tuple[Artifact, ...]] = {}

    def marks(self, code: bytes, *, creation: bool) -> Marks | None:
        """Return where to mark what runs of a code; None if it is no measured contract's."""
        key = (code, creation)
        if len(self._artifacts) < len(self._projects):
            self._compile()
        if key not in self._known:
            if len(self._known) >= _CODES_KEPT:
                self._known.clear()
            self._known[key] = self._find(code, creation=creation)
        return self._known[key]

    def _compile(self) -> None:
        for root in tuple(self._projects):
            if root not in self._artifacts:
                self._artifacts[root] = ()  # compiling runs no code, but who looks again would begin again
                self._artifacts[root] = tuple(compiled(self._projects[root]))
        self._known.clear()

    def _find(self, code: bytes, *, creation: bool) -> Marks | None:
        similar: tuple[Path, Artifact] | None = None
        for root, artifacts in self._artifacts.items():
            for artifact in artifacts:
                mask = mask_of(artifact, creation=creation)
                if mask.begins(code) if creation else mask.matches(code):
                    return self._marks_of(root, artifact, creation=creation)
                if similar is None and _is_similar(mask, code, creation=creation):
                    similar = root, artifact
        return None if similar is None else self._marks_of(*similar, creation=creation)

    def _marks_of(self, root: Path, artifact: Artifact, *, creation: bool) -> Marks:
        key = key_of(root, artifact, creation=creation)
        if key not in self._marks:
            self._marks[key] = Marks(mask_of(artifact, creation=creation).code)
        return self._marks[key]

    def hits(self) -> Hits:
        """Return the marks so far."""
        return {key: bytes(marks.hits) for key, marks in self._marks.items()}


def _is_similar(mask: Mask, code: bytes, *, creation: bool) -> bool:
    """Return whether a code is a contract's, but for the metadata, which name the sources that it was compiled with.

    A contract that another file's creates was compiled with that file.
    """
    length = len(mask.code)
    if length < 2 or (len(code) < length if creation else len(code) != length):
        return False
    end = length - 2 - int.from_bytes(mask.code[-2:], "big")
    return end > 0 and blank(code[:length], mask.holes)[:end] == mask.code[:end]


def merged(into: Hits, more: Mapping[str, bytes]) -> None:
    """Add the marks of another process; marks of other lengths are those of other code, and replace nothing."""
    for key, hits in more.items():
        before = into.get(key)
        if before is None:
            into[key] = hits
        elif len(before) == len(hits):
            into[key] = bytes(one | other for one, other in zip(before, hits, strict=True))
