"""The filters of headers and receipts: which addresses and topics may be among the logs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from harness.primitives.hashing import keccak256


@lru_cache(maxsize=4_096)
def _bits(item: bytes) -> int:
    """Return the three bits of 2,048 that stand for an address or topic."""
    digest = keccak256(item)
    return sum({1 << (int.from_bytes(digest[at : at + 2], "big") & 2_047) for at in (0, 2, 4)})


def bloom_of(logs: Iterable[tuple[bytes, Iterable[bytes]]]) -> int:
    """Return the filter of logs, each given as its address and its topics."""
    bloom = 0
    for address, topics in logs:
        bloom |= _bits(address)
        for topic in topics:
            bloom |= _bits(topic)
    return bloom
