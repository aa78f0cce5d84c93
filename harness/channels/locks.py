"""Commitments to hashlocked payments, the twin of ``contracts/channel/libraries/Locks.sol``.

A binary Merkle tree, padded to a power of two, whose empty subtrees of any height are zero.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.channels.errors import UnknownLock
from harness.channels.types import Lock, Side
from harness.primitives.hashing import keccak256, word

HASHLOCK_TAG = keccak256(b"rollup-harness/channel/hashlock")
LEAF_TAG = keccak256(b"rollup-harness/channel/lock")
NODE_TAG = keccak256(b"rollup-harness/channel/lock-node")
POOL_TAG = keccak256(b"rollup-harness/channel/lock-pool")

EMPTY = bytes(32)
MAX_LOCKS = 256
"""Locks that an honest party keeps in one state, of both sides together."""


def hashlock_of(preimage: bytes) -> bytes:
    """The hashlock that a 32-byte preimage opens."""
    return keccak256(HASHLOCK_TAG + word(preimage))


EMPTY_HASHLOCK = hashlock_of(EMPTY)
"""Its preimage is zero, which the contract does not take: a payment on it could only expire."""


def leaf(lock: Lock) -> bytes:
    return keccak256(LEAF_TAG + lock.hashlock + word(lock.amount) + word(lock.expiry) + word(int(lock.payer)))


def node(left: bytes, right: bytes) -> bytes:
    return EMPTY if left == right == EMPTY else keccak256(NODE_TAG + left + right)


def levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """The tree from the leaves, padded, up to the root; at least one level."""
    width = 1 << max(0, len(leaves) - 1).bit_length()
    level = [*leaves, *[EMPTY] * (width - len(leaves))]
    tree = [level]
    while len(level) > 1:
        level = [node(level[i], level[i + 1]) for i in range(0, len(level), 2)]
        tree.append(level)
    return tree


def root_of(locks: Sequence[Lock]) -> bytes:
    """The lock root; zero without locks."""
    return levels([leaf(lock) for lock in locks])[-1][0] if locks else EMPTY


def pool_commitment(root: bytes, amount: int) -> bytes:
    """What the contract keeps of a settled channel's locks."""
    return EMPTY if root == EMPTY or amount == 0 else keccak256(POOL_TAG + root + word(amount))


def locked_by(locks: Sequence[Lock], side: Side) -> int:
    return sum(lock.amount for lock in locks if lock.payer is side)


class LockTree:
    """The locks of a settled state while they are decided one by one."""

    def __init__(self, locks: Sequence[Lock]) -> None:
        self._leaves: list[bytes] = [leaf(lock) for lock in locks]
        self._locks: list[Lock | None] = list(locks)

    @classmethod
    def partial(cls, locks: Sequence[Lock | None]) -> LockTree:
        """A tree of which some locks (None) have been decided."""
        tree = cls([])
        tree._locks = list(locks)
        tree._leaves = [EMPTY if lock is None else leaf(lock) for lock in locks]
        return tree

    @property
    def pool(self) -> int:
        """Wei or token units still under locks."""
        return sum(lock.amount for lock in self._locks if lock is not None)

    @property
    def root(self) -> bytes:
        return levels(self._leaves)[-1][0] if self._leaves else EMPTY

    @property
    def remaining(self) -> tuple[Lock, ...]:
        return tuple(lock for lock in self._locks if lock is not None)

    def prove(self, lock: Lock) -> tuple[int, list[bytes]]:
        """Index and sibling hashes, from the leaf up; raises UnknownLock."""
        index = self._index(lock)
        proof = [level[(index >> height) ^ 1] for height, level in enumerate(levels(self._leaves)[:-1])]
        return index, proof

    def remove(self, lock: Lock) -> None:
        index = self._index(lock)
        self._locks[index], self._leaves[index] = None, EMPTY

    def _index(self, lock: Lock) -> int:
        try:
            return self._locks.index(lock)
        except ValueError:
            raise UnknownLock(lock, len(self.remaining)) from None
