"""Artifacts that were built elsewhere, loaded without a compiler.

The module reads the JSON files of Foundry (``out/``), Hardhat (``artifacts/``) and Truffle (``build/``), solc's
standard and combined output, and any other JSON that has an ``abi`` beside code in hexadecimal, alone or in a map by
name.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from harness.contracts.artifact import Artifact, Reference, abi_entries, code_bytes, flat_links, open_links, spans
from harness.contracts.compiling.folders import files_below
from harness.contracts.errors import AmbiguousContract, ArtifactUnreadable, SourceSkipped, UnknownContract
from harness.primitives.hashing import keccak256

_CODE = ("bytecode", "bin", "creationCode", "initcode")
_RUNTIME = ("deployedBytecode", "bin-runtime", "runtimeBytecode", "runtime")
_MALFORMED = (AttributeError, IndexError, KeyError, TypeError, ValueError)

Table = dict[tuple[str, str], Artifact | ArtifactUnreadable]
"""Contracts by source and name: each the contract, or the reason why it cannot be read."""

Found = tuple[str, str, Artifact | ArtifactUnreadable]
"""Source, name, and the contract or the reason why it cannot be read."""


class PrebuiltShelf:
    """The contracts below one folder, by source file and name, read on construction.

    A file that is no JSON causes a warning. A contract that cannot be read is an error when it is taken.
    """

    def __init__(self, folder: Path, root: Path) -> None:
        found = _each_once({(source, name): artifact for source, name, artifact in _read_all(folder, root)})
        names = {f"${keccak256(f'{source}:{name}'.encode()).hex()[:34]}$": f"{source}:{name}" for source, name in found}
        self._artifacts = {
            key: _relinked(artifact, names) if isinstance(artifact, Artifact) else artifact
            for key, artifact in found.items()
        }

    def index(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for source, name in sorted(self._artifacts):
            found[name] = (*found.get(name, ()), source)
        return found

    def take(self, source: str, name: str) -> Artifact:
        artifact = self._artifacts[source, name]
        if isinstance(artifact, ArtifactUnreadable):
            raise artifact
        return artifact


def named_in(folder: Path, root: Path, name: str) -> Artifact:
    """Return a contract below a folder, ``Name`` or ``source:Name``.

    Files that are named after the contract are read first, then all others: a published package may hold hundreds of
    megabytes. Raises UnknownContract, AmbiguousContract and ArtifactUnreadable.
    """
    source, _, short = name.rpartition(":")
    paths = files_below([folder], ".json")
    likely = [path for path in paths if path.name.split(".")[0] == short]
    for group in (likely, [path for path in paths if path not in likely]):
        found = [entry for path in group for entry in _read_path(path, folder, root)]
        table = _each_once({(place, each): artifact for place, each, artifact in found if each == short})
        fitting = [(place, artifact) for (place, _), artifact in table.items() if source in ("", place)]
        if len(fitting) > 1:
            raise AmbiguousContract(short, tuple(place for place, _ in fitting))
        for _, artifact in fitting:
            if isinstance(artifact, ArtifactUnreadable):
                raise artifact
            return artifact
    names = tuple(path.name.split(".")[0] for path in paths)
    raise UnknownContract(name, tuple(get_close_matches(short, names, n=3)), str(folder))


def _each_once(found: Table) -> Table:
    """Skip a contract named after its JSON file if the same contract is there by its source's name."""
    named = {
        (name, artifact.bytecode)
        for (source, name), artifact in found.items()
        if isinstance(artifact, Artifact) and not source.endswith(".json")
    }
    return {
        (source, name): artifact
        for (source, name), artifact in found.items()
        if not (source.endswith(".json") and isinstance(artifact, Artifact) and (name, artifact.bytecode) in named)
    }


def _relinked(artifact: Artifact, names: Mapping[str, str]) -> Artifact:
    """Give libraries that the code names by a hash their own names, if the folder holds them."""
    both = (artifact.link_references, artifact.runtime_link_references)
    if not any(label in names for links in both for label in links):
        return artifact
    ours, runtime = ({names.get(label, label): places for label, places in links.items()} for links in both)
    return replace(artifact, link_references=ours, runtime_link_references=runtime)


def _read_all(folder: Path, root: Path) -> Iterator[Found]:
    for path in files_below([folder], ".json"):
        yield from _read_path(path, folder, root)


def _read_path(path: Path, folder: Path, root: Path) -> Iterator[Found]:
    if path.relative_to(folder).parts[0] == "build-info" or path.name.endswith(".dbg.json"):
        return
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as problem:
        warnings.warn(SourceSkipped(str(path), f"it is no JSON: {problem}"), stacklevel=2)
        return
    yield from _read_file(record, path, root)


def _read_file(record: Any, path: Path, root: Path) -> Iterator[Found]:
    """Yield the contracts of one file; a file of another kind has none."""
    if not isinstance(record, dict):
        return
    table = record.get("contracts")
    if isinstance(table, dict):
        for key, entry in table.items():
            yield from _read_table(record, key, entry, path, root)
    elif "abi" in record:
        source, name = _place(record, path, root)
        yield source, name, _checked(record, source, name, path, root)


def _read_table(record: Mapping[str, Any], key: str, entry: Any, path: Path, root: Path) -> Iterator[Found]:
    """Read one entry of a map: a contract by name, one by ``file:Name``, or all of a file's, as solc writes them."""
    if not isinstance(entry, dict):
        return
    if "abi" in entry:
        file, _, name = key.rpartition(":")
        source = file or _from(root, path)
        yield source, name, _checked(entry, source, name, path, root)
        return
    for name, output in entry.items():
        if isinstance(output, dict) and "abi" in output:
            found = _checked(output, key, name, path, root)
            yield key, name, replace(found, files=_files(record)) if isinstance(found, Artifact) else found


def _files(record: Mapping[str, Any]) -> dict[int, str]:
    sources = record.get("sources")
    entries = sources.items() if isinstance(sources, dict) else ()
    numbers = {unit: entry.get("id") for unit, entry in entries if isinstance(entry, dict)}
    return {number: unit for unit, number in numbers.items() if isinstance(number, int)}


def _place(record: Mapping[str, Any], path: Path, root: Path) -> tuple[str, str]:
    """Return a contract's source file and name; Foundry keeps both in the metadata."""
    metadata = record.get("metadata")
    settings = metadata.get("settings") if isinstance(metadata, dict) else None
    target = settings.get("compilationTarget") if isinstance(settings, dict) else None
    if isinstance(target, dict) and target:
        source, name = next(iter(target.items()))
        return str(source), str(name)
    name = record.get("contractName")
    source = record.get("sourceName") or record.get("sourcePath")
    if not isinstance(source, str):
        source = path.parent.name if path.parent.suffix == ".sol" else _from(root, path)
    return source, name if isinstance(name, str) else path.stem.split(".")[0]


def _from(root: Path, path: Path) -> str:
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def _checked(
    record: Mapping[str, Any], source: str, name: str, path: Path, root: Path
) -> Artifact | ArtifactUnreadable:
    try:
        return _artifact(record, source, name, root)
    except _MALFORMED as problem:
        return ArtifactUnreadable(str(path), f"{name}: {type(problem).__name__} {problem}")


def _artifact(record: Mapping[str, Any], source: str, name: str, root: Path) -> Artifact:
    """Read a record of any of the shapes; raises one of ``_MALFORMED``."""
    evm = record.get("evm") or {}
    creation = _code({**record, **({"bytecode": evm["bytecode"]} if "bytecode" in evm else {})}, _CODE)
    runtime_of = {"deployedBytecode": evm["deployedBytecode"]} if "deployedBytecode" in evm else {}
    deployed = _code({**record, **runtime_of}, _RUNTIME)
    bytecode, links = _linked(creation, record.get("linkReferences"))
    runtime, runtime_links = _linked(deployed, record.get("deployedLinkReferences"))
    metadata = record.get("metadata")
    compiler = (metadata if isinstance(metadata, dict) else record).get("compiler")
    number = record.get("id")
    return Artifact(
        name=name,
        source=source,
        abi=abi_entries(record["abi"]),
        bytecode=bytecode,
        runtime=runtime,
        link_references=links,
        runtime_link_references=runtime_links,
        immutable_references=spans(deployed.get("immutableReferences") or {}),
        source_map=creation.get("sourceMap") or record.get("sourceMap") or "",
        runtime_source_map=deployed.get("sourceMap") or record.get("deployedSourceMap") or "",
        selectors=evm.get("methodIdentifiers") or record.get("methodIdentifiers") or {},
        storage_layout=record.get("storageLayout") or {},
        files={number: source} if isinstance(number, int) else {},
        paths={source: root / source},
        compiler=str(compiler.get("version", "")) if isinstance(compiler, dict) else "",
    )


def _code(record: Mapping[str, Any], keys: tuple[str, ...]) -> Mapping[str, Any]:
    """Return the code as in solc's output, ``{"object": ...}``, from whichever key holds it."""
    value = next((record[key] for key in keys if record.get(key) is not None), "")
    if isinstance(value, str):
        return {"object": value}
    if not isinstance(value, dict):
        raise TypeError(f"the code is {value!r:.40}, expected hexadecimal")
    return value


def _linked(code: Mapping[str, Any], own: Any) -> tuple[bytes, dict[str, tuple[Reference, ...]]]:
    """Decode the code; its holes are listed beside it, or marked by placeholders."""
    text = code.get("object") or ""
    links = flat_links(own or code.get("linkReferences") or {}) or open_links(text)
    return code_bytes(text, links), links
