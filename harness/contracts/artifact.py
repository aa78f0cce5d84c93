"""One compiled contract."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Reference = tuple[int, int]
"""Start and length, in bytes, of a hole in a contract's code."""


def _no_library(_: str) -> None:
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Artifact:
    """What the compiler made of one contract; compared by identity.

    ``bytecode`` and ``runtime`` have zeros where a library's address or an immutable goes: the reference tables say
    where. ``files`` names the source unit behind each file index of the source maps; an index that it lacks is the
    compiler's own code. ``paths`` gives the file of a source unit, where there is one on this machine; ``texts`` gives
    its text as it was compiled, where a build keeps it. ``neighbours`` compiles, when called, the project's other
    contracts in the files that this one's file imports: what it may create. ``library`` returns a library that
    ``link_references`` names, or None if it is not at hand.
    ``plain`` compiles this one without an optimizer, each entry in another way, the best first; None if it cannot.
    ``measured`` says that it was compiled for measuring what runs, and that no size limit holds for it.
    """

    name: str
    source: str
    abi: tuple[Mapping[str, Any], ...]
    bytecode: bytes
    runtime: bytes
    link_references: Mapping[str, tuple[Reference, ...]] = field(default_factory=dict)
    runtime_link_references: Mapping[str, tuple[Reference, ...]] = field(default_factory=dict)
    immutable_references: Mapping[str, tuple[Reference, ...]] = field(default_factory=dict)
    source_map: str = ""
    runtime_source_map: str = ""
    selectors: Mapping[str, str] = field(default_factory=dict)
    storage_layout: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[int, str] = field(default_factory=dict)
    paths: Mapping[str, Path] = field(default_factory=dict)
    compiler: str = ""
    texts: Mapping[str, bytes] = field(default_factory=dict)
    library: Callable[[str], Artifact | None] = _no_library
    neighbours: Callable[[], tuple[Artifact, ...]] = tuple
    plain: tuple[Callable[[], Artifact | None], ...] = ()
    measured: bool = False

    @property
    def full_name(self) -> str:
        """``path:Name``, unique in a project."""
        return f"{self.source}:{self.name}"

    @property
    def deployable(self) -> bool:
        """False for interfaces and abstract contracts, which have no creation code."""
        return bool(self.bytecode)

    def source_text(self, unit: str) -> bytes | None:
        """Return the text of a source unit as the compiler counts it, in bytes; None where the file is not at hand."""
        if unit in self.texts:
            return self.texts[unit]
        path = self.paths.get(unit)
        return path.read_bytes() if path is not None and path.is_file() else None

    def line_of(self, file: int, offset: int) -> tuple[str, int] | None:
        """Return source unit and line (from 1) of a source map's file index and byte offset; None if it has none."""
        unit = self.files.get(file)
        text = self.source_text(unit) if unit is not None else None
        if unit is None or text is None or offset < 0:
            return None
        return unit, text.count(b"\n", 0, offset) + 1


def from_solc(
    name: str,
    source: str,
    output: Mapping[str, Any],
    files: Mapping[int, str],
    paths: Mapping[str, Path],
    compiler: str,
    neighbours: Callable[[], tuple[Artifact, ...]] = tuple,
    plain: tuple[Callable[[], Artifact | None], ...] = (),
    *,
    measured: bool = False,
) -> Artifact:
    """Build an artifact from one contract of solc's standard JSON output."""
    evm = output.get("evm", {})
    creation, deployed = evm.get("bytecode", {}), evm.get("deployedBytecode", {})
    links, runtime_links = _links(creation), _links(deployed)
    return Artifact(
        name=name,
        source=source,
        abi=abi_entries(output["abi"]),
        bytecode=code_bytes(creation.get("object", ""), links),
        runtime=code_bytes(deployed.get("object", ""), runtime_links),
        link_references=links,
        runtime_link_references=runtime_links,
        immutable_references=spans(deployed.get("immutableReferences", {})),
        source_map=creation.get("sourceMap", ""),
        runtime_source_map=deployed.get("sourceMap", ""),
        selectors=evm.get("methodIdentifiers", {}),
        storage_layout=output.get("storageLayout", {}),
        files=files,
        paths=paths,
        compiler=compiler,
        neighbours=neighbours,
        plain=plain,
        measured=measured,
    )


def _links(code: Mapping[str, Any]) -> dict[str, tuple[Reference, ...]]:
    return flat_links(code.get("linkReferences", {}))


def flat_links(nested: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[Reference, ...]]:
    """Turn the compiler's {file: {library: places}} into {"file:library": places}."""
    return spans({f"{file}:{library}": places for file, found in nested.items() for library, places in found.items()})


def spans(table: Mapping[str, Any]) -> dict[str, tuple[Reference, ...]]:
    """Turn the compiler's start and length records into pairs."""
    return {key: tuple((place["start"], place["length"]) for place in places) for key, places in table.items()}


def open_links(text: str) -> dict[str, tuple[Reference, ...]]:
    """Return the holes that placeholders show, by what they are called: 40 characters that begin with an underscore.

    That is a library's name, ``file:Name`` cut short, or ``$hash$`` of it. Raises ValueError where one is cut off.
    """
    found: dict[str, tuple[Reference, ...]] = {}
    digits = text.removeprefix("0x")
    at = digits.find("_")
    while at >= 0:
        label = digits[at : at + 40]
        if len(label) < 40:
            raise ValueError(f"the placeholder {label!r} has {len(label)} characters, expected 40")
        name = label.strip("_")
        found[name] = (*found.get(name, ()), (at // 2, 20))
        at = digits.find("_", at + 40)
    return found


def abi_entries(given: Any) -> tuple[Mapping[str, Any], ...]:
    """Read an ABI: a list, the JSON text of one, or null for none; raises ValueError.

    Compilers before 0.4.16 write ``constant`` and ``payable`` where later ones write ``stateMutability``.
    """
    entries = json.loads(given) if isinstance(given, str) else given
    if entries is None:
        return ()
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError(f"the ABI is {given!r:.40}, expected a list of entries")
    return tuple(_modern(entry) for entry in entries)


def _modern(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    kind = entry.get("type", "function")
    if kind in ("event", "error") or "stateMutability" in entry:
        return entry
    mutability = "payable" if entry.get("payable") else "view" if entry.get("constant") else "nonpayable"
    return {"type": kind, **entry, "stateMutability": mutability}


def code_bytes(text: str, links: Mapping[str, tuple[Reference, ...]]) -> bytes:
    """Decode hexadecimal code, with zeros in place of the library placeholders, which are no hexadecimal."""
    digits = list(text.removeprefix("0x"))
    for places in links.values():
        for start, length in places:
            digits[2 * start : 2 * (start + length)] = "0" * (2 * length)
    return bytes.fromhex("".join(digits))
