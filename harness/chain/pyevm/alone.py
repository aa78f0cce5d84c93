"""One transaction on a state of its own, outside of any chain: how L1 runs Ethereum's state tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eth.exceptions import PyEVMError
from eth_typing import Hash32
from eth_utils import ValidationError

from harness.chain.pyevm.blocks import StateView
from harness.chain.pyevm.evm import VMS, L1Computation, execute
from harness.chain.pyevm.state import StoredAccount, StoredState, path_of, slot_path
from harness.chain.values.blobs import check_blobs
from harness.chain.values.refusals import GasAboveCap, Inexecutable, TransactionRejected
from harness.chain.values.rules import L1Rules
from harness.chain.values.transactions import TX_GAS_CAP, decode
from harness.chain.values.validity import check_account, check_rules
from harness.primitives.hashing import keccak256
from harness.primitives.opcodes import Fork
from harness.primitives.patricia import Trie, put


@dataclass(frozen=True, slots=True)
class GivenAccount:
    """An account of the state before; one that is empty stays in the state until something touches it."""

    nonce: int
    balance: int
    code: bytes
    storage: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of a transaction: the state's root, its logs, and why it was refused (None if it was executed)."""

    root: bytes
    logs: tuple[tuple[bytes, tuple[bytes, ...], bytes], ...] = ()
    refusal: TransactionRejected | None = None


def apply_alone(
    rules: L1Rules,
    accounts: Mapping[bytes, GivenAccount],
    context: Any,
    raw: bytes,
    computation: type[L1Computation] | None = None,
) -> Applied:
    """Apply the bytes of a transaction to a state, in the block that ``context`` describes.

    The cap of gas per transaction (EIP-7825) holds where the fork has it. ``context`` is what `surroundings` of
    `harness.chain.pyevm.evm` gives. ``computation`` runs the frames, by default those of the fork.
    """
    before = StoredState(_trie_of(accounts))
    vm: Any = VMS[rules.fork]
    state: Any = vm.get_state_class()(before, context, Hash32(before.root))
    state.blobs = rules.blobs
    if computation is not None:
        state.computation_class = computation
    try:
        outermost = _validated_and_executed(rules, state, raw)
    except TransactionRejected as refusal:
        return Applied(before.root, refusal=refusal)
    state.persist()
    logs = tuple(
        (bytes(address), tuple(topic.to_bytes(32, "big") for topic in topics), bytes(data))
        for address, topics, data in outermost.get_log_entries()
    )
    return Applied(bytes(state.state_root), logs)


def _validated_and_executed(rules: L1Rules, state: Any, raw: bytes) -> Any:
    sent = decode(raw)
    check_rules(sent, state.execution_context.chain_id, TX_GAS_CAP if rules.fork >= Fork.OSAKA else None)
    if sent.tx.gas > state.gas_limit:
        raise GasAboveCap(sent.tx.gas, state.gas_limit, "block's")
    check_blobs(sent, rules.blobs, state.blob_base_fee)
    check_account(sent, StateView(state), int(state.base_fee))
    try:
        return execute(state, sent)
    except (PyEVMError, ValidationError) as error:
        raise Inexecutable("0x" + sent.sender.hex(), str(error)) from error


def _trie_of(accounts: Mapping[bytes, GivenAccount]) -> Trie:
    trie: Trie = None
    for address, account in accounts.items():
        storage: Trie = None
        for slot, value in account.storage.items():
            if value:
                storage = put(storage, slot_path(slot), value)
        stored = StoredAccount(account.nonce, account.balance, storage, account.code, keccak256(account.code))
        trie = put(trie, path_of(address), stored)
    return trie
