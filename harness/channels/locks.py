"""Commitments to hashlocked payments, the twin of ``contracts/channel/libraries/Locks.sol``.

The commitment is a binary Merkle tree, padded to a power of two. Empty subtrees of any height are zero.
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
"""Most locks that an honest party keeps in one state, those of both sides together."""


def hashlock_of(preimage: bytes) -> bytes:
    """Return the hashlock that a 32-byte preimage opens."""
    return keccak256(HASHLOCK_TAG + word(preimage))


EMPTY_HASHLOCK = hashlock_of(EMPTY)
"""The hashlock of the preimage zero. The contract refuses that preimage, so a payment on it could only expire."""


def leaf(lock: Lock) -> bytes:
    return keccak256(LEAF_TAG + lock.hashlock + word(lock.amount) + word(lock.expiry) + word(int(lock.payer)))


def node(left: bytes, right: bytes) -> bytes:
    return EMPTY if left == right == EMPTY else keccak256(NODE_TAG + left + right)


def levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Return the levels of the tree from the padded leaves up to the root; there is at least one."""
    width = 1 << max(0, len(leaves) - 1).bit_length()
    level = [*leaves, *[EMPTY] * (width - len(leaves))]
    tree = [level]
    while len(level) > 1:
        level = [node(level[i], level[i + 1]) for i in range(0, len(level), 2)]
        tree.append(level)
    return tree


def root_of(locks: Sequence[Lock]) -> bytes:
    """Return the lock root; zero without locks."""
    return levels([leaf(lock) for lock in locks])[-1][0] if locks else EMPTY


def pool_commitment(root: bytes, amount: int) -> bytes:
    """Return what the contract keeps of a settled channel's locks."""
    return EMPTY if root == EMPTY or amount == 0 else keccak256(POOL_TAG + root + word(amount))


def locked_by(locks: Sequence[Lock], side: Side) -> int:
    return sum(lock.amount for lock in locks if lock.payer is side)


class LockTree:
    """The locks of a settled state, as they are decided one by one."""

    def __init__(self, locks: Sequence[Lock]) -> None:
        self._leaves: list[bytes] = [leaf(lock) for lock in locks]
        self._locks: list[Lock | None] = list(locks)

    @classmethod
    def partial(cls, locks: Sequence[Lock | None]) -> LockTree:
        """Return a tree in which some locks, those that are None, have been decided."""
        tree = cls([])
        tree._locks = list(locks)
        tree._leaves = [EMPTY if lock is None else leaf(lock) for lock in locks]
        return tree

    @property
    def pool(self) -> int:
        """Wei, or token units, that are still under locks."""
        return sum(lock.amount for lock in self._locks if lock is not None)

    @property
    def root(self) -> bytes:
        return levels(self._leaves)[-1][0] if self._leaves else EMPTY

    @property
    def remaining(self) -> tuple[Lock, ...]:
        return tuple(lock for lock in self._locks if lock is not None)

    def prove(self, lock: Lock) -> tuple[int, list[bytes]]:
        """Return the index of a lock and the sibling hashes from the leaf up; raises UnknownLock."""
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
