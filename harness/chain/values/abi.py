"""What an ABI says: types, signatures, selectors, and the names of parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.primitives.hashing import keccak256

Entry = Mapping[str, Any]

SIGNATURE = "harness:signature"
"""The key of a library function's signature, whose hash is the selector instead of that of the plain types."""


def type_of(item: Entry) -> str:
    """Return the canonical type of an ABI parameter, tuples spelled out."""
    kind: str = item["type"]
    if not kind.startswith("tuple"):
        return kind
    return "(" + ",".join(type_of(part) for part in item["components"]) + ")" + kind[len("tuple") :]


def types_of(items: Sequence[Entry]) -> list[str]:
    """Return the canonical types of several ABI parameters."""
    return [type_of(item) for item in items]


def signature(entry: Entry) -> str:
    """Return the name and canonical types, of which the selector is the hash."""
    known: str | None = entry.get(SIGNATURE)
    return known or f"{entry['name']}({','.join(types_of(entry.get('inputs', ())))})"


def selector(entry: Entry) -> bytes:
    """Return the first four bytes of the hash of the signature."""
    return keccak256(signature(entry).encode())[:4]


def topic(entry: Entry) -> bytes:
    """Return the hash of an event's signature."""
    return keccak256(signature(entry).encode())


def mutability(entry: Entry) -> str:
    """Return pure, view, nonpayable or payable; compilers before 0.4.16 say it by two flags."""
    stated = entry.get("stateMutability")
    if stated is not None:
        return str(stated)
    if entry.get("constant"):
        return "view"
    return "payable" if entry.get("payable") else "nonpayable"


def names_of(items: Sequence[Entry]) -> tuple[str, ...]:
    """Return a name for each parameter: its own, or ``_0``, ``_1``, ... by position if the source gives none."""
    own = {item.get("name") for item in items}
    names = []
    for place, item in enumerate(items):
        name = item.get("name") or f"_{place}"
        while not item.get("name") and name in own:
            name = "_" + name
        names.append(name)
    return tuple(names)


def described(items: Sequence[Entry]) -> str:
    """Return the parameters with types and names, for messages."""
    typed = zip(types_of(items), items, strict=True)
    return "(" + ", ".join(f"{kind} {item.get('name', '')}".strip() for kind, item in typed) + ")"


def split_array(kind: str) -> tuple[str, int | None] | None:
    """Return element type and length of an array type; the length of a dynamic array is None.

    Returns None for any other type.
    """
    if not kind.endswith("]"):
        return None
    opened = kind.rindex("[")
    return kind[:opened], int(kind[opened + 1 : -1]) if kind[opened + 1 : -1] else None


def is_hashed_as_topic(item: Entry) -> bool:
    """Return whether a log holds only the hash of an indexed parameter of this type."""
    kind: str = item["type"]
    return kind in ("string", "bytes") or kind.endswith("]") or kind.startswith("tuple")
