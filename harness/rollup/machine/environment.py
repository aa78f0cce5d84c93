"""What a transaction sees of its block: the environment's words and the ring of block hashes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from harness.primitives.hashing import ZERO_WORD, Tag, tagged_hash
from harness.rollup.forks import DEFAULT_FORK, Fork, fork_word

RING_SIZE = 256
RING_LEVELS = 8

TX_GAS_CAP = 2**23
"""Gas limit of an L2 transaction: the GASLIMIT of every L2 block."""

GAS_PER_BLOCK = TX_GAS_CAP
GAS_CAP = 2**27
"""Defaults: the gas that each L1 block adds to the budget of sequenced transactions, and the most that it holds."""


@dataclass(frozen=True)
class Env:
    """The environment of a block, word for word as ENV in ``contracts/SPEC.md``; amounts in wei, time in seconds.

    ``gas_per_block`` is what each L1 block adds to the budget of sequenced transactions, ``gas_cap`` the most it holds.
    ``fork`` is that of the rules that the block follows.
    """

    number: int
    timestamp: int
    coinbase: bytes
    gas_limit: int
    prev_randao: bytes
    base_fee: int
    blob_base_fee: int
    chain_id: int
    l1_block: int
    gas_per_block: int = GAS_PER_BLOCK
    gas_cap: int = GAS_CAP
    fork: Fork = DEFAULT_FORK

    def words(self) -> tuple[int | bytes, ...]:
        """Return the twelve words that are hashed."""
        return (
            self.number,
            self.timestamp,
            self.coinbase,
            self.gas_limit,
            self.prev_randao,
            self.base_fee,
            self.blob_base_fee,
            self.chain_id,
            self.l1_block,
            self.gas_per_block,
            self.gas_cap,
            fork_word(self.fork),
        )

    @cached_property
    def hash(self) -> bytes:
        """H(ENV, words)."""
        return tagged_hash(Tag.ENV, *self.words())


@lru_cache
def _zero_ring(level: int) -> bytes:
    """Return the root of an empty ring subtree of ``level`` levels."""
    if level == 0:
        return ZERO_WORD
    below = _zero_ring(level - 1)
    return tagged_hash(Tag.RING, below, below)


@dataclass(frozen=True)
class Ring:
    """The hashes of the last 256 blocks in a Merkle tree: leaf ``n mod 256`` holds that of block n.

    Kept as the levels of the tree, leaves first; a new ring shares the levels' unchanged entries.
    """

    levels: tuple[tuple[bytes, ...], ...] = field(
        default_factory=lambda: tuple((_zero_ring(k),) * (RING_SIZE >> k) for k in range(RING_LEVELS + 1))
    )

    @property
    def root(self) -> bytes:
        """Root of the tree."""
        return self.levels[RING_LEVELS][0]

    def hash_of(self, block: int, current: int) -> bytes:
        """Return the hash of ``block`` as BLOCKHASH gives it in block ``current``; zero if it is not in reach."""
        return self.levels[0][block % RING_SIZE] if current - RING_SIZE <= block < current else ZERO_WORD

    def with_hash(self, block: int, block_hash: bytes) -> Ring:
        """Return the ring in which the leaf of ``block`` is ``block_hash``."""
        index = block % RING_SIZE
        value = block_hash
        levels = []
        for level in self.levels:
            levels.append((*level[:index], value, *level[index + 1 :]))
            if len(level) > 1:
                pair = (level[index - 1], value) if index % 2 else (value, level[index + 1])
                value = tagged_hash(Tag.RING, *pair)
                index >>= 1
        return Ring(tuple(levels))

    def opening(self, block: int) -> tuple[bytes, ...]:
        """Return the leaf of ``block`` and its siblings, from the leaves' level upward."""
        index = block % RING_SIZE
        siblings = [self.levels[k][(index >> k) ^ 1] for k in range(RING_LEVELS)]
        return (self.levels[0][index], *siblings)


def ring_of(hashes: Sequence[tuple[int, bytes]]) -> Ring:
    """Return a ring that holds the given (block number, hash) pairs."""
    ring = Ring()
    for block, block_hash in hashes:
        ring = ring.with_hash(block, block_hash)
    return ring
