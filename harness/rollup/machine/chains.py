"""The hash chains of a running transaction: logs, destroyed accounts, and what is pending before its top frame opens.

A link is immutable and knows its hash once it was asked for, so a chain is hashed without recursion and only once.
"""

from __future__ import annotations

from typing import NamedTuple

from harness.primitives.delegation import authorization_hash
from harness.primitives.hashing import ZERO_WORD, Tag, keccak256, tagged_hash
from harness.primitives.signatures import recover_signer


class Authorization(NamedTuple):
    """What an account signs so that it runs the code of another one (EIP-7702); ``chain_id`` 0 is any chain."""

    chain_id: int
    delegate: bytes
    nonce: int
    parity: int
    r: int
    s: int

    @property
    def authority(self) -> bytes | None:
        """The account that signed it; None for a bad signature."""
        digest = authorization_hash(self.chain_id, self.delegate, self.nonce)
        return recover_signer(digest, self.parity, self.r, self.s)


class LogLink:
    """The newest log and, through ``rest``, those before it."""

    __slots__ = ("_hash", "address", "data", "rest", "topics")

    def __init__(self, rest: LogLink | None, address: bytes, topics: tuple[int, ...], data: bytes) -> None:
        self.rest = rest
        self.address = address
        self.topics = topics
        self.data = data
        self._hash: bytes | None = None

    def _compute(self, rest: bytes) -> bytes:
        return tagged_hash(Tag.LOG, rest, self.address, keccak256(self.data), len(self.topics), *self.topics)


class DestroyedLink:
    """The account destroyed last and, through ``rest``, those before it; one may occur twice."""

    __slots__ = ("_hash", "address", "rest")

    def __init__(self, rest: DestroyedLink | None, address: bytes) -> None:
        self.rest = rest
        self.address = address
        self._hash: bytes | None = None

    def words(self) -> tuple[bytes, bytes]:
        """Return the words that are hashed: rest and address."""
        return chain_hash(self.rest), self.address

    def _compute(self, rest: bytes) -> bytes:
        return tagged_hash(Tag.DESTROYED, rest, self.address)


class AccessLink:
    """The next access-list entry to warm and, through ``rest``, those after it; slot None is the address itself."""

    __slots__ = ("_hash", "address", "rest", "slot")

    def __init__(self, rest: PendingLink | None, address: bytes, slot: int | None) -> None:
        self.rest = rest
        self.address = address
        self.slot = slot
        self._hash: bytes | None = None

    def words(self) -> tuple[int | bytes, ...]:
        """Return the words that are hashed: rest, address, 1 for a slot, slot."""
        return chain_hash(self.rest), self.address, self.slot is not None, self.slot or 0

    def _compute(self, rest: bytes) -> bytes:
        return tagged_hash(Tag.ACCESS, rest, self.address, self.slot is not None, self.slot or 0)


class AuthorizationLink:
    """The next authorisation to take and, through ``rest``, what is to be done after it."""

    __slots__ = ("_hash", "rest", "tuple")

    def __init__(self, rest: PendingLink | None, authorization: Authorization) -> None:
        self.rest = rest
        self.tuple = authorization
        self._hash: bytes | None = None

    def words(self) -> tuple[int | bytes, ...]:
        """Return the words that are hashed: rest, then the authorisation's."""
        return chain_hash(self.rest), *self.tuple

    def _compute(self, rest: bytes) -> bytes:
        return tagged_hash(Tag.AUTHORIZATION, rest, *self.tuple)


PendingLink = AuthorizationLink | AccessLink
"""What is to be done before a transaction's top frame opens."""

Link = LogLink | DestroyedLink | PendingLink


def chain_hash(link: Link | None) -> bytes:
    """Return the hash of a chain; that of the empty one is the zero word."""
    pending: list[Link] = []
    while link is not None and link._hash is None:
        pending.append(link)
        link = link.rest
    current = ZERO_WORD if link is None else link._hash
    for entry in reversed(pending):
        assert current is not None
        current = entry._hash = entry._compute(current)
    assert current is not None
    return current
