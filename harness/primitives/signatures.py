"""ECDSA signatures on secp256k1 over 32 bytes, as transactions and authorisations carry them."""

from __future__ import annotations

from functools import lru_cache

from coincurve import PrivateKey, PublicKey

from harness.primitives.hashing import keccak256

ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
"""The order of the curve."""

HALF_ORDER = ORDER // 2
"""The highest s of a signature (EIP-2)."""


@lru_cache(maxsize=256)
def _opened(key: bytes) -> PrivateKey:
    """Return the library's object for a private key: making one takes longer than a signature."""
    return PrivateKey(key)


def signature_of(key: bytes, digest: bytes) -> bytes:
    """Return the 65 bytes r, s and y parity of a key's signature; equal arguments give equal bytes (RFC 6979)."""
    return _opened(key).sign_recoverable(digest, hasher=None)


def sign_digest(key: bytes, digest: bytes) -> tuple[int, int, int]:
    """Return y parity, r and s of a key's signature; equal arguments give equal signatures (RFC 6979)."""
    signature = signature_of(key, digest)
    return signature[64], int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")


@lru_cache(maxsize=256)
def signer_of(key: bytes) -> bytes:
    """Return the address of a private key."""
    return _address(_opened(key).public_key)


def recover_signer(digest: bytes, y_parity: int, r: int, s: int) -> bytes | None:
    """Return the address whose key signed ``digest``; None for a high s (EIP-2), or if no key did."""
    if y_parity not in (0, 1) or not 0 < r < ORDER or not 0 < s <= HALF_ORDER:
        return None
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes((y_parity,))
    try:
        key = PublicKey.from_signature_and_message(signature, digest, hasher=None)
    except Exception:  # the library raises a bare Exception when r is the abscissa of no point
        return None
    return _address(key)


def _address(key: PublicKey) -> bytes:
    return keccak256(key.format(compressed=False)[1:])[12:]
