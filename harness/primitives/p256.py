"""P256VERIFY (EIP-7951): whether a secp256r1 signature is that of a public key."""

from __future__ import annotations

from typing import Any

from harness.primitives.precompiles import Precompile, at, native, number_at

PRICE = 6_900
PRIME = 0xFFFFFFFF_00000001_00000000_00000000_00000000_FFFFFFFF_FFFFFFFF_FFFFFFFF
ORDER = 0xFFFFFFFF_00000000_FFFFFFFF_FFFFFFFF_BCE6FAAD_A7179E84_F3B9CAC2_FC632551
_NEEDED = ("cryptography", "P256VERIFY (EIP-7951)")
_YES = (1).to_bytes(32, "big")


def verify(digest: bytes, r: int, s: int, x: int, y: int) -> bool:
    """Return whether (r, s) signs a digest of 32 bytes with the key (x, y).

    Returns False for numbers out of range and for a point that is not on the curve. Raises NativeLibraryMissing.
    """
    # INVARIANT: coordinates are below the prime. The library reduces them, and would take a key in a second form.
    if not 0 < r < ORDER or not 0 < s < ORDER or x >= PRIME or y >= PRIME:
        return False
    curves, signatures = _native("asymmetric.ec"), _native("asymmetric.utils")
    try:
        key = curves.EllipticCurvePublicNumbers(x, y, curves.SECP256R1()).public_key()
    except ValueError:
        return False
    algorithm = curves.ECDSA(signatures.Prehashed(_native("hashes").SHA256()))
    try:
        key.verify(signatures.encode_dss_signature(r, s), digest, algorithm)
    except native("cryptography.exceptions", *_NEEDED).InvalidSignature:
        return False
    return True


def _native(module: str) -> Any:
    return native(f"cryptography.hazmat.primitives.{module}", *_NEEDED)


def _run(data: bytes) -> bytes:
    """Return the word 1 for a valid signature, nothing for anything else: P256VERIFY never fails."""
    if len(data) != 160:
        return b""
    r, s, x, y = (number_at(data, offset, 32) for offset in (32, 64, 96, 128))
    return _YES if verify(data[:32], r, s, x, y) else b""


P256VERIFY = Precompile("P256VERIFY", at(0x100), lambda data: PRICE, _run)
