"""A frame's memory as the Merkle tree of 2^24 words that the machine commits to. It replays the frame's writes."""

from __future__ import annotations

from collections.abc import Sequence

from harness.primitives.hashing import ZERO_WORD, Tag, keccak256, word

LEVELS = 24
WORD = 32
_PREFIX = word(int(Tag.MEMORY))


def _pair(left: bytes, right: bytes) -> bytes:
    return keccak256(_PREFIX + left + right)


def _zero_hashes() -> tuple[bytes, ...]:
    hashes = [ZERO_WORD]
    for _ in range(LEVELS):
        hashes.append(_pair(hashes[-1], hashes[-1]))
    return tuple(hashes)


ZERO_HASHES = _zero_hashes()
"""The root of an all-zero subtree of each height."""

Write = tuple[int, bytes]
"""Byte offset and the bytes written there."""


class MemoryTree:
    """The tree after the first ``position`` writes of a frame.

    It stores only nodes that are not zero. It hashes changed words when somebody asks for a root or an opening.
    """

    __slots__ = ("_data", "_dirty", "_levels", "position")

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._data = bytearray()
        self._levels: list[dict[int, bytes]] = [{} for _ in range(LEVELS + 1)]
        self._dirty: set[int] = set()
        self.position = 0

    def seek(self, writes: Sequence[Write], position: int) -> None:
        """Bring the tree to its state after ``position`` writes. To go back, it starts over."""
        if position < self.position:
            self._clear()
        for offset, data in writes[self.position : position]:
            end = offset + len(data)
            if end > len(self._data):
                self._data.extend(bytes(-(-end // WORD) * WORD - len(self._data)))
            self._data[offset:end] = data
            self._dirty.update(range(offset // WORD, -(-end // WORD)))
        self.position = position

    def word(self, index: int) -> bytes:
        """Return one word."""
        return bytes(self._data[WORD * index : WORD * index + WORD]) or ZERO_WORD

    def root(self) -> bytes:
        """Return the root at level 24."""
        self._hash()
        return self._levels[LEVELS].get(0, ZERO_HASHES[LEVELS])

    def read(self, offset: int, size: int) -> bytes:
        """Return ``size`` bytes from ``offset`` on. Bytes that were never written are zero."""
        return bytes(self._data[offset : offset + size]).ljust(size, b"\x00")

    def open_read(self, first: int, last: int) -> list[bytes]:
        """Return the words ``first`` to ``last`` (inclusive) and the siblings that lead to the root."""
        self._hash()
        opening = [self.word(index) for index in range(first, last + 1)]
        for level in range(LEVELS):
            if first % 2:
                opening.append(self._node(level, first - 1))
            if last % 2 == 0:
                opening.append(self._node(level, last + 1))
            first, last = first >> 1, last >> 1
        return opening

    def open_write(self, first: int, last: int) -> list[bytes]:
        """Return the first and last word of a range and the siblings of their paths; one word if they are the same."""
        self._hash()
        opening = [self.word(first)] if first == last else [self.word(first), self.word(last)]
        for level in range(LEVELS):
            if first == last:
                opening.append(self._node(level, first ^ 1))
            elif first ^ 1 != last:
                opening.append(self._node(level, first ^ 1))
                opening.append(self._node(level, last ^ 1))
            first, last = first >> 1, last >> 1
        return opening

    def _node(self, level: int, index: int) -> bytes:
        return self._levels[level].get(index, ZERO_HASHES[level])

    def _hash(self) -> None:
        """Hash the nodes above changed words again."""
        if not self._dirty:
            return
        leaves = self._levels[0]
        for index in self._dirty:
            leaves[index] = self.word(index)
        changed = self._dirty
        for level in range(LEVELS):
            below, above = self._levels[level], self._levels[level + 1]
            zero = ZERO_HASHES[level]
            changed = {index >> 1 for index in changed}
            for index in changed:
                above[index] = _pair(below.get(2 * index, zero), below.get(2 * index + 1, zero))
        self._dirty = set()
