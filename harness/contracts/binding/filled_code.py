"""Compiled code and what deployment filled in: library addresses, immutables, a library's own address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from harness.contracts.artifact import Artifact, Reference

_OWN_ADDRESS = "library_deploy_address"
"""The compiler's own name for it, where the compiler lists it."""
_PUSH20 = b"\x73"


@dataclass(frozen=True, slots=True)
class Mask:
    """Code with holes where deployment fills something in; ``code`` has zeros there."""

    code: bytes
    holes: Mapping[str, tuple[Reference, ...]]

    def matches(self, code: bytes) -> bool:
        """Return whether ``code`` is this, filled in."""
        return len(code) == len(self.code) and self.begins(code)

    def begins(self, code: bytes) -> bool:
        """Return whether ``code`` is this, filled in, and anything behind it."""
        return bool(self.code) and blank(code[: len(self.code)], self.holes) == self.code


def blank(code: bytes, holes: Mapping[str, tuple[Reference, ...]]) -> bytes:
    """``code`` with zeros in its holes."""
    blanked = bytearray(code)
    for places in holes.values():
        for start, length in places:
            blanked[start : start + length] = bytes(length)
    return bytes(blanked)


@lru_cache(maxsize=2048)
def mask_of(artifact: Artifact, *, creation: bool) -> Mask:
    """Return an artifact's creation or runtime code."""
    if creation:
        return Mask(blank(artifact.bytecode, artifact.link_references), artifact.link_references)
    holes = {**artifact.immutable_references, **artifact.runtime_link_references}
    if artifact.runtime.startswith(
        _PUSH20 + bytes(20)
    ):  # a library, which distinguishes calls from delegate calls by it
        holes[_OWN_ADDRESS] = ((1, 20),)
    return Mask(blank(artifact.runtime, holes), holes)


def refilled(artifact: Artifact, other: Artifact, code: bytes, address: bytes | None) -> bytes | None:
    """Return ``other``'s code with what deployment filled into ``code``, and with the arguments behind it.

    Both artifacts come from one source. ``address`` is where runtime code lies, None for creation code. Returns None if
    ``other`` needs a value that ``code`` does not show.
    """
    own, wanted = mask_of(artifact, creation=address is None), mask_of(other, creation=address is None)
    filled = bytearray(wanted.code)
    for name, places in wanted.holes.items():
        value = _value_at(own, name, code, address)
        if value is None:
            return None
        for start, length in places:
            filled[start : start + length] = value
    return bytes(filled) + code[len(own.code) :]


def _value_at(mask: Mask, name: str, code: bytes, address: bytes | None) -> bytes | None:
    """Return what ``code`` has in a hole; None if it has no such hole."""
    if name == _OWN_ADDRESS:
        return address
    known = mask.holes.get(name)
    return code[known[0][0] : known[0][0] + known[0][1]] if known else None
