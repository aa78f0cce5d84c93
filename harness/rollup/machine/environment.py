"""What a transaction sees of its block: the environment's words and the ring of block hashes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

from harness.primitives.hashing import ZERO_WORD, Tag, tagged_hash
from harness.rollup.codec.messages import NOTHING_SEEN, L1Attributes
from harness.rollup.forks import DEFAULT_FORK, Fork, fork_word

RING_SIZE = 256
RING_LEVELS = 8

TX_GAS_CAP = 2**23
"""Gas limit of an L2 transaction: the GASLIMIT of every L2 block."""

GAS_PER_BLOCK = TX_GAS_CAP
GAS_CAP = 2**27
"""Defaults: the gas that each L1 block adds to the budget of sequenced transactions, and the most that it holds."""


_MAX_FEE = 2**128 - 1


def bytes_gas(data: bytes) -> int:
    """Return what bytes cost as calldata (EIP-2028)."""
    zeros = data.count(0)
    return 4 * zeros + 16 * (len(data) - zeros)


@dataclass(frozen=True)
class Env:
    """The environment of a block, word for word as ENV in ``contracts/SPEC.md``; amounts in wei, time in seconds.

    ``gas_per_block`` is what each L1 block adds to the budget of sequenced transactions, ``gas_cap`` the most it holds.
    ``fork`` is that of the rules that the block follows. ``l1`` is what L1 was when it took the block's batch, and
    ``sequence_number`` the number of blocks of that batch before this one. The scalars are those of the L1 data fee, in
    millionths.
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
    l1: L1Attributes = NOTHING_SEEN
    sequence_number: int = 0
    base_fee_scalar: int = 0
    blob_base_fee_scalar: int = 0

    def words(self) -> tuple[int | bytes, ...]:
        """Return the nineteen words that are hashed."""
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
            *self.l1.words(),
            self.sequence_number,
            self.base_fee_scalar,
            self.blob_base_fee_scalar,
        )

    @property
    def has_data_fee(self) -> bool:
        """Whether signed transactions pay for their bytes on L1."""
        return bool(self.base_fee_scalar or self.blob_base_fee_scalar)

    def data_fee(self, raw: bytes) -> int:
        """Return what a signed transaction pays for its bytes on L1, in wei: the OP Stack's formula of Ecotone.

        Each of L1's two fees counts as at most 2**128 - 1 wei.
        """
        if not self.has_data_fee:
            return 0
        base_fee, blob_base_fee = (min(fee, _MAX_FEE) for fee in (self.l1.base_fee, self.l1.blob_base_fee))
        price = 16 * self.base_fee_scalar * base_fee + self.blob_base_fee_scalar * blob_base_fee
        return bytes_gas(raw) * price // 16_000_000

    @cached_property
    def certain(self) -> Env:
        """What a transaction sees of the environment, without the words that L1 adds when it takes the batch.

        A transaction that pays for its bytes on L1 sees L1's fees.
        """
        l1 = self.l1 if self.has_data_fee else NOTHING_SEEN
        return _shared(replace(self, l1_block=0, l1=l1, sequence_number=0, prev_randao=ZERO_WORD))

    @cached_property
    def hash(self) -> bytes:
        """H(ENV, words)."""
        return tagged_hash(Tag.ENV, *self.words())


@lru_cache
def _shared(env: Env) -> Env:
    """Return one object for equal environments: each transaction of a block compares them."""
    return env


Tree = tuple[bytes, Any, Any]
"""A node of the ring's tree: its hash and its two children, which are None for a leaf."""


@lru_cache
def _zero_ring(level: int) -> Tree:
    """Return an empty ring subtree of ``level`` levels."""
    if level == 0:
        return ZERO_WORD, None, None
    below = _zero_ring(level - 1)
    return tagged_hash(Tag.RING, below[0], below[0]), below, below


def _with_leaf(tree: Tree, level: int, index: int, value: bytes) -> Tree:
    """Return a tree of ``level`` levels with another leaf; it shares everything that is not above that leaf."""
    if level == 0:
        return value, None, None
    _, left, right = tree
    if index >> (level - 1) & 1:
        right = _with_leaf(right, level - 1, index, value)
    else:
        left = _with_leaf(left, level - 1, index, value)
    return tagged_hash(Tag.RING, left[0], right[0]), left, right


@dataclass(frozen=True)
class Ring:
    """The hashes of the last 256 blocks in a Merkle tree: leaf ``n mod 256`` holds that of block n.

    A new ring shares with the one before all nodes but those above the new leaf.
    """

    tree: Tree = field(default_factory=lambda: _zero_ring(RING_LEVELS))

    @property
    def root(self) -> bytes:
        """Root of the tree."""
        return self.tree[0]

    def hash_of(self, block: int, current: int) -> bytes:
        """Return the hash of ``block`` as BLOCKHASH gives it in block ``current``; zero if it is not in reach."""
        return self.opening(block)[0] if current - RING_SIZE <= block < current else ZERO_WORD

    def with_hash(self, block: int, block_hash: bytes) -> Ring:
        """Return the ring in which the leaf of ``block`` is ``block_hash``."""
        return Ring(_with_leaf(self.tree, RING_LEVELS, block % RING_SIZE, block_hash))

    def opening(self, block: int) -> tuple[bytes, ...]:
        """Return the leaf of ``block`` and its siblings, from the leaves' level upward."""
        node, index, siblings = self.tree, block % RING_SIZE, list[bytes]()
        for level in range(RING_LEVELS - 1, -1, -1):
            children = node[1], node[2]
            side = index >> level & 1
            siblings.append(children[1 - side][0])
            node = children[side]
        return (node[0], *reversed(siblings))


def ring_of(hashes: Sequence[tuple[int, bytes]]) -> Ring:
    """Return a ring that holds the given (block number, hash) pairs."""
    ring = Ring()
    for block, block_hash in hashes:
        ring = ring.with_hash(block, block_hash)
    return ring
