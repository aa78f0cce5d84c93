"""Library addresses in creation code."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from harness.chain.values.address import address_bytes
from harness.contracts.artifact import Artifact
from harness.contracts.errors import LibraryMissing, UnknownLibrary


def link(artifact: Artifact, libraries: Mapping[str, Any]) -> bytes:
    """Creation code with the libraries' addresses; a library goes by ``path:Name``, or by its name if only one has it.

    Raises LibraryMissing, UnknownLibrary for a name that is not needed or is that of two, NotAnAddress.
    """
    needed = tuple(artifact.link_references)
    given = {_meant(artifact, name, needed): address for name, address in libraries.items()}
    code = bytearray(artifact.bytecode)
    for library, places in artifact.link_references.items():
        if library not in given:
            raise LibraryMissing(artifact.name, library)
        for start, length in places:
            code[start : start + length] = address_bytes(given[library])
    return bytes(code)


def at_hand(artifact: Artifact, libraries: Mapping[str, Any]) -> dict[str, Artifact]:
    """Return the libraries that a contract links beyond those given, by ``path:Name``.

    Two libraries of one plain name must be given, since the plain name could mean either. Raises LibraryMissing for
    them, and for one that is not at hand or links one that is not; also what `link` raises.
    """
    needed = tuple(artifact.link_references)
    given = {_meant(artifact, name, needed) for name in libraries}
    return _at_hand(artifact, given, (artifact,))


def _at_hand(artifact: Artifact, given: Set[str], users: tuple[Artifact, ...]) -> dict[str, Artifact]:
    found: dict[str, Artifact] = {}
    shorts = [label.rsplit(":", 1)[-1] for label in artifact.link_references]
    for label, short in zip(artifact.link_references, shorts, strict=True):
        if label in given:
            continue
        if shorts.count(short) > 1:
            raise LibraryMissing(artifact.name, label, f"it links several of the name {short}")
        library = artifact.library(label)
        if library is None or not library.deployable:
            raise LibraryMissing(artifact.name, label, "no contract of this name and path is at hand")
        if library in users:
            raise LibraryMissing(artifact.name, label, f"which links {artifact.name} in turn")
        _at_hand(library, given, (*users, library))
        found[label] = library
    return found


def _meant(artifact: Artifact, name: str, needed: tuple[str, ...]) -> str:
    """Return the library of those needed that goes by this name."""
    if name in needed:
        return name
    found = [library for library in needed if library.rsplit(":", 1)[-1] == name]
    if len(found) != 1:
        raise UnknownLibrary(artifact.name, str(name), tuple(found) or needed, ambiguous=bool(found))
    return found[0]
