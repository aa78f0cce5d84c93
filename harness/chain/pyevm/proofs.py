"""Patricia proofs of a chain in this process, as eth_getProof shows them (EIP-1186)."""

from __future__ import annotations

from collections.abc import Sequence

from eth_utils import to_checksum_address

from harness.chain.jsonrpc import formatting as fmt
from harness.chain.pyevm.state import EMPTY_CODE_HASH, StateStore
from harness.primitives.patricia import Trie, prove, root_hash


def account_proof(store: StateStore, state_root: bytes, address: bytes, slots: Sequence[int]) -> fmt.Json:
    """The account below ``state_root`` with its proof, and that of each slot; absence is proven alike."""
    trie = store.tries[state_root]
    account = store.account(trie, address)
    storage = None if account is None else account.storage
    return {
        "address": to_checksum_address(address),
        "accountProof": [fmt.data(node) for node in prove(trie, store.path(address))],
        "balance": fmt.quantity(0 if account is None else account.balance),
        "nonce": fmt.quantity(0 if account is None else account.nonce),
        "codeHash": fmt.data(EMPTY_CODE_HASH if account is None else account.code_hash),
        "storageHash": fmt.data(root_hash(storage)),
        "storageProof": [_slot_proof(store, storage, slot) for slot in slots],
    }


def _slot_proof(store: StateStore, storage: Trie, slot: int) -> fmt.Json:
    proof = prove(storage, store.path(slot.to_bytes(32, "big")))
    value = store.slot(storage, slot)
    return {"key": fmt.quantity(slot), "value": fmt.quantity(value), "proof": [fmt.data(node) for node in proof]}
