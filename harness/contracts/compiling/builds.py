"""What the records of whole builds add to single artifacts: which source each line of code comes from.

Hardhat keeps source maps, immutables and the sources' texts in ``build-info``, not in a contract's own file. Foundry
keeps there what the numbers of its source maps mean. Each record is read when a contract needs it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.contracts.artifact import Artifact, spans

_UNREADABLE = (OSError, ValueError, RecursionError)
_PROJECT = "project/"
"""What Hardhat 3 puts before the names of the project's own sources."""


@dataclass(frozen=True, slots=True)
class Build:
    """One run of the compiler: what its file numbers mean, the sources, and its output by source and contract."""

    files: Mapping[int, str] = field(default_factory=dict)
    texts: Mapping[str, bytes] = field(default_factory=dict)
    contracts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def output(self, source: str, name: str) -> Mapping[str, Any]:
        """Return what the compiler wrote of a contract; empty if it is not among them."""
        for unit in (source, _PROJECT + source):
            found = self.contracts.get(unit, {})
            if isinstance(found, Mapping) and isinstance(found.get(name), Mapping):
                return found[name]  # type: ignore[no-any-return]
        return {}


class Builds:
    """The builds of one folder of artifacts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, Build] = {}

    def completed(self, artifact: Artifact, path: Path) -> Artifact:
        """Return an artifact with the lines, immutables and sources that its build tells of, if there is one."""
        if artifact.runtime_source_map:
            return self._with_files(artifact)
        for build in self._of(path):
            output = build.output(artifact.source, artifact.name)
            evm = output.get("evm")
            if not isinstance(evm, Mapping):
                continue
            creation, deployed = evm.get("bytecode") or {}, evm.get("deployedBytecode") or {}
            try:
                return replace(
                    artifact,
                    source_map=creation.get("sourceMap") or "",
                    runtime_source_map=deployed.get("sourceMap") or "",
                    immutable_references=spans(deployed.get("immutableReferences") or {}),
                    selectors=artifact.selectors or evm.get("methodIdentifiers") or {},
                    storage_layout=artifact.storage_layout or output.get("storageLayout") or {},
                    files=build.files,
                    texts=build.texts,
                )
            except (AttributeError, KeyError, TypeError, ValueError):
                continue  # a record of another shape tells nothing
        return artifact

    def _with_files(self, artifact: Artifact) -> Artifact:
        """Return an artifact of Foundry, whose own file tells only its own number, with those of its whole build."""
        own = next(iter(artifact.files.items()), None)
        if len(artifact.files) != 1 or own is None:
            return artifact
        for path in self._every:
            files = self._at(path).files
            if files.get(own[0]) == own[1]:
                return replace(artifact, files=files)
        return artifact

    def _of(self, path: Path) -> Iterator[Build]:
        """Yield the build that Hardhat names beside the artifact, or in it."""
        note = _json(path.with_name(f"{path.name.removesuffix('.json')}.dbg.json"))
        if isinstance(note.get("buildInfo"), str):
            yield self._at(path.parent / note["buildInfo"])
        number = _json(path).get("buildInfoId")
        if isinstance(number, str):
            for each in self._every:
                if each.name == f"{number}.json":
                    yield self._at(each)

    @cached_property
    def _every(self) -> tuple[Path, ...]:
        """The records of the folder's builds, the newest first; outputs that lie apart are not among them."""
        found = (path for path in self._folder.glob("build-info/*.json") if not path.name.endswith(".output.json"))
        return tuple(sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True))

    def _at(self, path: Path) -> Build:
        if path not in self._read:
            self._read[path] = _build(path)
        return self._read[path]


def _build(path: Path) -> Build:
    record = _json(path)
    apart = _json(path.with_name(f"{path.name.removesuffix('.json')}.output.json"))
    numbers = record.get("source_id_to_path")
    if isinstance(numbers, dict):
        return Build({int(number): str(unit) for number, unit in numbers.items() if str(number).isdigit()})
    output = record.get("output") or apart.get("output")
    given = record.get("input")
    if not isinstance(output, dict) or not isinstance(given, dict):
        return Build()
    sources, texts = output.get("sources"), given.get("sources")
    files = {
        entry["id"]: _plain(unit)
        for unit, entry in (sources.items() if isinstance(sources, dict) else ())
        if isinstance(entry, dict) and isinstance(entry.get("id"), int)
    }
    known = {
        _plain(unit): entry["content"].encode()
        for unit, entry in (texts.items() if isinstance(texts, dict) else ())
        if isinstance(entry, dict) and isinstance(entry.get("content"), str)
    }
    contracts = output.get("contracts")
    return Build(files, known, contracts if isinstance(contracts, dict) else {})


def _plain(unit: str) -> str:
    return unit.removeprefix(_PROJECT)


def _json(path: Path) -> Mapping[str, Any]:
    """Return a JSON object; empty for a file that is none, since it only adds to what the artifact has."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except _UNREADABLE:
        return {}
    return record if isinstance(record, dict) else {}
