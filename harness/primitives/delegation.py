"""Delegated accounts (EIP-7702): the designator that stands for code, and who authorised it."""

from __future__ import annotations

from harness.primitives import rlp
from harness.primitives.hashing import keccak256

# A designator is 23 bytes: 0xef0100, then the address of the delegate.
PREFIX = b"\xef\x01\x00"
DESIGNATOR_SIZE = 23

AUTHORIZATION_MAGIC = b"\x05"
GAS_PER_AUTHORIZATION = 25_000
"""What a tuple costs at validity."""

REFUND_PER_AUTHORIZATION = 12_500
"""What comes back for an authority that exists already."""

LAST_NONCE = 2**64 - 1
"""A nonce that no authorisation may have."""


def designator(delegate: bytes) -> bytes:
    """Return the code of an account that delegates to an address."""
    return PREFIX + delegate


def delegate_of(code: bytes) -> bytes | None:
    """Return the address that an account with this code delegates to; None if the code is no designator."""
    return code[3:] if len(code) == DESIGNATOR_SIZE and code.startswith(PREFIX) else None


def authorization_hash(chain_id: int, delegate: bytes, nonce: int) -> bytes:
    """Return the 32 bytes that an authority signs; ``chain_id`` 0 is good for every chain."""
    return keccak256(AUTHORIZATION_MAGIC + rlp.encode([rlp.minimal(chain_id), delegate, rlp.minimal(nonce)]))
