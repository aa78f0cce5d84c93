"""Patricia proofs of a chain in this process (EIP-1186)."""

from __future__ import annotations

from collections.abc import Sequence

from harness.chain.jsonrpc.local import AccountProof, SlotProof
from harness.chain.pyevm.state import NO_ACCOUNT, StoredState, path_of, slot_path
from harness.primitives.patricia import Trie, prove, root_hash


def account_proof(state: StoredState, address: bytes, slots: Sequence[int]) -> AccountProof:
    """Return an account with its proof, and that of each slot; absence is proven alike."""
    account = state.account(address) or NO_ACCOUNT
    return AccountProof(
        address=address,
        balance=account.balance,
        nonce=account.nonce,
        code_hash=account.code_hash,
        storage_root=root_hash(account.storage),
        nodes=prove(state.trie, path_of(address)),
        slots=[_slot_proof(state, account.storage, slot) for slot in slots],
    )


def _slot_proof(state: StoredState, storage: Trie, slot: int) -> SlotProof:
    return SlotProof(slot, state.slot(storage, slot), prove(storage, slot_path(slot)))
