"""Updates the stored units of a project, and compares them with a fresh compilation."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from harness import config as configuration
from harness.contracts.compiling import solc_node
from harness.contracts.compiling.shelf import SourceShelf
from harness.contracts.compiling.sources import Source
from harness.contracts.compiling.stored import StoredUnits
from harness.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Renewed:
    """The outcome of `renew`: source units stored now, source units stored before, and files removed."""

    written: tuple[str, ...]
    kept: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """What `check` found, as source units.

    The stored form of a unit equals a fresh compilation, differs from it, or is missing. ``surplus`` are files that
    belong to no source.
    """

    equal: tuple[str, ...]
    wrong: tuple[str, ...]
    stale: tuple[str, ...]
    surplus: tuple[str, ...]


class StoredProject:
    """A project with a folder of stored units; raises ConfigError if its configuration names none."""

    def __init__(self, root: Path) -> None:
        config = configuration.load(root)
        if config.compiled is None:
            raise ConfigError("compiled", None, "a folder for compiled units", str(config.root / "pyproject.toml"))
        self._shelf = SourceShelf(config)
        self._stored = StoredUnits(config.compiled)

    def missing(self) -> tuple[str, ...]:
        """Return the source units whose present form is not stored; nothing is compiled."""
        return tuple(source.unit for source in self._missing())

    def renew(self) -> Renewed:
        """Store what is missing or damaged, and remove what belongs to no source; raises what compiling raises."""
        own, compiler = self._shelf.tree.own, self._shelf.compiler
        missing = self._missing()

        def store(source: Source) -> None:
            self._stored.write(compiler.entry(source), compiler.stored_text(source))

        with ThreadPoolExecutor(solc_node.workers()) as pool:
            list(pool.map(store, missing))
        removed = self._stored.remove_surplus(map(compiler.entry, own))
        written = tuple(source.unit for source in missing)
        kept = tuple(source.unit for source in own if source not in missing)
        return Renewed(written, kept, tuple(path.name for path in removed))

    def check(self) -> Checked:
        """Compile every stored unit again and compare; raises what compiling raises."""
        own, compiler = self._shelf.tree.own, self._shelf.compiler
        stale = self._missing()
        stored = [source for source in own if source not in stale]
        with ThreadPoolExecutor(solc_node.workers()) as pool:
            fresh = pool.map(compiler.text_anew, stored)
            same = [
                self._stored.read(compiler.entry(source)) == text for source, text in zip(stored, fresh, strict=True)
            ]
        return Checked(
            equal=tuple(source.unit for source, equal in zip(stored, same, strict=True) if equal),
            wrong=tuple(source.unit for source, equal in zip(stored, same, strict=True) if not equal),
            stale=tuple(source.unit for source in stale),
            surplus=tuple(path.name for path in self._stored.surplus(map(compiler.entry, own))),
        )

    def _missing(self) -> list[Source]:
        entry = self._shelf.compiler.entry
        return [source for source in self._shelf.tree.own if self._stored.read(entry(source)) is None]
