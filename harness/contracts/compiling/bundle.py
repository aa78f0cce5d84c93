"""The built-in contracts as the wheel carries them: ``sources`` as they lie in the checkout, ``units`` compiled."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness import config as configuration
from harness.contracts.artifact import Artifact
from harness.contracts.compiling import solc_node
from harness.contracts.compiling.compiler import Unit
from harness.contracts.compiling.shelf import SourceShelf
from harness.contracts.compiling.sources import SourceTree, index_of


def write_bundle(root: Path, target: Path) -> None:
    """Compile the project at ``root`` and write the bundle to ``target``; raises what compiling raises."""
    shelf = SourceShelf(configuration.load(root))
    with ThreadPoolExecutor(solc_node.workers()) as pool:
        units = list(pool.map(lambda source: shelf.unit(source.unit), shelf.tree.own))
    for source, unit in zip(shelf.tree.own, units, strict=True):
        copy = target / "sources" / source.unit
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(source.text, encoding="utf-8")
        compiled = target / "units" / f"{source.unit}.json"
        compiled.parent.mkdir(parents=True, exist_ok=True)
        compiled.write_text(unit.to_json(), encoding="utf-8")


class BundleShelf:
    """Reads a bundle; no compiler is needed."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def index(self) -> Mapping[str, tuple[str, ...]]:
        return index_of(SourceTree(self._home / "sources", [self._home / "sources"]).own)

    def take(self, source: str, name: str) -> Artifact:
        unit = self._unit(source)
        paths = {file: self._home / "sources" / file for file in unit.files.values()}

        def neighbours() -> tuple[Artifact, ...]:
            every = [(file, found) for file in paths for found in self._unit(file).contracts]
            return tuple(self.take(file, found) for file, found in every if (file, found) != (source, name))

        return unit.artifact(name, source, paths, neighbours)

    def beyond(self, source: str, name: str) -> tuple[str, ...]:
        return ()

    def _unit(self, source: str) -> Unit:
        return Unit.from_json((self._home / "units" / f"{source}.json").read_text(encoding="utf-8"))
