"""Patricia proofs out of py-evm's database, as eth_getProof shows them (EIP-1186)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import rlp
from eth.constants import BLANK_ROOT_HASH, EMPTY_SHA3
from eth.rlp.accounts import Account
from eth_hash.auto import keccak
from eth_utils import to_checksum_address
from trie import HexaryTrie

from harness.chain import rpc_format as fmt


def account_proof(db: Any, state_root: bytes, address: bytes, slots: Sequence[int]) -> fmt.Json:
    """The account below ``state_root`` with its proof, and that of each slot; absence is proven alike."""
    trie = HexaryTrie(db, state_root)
    key = keccak(address)
    encoded = trie.get(key)
    account: Any = rlp.decode(encoded, sedes=Account) if encoded else Account()
    storage = HexaryTrie(db, account.storage_root)
    return {
        "address": to_checksum_address(address),
        "accountProof": _proof(trie, key),
        "balance": fmt.quantity(account.balance),
        "nonce": fmt.quantity(account.nonce),
        "codeHash": fmt.data(account.code_hash if encoded else EMPTY_SHA3),
        "storageHash": fmt.data(account.storage_root if encoded else BLANK_ROOT_HASH),
        "storageProof": [_slot_proof(storage, slot) for slot in slots],
    }


def _slot_proof(storage: HexaryTrie, slot: int) -> fmt.Json:
    key = keccak(slot.to_bytes(32, "big"))
    encoded = storage.get(key)
    value = int.from_bytes(rlp.decode(encoded), "big") if encoded else 0
    return {"key": fmt.quantity(slot), "value": fmt.quantity(value), "proof": _proof(storage, key)}


def _proof(trie: Any, key: bytes) -> list[str]:
    """Nodes from the root down; one that is shorter than a hash is inside its parent and not listed by itself."""
    nodes = [rlp.encode(node) for node in trie.get_proof(key)]
    return [fmt.data(node) for depth, node in enumerate(nodes) if node != b"\x80" and (depth == 0 or len(node) >= 32)]
