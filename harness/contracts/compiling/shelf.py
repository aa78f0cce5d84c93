"""The sources of a project's contracts: their protocol, and the one that compiles."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Protocol

from harness.config import Config
from harness.contracts.artifact import Artifact
from harness.contracts.compiling.compiler import Compiler, Unit
from harness.contracts.compiling.sources import Remapping, Source, SourceTree, index_of
from harness.errors import ContractError, ToolNotFound


class Shelf(Protocol):
    """Where a project's contracts come from."""

    def index(self) -> Mapping[str, tuple[str, ...]]:
        """Return the source units that declare each contract name."""

    def take(self, source: str, name: str) -> Artifact:
        """Return one contract that ``index`` lists."""


class SourceShelf:
    """Contracts compiled from the project's sources."""

    def __init__(self, config: Config) -> None:
        remappings = tuple(found for line in config.remappings if (found := Remapping.parse(line)))
        self.tree = SourceTree(config.root, config.contracts, remappings, config.libraries)
        self._sources = {source.unit: source for source in self.tree.own}
        self.compiler = Compiler(config, self.tree)
        self._taken: dict[tuple[str, str], Artifact] = {}

    def index(self) -> Mapping[str, tuple[str, ...]]:
        return index_of(self.tree.own)

    def unit(self, source: str) -> Unit:
        """Return what one source file compiles to."""
        return self.compiler.unit(self._sources[source])

    def take(self, source: str, name: str) -> Artifact:
        if (source, name) not in self._taken:
            self._taken[source, name] = self._compiled(source, name)
        return self._taken[source, name]

    def _compiled(self, source: str, name: str) -> Artifact:
        closure: Mapping[str, Source] = self.tree.closure(self._sources[source])
        paths = {unit: entry.path for unit, entry in closure.items()}

        def neighbours() -> tuple[Artifact, ...]:
            own = [self._sources[unit] for unit in closure if unit in self._sources]
            every = [(entry.unit, found) for entry in own for found in entry.declares]
            taken = [self._if_it_compiles(unit, found) for unit, found in every if (unit, found) != (source, name)]
            return tuple(artifact for artifact in taken if artifact is not None)

        def plain(way: int) -> Artifact | None:
            unit = self.compiler.plain_unit(self._sources[source], way)
            return None if unit is None else unit.artifact(name, source, paths)

        ways = tuple(partial(plain, way) for way in self.compiler.plain_ways(self._sources[source]))
        return self.unit(source).artifact(name, source, paths, neighbours, ways)

    def _if_it_compiles(self, source: str, name: str) -> Artifact | None:
        try:
            return self.take(source, name)
        except (ContractError, ToolNotFound):
            return None
