"""The project that a test belongs to: the nearest folder with ``[tool.harness]``, from the test's file upwards.

If no folder on the way up has one, it is the project of the root that ``--rootdir`` or ``-c`` gave to pytest. So pytest
may be started anywhere, and one run can hold the tests of several projects.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.config import FORK_VARIABLE, root_above
from harness.errors import HarnessError, UsageError

if TYPE_CHECKING:
    import pytest

    from harness.config import Config


@dataclass(frozen=True, slots=True, eq=False)
class TestedProject:
    """A project as its tests see it.

    ``config`` and ``index`` are empty if there is no ``[tool.harness]``, or if it cannot be read; then ``problem`` says
    why. ``warned`` holds the warnings that nobody has seen yet.
    """

    root: Path
    config: Config | None = None
    index: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    problem: HarnessError | None = None
    warned: list[Warning] = field(default_factory=list)

    @property
    def l1(self) -> str | None:
        """The backend that the table names."""
        return None if self.config is None else self.config.l1

    @property
    def l1_fork(self) -> str | None:
        """The fork of L1 that the table names."""
        return None if self.config is None else self.config.l1_fork

    @property
    def l1_blobs(self) -> str | None:
        """The entry of the blob schedule that the table names."""
        return None if self.config is None else self.config.l1_blobs

    @property
    def rollup(self) -> Mapping[str, Any]:
        """The rollup's parameters in the table."""
        return {} if self.config is None else self.config.rollup

    @classmethod
    def read(cls, root: Path) -> TestedProject:
        """Read the project at ``root``; nothing is compiled."""
        from harness import config as configuration
        from harness.contracts.project import Project

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                found = cls(root, configuration.load(root), Project.load(root).index)
            except HarnessError as problem:
                found = cls(root, problem=problem)
        found.warned.extend(entry.message for entry in caught if isinstance(entry.message, Warning))
        return found


class L1Choice(NamedTuple):
    """What tells the L1s of a run apart; None leaves the choice to what is asked next."""

    has_rollup: bool = False
    fork: str | None = None
    blobs: str | None = None

    def completed(self, option: str | None, project: TestedProject) -> L1Choice:
        """Return the choice with what the option, the environment and the project say where the test says nothing."""
        fork = self.fork or option or os.environ.get(FORK_VARIABLE) or project.l1_fork
        return L1Choice(self.has_rollup, fork, self.blobs or project.l1_blobs)


_one_of_each = lru_cache(maxsize=None)(L1Choice)
"""pytest keeps a session's L1 as long as tests ask for the same object."""


def l1_choice(has_rollup: bool, marker: pytest.Mark | None) -> L1Choice:
    """Return the L1 that a test asks for by its marker; raises UsageError for a marker with other parameters."""
    asked = {} if marker is None else marker.kwargs
    unknown = sorted(asked.keys() - {"fork", "blobs"})
    if unknown or (marker is not None and marker.args):
        listed = ", ".join(unknown) or "values without a name"
        raise UsageError("@pytest.mark.l1", f"it has {listed}, expected fork and blobs")
    return _one_of_each(has_rollup, asked.get("fork"), asked.get("blobs"))


class Projects:
    """The projects of a run; each is read when its first test file is met.

    ``root_given`` says that the user named the root folder.
    """

    def __init__(self, rootpath: Path, *, root_given: bool = False) -> None:
        self._rootpath = rootpath
        self._ways = (rootpath,) if root_given else ()
        self._read: dict[Path, TestedProject] = {}
        self._nearest: dict[Path, TestedProject] = {}
        self._without: dict[Path, TestedProject] = {}

    def __iter__(self) -> Iterator[TestedProject]:
        return iter(self._read.values())

    def nearest(self, folder: Path) -> TestedProject:
        """Return the project of what lies in a folder."""
        if folder not in self._nearest:
            root = next((found for start in (folder, *self._ways) if (found := root_above(start))), None)
            self._nearest[folder] = self._outside(folder) if root is None else self._at(root)
        return self._nearest[folder]

    def _at(self, root: Path) -> TestedProject:
        if root not in self._read:
            self._read[root] = TestedProject.read(root)
        return self._read[root]

    def _outside(self, folder: Path) -> TestedProject:
        """Return what stands for a project that does not exist: pytest's root folder, if it holds the folder."""
        root = self._rootpath if folder.is_relative_to(self._rootpath) else folder
        return self._without.setdefault(root, TestedProject(root))

    def looked_at(self, name: str, folder: Path) -> str:
        """Say where a contract was looked for that a test in ``folder`` asked for in vain.

        Returns "" for a name that looks like no contract's, and that no project has.
        """
        if not (name[:1].isupper() or any(name in project.index for project in self)):
            return ""
        project = self.nearest(folder)
        if project not in self._read.values():
            places = dict.fromkeys(place for start in (folder, *self._ways) for place in (start, *start.parents))
            shown = ", ".join(str(place) for place in places)
            lines = [f"no project was found: no pyproject.toml with [tool.harness] in any of {shown}"]
        elif project.problem is not None:
            lines = [f"the project of this test, {project.root}, cannot be read: {project.problem}"]
        else:
            lines = [
                f"the project of this test, {project.root}, has no contract {name!r}; it has {_listed(project.index)}"
            ]
        others = [other for other in self if other is not project]
        lines += [f"another project of this run, {other.root}, has {_listed(other.index)}" for other in others]
        return "\n".join(lines)


def _listed(index: Mapping[str, object]) -> str:
    names = sorted(index)
    shown = ", ".join(names[:20]) or "no contracts"
    return shown + (f" and {len(names) - 20} more" if len(names) > 20 else "")
