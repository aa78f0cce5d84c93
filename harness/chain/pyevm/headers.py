"""Headers of L1's blocks, with the fees that follow from the parent's."""

from __future__ import annotations

from hashlib import sha256

from harness.chain.jsonrpc.local import BlockHeader
from harness.chain.values.rules import L1Rules
from harness.chain.values.settings import GENESIS_BASE_FEE
from harness.primitives.patricia import EMPTY_ROOT

COINBASE = bytes(20)
_NO_REQUESTS = sha256(b"").digest()
"""What a block without requests of the execution layer has for their hash (EIP-7685)."""

_BEACON_ROOT = EMPTY_ROOT
"""No beacon chain is there, so any word will do."""


def genesis_header(timestamp: int, gas_limit: int, mix_hash: bytes, state_root: bytes) -> BlockHeader:
    """Return the header of the first block."""
    return BlockHeader(
        number=0, parent_hash=bytes(32), state_root=state_root, coinbase=COINBASE, mix_hash=mix_hash,
        gas_limit=gas_limit, gas_used=0, timestamp=timestamp, base_fee=GENESIS_BASE_FEE,
        parent_beacon_block_root=_BEACON_ROOT, requests_hash=_NO_REQUESTS,
    )  # fmt: skip


def child_header(
    rules: L1Rules, parent: BlockHeader, timestamp: int, mix_hash: bytes, parent_hash: bytes = bytes(32)
) -> BlockHeader:
    """Return the header of an empty block on top of ``parent``, with the state root of the parent."""
    return BlockHeader(
        number=parent.number + 1, parent_hash=parent_hash, state_root=parent.state_root, coinbase=COINBASE,
        mix_hash=mix_hash, gas_limit=parent.gas_limit, gas_used=0, timestamp=timestamp,
        base_fee=next_base_fee(parent), parent_beacon_block_root=_BEACON_ROOT, requests_hash=_NO_REQUESTS,
        excess_blob_gas=rules.blobs.next_excess(parent.excess_blob_gas, parent.blob_gas_used, parent.base_fee),
    )  # fmt: skip


def next_base_fee(parent: BlockHeader) -> int:
    """Return the base fee of the block after ``parent``, in wei (EIP-1559)."""
    target, fee = parent.gas_limit // 2, parent.base_fee
    change = fee * abs(parent.gas_used - target) // target // 8
    if parent.gas_used > target:
        return fee + max(change, 1)
    return fee - change
