"""ERC-1967 proxies: which contract a proxy runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eth_utils import to_checksum_address

from harness.errors import Reverted
from harness.primitives.hashing import keccak256

if TYPE_CHECKING:
    from harness.chain.chain import Chain

IMPLEMENTATION_SLOT = int.from_bytes(keccak256(b"eip1967.proxy.implementation"), "big") - 1
BEACON_SLOT = int.from_bytes(keccak256(b"eip1967.proxy.beacon"), "big") - 1

_IMPLEMENTATION_CALL = keccak256(b"implementation()")[:4]


def implementation_of(chain: Chain, address: str) -> str | None:
    """Return the address that the proxy at ``address`` delegates to, through a beacon if it has one.

    Returns None if it is no proxy.
    """
    stored = chain.storage(address, IMPLEMENTATION_SLOT)
    if stored:
        return _address(stored)
    beacon = chain.storage(address, BEACON_SLOT)
    if not beacon:
        return None
    try:
        answer = chain.call(to=_address(beacon), data=_IMPLEMENTATION_CALL)
    except Reverted:
        return None
    return _address(int.from_bytes(answer, "big")) if len(answer) == 32 else None


def _address(word: int) -> str:
    return to_checksum_address((word & (2**160 - 1)).to_bytes(20, "big"))
