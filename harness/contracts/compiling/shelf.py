"""The sources of a project's contracts: their protocol, and the one that compiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property, partial
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
        """Return one contract that ``index`` or ``beyond`` lists."""

    def beyond(self, source: str, name: str) -> tuple[str, ...]:
        """Return the source units that declare a contract which ``index`` does not list, but its name means.

        ``source`` is "" for a contract that is asked for by its plain name.
        """


class SourceShelf:
    """Contracts compiled from the project's sources."""

    def __init__(self, config: Config) -> None:
        remappings = tuple(found for line in config.remappings if (found := Remapping.parse(line)))
        self.tree = SourceTree(config.root, config.contracts, remappings, config.libraries)
        self.compiler = Compiler(config, self.tree)
        self._taken: dict[tuple[str, str], Artifact] = {}

    def index(self) -> Mapping[str, tuple[str, ...]]:
        return index_of(self.tree.own)

    def unit(self, source: str) -> Unit:
        """Return what one source file compiles to."""
        return self.compiler.unit(self.tree.known(source))

    def take(self, source: str, name: str) -> Artifact:
        if (source, name) not in self._taken:
            self._taken[source, name] = self._compiled(source, name)
        return self._taken[source, name]

    def beyond(self, source: str, name: str) -> tuple[str, ...]:
        """Return the files outside of the project's folders that declare a contract: packages of node_modules and lib.

        ``source`` is what an import of the file says. A plain name means a contract of a file that the project's own
        files import, however indirectly.
        """
        if not source:
            return tuple(unit for unit, entry in self._imported.items() if name in entry.declares)
        found = self.tree.import_of(source)
        return (found.unit,) if found is not None and name in found.declares else ()

    @cached_property
    def _imported(self) -> Mapping[str, Source]:
        own = {source.unit for source in self.tree.own}
        found: dict[str, Source] = {}
        for source in self.tree.own:
            try:
                found |= self.tree.closure(source)
            except ContractError:  # taking a contract of that file says why
                continue
        return {unit: entry for unit, entry in sorted(found.items()) if unit not in own}

    def _compiled(self, source: str, name: str) -> Artifact:
        closure: Mapping[str, Source] = self.tree.closure(self.tree.known(source))
        paths = {unit: entry.path for unit, entry in closure.items()}

        def neighbours() -> tuple[Artifact, ...]:
            own = {entry.unit for entry in self.tree.own}
            every = [(unit, found) for unit, entry in closure.items() if unit in own for found in entry.declares]
            taken = [self._if_it_compiles(unit, found) for unit, found in every if (unit, found) != (source, name)]
            return tuple(artifact for artifact in taken if artifact is not None)

        def plain(way: int) -> Artifact | None:
            unit = self.compiler.plain_unit(self.tree.known(source), way)
            return None if unit is None else unit.artifact(name, source, paths)

        def library(label: str) -> Artifact | None:
            unit, _, short = label.rpartition(":")
            return self._if_it_compiles(unit, short) if unit in closure else None

        ways = tuple(partial(plain, way) for way in self.compiler.plain_ways(self.tree.known(source)))
        made = self.unit(source).artifact(name, source, paths, neighbours, ways)
        return replace(made, library=library)

    def _if_it_compiles(self, source: str, name: str) -> Artifact | None:
        try:
            return self.take(source, name)
        except (ContractError, ToolNotFound):
            return None
