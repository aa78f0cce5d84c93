"""The records of contracts that were built elsewhere, read without a compiler.

The module reads the JSON of Foundry (``out/``), Hardhat (``artifacts/``) and Truffle (``build/``), solc's standard and
combined output, and any other JSON that has an ``abi`` beside code in hexadecimal, alone or in a map by name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.contracts.artifact import Artifact, Reference, abi_entries, code_bytes, flat_links, open_links, spans
from harness.contracts.errors import ArtifactUnreadable
from harness.primitives.hashing import keccak256

_CODE = ("bytecode", "bin", "creationCode", "initcode")
_RUNTIME = ("deployedBytecode", "bin-runtime", "runtimeBytecode", "runtime")
_MALFORMED = (AttributeError, IndexError, KeyError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Found:
    """A contract of a file: its source's name, its own, and the contract or the reason why it cannot be read.

    ``hashes`` has the Keccak-256 hash of each source that it was compiled from, as far as the file tells.
    """

    source: str
    name: str
    artifact: Artifact | ArtifactUnreadable
    hashes: Mapping[str, bytes] = field(default_factory=dict)


def read_file(path: Path, root: Path) -> Iterator[Found]:
    """Yield the contracts of a JSON file; a file of another kind has none. Raises OSError, ValueError, RecursionError.

    A contract whose source nobody names gets the path of the file from ``root``.
    """
    record = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(record, dict):
        return
    table = record.get("contracts")
    if isinstance(table, dict):
        for key, entry in table.items():
            yield from _read_table(record, key, entry, path, root)
    elif "abi" in record:
        yield _found(record, *_place(record, path, root), path, root)
    else:
        for key, entry in record.items():
            if isinstance(entry, dict) and "abi" in entry and any(word in entry for word in _CODE):
                yield _entry(key, entry, path, root)


def _read_table(record: Mapping[str, Any], key: str, entry: Any, path: Path, root: Path) -> Iterator[Found]:
    """Read one entry of a map: a contract by name, one by ``file:Name``, or all of a file's, as solc writes them."""
    if not isinstance(entry, dict):
        return
    if "abi" in entry:
        yield _entry(key, entry, path, root)
        return
    for name, output in entry.items():
        if isinstance(output, dict) and "abi" in output:
            yield _found(output, key, name, path, root, _files(record))


def _entry(key: str, entry: Mapping[str, Any], path: Path, root: Path) -> Found:
    file, _, name = key.rpartition(":")
    target = compilation_target(_metadata(entry))
    source = file or (target[0] if target is not None and target[1] == name else path_from(root, path))
    return _found(entry, source, name, path, root)


def _files(record: Mapping[str, Any]) -> dict[int, str]:
    sources = record.get("sources")
    entries = sources.items() if isinstance(sources, dict) else ()
    numbers = {unit: entry.get("id") for unit, entry in entries if isinstance(entry, dict)}
    return {number: unit for unit, number in numbers.items() if isinstance(number, int)}


def _place(record: Mapping[str, Any], path: Path, root: Path) -> tuple[str, str]:
    """Return a contract's source file and name; Foundry keeps both in the metadata."""
    target = compilation_target(_metadata(record))
    if target is not None:
        return target
    name = record.get("contractName")
    source = record.get("sourceName") or record.get("sourcePath")
    if not isinstance(source, str):
        source = path.parent.name if path.parent.suffix == ".sol" else path_from(root, path)
    return source, name if isinstance(name, str) else path.stem.split(".")[0]


def path_from(root: Path, path: Path) -> str:
    """Return a path as it is named below ``root``; one that lies elsewhere keeps its own."""
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def _metadata(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the compiler's metadata, which some tools keep as text; empty if there is none."""
    found = record.get("metadata") or record.get("rawMetadata")
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except ValueError:
            return {}
    return found if isinstance(found, dict) else {}


def compilation_target(metadata: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the source and the name of the contract that metadata is about; None if it does not say."""
    settings = metadata.get("settings")
    target = settings.get("compilationTarget") if isinstance(settings, dict) else None
    entries = target.items() if isinstance(target, dict) else ()
    return next(((str(source), str(name)) for source, name in entries), None)


def source_hashes(metadata: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the Keccak-256 hash of each source that metadata names."""
    sources = metadata.get("sources")
    found: dict[str, bytes] = {}
    for unit, entry in sources.items() if isinstance(sources, dict) else ():
        text = entry.get("keccak256") if isinstance(entry, dict) else None
        try:
            found[unit] = bytes.fromhex(str(text).removeprefix("0x"))
        except ValueError:
            continue
    return found


def _found(
    record: Mapping[str, Any], source: str, name: str, path: Path, root: Path, files: Mapping[int, str] | None = None
) -> Found:
    metadata = _metadata(record)
    try:
        artifact = _artifact(record, metadata, source, name, root, files)
    except _MALFORMED as problem:
        return Found(source, name, ArtifactUnreadable(str(path), f"{name}: {type(problem).__name__} {problem}"))
    hashes = source_hashes(metadata)
    if not hashes and isinstance(record.get("source"), str):
        hashes = {source: keccak256(record["source"].encode())}  # Truffle keeps the text
    return Found(source, name, artifact, hashes)


def _artifact(
    record: Mapping[str, Any],
    metadata: Mapping[str, Any],
    source: str,
    name: str,
    root: Path,
    files: Mapping[int, str] | None,
) -> Artifact:
    """Read a record of any of the shapes; raises one of ``_MALFORMED``."""
    evm = record.get("evm") or {}
    creation = _code({**record, **({"bytecode": evm["bytecode"]} if "bytecode" in evm else {})}, _CODE)
    runtime_of = {"deployedBytecode": evm["deployedBytecode"]} if "deployedBytecode" in evm else {}
    deployed = _code({**record, **runtime_of}, _RUNTIME)
    bytecode, links = _linked(creation, record.get("linkReferences"))
    runtime, runtime_links = _linked(deployed, record.get("deployedLinkReferences"))
    compiler = metadata.get("compiler") or record.get("compiler")
    number = record.get("id")
    own = {number: source} if isinstance(number, int) else {}
    return Artifact(
        name=name,
        source=source,
        abi=abi_entries(record["abi"]),
        bytecode=bytecode,
        runtime=runtime,
        link_references=links,
        runtime_link_references=runtime_links,
        immutable_references=spans(deployed.get("immutableReferences") or record.get("immutableReferences") or {}),
        source_map=creation.get("sourceMap") or record.get("sourceMap") or "",
        runtime_source_map=deployed.get("sourceMap") or record.get("deployedSourceMap") or "",
        selectors=evm.get("methodIdentifiers") or record.get("methodIdentifiers") or {},
        storage_layout=record.get("storageLayout") or {},
        files=own if files is None else files,
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
