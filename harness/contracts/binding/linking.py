"""Library addresses in creation code."""

from __future__ import annotations

from collections.abc import Mapping
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


def _meant(artifact: Artifact, name: str, needed: tuple[str, ...]) -> str:
    """Return the library of those needed that goes by this name."""
    if name in needed:
        return name
    found = [library for library in needed if library.rsplit(":", 1)[-1] == name]
    if len(found) != 1:
        raise UnknownLibrary(artifact.name, str(name), tuple(found) or needed, ambiguous=bool(found))
    return found[0]
