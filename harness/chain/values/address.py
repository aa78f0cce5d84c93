"""Addresses: text that compares with accounts, contracts and hex text in any case."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from eth_utils import is_checksum_address, to_checksum_address

from harness.chain.values.value_errors import NotAnAddress

_HEX = re.compile(r"(?:0[xX])?([0-9a-fA-F]{40})")


class Address(str):
    """An address in checksum form.

    It equals its hex text in any case, and the account or contract at the address. Its hash is that of the checksum
    text, so a set or dict does not find it by text in another case.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Addressed):
            other = other.address
        if not isinstance(other, str):
            return NotImplemented
        return str.__eq__(self, other) or (len(other) == 42 and self.lower() == other.lower())

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


class Addressed:
    """An object at one address; it equals the address and every other object there."""

    __slots__ = ()

    address: str

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Addressed):
            other = other.address
        return isinstance(other, str) and checksummed(self.address) == other

    def __hash__(self) -> int:
        return hash(self.address)


@lru_cache(maxsize=4_096)
def checksummed(address: str) -> Address:
    """Return the address in checksum form, from hex text in any case."""
    return address if isinstance(address, Address) else Address(to_checksum_address(address))


def _why_not(text: str) -> str:
    """Return why the text is no address of 20 bytes in hex, whose mixed case is the checksum (EIP-55); "" if it is."""
    found = _HEX.fullmatch(text)
    if found is None:
        return "not 20 bytes in hex"
    digits = found[1]
    if digits in (digits.lower(), digits.upper()) or is_checksum_address("0x" + digits):
        return ""
    return f"wrong checksum (EIP-55), expected {to_checksum_address(digits.lower())}"


@lru_cache(maxsize=4_096)
def _canonical(address: str) -> bytes:
    problem = _why_not(address)
    if problem:
        raise NotAnAddress(address, problem)
    return bytes.fromhex(address[-40:])


def address_bytes(value: Any) -> bytes:
    """Return the 20 bytes of an account, a contract, hex text or bytes; raises NotAnAddress."""
    if not isinstance(value, (str, bytes)):
        value = getattr(value, "address", value)
    if isinstance(value, str):
        return _canonical(value)
    if not isinstance(value, (bytes, bytearray)):
        raise NotAnAddress(value, f"of type {type(value).__name__}")
    if len(value) != 20:
        raise NotAnAddress(bytes(value), f"{len(value)} bytes")
    return bytes(value)


def address_of(value: Any) -> Address:
    """Return the checksummed address of an account, a contract, hex text or bytes; raises NotAnAddress."""
    return checksummed("0x" + address_bytes(value).hex())
