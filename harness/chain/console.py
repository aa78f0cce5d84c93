"""console.log in Solidity: calls to an address without code, whose payload is the text."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import Any

from harness.chain.values.codec import decode_fields
from harness.primitives.hashing import keccak256

CONSOLE = "0x000000000000000000636F6e736F6c652e6c6f67"

_MIXED = ("uint256", "string", "bool", "address")
_SINGLE = ("int256", "bytes", *(f"bytes{size}" for size in range(1, 33)))
_HARDHAT_ALIASES = {"uint256": "uint", "int256": "int"}
"""Old versions of Hardhat's console.sol hash these names, which are no canonical types."""


@lru_cache(maxsize=1)
def _signatures() -> dict[bytes, tuple[str, ...]]:
    """Return the parameter types of all functions of console.sol, by selector."""
    shapes = [types for length in range(5) for types in product(_MIXED, repeat=length)]
    shapes += [(single,) for single in _SINGLE]
    table: dict[bytes, tuple[str, ...]] = {}
    for types in shapes:
        old = [_HARDHAT_ALIASES.get(kind, kind) for kind in types]
        for names in (old, types):
            table[keccak256(f"log({','.join(names)})".encode())[:4]] = types
        if len(types) == 1:
            named = f"log{types[0][0].upper()}{types[0][1:].replace('256', '')}"
            table[keccak256(f"{named}({types[0]})".encode())[:4]] = types
    return table


def console_line(payload: bytes) -> str:
    """Return the text that a call to the console prints, or the payload if its signature is unknown."""
    types = _signatures().get(payload[:4])
    if types is None:
        return "0x" + payload.hex()
    fields = decode_fields([{"type": kind} for kind in types], payload[4:])
    if fields is None:
        return "0x" + payload.hex()
    values = list(fields.values())
    if values and types[0] == "string" and "%" in values[0]:
        return _formatted(values[0], values[1:])
    return " ".join(_shown(value) for value in values)


def _formatted(template: str, values: list[Any]) -> str:
    """Return a text with its placeholders %s, %d, %i, %o and %% filled in; further values follow."""
    parts, rest, position = [], list(values), 0
    while position < len(template):
        pair = template[position : position + 2]
        if pair in ("%s", "%d", "%i", "%o") and rest:
            parts.append(_shown(rest.pop(0)))
            position += 2
        elif pair == "%%":
            parts.append("%")
            position += 2
        else:
            parts.append(template[position])
            position += 1
    return " ".join(["".join(parts), *(_shown(value) for value in rest)])


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)
