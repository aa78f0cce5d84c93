"""Small references that the libraries are compared with: a whole binary tree of hashes, and openings read off it."""

from __future__ import annotations

from collections.abc import Callable

from harness.primitives.hashing import keccak256

MEMORY_TAG, RING_TAG = 6, 7


class Tree:
    """A binary tree of words, zero where nothing was written; nodes below the first `width` leaves are kept."""

    def __init__(self, tag: int, levels: int) -> None:
        self.tag, self.levels = tag, levels
        self.words: dict[int, bytes] = {}
        self.zeros = [bytes(32)]
        for _ in range(levels):
            self.zeros.append(self._pair(self.zeros[-1], self.zeros[-1]))

    def _pair(self, left: bytes, right: bytes) -> bytes:
        return keccak256(self.tag.to_bytes(32, "big") + left + right)

    def nodes(self) -> Callable[[int, int], bytes]:
        """Return a look-up of any node by (level, index)."""
        levels = [dict(self.words)]
        for level in range(self.levels):
            below, zero = levels[-1], self.zeros[level]
            parents = {index // 2 for index in below}
            levels.append({i: self._pair(below.get(2 * i, zero), below.get(2 * i + 1, zero)) for i in parents})
        return lambda level, index: levels[level].get(index, self.zeros[level])

    @property
    def root(self) -> bytes:
        return self.nodes()(self.levels, 0)

    def read_opening(self, low: int, high: int) -> list[bytes]:
        """Return the words of [low, high] and the nodes outside, as SPEC orders them."""
        node = self.nodes()
        opening = [node(0, index) for index in range(low, high + 1)]
        for level in range(self.levels):
            if low & 1:
                opening.append(node(level, low - 1))
            if not high & 1:
                opening.append(node(level, high + 1))
            low, high = low >> 1, high >> 1
        return opening

    def write_opening(self, low: int, high: int) -> list[bytes]:
        """Return the first and last word of [low, high] and the siblings of their paths, as SPEC orders them."""
        node = self.nodes()
        opening = [node(0, low)] if low == high else [node(0, low), node(0, high)]
        for level in range(self.levels):
            if low == high:
                opening.append(node(level, low ^ 1))
            elif low ^ 1 != high:
                opening += [node(level, low ^ 1), node(level, high ^ 1)]
            low, high = low >> 1, high >> 1
        return opening

    def read(self, offset: int, size: int) -> bytes:
        data = b"".join(self.words.get(i, bytes(32)) for i in range(offset // 32, (offset + size - 1) // 32 + 1))
        return data[offset % 32 :][:size]

    def write(self, offset: int, data: bytes) -> None:
        low, high = offset // 32, (offset + len(data) - 1) // 32
        words = bytearray(b"".join(self.words.get(i, bytes(32)) for i in range(low, high + 1)))
        words[offset % 32 : offset % 32 + len(data)] = data
        for i in range(low, high + 1):
            self.words[i] = bytes(words[32 * (i - low) : 32 * (i - low) + 32])
