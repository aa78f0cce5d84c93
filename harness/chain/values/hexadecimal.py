"""Bytes as JSON-RPC writes them."""

from __future__ import annotations


def hexed(value: bytes) -> str:
    """Return ``0x`` and two digits a byte."""
    return "0x" + value.hex()


def unhex(value: str | bytes) -> bytes:
    """Return the bytes of digits with or without ``0x``; bytes are returned as they are. Raises ValueError."""
    return value if isinstance(value, bytes) else bytes.fromhex(value.removeprefix("0x"))
