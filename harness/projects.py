"""The project that a test belongs to: the nearest folder with ``[tool.harness]``, from the test's file upwards.

If no folder on the way up has one, it is the project of the root that ``--rootdir`` or ``-c`` gave to pytest. So pytest
may be started anywhere, and one run can hold the tests of several projects.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.config import root_above
from harness.errors import HarnessError

if TYPE_CHECKING:
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
