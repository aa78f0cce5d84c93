"""Artifacts that Foundry (``out/``) or Hardhat (``artifacts/``) built, loaded without a compiler."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.contracts.artifact import Artifact, code_bytes, flat_links, spans
from harness.contracts.errors import ArtifactUnreadable
from harness.errors import ConfigError


class PrebuiltShelf:
    """The contracts below one folder, told apart by source file and name; read on construction."""

    def __init__(self, folder: Path, root: Path) -> None:
        if not folder.is_dir():
            raise ConfigError("artifacts", str(folder), "a folder that Foundry or Hardhat built")
        self._artifacts = {(found.source, found.name): found for found in _read_all(folder, root)}

    def index(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for source, name in sorted(self._artifacts):
            found[name] = (*found.get(name, ()), source)
        return found

    def take(self, source: str, name: str) -> Artifact:
        return self._artifacts[source, name]


def _read_all(folder: Path, root: Path) -> Iterator[Artifact]:
    for path in sorted(folder.rglob("*.json")):
        below = path.relative_to(folder)
        if below.parts[0] == "build-info" or path.name.endswith(".dbg.json"):
            continue
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as problem:
            raise ArtifactUnreadable(str(path), str(problem)) from problem
        if isinstance(record, dict) and "abi" in record and "bytecode" in record:
            hardhat = "sourceName" in record
            yield _from_hardhat(record, root) if hardhat else _from_foundry(record, path, root)


def _from_hardhat(record: Mapping[str, Any], root: Path) -> Artifact:
    source = record["sourceName"]
    links = flat_links(record.get("linkReferences", {}))
    runtime_links = flat_links(record.get("deployedLinkReferences", {}))
    return Artifact(
        name=record["contractName"],
        source=source,
        abi=tuple(record["abi"]),
        bytecode=code_bytes(record["bytecode"], links),
        runtime=code_bytes(record.get("deployedBytecode", ""), runtime_links),
        link_references=links,
        runtime_link_references=runtime_links,
        paths={source: root / source},
    )


def _from_foundry(record: Mapping[str, Any], path: Path, root: Path) -> Artifact:
    """Read ``out/<file>/<Name>.json``; the source path is in the metadata, and the file's name where there is none."""
    creation, deployed = record["bytecode"], record.get("deployedBytecode", {})
    metadata = record.get("metadata", {})
    target = metadata.get("settings", {}).get("compilationTarget", {}) if isinstance(metadata, dict) else {}
    source = next(iter(target), path.parent.name)
    links = flat_links(creation.get("linkReferences", {}))
    runtime_links = flat_links(deployed.get("linkReferences", {}))
    files = {record["id"]: source} if isinstance(record.get("id"), int) else {}
    return Artifact(
        name=next(iter(target.values()), path.stem.split(".")[0]),
        source=source,
        abi=tuple(record["abi"]),
        bytecode=code_bytes(creation.get("object", ""), links),
        runtime=code_bytes(deployed.get("object", ""), runtime_links),
        link_references=links,
        runtime_link_references=runtime_links,
        immutable_references=spans(deployed.get("immutableReferences", {})),
        source_map=creation.get("sourceMap", ""),
        runtime_source_map=deployed.get("sourceMap", ""),
        selectors=record.get("methodIdentifiers", {}),
        storage_layout=record.get("storageLayout", {}),
        files=files,
        paths={source: root / source},
        compiler=metadata.get("compiler", {}).get("version", "") if isinstance(metadata, dict) else "",
    )
