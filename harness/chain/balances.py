"""Finds the storage slot of a token's balance by trial, without the storage layout."""

from __future__ import annotations

from collections.abc import Iterator

from harness.chain.backend import Backend, CallFailed, CallRequest
from harness.chain.errors import BalanceSlotNotFound
from harness.primitives.addresses import checksum_address
from harness.primitives.hashing import keccak256

BALANCE_OF = keccak256(b"balanceOf(address)")[:4]
_POSITIONS = 64
_NAMESPACE = 0x52C63247E1F47DB19D5CE0460030C497F067CA4CEBF71BA98EEADABE20BACE00
"""keccak256(keccak256("openzeppelin.storage.ERC20") - 1) & ~0xff, where upgradeable OpenZeppelin tokens keep theirs."""


def find_balance_slot(backend: Backend, token: bytes, holder: bytes) -> tuple[bytes, int]:
    """Return the address and storage slot whose value ``balanceOf(holder)`` returns.

    Candidates are the slots of a mapping at each of the first positions, hashed as Solidity and as Vyper do. A
    candidate counts if the result follows two different values written to it; each try is taken back. Raises
    BalanceSlotNotFound.
    """
    for slot in _candidates(holder):
        before = backend.storage(token, slot)
        found = all(_follows(backend, token, holder, slot, probe) for probe in (before ^ 1, (before + 2) % 2**256))
        backend.set_storage(token, slot, before)
        if found:
            return token, slot
    raise BalanceSlotNotFound(checksum_address(token), checksum_address(holder))


def _follows(backend: Backend, token: bytes, holder: bytes, slot: int, probe: int) -> bool:
    backend.set_storage(token, slot, probe)
    return _balance(backend, token, holder) == probe


def _candidates(holder: bytes) -> Iterator[int]:
    key = holder.rjust(32, b"\0")
    for position in (*range(_POSITIONS), _NAMESPACE):
        place = position.to_bytes(32, "big")
        yield int.from_bytes(keccak256(key + place), "big")
        yield int.from_bytes(keccak256(place + key), "big")


def _balance(backend: Backend, token: bytes, holder: bytes) -> int | None:
    """Return the token's answer; None if it gives none."""
    try:
        answer = backend.call(CallRequest(bytes(20), token, BALANCE_OF + holder.rjust(32, b"\0")))
    except CallFailed:
        return None
    return int.from_bytes(answer[:32], "big") if len(answer) >= 32 else None
