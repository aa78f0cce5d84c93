"""The bytes of a batch: items one after another.

| item       | bytes                                            |
|------------|--------------------------------------------------|
| same block | 0x00, length (3), transaction                    |
| new block  | 0x01, timestamp (8), length (3), transaction     |

Numbers are big-endian. Anything else is malformed, and takes the rest of the batch with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.primitives.frozen import quick
from harness.rollup.codec.messages import MAX_BATCH_BYTES, MAX_ITEMS, MAX_TRANSACTION_BYTES
from harness.rollup.errors import BatchTooLong, TooManyItems, TransactionTooLong

SAME_BLOCK = 0
NEW_BLOCK = 1
_LENGTH_BYTES = 3
_TIME_BYTES = 8


@quick
@dataclass(frozen=True, slots=True)
class Item:
    """A raw transaction. ``timestamp`` is that of the block that it opens; None if it joins the block before."""

    raw: bytes
    timestamp: int | None = None

    @property
    def size(self) -> int:
        """Number of bytes when encoded."""
        return 1 + (0 if self.timestamp is None else _TIME_BYTES) + _LENGTH_BYTES + len(self.raw)

    def encode(self) -> bytes:
        """Return the item's bytes; raises TransactionTooLong if L2 would skip the transaction for its length."""
        if len(self.raw) > MAX_TRANSACTION_BYTES:
            raise TransactionTooLong(len(self.raw), MAX_TRANSACTION_BYTES)
        length = len(self.raw).to_bytes(_LENGTH_BYTES, "big")
        if self.timestamp is None:
            return bytes([SAME_BLOCK]) + length + self.raw
        return bytes([NEW_BLOCK]) + self.timestamp.to_bytes(_TIME_BYTES, "big") + length + self.raw


def encode(items: Sequence[Item]) -> bytes:
    """Return a batch's data; raises TooManyItems and BatchTooLong if L1 or L2 would not take all of it."""
    if len(items) > MAX_ITEMS:
        raise TooManyItems(len(items), MAX_ITEMS)
    data = b"".join(item.encode() for item in items)
    if len(data) > MAX_BATCH_BYTES:
        raise BatchTooLong(len(data), MAX_BATCH_BYTES)
    return data


def read_item(data: bytes, offset: int) -> tuple[Item, int] | None:
    """Return the item at ``offset`` and the offset of the next one; None if it is malformed.

    ``offset`` is below the length of the data.
    """
    kind = data[offset]
    at = offset + 1
    timestamp = None
    if kind == NEW_BLOCK:
        timestamp = int.from_bytes(data[at : at + _TIME_BYTES], "big")
        at += _TIME_BYTES
    elif kind != SAME_BLOCK:
        return None
    size = int.from_bytes(data[at : at + _LENGTH_BYTES], "big")
    start = at + _LENGTH_BYTES
    # A slice ends where the data ends, so this comparison also covers a cut timestamp and a cut length.
    if start + size > len(data):
        return None
    return Item(data[start : start + size], timestamp), start + size


def decode(data: bytes) -> Iterator[Item]:
    """Yield the items that L2 takes."""
    offset, taken = 0, 0
    while offset < len(data) and taken < MAX_ITEMS:
        found = read_item(data, offset)
        if found is None:
            return
        item, offset = found
        taken += 1
        yield item
