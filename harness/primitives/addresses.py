"""How an address of 20 bytes is written."""

from __future__ import annotations

from functools import lru_cache

from harness.primitives.hashing import keccak256


@lru_cache(maxsize=8_192)
def checksum_address(address: bytes) -> str:
    """Return an address in hex, whose mixed case is its checksum (EIP-55)."""
    digits = address.hex()
    digest = keccak256(digits.encode()).hex()
    return "0x" + "".join(digit.upper() if mark > "7" else digit for digit, mark in zip(digits, digest, strict=False))
