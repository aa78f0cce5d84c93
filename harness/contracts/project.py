"""The contracts of a project, by name; each is compiled on first use."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from harness import config as configuration
from harness import deprecations
from harness.contracts.artifact import Artifact
from harness.contracts.compiling import prebuilt, solc_node
from harness.contracts.compiling.bundle import BundleShelf
from harness.contracts.compiling.shelf import Shelf, SourceShelf
from harness.contracts.errors import AmbiguousContract, SeveralFailed, SourceSkipped, UnknownContract
from harness.errors import ConfigError, ContractError, ToolNotFound
from harness.progress import Tally

_ELSEWHERE = "another project"
_PACKAGE = Path(__file__).resolve().parent.parent
BUNDLE = "_built_in"
"""Folder of the package that the wheel fills with the built-in sources and their compiled units."""

VARIABLE = "HARNESS_CONTRACTS"
_OLD_VARIABLE = "HARNESS_HOUSE"

_chosen: ContextVar[Path | None] = ContextVar("built_in_contracts")
_measured: ContextVar[dict[Path, Project] | None] = ContextVar("measured_projects", default=None)
_replaced: ContextVar[Mapping[str, Artifact]] = ContextVar("replaced_contracts")


class Project:
    """Compiled contracts by name: ``project["Counter"]``.

    ``project["src/Counter.sol:Counter"]`` tells contracts of one name apart. ``root`` is the project's folder.
    ``where`` says in words where the contracts lie.
    """

    def __init__(self, root: Path, shelf: Shelf, where: str, problem: ConfigError | None = None) -> None:
        self.root = root
        self._problem = problem
        self.shelf = shelf
        self._index = shelf.index()
        self.where = where
        self._artifacts: dict[tuple[str, str], Artifact] = {}

    @classmethod
    def load(cls, root: Path | str) -> Project:
        """Open the project at ``root`` by its ``[tool.harness]``; nothing is compiled yet. Raises ConfigError.

        If a folder of sources or artifacts is missing, the method warns with SourceSkipped; asking for a contract that
        is not found then raises the ConfigError.
        """
        config = configuration.load(Path(root))
        measured = _measured.get()
        problem = next(config.absent_folders(), None)
        if problem is not None:
            warnings.warn(SourceSkipped(str(problem.actual), str(problem)), stacklevel=2)
        if config.artifacts is not None:
            shelf = prebuilt.PrebuiltShelf(config.artifacts, config.root)
            return cls(config.root, shelf, str(config.artifacts), problem)
        folders = " and ".join(str(folder) for folder in config.contracts) or f"{config.root} (no contract folder)"
        if measured is None:
            return cls(config.root, SourceShelf(config), folders, problem)
        if config.root not in measured:
            measured[config.root] = cls(config.root, SourceShelf(replace(config, measured=True)), folders, problem)
        return measured[config.root]

    @property
    def index(self) -> Mapping[str, tuple[str, ...]]:
        """The source files that declare each contract name."""
        return self._index

    def names(self) -> tuple[str, ...]:
        """Return every contract name, sorted. A name that several files declare appears once."""
        return tuple(sorted(self._index))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self._index.get(name.rpartition(":")[2]))

    def __getitem__(self, name: str) -> Artifact:
        """Return a contract's artifact, compiled on first use.

        Raises UnknownContract, AmbiguousContract if several files declare the name, CompileFailed, ImportNotFound,
        SourceUnreadable, ArtifactUnreadable, NoVersionFits and CompilerNotFound.
        """
        source, _, short = name.rpartition(":")
        places = self._index.get(short, ())
        if source:
            path = Path(os.path.normpath(self.root / source))
            places = tuple(place for place in places if Path(os.path.normpath(self.root / place)) == path)
        if not places and self._problem is not None:
            raise self._problem
        if not places:
            raise UnknownContract(name, self._close(name, short), self.where)
        if len(places) > 1:
            raise AmbiguousContract(short, places)
        return self._take(places[0], short)

    def with_others(self, others: Mapping[str, Artifact]) -> Project:
        """Return the project with other contracts in the place of those of these names, wherever they come from."""
        changed = copy(self)
        changed._index = {**self._index, **{name: (_ELSEWHERE,) for name in others}}
        changed._artifacts = {**self._artifacts, **{(_ELSEWHERE, name): found for name, found in others.items()}}
        return changed

    def _take(self, source: str, name: str) -> Artifact:
        key = (source, name)
        if key not in self._artifacts:
            self._artifacts[key] = self.shelf.take(source, name)
        return self._artifacts[key]

    def _close(self, wanted: str, short: str) -> tuple[str, ...]:
        full = [f"{place}:{name}" for name, places in self._index.items() for place in places]
        if ":" in wanted:
            same = [entry for entry in full if entry.endswith(f":{short}")]
            return tuple(same or get_close_matches(wanted, full, n=3))
        folded = {name.lower(): name for name in self._index}
        return tuple(folded[hit] for hit in get_close_matches(short.lower(), folded, n=3))

    def compile_all(self, workers: int | None = None, tally: Tally | None = None) -> tuple[Artifact, ...]:
        """Compile every file that changed, ``workers`` at a time, by default one per core; ``tally`` hears of each.

        A file that does not compile does not stop the others. Afterwards the method raises the one error, or
        SeveralFailed with all of them.
        """
        by_source: dict[str, list[str]] = {}
        for name, places in self._index.items():
            for place in places:
                by_source.setdefault(place, []).append(name)

        def work(source: str) -> ContractError | ToolNotFound | None:
            try:
                for name in by_source[source]:
                    self._take(source, name)
            except (ContractError, ToolNotFound) as problem:
                return problem
            return None

        tally = tally or Tally("files")
        tally.total = len(by_source)
        problems: list[ConfigError | ContractError | ToolNotFound | None] = [self._problem]
        pool = ThreadPoolExecutor(workers or solc_node.workers())
        try:
            for problem in pool.map(work, sorted(by_source)):
                problems.append(problem)
                tally.advance()
        finally:
            pool.shutdown(cancel_futures=True)  # if the run is interrupted, no further compilation begins
        failed = [problem for problem in problems if problem is not None]
        if len(failed) > 1:
            raise SeveralFailed(tuple(failed))
        if failed:
            raise failed[0]
        return tuple(self._artifacts[place, name] for place in sorted(by_source) for name in by_source[place])


@contextmanager
def measured_projects(opened: dict[Path, Project]) -> Iterator[None]:
    """Have every project of sources that is opened in the body, in this thread, compiled for measuring what of it runs.

    Each of them is opened once, and put into ``opened`` by its folder. The built-in contracts are none of them.
    """
    token = _measured.set(opened)
    try:
        yield
    finally:
        _measured.reset(token)


def source_project(root: Path, folder: Path) -> Project:
    """Return the contracts of one folder below a project, such as a package's, under the project's settings."""
    config = replace(configuration.load(root), contracts=(folder,))
    return Project(root, SourceShelf(config), str(folder))


def built_in_contracts() -> Project:
    """Return the contracts that the harness brings along: rollup, dispute games, channels and what tests them.

    A wheel carries them compiled; a checkout compiles them on first use. A changed copy takes their place where
    ``HARNESS_CONTRACTS`` names its folder or, without that variable, ``built-in-contracts`` in ``[tool.harness]`` of
    the test's project, or of the project around the current folder. The copy is a project of its own, with a
    ``pyproject.toml``. Raises ConfigError if the folder is not there.
    """
    project = _open_built_in(_copy_in_environment() or _copy_in_settings())
    replaced = _replaced.get({})
    return project.with_others(replaced) if replaced else project


def house() -> Project:
    """Return `built_in_contracts`. Deprecated: use that."""
    deprecations.warn_of("harness.house()")
    return built_in_contracts()


@contextmanager
def built_in_copy(folder: Path | None) -> Iterator[None]:
    """Make the setting of a test's project count within the body: a folder, or None for the harness's own contracts."""
    token = _chosen.set(folder)
    try:
        yield
    finally:
        _chosen.reset(token)


@contextmanager
def others_for(contracts: Mapping[str, Artifact]) -> Iterator[None]:
    """Put other contracts in the place of built-in ones of these names within the body."""
    token = _replaced.set(contracts)
    try:
        yield
    finally:
        _replaced.reset(token)


def _copy_in_environment() -> Path | None:
    name = VARIABLE
    if _OLD_VARIABLE in os.environ and VARIABLE not in os.environ:
        deprecations.warn_of(_OLD_VARIABLE, stacklevel=3)
        name = _OLD_VARIABLE
    folder = os.environ.get(name)
    if folder and not Path(folder).is_dir():
        raise ConfigError(name, folder, "a folder", "")
    return Path(folder) if folder else None


def _copy_in_settings() -> Path | None:
    try:
        return _chosen.get()
    except LookupError:
        return _copy_around(Path.cwd())


@lru_cache(maxsize=8)
def _copy_around(folder: Path) -> Path | None:
    root = configuration.root_above(folder)
    return None if root is None else configuration.load(root).built_in_contracts


@lru_cache(maxsize=8)
def _open_built_in(copy: Path | None) -> Project:
    token = _measured.set(None)
    try:
        if copy is not None:
            return Project.load(copy)
        bundle = _PACKAGE / BUNDLE
        if bundle.is_dir():
            return Project(bundle, BundleShelf(bundle), "the built-in contracts")
        return Project.load(_PACKAGE.parent)
    finally:
        _measured.reset(token)
