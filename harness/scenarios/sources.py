"""Where the contracts of a scenario come from: folders, what a result carries, and the built-in ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.contracts.artifact import Artifact
from harness.contracts.bindings import ContractType
from harness.contracts.compiling.prebuilt_shelf import LazyIndex
from harness.contracts.library import Contracts
from harness.contracts.project import built_in_contracts, source_project
from harness.scenarios.records import CodeRecord


def contracts_in(folder: Path) -> Contracts:
    """Return the contracts of a project, or else those that lie in the folder itself."""
    found = Contracts.load(folder)
    return found if len(found) else Contracts(source_project(folder, folder))


class _Names(LazyIndex):
    """The names that are listed; what a project finds beyond them is among them, too."""

    def __init__(
        self, names: Iterable[str], places: Callable[[str], tuple[str, ...]], projects: Iterable[Contracts]
    ) -> None:
        super().__init__(names, places)
        self._projects = tuple(projects)

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or any(name in each for each in self._projects)


class Sources:
    """Contracts by name, from the first place that has one.

    ``projects`` are folders with ``[tool.harness]`` or without. ``carried`` has artifacts by their full names. Where
    something comes after a project, it also has a contract whose file lies elsewhere in it: a copy of the sources is
    laid out in its own way. The built-in contracts come last.
    """

    def __init__(self, projects: Iterable[Path] = (), carried: Mapping[str, Artifact] | None = None) -> None:
        self._projects = [contracts_in(folder) for folder in projects]
        self._carried = {found.name: found for found in (carried or {}).values()} | dict(carried or {})
        self._types: dict[str, ContractType] = {}

    @property
    def names(self) -> Mapping[str, tuple[str, ...]]:
        """Every contract's name, with the files that declare it; a name that only an import means is not listed."""
        known: dict[str, Mapping[str, tuple[str, ...]]] = {}
        carried = {found.name: (found.source,) for found in self._carried.values()}
        built_in: dict[str, tuple[str, ...]] = dict.fromkeys(built_in_contracts().names(), ("",))
        indices: list[Mapping[str, tuple[str, ...]]] = [built_in, carried]
        for index in indices + [each.project.index for each in reversed(self._projects)]:
            known |= {name: index for name in index}
        return _Names(known, lambda name: known[name][name], self._projects)

    def artifact(self, name: str) -> Artifact:
        """Return a contract; raises what a project raises for a name that it does not have."""
        short = name.rpartition(":")[2]
        for each in self._projects:
            if name in each:
                return each.project[name]
        for each in self._projects if self._carried else self._projects[:-1]:
            if short in each:
                return each.project[short]
        found = self._carried.get(name) or self._carried.get(short)
        if found is not None:
            return found
        last = self._projects[-1].project if self._projects and ":" in name else built_in_contracts()
        return last[name]

    def type(self, name: str) -> ContractType:
        """Return a contract as a type to deploy; raises what `artifact` raises."""
        found = self.artifact(name)
        if found.full_name not in self._types:
            self._types[found.full_name] = ContractType(found)
        return self._types[found.full_name]

    def in_place(self, names: Iterable[str]) -> dict[str, Artifact]:
        """Return the contracts of the first project that have names of built-in ones, as far as ``names`` has them."""
        first, built_in = self._projects[0], built_in_contracts()
        return {name: first.project[name] for name in names if name in first and name in built_in}

    def others(self, contracts: Mapping[str, str]) -> dict[str, Artifact]:
        """Return what stands in the place of built-in contracts, by the names of those; raises UnknownContract."""
        built_in = built_in_contracts()
        plain = {name.lower(): name for name in built_in.names()}
        found = {}
        for name, other in contracts.items():
            known = plain.get(name.replace("_", "").lower(), name)
            if known not in built_in:
                built_in[known]  # It raises the error that names the nearest one.
            found[known] = self.artifact(other)
        return found


def carried(artifact: Artifact) -> dict[str, Any]:
    """Return as plain data what another machine needs to deploy a contract and to name its lines."""
    return {
        "name": artifact.name,
        "source": artifact.source,
        "compiler": artifact.compiler,
        "abi": [dict(entry) for entry in artifact.abi],
        "bytecode": "0x" + artifact.bytecode.hex(),
        "runtime": "0x" + artifact.runtime.hex(),
        "links": {name: [list(each) for each in places] for name, places in artifact.link_references.items()},
        "runtime_links": {name: [list(each) for each in at] for name, at in artifact.runtime_link_references.items()},
        "immutables": {name: [list(each) for each in at] for name, at in artifact.immutable_references.items()},
        "selectors": dict(artifact.selectors),
        "source_map": artifact.source_map,
        "runtime_source_map": artifact.runtime_source_map,
        "files": {str(number): name for number, name in artifact.files.items()},
        "texts": {unit: text.decode(errors="replace") for unit, text in _texts(artifact)},
    }


def _texts(artifact: Artifact) -> Iterator[tuple[str, bytes]]:
    """Yield the source units that the contract's code is made of, with their texts where they are at hand."""
    maps = f"{artifact.source_map};{artifact.runtime_source_map}"
    used = {int(number) for entry in maps.split(";") for number in entry.split(":")[2:3] if number}
    for unit in sorted({artifact.source, *(name for number, name in artifact.files.items() if number in used)}):
        text = artifact.source_text(unit)
        if text is not None:
            yield unit, text


def artifacts_in(records: Iterable[CodeRecord]) -> dict[str, Artifact]:
    """Return the contracts that a result carries, by their full names."""
    return {record.full_name: _artifact(record.artifact) for record in records if record.artifact is not None}


def _artifact(plain: Mapping[str, Any]) -> Artifact:
    def spans(name: str) -> dict[str, tuple[tuple[int, int], ...]]:
        return {key: tuple((start, length) for start, length in places) for key, places in plain[name].items()}

    return Artifact(
        name=plain["name"],
        source=plain["source"],
        abi=tuple(plain["abi"]),
        bytecode=bytes.fromhex(plain["bytecode"][2:]),
        runtime=bytes.fromhex(plain["runtime"][2:]),
        link_references=spans("links"),
        runtime_link_references=spans("runtime_links"),
        immutable_references=spans("immutables"),
        source_map=plain["source_map"],
        runtime_source_map=plain["runtime_source_map"],
        selectors=plain["selectors"],
        files={int(number): name for number, name in plain["files"].items()},
        compiler=plain["compiler"],
        texts={unit: text.encode() for unit, text in plain.get("texts", {}).items()},
    )
