"""States of the OP Stack's MIPS machine (Cannon, 32 bits, one thread): packed, hashed, and their memory proven."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.primitives.hashing import keccak256

LEVELS = 27
"""Levels of the tree over the 2**32 bytes of memory, whose leaves have 32 bytes."""
RUNNING = 3
REGISTERS = 32


def _zeros() -> tuple[bytes, ...]:
    found = [bytes(32)]
    for _ in range(LEVELS):
        found.append(keccak256(found[-1] * 2))
    return tuple(found)


ZEROS = _zeros()
"""The root of a tree of zeros, by its levels."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory by 32-bit words at addresses that 4 divides; what is not named is zero."""

    words: Mapping[int, int] = field(default_factory=dict)

    def with_word(self, address: int, word: int) -> Memory:
        """Return memory with one word set."""
        return Memory({**self.words, address: word})

    @property
    def root(self) -> bytes:
        """The root of the tree."""
        return self._levels()[-1].get(0, ZEROS[LEVELS])

    def proof(self, address: int) -> bytes:
        """Return the leaf at an address and its siblings, from below: 28 words of 32 bytes."""
        place, levels = address >> 5, self._levels()
        nodes = [levels[0].get(place, ZEROS[0])]
        for level in range(LEVELS):
            nodes.append(levels[level].get(place >> level ^ 1, ZEROS[level]))
        return b"".join(nodes)

    def _levels(self) -> list[dict[int, bytes]]:
        leaves: dict[int, bytearray] = {}
        for address, word in self.words.items():
            leaf = leaves.setdefault(address >> 5, bytearray(32))
            leaf[address % 32 : address % 32 + 4] = word.to_bytes(4, "big")
        levels = [{place: bytes(leaf) for place, leaf in leaves.items()}]
        for zero in ZEROS[:LEVELS]:
            below = levels[-1]
            above = {place >> 1 for place in below}
            levels.append(
                {each: keccak256(below.get(2 * each, zero) + below.get(2 * each + 1, zero)) for each in above}
            )
        return levels


@dataclass(frozen=True, slots=True)
class MipsState:
    """A state of the machine between two steps."""

    memory: Memory
    preimage_key: bytes = bytes(32)
    preimage_offset: int = 0
    pc: int = 0
    next_pc: int = 4
    lo: int = 0
    hi: int = 0
    heap: int = 0
    exit_code: int = 0
    exited: bool = False
    step: int = 0
    registers: tuple[int, ...] = (0,) * REGISTERS

    @property
    def packed(self) -> bytes:
        """The state as `MIPS.step` takes it: 226 bytes."""
        words = self.preimage_offset, self.pc, self.next_pc, self.lo, self.hi, self.heap
        return b"".join((
            self.memory.root,
            self.preimage_key,
            *(each.to_bytes(4, "big") for each in words),
            bytes([self.exit_code, self.exited]),
            self.step.to_bytes(8, "big"),
            *(each.to_bytes(4, "big") for each in self.registers),
        ))  # fmt: skip

    @property
    def hash(self) -> bytes:
        """The hash of the state, with its status in the first byte: 0 valid, 1 invalid, 2 panic, 3 running."""
        status = min(self.exit_code, 2) if self.exited else RUNNING
        return bytes([status]) + keccak256(self.packed)[1:]
