"""Patricia proofs of a chain in this process (EIP-1186)."""

from __future__ import annotations

from collections.abc import Sequence

from harness.chain.jsonrpc.local import AccountProof, SlotProof
from harness.chain.pyevm.state import NO_ACCOUNT, StateStore
from harness.primitives.patricia import Trie, prove, root_hash


def account_proof(store: StateStore, state_root: bytes, address: bytes, slots: Sequence[int]) -> AccountProof:
    """Return the account below ``state_root`` with its proof, and that of each slot; absence is proven alike."""
    trie = store.tries[state_root]
    account = store.account(trie, address) or NO_ACCOUNT
    return AccountProof(
        address=address,
        balance=account.balance,
        nonce=account.nonce,
        code_hash=account.code_hash,
        storage_root=root_hash(account.storage),
        nodes=prove(trie, store.path(address)),
        slots=[_slot_proof(store, account.storage, slot) for slot in slots],
    )


def _slot_proof(store: StateStore, storage: Trie, slot: int) -> SlotProof:
    return SlotProof(slot, store.slot(storage, slot), prove(storage, store.path(slot.to_bytes(32, "big"))))
