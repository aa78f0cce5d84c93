"""The contracts of a project, by name; each is compiled on first use."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from harness import config as configuration
from harness import deprecations
from harness.config import Config
from harness.contracts.artifact import Artifact
from harness.contracts.compiling import solc_node
from harness.contracts.compiling.bundle import BundleShelf
from harness.contracts.compiling.prebuilt_shelf import LazyIndex, PrebuiltShelf
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


class _Others:
    """Contracts that take the place of a project's own."""

    def __init__(self, others: Mapping[str, Artifact]) -> None:
        self._others = others

    def index(self) -> Mapping[str, tuple[str, ...]]:
        return {name: (_ELSEWHERE,) for name in self._others}

    def take(self, source: str, name: str) -> Artifact:
        return self._others[name]

    def beyond(self, source: str, name: str) -> tuple[str, ...]:
        return ()


class Project:
    """Compiled contracts by name: ``project["Counter"]``.

    ``project["src/Counter.sol:Counter"]`` tells contracts of one name apart. A plain name means the contract of the
    first shelf that has it: the project's own sources, then its folders of artifacts, then what the own sources import.
    ``project["@pkg/Token.sol:Token"]`` is a contract of a package, named as an import would name its file. ``root`` is
    the project's folder. ``where`` says in words where the contracts lie.
    """

    def __init__(self, root: Path, shelves: Sequence[Shelf], where: str, problem: ConfigError | None = None) -> None:
        self.root = root
        self._problem = problem
        self._shelves = tuple(shelves)
        self._indices = tuple(shelf.index() for shelf in shelves)
        self.where = where
        self._artifacts: dict[tuple[Shelf, str, str], Artifact] = {}

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
        if measured is None:
            return cls._of(config, problem)
        if config.root not in measured:
            measured[config.root] = cls._of(replace(config, measured=True), problem)
        return measured[config.root]

    @classmethod
    def _of(cls, config: Config, problem: ConfigError | None) -> Project:
        shelves: list[Shelf] = [SourceShelf(config)]
        if config.artifacts:
            shelves.append(PrebuiltShelf(config.artifacts, config.root))
        folders = " and ".join(map(str, (*config.contracts, *config.artifacts)))
        return cls(config.root, shelves, folders or f"{config.root} (no contract folder)", problem)

    @property
    def sources(self) -> SourceShelf | None:
        """What compiles the project's own sources; None for contracts that come compiled."""
        return next((shelf for shelf in self._shelves if isinstance(shelf, SourceShelf)), None)

    @property
    def index(self) -> Mapping[str, tuple[str, ...]]:
        """The source files that declare each contract name, read when asked for where a file's name is the contract's.

        Contracts that only imports reach are not listed.
        """
        first = dict(reversed([(name, index) for index in self._indices for name in index]))
        return LazyIndex(first, lambda name: first[name][name])

    def names(self) -> tuple[str, ...]:
        """Return every contract name, sorted. A name that several files declare appears once."""
        return tuple(sorted({name for index in self._indices for name in index}))

    def __contains__(self, name: object) -> bool:
        """Tell whether ``project[name]`` finds a contract, or several."""
        return isinstance(name, str) and bool(self._find(name)[1])

    def __getitem__(self, name: str) -> Artifact:
        """Return a contract's artifact, compiled on first use.

        Raises UnknownContract, AmbiguousContract if several files declare the name, CompileFailed, ImportNotFound,
        SourceUnreadable, ArtifactUnreadable, NoVersionFits and CompilerNotFound.
        """
        short = name.rpartition(":")[2]
        shelf, places = self._find(name)
        if not places and self._problem is not None:
            raise self._problem
        if not places:
            raise UnknownContract(name, self._close(name, short), self.where, self._hint(name))
        if len(places) > 1:
            raise AmbiguousContract(short, places)
        return self._take(shelf, places[0], short)

    def _find(self, name: str) -> tuple[Shelf, tuple[str, ...]]:
        """Return the first shelf that has a contract of this name, with the places that declare it there, if any."""
        source, _, short = name.rpartition(":")
        path = os.path.normpath(self.root / source)
        for shelf, index in zip(self._shelves, self._indices, strict=True):
            places = index.get(short, ())
            if source:
                places = tuple(place for place in places if os.path.normpath(self.root / place) == path)
            if places:
                return shelf, places
        for shelf in self._shelves:
            places = shelf.beyond(source, short)
            if places:
                return shelf, places
        return self._shelves[0], ()

    def with_others(self, others: Mapping[str, Artifact]) -> Project:
        """Return the project with other contracts in the place of those of these names, wherever they come from."""
        return Project(self.root, (_Others(others), *self._shelves), self.where, self._problem)

    def _take(self, shelf: Shelf, source: str, name: str) -> Artifact:
        key = (shelf, source, name)
        if key not in self._artifacts:
            self._artifacts[key] = shelf.take(source, name)
        return self._artifacts[key]

    def _close(self, wanted: str, short: str) -> tuple[str, ...]:
        if ":" in wanted:
            same = tuple(f"{place}:{short}" for index in self._indices for place in index.get(short, ()))
            alike = get_close_matches(short, self.names(), n=3)
            return same or tuple(f"{place}:{name}" for name in alike for place in self.index[name])
        folded = {name.lower(): name for name in self.names()}
        return tuple(folded[hit] for hit in get_close_matches(short.lower(), folded, n=3))

    def _hint(self, wanted: str) -> str:
        """Return what may help with a source that is no file, as with an import that leads nowhere."""
        source, shelf = wanted.rpartition(":")[0], self.sources
        if not source or shelf is None or source.startswith((".", "/")):
            return ""
        found = shelf.tree.import_of(source)
        if found is not None:
            return f"{found.path} declares {' and '.join(found.declares) or 'no contract'}"
        return shelf.tree.hint(source) if source.count("/") else ""

    def compile_all(self, workers: int | None = None, tally: Tally | None = None) -> tuple[Artifact, ...]:
        """Compile every file that changed, ``workers`` at a time, by default one per core; ``tally`` hears of each.

        A file that does not compile does not stop the others. Afterwards the method raises the one error, or
        SeveralFailed with all of them.
        """
        by_source: dict[tuple[int, str], list[str]] = {}
        for number, index in enumerate(self._indices):
            for name, places in index.items():
                for place in places:
                    by_source.setdefault((number, place), []).append(name)

        def work(at: tuple[int, str]) -> ContractError | ToolNotFound | None:
            try:
                for name in by_source[at]:
                    self._take(self._shelves[at[0]], at[1], name)
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
        return tuple(
            self._artifacts[self._shelves[number], place, name]
            for number, place in sorted(by_source)
            for name in by_source[number, place]
        )


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
    return Project(root, (SourceShelf(config),), str(folder))


def prebuilt_project(folder: Path, root: Path) -> Project:
    """Return the contracts that were built into a folder; ``root`` is the project that names it."""
    return _prebuilt((folder,), root)


def own_build(root: Path) -> Project | None:
    """Return the contracts that the ``artifacts`` of a project hold; None if its settings name none."""
    folders = configuration.load(root).artifacts
    return _prebuilt(folders, root) if folders else None


def _prebuilt(folders: tuple[Path, ...], root: Path) -> Project:
    return Project(root, (PrebuiltShelf(folders, root),), " and ".join(map(str, folders)))


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
            return Project(bundle, (BundleShelf(bundle),), "the built-in contracts")
        return Project.load(_PACKAGE.parent)
    finally:
        _measured.reset(token)
