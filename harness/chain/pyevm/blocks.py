"""Blocks on py-evm: the sealed ones, and the one under construction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from operator import or_
from typing import Any

from eth.vm.forks.cancun.constants import (
    BEACON_ROOTS_ADDRESS,
    BEACON_ROOTS_CONTRACT_CODE,
    HISTORY_BUFFER_LENGTH,
)
from eth.vm.forks.prague.constants import (
    HISTORY_SERVE_WINDOW,
    HISTORY_STORAGE_ADDRESS,
    HISTORY_STORAGE_CONTRACT_CODE,
)

from harness.chain.backend import Frame, Head, RawReceipt, Replay
from harness.chain.jsonrpc.local import BlockHeader, SeenBlock
from harness.chain.pyevm.evm import execute
from harness.chain.pyevm.frames import frame_of
from harness.chain.pyevm.outcomes import Outcome, RawLog, receipts_of
from harness.chain.pyevm.replay import Scene
from harness.chain.pyevm.state import StoredState
from harness.chain.values.refusals import BlockTooLarge
from harness.chain.values.rules import GAS_PER_BLOB, L1Rules
from harness.chain.values.transactions import Sent, Unsigned
from harness.primitives.blooms import bloom_of
from harness.primitives.opcodes import Fork
from harness.primitives.patricia import Trie, nibbles, put, root_hash
from harness.primitives.rlp import encode_int

SYSTEM_CONTRACTS = (
    (BEACON_ROOTS_ADDRESS, BEACON_ROOTS_CONTRACT_CODE),
    (HISTORY_STORAGE_ADDRESS, HISTORY_STORAGE_CONTRACT_CODE),
)
"""EIP-4788 and EIP-2935; both are there from genesis."""


MAX_BLOCK_SIZE = 10 * 2**20 - 2 * 2**20
"""Bytes that a block may have in RLP since Osaka: 10 MiB, less a margin for the beacon block (EIP-7934)."""


def list_root(items: Sequence[bytes]) -> bytes:
    """Root of the trie that a header keeps of its transactions, or of their receipts."""
    trie: Trie = None
    for index, item in enumerate(items):
        trie = put(trie, nibbles(encode_int(index)), item)
    return root_hash(trie)


def replay_of(rules: L1Rules, computation: Any, state: Any, sent: Sent | Unsigned) -> Replay | None:
    """Return how to execute what failed once more, on what ``state`` was when changes were last locked.

    Returns None for a success.
    """
    if not _fails_anywhere(computation):
        return None
    if isinstance(sent, Unsigned):
        sent = sent.marked()
    return Scene(rules, StateView(state._account_db.as_locked()), state.execution_context, sent).play


def _fails_anywhere(computation: Any) -> bool:
    return computation.is_error or any(map(_fails_anywhere, computation.children))


class StateView:
    """What validation and executions read of a state."""

    def __init__(self, state: Any) -> None:
        self._state = state

    def nonce(self, address: bytes) -> int:
        return int(self._state.get_nonce(address))

    def balance(self, address: bytes) -> int:
        return int(self._state.get_balance(address))

    def code(self, address: bytes) -> bytes:
        return bytes(self._state.get_code(address))

    def storage(self, address: bytes, slot: int) -> int:
        return int(self._state.get_storage(address, slot))

    def has_storage(self, address: bytes) -> bool:
        return bool(self._state.has_storage(address))


@dataclass(frozen=True)
class Block:
    """A block with all that was executed in it. Immutable."""

    header: BlockHeader
    transactions: tuple[Sent, ...]
    receipts: tuple[RawReceipt, ...]
    frames: tuple[Frame, ...]
    blooms: tuple[int, ...] = ()

    @property
    def number(self) -> int:
        return self.header.number

    @property
    def hash(self) -> bytes:
        return self.header.hash

    @property
    def outline(self) -> BlockHeader:
        """The header, as something that a row of empty blocks can follow."""
        return self.header

    @property
    def root(self) -> bytes:
        """The state root."""
        return self.header.state_root

    @property
    def content(self) -> bytes:
        """The hash, so that a block in another's place counts as news, whatever it holds."""
        return self.hash

    @property
    def shown_header(self) -> BlockHeader:
        """The header as JSON-RPC shows it."""
        return self.header

    def head(self) -> Head:
        return self._head

    @cached_property
    def _head(self) -> Head:
        header = self.header
        return Head(
            header.number,
            header.hash,
            header.parent_hash,
            header.timestamp,
            header.base_fee,
            header.gas_limit,
            header.gas_used,
            header.state_root,
        )


@dataclass(frozen=True)
class Sealed(Block):
    """A block that was built here, with the state after it, so that a snapshot is a reference to a block.

    ``edited`` is the state that it was built on if that was not its parent's.
    """

    state: StoredState = field(kw_only=True)
    edited: StoredState | None = field(default=None, kw_only=True)

    @cached_property
    def seen(self) -> SeenBlock:
        """What is kept of the block for clients that were told of it."""
        return SeenBlock.of(self)


@dataclass(slots=True)
class Running:
    """Sums over the block so far; ``size`` is the bytes of the transactions in the block's RLP."""

    gas_used: int = 0
    blob_gas_used: int = 0
    size: int = 0


def _list_size(payload: int) -> int:
    """Return the bytes of an RLP list whose items have ``payload`` bytes."""
    return payload + 1 + (0 if payload < 56 else (payload.bit_length() + 7) // 8)


def _size_in_list(raw: bytes) -> int:
    """Return the bytes that a transaction takes in a block: a typed one is a string there, a legacy one a list."""
    return len(raw) if raw[0] >= 0xC0 else _list_size(len(raw))


class OpenBlock:
    """The block under construction: a header without results, the state that it changes, and what was applied."""

    def __init__(self, rules: L1Rules, header: BlockHeader, state: Any) -> None:
        self.rules = rules
        self.header = header
        self.state = state
        self.executed: list[Outcome] = []
        self.running = Running()

    @property
    def gas_left(self) -> int:
        return self.header.gas_limit - self.running.gas_used

    def store_system_records(self) -> None:
        """Open a Prague block: keep the beacon root (EIP-4788) and the parent's hash (EIP-2935)."""
        header, state = self.header, self.state
        slot = header.timestamp % HISTORY_BUFFER_LENGTH
        state.set_storage(BEACON_ROOTS_ADDRESS, slot, header.timestamp)
        root = int.from_bytes(header.parent_beacon_block_root, "big")
        state.set_storage(BEACON_ROOTS_ADDRESS, slot + HISTORY_BUFFER_LENGTH, root)
        parent = int.from_bytes(header.parent_hash, "big")
        state.set_storage(HISTORY_STORAGE_ADDRESS, (header.number - 1) % HISTORY_SERVE_WINDOW, parent)

    def check_size(self, sent: Sent) -> None:
        """Raise BlockTooLarge if a transaction would make the block larger than one may be since Osaka (EIP-7934).

        A header takes a byte more for a large amount of gas than for a small one. It is counted as if the transaction
        used all of its gas.
        """
        if self.rules.fork < Fork.OSAKA:
            return
        transactions = self.running.size + _size_in_list(sent.raw)
        if transactions < MAX_BLOCK_SIZE // 2:  # far below: no header has megabytes
            return
        used = self.running.gas_used + sent.tx.gas
        blobs = self.running.blob_gas_used + GAS_PER_BLOB * len(sent.tx.blob_hashes)
        header = replace(self.header, gas_used=used, blob_gas_used=blobs).encode()
        size = _list_size(len(header) + _list_size(transactions) + 2)  # and two empty lists: uncles and withdrawals
        if size > MAX_BLOCK_SIZE:
            raise BlockTooLarge(size, MAX_BLOCK_SIZE)

    def apply(self, sent: Sent) -> None:
        """Execute a validated transaction on top of the others."""
        computation = execute(self.state, sent)
        used = computation.settled_gas
        computation.replay = replay_of(self.rules, computation, self.state, sent)
        logs = tuple(
            RawLog(bytes(address), tuple(topic.to_bytes(32, "big") for topic in topics), bytes(data))
            for address, topics, data in computation.get_log_entries()
        )
        self.running.gas_used += used
        self.running.size += _size_in_list(sent.raw)
        self.running.blob_gas_used += GAS_PER_BLOB * len(sent.tx.blob_hashes)
        self.executed.append(
            Outcome(
                sent,
                frame_of(computation, sent.tx.gas),
                created=computation.msg.storage_address if sent.tx.to is None else None,
                succeeded=not computation.is_error,
                gas_used=used,
                cumulative_gas=self.running.gas_used,
                logs=logs,
                bloom=bloom_of((log.address, log.topics) for log in logs),
            )
        )

    def seal(self, edited: StoredState | None) -> Sealed:
        """Persist the state and fix the header; ``edited`` is what `Sealed` keeps."""
        self.state.persist()
        executed = self.executed
        blooms = tuple(item.bloom for item in executed)
        header = replace(
            self.header,
            state_root=self.state.state_root,
            transaction_root=list_root([item.sent.raw for item in executed]),
            receipt_root=list_root([item.encode() for item in executed]),
            bloom=reduce(or_, blooms, 0),
            gas_used=self.running.gas_used,
            blob_gas_used=self.running.blob_gas_used,
        )
        return Sealed(
            header,
            tuple(item.sent for item in executed),
            receipts_of(executed, header),
            tuple(item.frame for item in executed),
            blooms,
            state=self.state.stored,
            edited=edited,
        )
