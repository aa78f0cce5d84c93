"""Compiles one source file at a time, and keeps every result.

A unit of compilation is one file with all that it imports. That, the settings and the compiler's version are the
cache's key. So a change in one contract recompiles that contract and those that import it, and a file's output never
depends on what else lies in the folder.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import progress, tools
from harness.config import Config, Settings
from harness.contracts import versions
from harness.contracts.artifact import Artifact, from_solc
from harness.contracts.compiling import solc
from harness.contracts.compiling.sources import Source, SourceTree
from harness.contracts.compiling.stored import Entry, StoredUnits
from harness.contracts.errors import CompileFailed, CompilerNotFound, NoVersionFits, UnknownContract
from harness.contracts.versions import Version
from harness.errors import ContractError, ToolNotFound

_log = logging.getLogger("harness.contracts")

_FORMAT = "1"
_OUTPUTS = [
    "abi",
    "evm.bytecode.object",
    "evm.bytecode.sourceMap",
    "evm.bytecode.linkReferences",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.sourceMap",
    "evm.deployedBytecode.linkReferences",
    "evm.deployedBytecode.immutableReferences",
    "evm.methodIdentifiers",
    "storageLayout",
]


_LEAST = {"yul": True, "yulDetails": {"stackAllocation": True, "optimizerSteps": "u"}}
_PLAIN: tuple[dict[str, Any], ...] = (
    {"optimizer": {"enabled": False}},
    {"optimizer": {"enabled": True, "details": {"deduplicate": False, "cse": False, **_LEAST}}, "viaIR": True},
)
"""Settings that leave every statement its own code. The second evaluates in the order of via-ir, and makes room on the
stack where the first has none.
"""

_MEASURED: tuple[dict[str, Any], ...] = (
    {"optimizer": {"enabled": False, "details": {"peephole": False, "jumpdestRemover": False}}},
    _PLAIN[1],
)
"""Settings under which what ran is told exactly: the first keeps even a branch that leads to nothing. The second is for
what needs via-ir.
"""
_DETAILS_SINCE: Version = (0, 5, 0)
_VIA_IR_SINCE: Version = (0, 8, 13)


def _evm(chosen: Settings, version: Version) -> str:
    if chosen.evm_version is None:
        return versions.newest_evm(version, chosen.l1_fork)
    return versions.nearest_evm(version, chosen.evm_version)


def _settings(chosen: Settings, version: Version) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "evmVersion": _evm(chosen, version),
        "optimizer": {"enabled": chosen.optimizer, "runs": chosen.optimizer_runs},
    }
    if chosen.via_ir:
        settings["viaIR"] = True
    return settings


def _digest(version: Version, request: Mapping[str, Any]) -> str:
    """Return the hash of everything that decides what a source compiles to."""
    return hashlib.sha256(json.dumps([_FORMAT, version, request], sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Unit:
    """What one source file compiles to: solc's output for its contracts, the file indices and the warnings.

    Only a unit that was compiled for measuring has ``ast``, the file's syntax tree; ``via_ir`` says how.
    """

    contracts: Mapping[str, Mapping[str, Any]]
    files: Mapping[int, str]
    warnings: tuple[str, ...]
    compiler: str
    ast: Mapping[str, Any] | None = None
    via_ir: bool = False

    def artifact(
        self,
        name: str,
        source: str,
        paths: Mapping[str, Path],
        neighbours: Callable[[], tuple[Artifact, ...]] = tuple,
        plain: tuple[Callable[[], Artifact | None], ...] = (),
    ) -> Artifact:
        """Return one contract of the unit; raises UnknownContract."""
        if name not in self.contracts:
            raise UnknownContract(name, tuple(self.contracts), f"what solc {self.compiler} made of {source}")
        output, measured = self.contracts[name], self.ast is not None
        return from_solc(
            name, source, output, self.files, paths, self.compiler, neighbours, plain, measured=measured
        )  # fmt: skip

    def to_json(self) -> str:
        """Write the unit for the cache or the wheel."""
        files = {str(index): unit for index, unit in self.files.items()}
        record = {"contracts": self.contracts, "files": files, "warnings": self.warnings, "compiler": self.compiler}
        if self.ast is not None:
            return json.dumps({**record, "ast": self.ast, "via_ir": self.via_ir}, separators=(",", ":"), sort_keys=True)
        return json.dumps(record, separators=(",", ":"), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Unit:
        """Read what ``to_json`` wrote."""
        record = json.loads(text)
        files = {int(index): unit for index, unit in record["files"].items()}
        measured = record.get("ast"), record.get("via_ir", False)
        return cls(record["contracts"], files, tuple(record["warnings"]), record["compiler"], *measured)


class Compiler:
    """Compiles the sources of one project."""

    def __init__(self, config: Config, tree: SourceTree) -> None:
        self._config = config
        self._tree = tree
        self._stored = StoredUnits(config.compiled) if config.compiled is not None else None
        self._units: dict[str, Unit] = {}
        self._plain: dict[tuple[str, int], Unit | None] = {}

    def unit(self, source: Source) -> Unit:
        """Return what a source compiles to, from the stored units or the cache if they have it.

        Of several processes that want the same unit at once, one compiles and the others wait. Raises CompileFailed and
        CompilerNotFound.
        """
        if source.unit not in self._units:
            self._units[source.unit] = self._compiled(source)
        return self._units[source.unit]

    def _compiled(self, source: Source) -> Unit:
        """Compile with the newest version that fits. If that is not available, compile with the newest fitting one that
        is."""
        pragmas = self._pragmas(source)
        chosen = self._config.settings_of(source.unit)
        first = self._version(pragmas)
        try:
            return self._unit_by(source, first, chosen)
        except CompilerNotFound as problem:
            if self._config.solc_version is None:
                for version in solc.at_hand():
                    if version != first and all(versions.satisfies(version, pragma) for _, pragma in pragmas):
                        return self._unit_by(source, version, chosen)
            raise CompilerNotFound(problem.wanted, problem.tried, tuple(pragmas)) from problem

    def _unit_by(self, source: Source, version: Version, chosen: Settings) -> Unit:
        if not self._config.measured:
            return self._cached(source, version, _settings(chosen, version))
        evm = {"evmVersion": _evm(chosen, version)}
        exact = _MEASURED[0] if version >= _DETAILS_SINCE else _PLAIN[0]
        try:
            return self._cached(source, version, {**evm, **exact})
        except CompileFailed:
            if version < _VIA_IR_SINCE:
                raise
            return self._cached(source, version, {**evm, **_MEASURED[1]})

    def plain_ways(self, source: Source) -> range:
        """Return the numbers of the ways to compile the source without an optimizer; none if `unit` is that already."""
        chosen = self._config.settings_of(source.unit)
        is_plain = self._config.measured or not (chosen.optimizer or chosen.via_ir)
        return range(0 if is_plain else len(_PLAIN))

    def plain_unit(self, source: Source, way: int) -> Unit | None:
        """Return the source compiled without an optimizer in this way; None if that is impossible."""
        if (source.unit, way) not in self._plain:
            chosen = self._config.settings_of(source.unit)
            try:
                version = versions.parse(self.unit(source).compiler)
                evm = _evm(chosen, version)
                unit = self._cached(source, version, {"evmVersion": evm, **_PLAIN[way]})
            except (ContractError, ToolNotFound):
                unit = None
            self._plain[source.unit, way] = unit
        return self._plain[source.unit, way]

    def _cached(self, source: Source, version: Version, settings: Mapping[str, Any]) -> Unit:
        request = self._request(source, settings)
        digest = _digest(version, request)
        if self._stored is not None and (text := self._stored.read(Entry(source.unit, digest))) is not None:
            return Unit.from_json(text)
        path = tools.cache_dir() / "artifacts" / digest[:2] / f"{digest}.json"
        if not path.exists():
            with tools.locked(tools.cache_dir() / "locks" / digest[:16]):
                if not path.exists():
                    tools.write_atomically(path, self._compile(source, version, request).to_json())
        return Unit.from_json(path.read_text(encoding="utf-8"))

    def entry(self, source: Source) -> Entry:
        """Return where the compiled source is stored, without compiling; raises NoVersionFits and ImportNotFound."""
        version, settings = self._chosen(source)
        return Entry(source.unit, _digest(version, self._request(source, settings)))

    def stored_text(self, source: Source) -> str:
        """Return the content of ``entry``, from the cache if possible; raises CompileFailed and CompilerNotFound."""
        return self._cached(source, *self._chosen(source)).to_json()

    def text_anew(self, source: Source) -> str:
        """Return the content of ``entry``, compiled now, whatever is stored; raises what `stored_text` raises."""
        version, settings = self._chosen(source)
        return self._compile(source, version, self._request(source, settings)).to_json()

    def _chosen(self, source: Source) -> tuple[Version, dict[str, Any]]:
        version = self._version(self._pragmas(source))
        return version, _settings(self._config.settings_of(source.unit), version)

    def _pragmas(self, source: Source) -> list[tuple[str, str]]:
        closure = self._tree.closure(source)
        return [(unit, pragma) for unit, entry in closure.items() for pragma in entry.pragmas]

    def _version(self, pragmas: list[tuple[str, str]]) -> Version:
        """Return the version to use: the configured one, that of a chosen binary, or the one that the pragmas leave."""
        if self._config.solc_version is not None:
            return versions.parse(self._config.solc_version)
        ranges = [pragma for _, pragma in pragmas]
        chosen = solc.pinned(self._config.solc)
        if chosen is not None and all(versions.satisfies(chosen, pragma) for pragma in ranges):
            return chosen
        try:
            return versions.choose(ranges, solc.installed)
        except NoVersionFits as problem:
            raise NoVersionFits(tuple(pragmas), problem.oldest, problem.newest) from None

    def _request(self, source: Source, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return solc's standard JSON input."""
        wanted = {
            **settings,
            "remappings": [str(entry) for entry in self._tree.remappings_of(source)],
            "outputSelection": {source.unit: {"*": _OUTPUTS, "": ["ast"] if self._config.measured else []}},
        }
        sources = {unit: {"content": entry.text} for unit, entry in self._tree.closure(source).items()}
        return {"language": "Solidity", "sources": sources, "settings": wanted}

    def _compile(self, source: Source, version: Version, request: dict[str, Any]) -> Unit:
        found = solc.find(version, self._config.solc)
        began = time.perf_counter()
        with progress.task(f"compiling {source.unit}, solc {versions.show(version)}"):
            output = found.compile(request)
        errors = output.get("errors", [])
        messages = tuple(entry.get("formattedMessage") or entry["message"] for entry in errors)
        if any(entry["severity"] == "error" for entry in errors):
            texts = tuple(text for entry, text in zip(errors, messages, strict=True) if entry["severity"] == "error")
            raise CompileFailed(source.unit, versions.show(version), texts)
        seconds = time.perf_counter() - began
        _log.info("compiled %s, solc %s (%s), %.1f s", source.unit, versions.show(version), found.origin, seconds)
        files = {entry["id"]: unit for unit, entry in output.get("sources", {}).items()}
        contracts = output.get("contracts", {}).get(source.unit, {})
        ast = output.get("sources", {}).get(source.unit, {}).get("ast")
        via_ir = bool(request["settings"].get("viaIR"))
        return Unit(contracts, files, messages, versions.show(version), ast, via_ir)
