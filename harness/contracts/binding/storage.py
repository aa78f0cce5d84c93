"""Which variables lie in a word of storage, by the compiler's storage layout.

Source: "Layout of State Variables in Storage" of Solidity's documentation. Members of mappings and of dynamic arrays
lie at hashes, so their words name no variable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.chain.values.address import address_of

Layout = Mapping[str, Any]


def variables_at(layout: Layout, slot: int, before: int, after: int) -> Iterator[tuple[str, str, str]]:
    """Yield name, old value and new value of each variable that a change of a word changes."""
    types = layout.get("types") or {}
    for entry in layout.get("storage") or ():
        yield from _within(types, entry, entry["label"], int(entry["slot"]), (slot, before, after))


def _within(types: Layout, entry: Layout, name: str, start: int, change: tuple[int, int, int]) -> Iterator[Any]:
    """Yield the changes of a variable that begins at ``start``, or of its members."""
    kind = types[entry["type"]]
    slot, before, after = change
    size = int(kind["numberOfBytes"])
    if not start <= slot < start + (size + 31) // 32 or kind["encoding"] not in ("inplace", "dynamic_array", "bytes"):
        return
    if "members" in kind:
        for member in kind["members"]:
            yield from _within(types, member, f"{name}.{member['label']}", start + int(member["slot"]), change)
    elif kind["encoding"] == "dynamic_array":
        yield f"{name}.length", str(before), str(after)
    elif "base" in kind or kind["encoding"] == "bytes":
        yield f"{name}[word {slot - start}]" if "base" in kind else name, hex(before), hex(after)
    else:
        shift, mask = 8 * int(entry["offset"]), (1 << 8 * size) - 1
        old, new = before >> shift & mask, after >> shift & mask
        if old != new:
            yield name, _shown(kind["label"], old, size), _shown(kind["label"], new, size)


def _shown(label: str, value: int, size: int) -> str:
    if label == "bool" and value < 2:
        return str(bool(value))
    if label.startswith(("address", "contract ")):
        return str(address_of(value.to_bytes(20, "big")))
    if label.startswith("bytes"):
        return "0x" + value.to_bytes(size, "big").hex()
    is_negative = label.startswith("int") and value >> 8 * size - 1
    return str(value - (1 << 8 * size) if is_negative else value)
