"""The one tagged hash of this project, the twin of ``contracts/libraries/Hashing.sol``."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

from eth_hash.auto import keccak as _shared_keccak

try:
    from eth_hash.backends import pysha3
    from sha3 import keccak_256 as _keccak_256
except ImportError:  # pragma: no cover - the C extension is not built for every platform
    keccak256: Callable[[bytes], bytes] = _shared_keccak
else:
    # eth_hash itself would take pycryptodome, a seventh as fast. All libraries of Ethereum share this one object, so
    # they hash as the harness does, whoever imported it before.
    _shared_keccak.__init__(pysha3.backend)  # type: ignore[misc]

    def keccak256(data: bytes) -> bytes:
        """Return the Keccak-256 of ``data``, as Ethereum uses it."""
        digest: bytes = _keccak_256(data).digest()
        return digest


EMPTY_HASH = keccak256(b"")
"""keccak256 of no bytes: the code hash of an account without code, the hash of empty calldata."""

ZERO_WORD = bytes(32)
"""The empty chain, and the absent transaction, frame or parent."""


class Tag(IntEnum):
    """What is hashed; the words of each tag are listed in ``contracts/SPEC.md``."""

    MACHINE = 1
    ENV = 2
    TX = 3
    FRAME = 4
    STACK = 5
    MEMORY = 6
    RING = 7
    LOG = 8
    DESTROYED = 9
    ACCESS = 10
    SCRATCH = 11
    BLOCK = 12
    RANDAO = 13
    BATCH = 14
    DELAYED = 15
    ASSERTION = 16
    CLAIM = 18
    AUTHORIZATION = 19


def word(value: int | bytes | bool) -> bytes:
    """Return ``value`` as a 32-byte big-endian word; bytes shorter than 32 are padded on the left.

    Raises OverflowError for a negative number, one of 2**256 or more, and bytes longer than 32.
    """
    if type(value) is int:  # by far the most frequent
        return value.to_bytes(32, "big")
    if isinstance(value, bytes):
        if len(value) > 32:
            raise OverflowError(f"a word holds 32 bytes, got {len(value)}")
        return value.rjust(32, b"\x00")
    return int(value).to_bytes(32, "big")


def tagged_hash(tag: Tag, *words: int | bytes | bool) -> bytes:
    """Return H(tag, words...) = keccak256(word(tag) || words...)."""
    return keccak256(b"".join((word(int(tag)), *map(word, words))))


__all__ = ["EMPTY_HASH", "ZERO_WORD", "Tag", "keccak256", "tagged_hash", "word"]
