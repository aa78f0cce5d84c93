"""Recursive length prefix, strictly: bytes decode only if they are the one canonical encoding of the item.

Twin of the reader in ``contracts/libraries``: the prover refuses the transactions that this module refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias, Union

Item = Union[bytes, "list[Item]"]
Encodable: TypeAlias = "bytes | Sequence[Encodable]"


class RlpError(ValueError):
    """Bytes are not canonical RLP, or not of the expected shape."""


def encode(item: Encodable) -> bytes:
    """Return the encoding of a byte string or of a (nested) sequence of byte strings."""
    if isinstance(item, bytes):
        return encode_bytes(item)
    return encode_list([encode_bytes(part) if isinstance(part, bytes) else encode(part) for part in item])


def encode_bytes(data: bytes) -> bytes:
    """Return the encoding of one byte string."""
    size = len(data)
    if size < 56:
        return data if size == 1 and data < b"\x80" else _PREFIXES[size] + data
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((0xB7 + len(length),)) + length + data


_PREFIXES = [bytes((0x80 + size,)) for size in range(56)]
_LIST_PREFIXES = [bytes((0xC0 + size,)) for size in range(56)]
"""What stands before a string, and before a list, by its size."""


def encode_list(encoded: Sequence[bytes]) -> bytes:
    """Return the encoding of a list whose members are encoded already."""
    body = b"".join(encoded)
    size = len(body)
    if size < 56:
        return _LIST_PREFIXES[size] + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((0xF7 + len(length),)) + length + body


def minimal(value: int) -> bytes:
    """Return a number's big-endian bytes without leading zeros; zero is the empty string."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def encode_int(value: int) -> bytes:
    """Return the encoding of a number."""
    return encode_bytes(minimal(value))


def decode(data: bytes) -> Item:
    """Return the one item that ``data`` encodes.

    Raises RlpError if a length is not minimal, a byte below 0x80 has a prefix, or bytes are missing or left over.
    """
    item, end = _decode_at(data, 0, len(data), 0)
    if end != len(data):
        raise RlpError(f"{len(data) - end} bytes follow the item")
    return item


def payload(data: bytes) -> bytes:
    """Return what an encoded item holds behind its header; raises RlpError if the header is wrong."""
    _, start, end = _header(data, 0, len(data))
    return data[start:end]


def _decode_at(data: bytes, at: int, limit: int, depth: int) -> tuple[Item, int]:
    is_list, start, end = _header(data, at, limit)
    if not is_list:
        return data[start:end], end
    if depth == _MAX_DEPTH:
        raise RlpError(f"lists nested more than {_MAX_DEPTH} deep")
    items: list[Item] = []
    while start < end:
        # Short strings are nearly all that a transaction has; what is wrong with one, `_header` says.
        first = data[start]
        behind = start + 1 if first < 0x80 else start + first - 0x7F
        if first < 0xB8 and behind <= end and (first != 0x81 or data[start + 1] >= 0x80):
            items.append(data[start + (first >= 0x80) : behind])
            start = behind
            continue
        item, start = _decode_at(data, start, end, depth + 1)
        items.append(item)
    return items, end


_MAX_DEPTH = 16


def _header(data: bytes, at: int, limit: int) -> tuple[bool, int, int]:
    """Return whether the item at ``at`` is a list, and where its payload begins and ends."""
    if at >= limit:
        raise RlpError("nothing to decode")
    first = data[at]
    if first < 0x80:
        return False, at, at + 1
    is_list = first >= 0xC0
    size = first - (0xC0 if is_list else 0x80)
    start = at + 1
    if size > 55:
        width = size - 55
        if start + width > limit:
            raise RlpError("the length runs past the end")
        size = int.from_bytes(data[start : start + width], "big")
        if data[start] == 0 or size < 56:
            raise RlpError("the length is not minimal")
        start += width
    if start + size > limit:
        raise RlpError(f"{size} bytes announced, {limit - start} there")
    if not is_list and size == 1 and data[start] < 0x80:
        raise RlpError("a byte below 0x80 has a prefix")
    return is_list, start, start + size


def to_int(item: Item, bound: int = 2**256) -> int:
    """Return the number that a byte string holds; it has no leading zeros and is below ``bound``."""
    if not isinstance(item, bytes):
        raise RlpError("a list where a number is expected")
    if item[:1] == b"\x00":
        raise RlpError("a number with a leading zero")
    value = int.from_bytes(item, "big")
    if value >= bound:
        raise RlpError(f"number {value} is not below {bound}")
    return value


def to_bytes(item: Item, sizes: tuple[int, ...] | None = None) -> bytes:
    """Return a byte string whose length is one of ``sizes`` (any if None)."""
    if not isinstance(item, bytes):
        raise RlpError("a list where a byte string is expected")
    if sizes is not None and len(item) not in sizes:
        raise RlpError(f"{len(item)} bytes where {' or '.join(map(str, sizes))} are expected")
    return item


def to_list(item: Item, sizes: tuple[int, ...] | None = None) -> list[Item]:
    """Return a list whose length is one of ``sizes`` (any if None)."""
    if isinstance(item, bytes):
        raise RlpError("a byte string where a list is expected")
    if sizes is not None and len(item) not in sizes:
        raise RlpError(f"a list of {len(item)} where {' or '.join(map(str, sizes))} are expected")
    return item
