"""L1 in this process: py-evm's state and fork rules, with blocks assembled by the harness.

eth-tester spends most of its time between web3 and py-evm: it normalises each request several times, rebuilds the tries
of the block at every transaction and re-executes the head at every revert. Here a block is built once, when it is
sealed, and a snapshot is a reference to an immutable block. The receipts are eth-tester's, which a test compares.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import rlp
from eth.abc import BlockHeaderAPI, ComputationAPI, StateAPI
from eth.constants import BLANK_ROOT_HASH
from eth.db.atomic import AtomicDB
from eth.db.trie import make_trie_root_and_nodes
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
from eth_bloom import BloomFilter
from eth_hash.auto import keccak
from eth_utils import to_checksum_address

from harness.chain.backend import CallFailed, Frame, Head, Log, RawReceipt
from harness.chain.evm import L1VM, build_state, execute, to_pyevm
from harness.chain.frames import frame_of
from harness.chain.transactions import (
    TX_GAS_CAP,
    Sent,
    Transaction,
    check_account,
    check_rules,
    decode,
    impersonate,
)
from harness.errors import GasAboveCap, ReorgTooDeep, TimeNotAhead, UnknownSnapshot, UnknownTransaction

if TYPE_CHECKING:
    from web3.providers.base import BaseProvider

GENESIS_TIME = 1_700_000_000
GENESIS_BASE_FEE = 10**9
BLOCK_GAS_LIMIT = 60_000_000
COINBASE = bytes(20)
FUNDS = 10_000 * 10**18


@dataclass(frozen=True, slots=True)
class Block:
    """A sealed block; ``post_root`` is the state it left. Immutable, so that a snapshot is a reference."""

    header: BlockHeaderAPI
    transactions: tuple[Sent, ...]
    receipts: tuple[RawReceipt, ...]
    frames: tuple[Frame, ...]

    @property
    def number(self) -> int:
        return int(self.header.block_number)

    @property
    def hash(self) -> bytes:
        return bytes(self.header.hash)


@dataclass(frozen=True, slots=True)
class PyEvmSnapshot:
    """The head, the state root on top of it (edits included), and the time of the next block if it was set."""

    head: Block
    root: bytes
    next_timestamp: int | None


class _StateView:
    """Validation's view of an open state."""

    def __init__(self, state: StateAPI) -> None:
        self._state = state

    def nonce(self, address: bytes) -> int:
        return int(self._state.get_nonce(address))  # type: ignore[arg-type]

    def balance(self, address: bytes) -> int:
        return int(self._state.get_balance(address))  # type: ignore[arg-type]

    def code(self, address: bytes) -> bytes:
        return bytes(self._state.get_code(address))  # type: ignore[arg-type]


class _OpenBlock:
    """The block under construction: its header so far, its state, and what was applied to it."""

    def __init__(self, header: BlockHeaderAPI, state: StateAPI) -> None:
        self.header = header
        self.state = state
        self.sent: list[Sent] = []
        self.pyevm_transactions: list[Any] = []
        self.receipts: list[Any] = []
        self.frames: list[Frame] = []
        self.creations: list[bytes | None] = []


class PyEvmBackend:
    """A chain of one process, deterministic: the same seed and the same requests give the same block hashes."""

    name = "py-evm"
    vm_class: type[L1VM] = L1VM

    def __init__(
        self,
        chain_id: int = 900,
        seed: int = 0,
        *,
        funded: Mapping[bytes, int] | None = None,
        genesis_time: int = GENESIS_TIME,
        gas_limit: int = BLOCK_GAS_LIMIT,
        gas_cap: int | None = TX_GAS_CAP,
    ) -> None:
        self.chain_id = chain_id
        self.seed = seed
        self.gas_cap = gas_cap
        self.db = AtomicDB()
        self._provider: BaseProvider | None = None
        root = self._genesis_state(funded or {})
        header = self.vm_class.create_genesis_header(
            difficulty=0,
            timestamp=genesis_time,
            gas_limit=gas_limit,
            base_fee_per_gas=GENESIS_BASE_FEE,
            state_root=root,
            coinbase=COINBASE,
            mix_hash=self._randao(0),
            extra_data=b"",
        )
        self._blocks: list[Block] = [Block(header, (), (), ())]
        self._index: dict[bytes, tuple[int, int]] = {}
        self._numbers: dict[bytes, int] = {self._blocks[0].hash: 0}
        self._root: bytes = root
        self._next_timestamp: int | None = None
        self._open: _OpenBlock | None = None
        self._holding = False

    # -- genesis

    def _genesis_state(self, funded: Mapping[bytes, int]) -> bytes:
        header = self.vm_class.create_genesis_header(difficulty=0, timestamp=0, state_root=BLANK_ROOT_HASH)
        state = build_state(self.vm_class, self.db, header, self.chain_id, ())
        for address, code in (
            (BEACON_ROOTS_ADDRESS, BEACON_ROOTS_CONTRACT_CODE),
            (HISTORY_STORAGE_ADDRESS, HISTORY_STORAGE_CONTRACT_CODE),
        ):
            state.set_code(address, code)
            state.set_nonce(address, 1)
        for account, balance in funded.items():
            state.set_balance(account, balance)  # type: ignore[arg-type]
        state.persist()
        return bytes(state.state_root)

    def _randao(self, number: int) -> bytes:
        return keccak(b"harness.prevrandao" + self.seed.to_bytes(32, "big", signed=True) + number.to_bytes(8, "big"))

    # -- reading

    @property
    def provider(self) -> BaseProvider:
        if self._provider is None:
            from harness.chain.provider import PyEvmProvider

            self._provider = PyEvmProvider(self)
        return self._provider

    @property
    def blocks(self) -> Sequence[Block]:
        return self._blocks

    def head(self) -> Head:
        return _head(self._blocks[-1])

    def block(self, number: int) -> Head:
        return _head(self._blocks[number])

    def state_at(self, number: int | None = None) -> StateAPI:
        """A state to read from: of the open block or on top of the head (None), or after block ``number``."""
        if number is not None and number < self._blocks[-1].number:
            header = self._blocks[number].header
            return build_state(self.vm_class, self.db, header, self.chain_id, self._hashes(number))
        if self._open is not None:
            return self._open.state
        header = self._blocks[-1].header.copy(state_root=self._root)
        return build_state(self.vm_class, self.db, header, self.chain_id, self._hashes(len(self._blocks) - 1))

    def nonce(self, address: bytes) -> int:
        return _StateView(self.state_at()).nonce(address)

    def balance(self, address: bytes) -> int:
        return _StateView(self.state_at()).balance(address)

    def code(self, address: bytes) -> bytes:
        return _StateView(self.state_at()).code(address)

    def storage(self, address: bytes, slot: int) -> int:
        return int(self.state_at().get_storage(address, slot))  # type: ignore[arg-type]

    def receipt(self, tx_hash: bytes) -> RawReceipt:
        number, index = self.locate(tx_hash)
        return self._blocks[number].receipts[index]

    def locate(self, tx_hash: bytes) -> tuple[int, int]:
        """Block number and index of a mined transaction."""
        try:
            return self._index[tx_hash]
        except KeyError:
            raise UnknownTransaction("0x" + tx_hash.hex()) from None

    def number_of(self, block_hash: bytes) -> int | None:
        """Number of the canonical block with this hash; None if there is none."""
        return self._numbers.get(block_hash)

    def _hashes(self, below: int) -> Iterator[bytes]:
        return islice((self._blocks[number].hash for number in range(below - 1, -1, -1)), 256)

    # -- building blocks

    def now(self) -> int:
        if self._open is not None:
            return int(self._open.header.timestamp)
        return self._next_timestamp if self._next_timestamp is not None else self.head().timestamp

    def next_base_fee(self) -> int:
        header = self._open.header if self._open is not None else self._child_header()
        return int(header.base_fee_per_gas)  # type: ignore[attr-defined]

    def set_next_timestamp(self, timestamp: int) -> None:
        earliest = self.head().timestamp + 1
        if timestamp < earliest:
            raise TimeNotAhead(timestamp, earliest)
        self._next_timestamp = timestamp

    def _child_header(self) -> BlockHeaderAPI:
        parent = self._blocks[-1].header
        timestamp = self._next_timestamp if self._next_timestamp is not None else parent.timestamp + 1
        return self.vm_class.create_header_from_parent(
            parent,
            timestamp=timestamp,
            gas_limit=parent.gas_limit,
            coinbase=COINBASE,
            mix_hash=self._randao(parent.block_number + 1),
            state_root=self._root,
        )

    def _begin(self) -> _OpenBlock:
        if self._open is None:
            header = self._child_header()
            state = build_state(self.vm_class, self.db, header, self.chain_id, self._hashes(header.block_number))
            self._system_calls(header, state)
            self._open = _OpenBlock(header, state)
        return self._open

    def _system_calls(self, header: BlockHeaderAPI, state: StateAPI) -> None:
        """What opens a Prague block: the beacon root (EIP-4788) and the parent's hash (EIP-2935) are stored."""
        slot = header.timestamp % HISTORY_BUFFER_LENGTH
        state.set_storage(BEACON_ROOTS_ADDRESS, slot, header.timestamp)
        root = int.from_bytes(header.parent_beacon_block_root, "big")  # type: ignore[attr-defined]
        state.set_storage(BEACON_ROOTS_ADDRESS, slot + HISTORY_BUFFER_LENGTH, root)
        parent = int.from_bytes(header.parent_hash, "big")
        state.set_storage(HISTORY_STORAGE_ADDRESS, (header.block_number - 1) % HISTORY_SERVE_WINDOW, parent)

    def submit(self, sent: Sent) -> None:
        check_rules(sent, self.chain_id, self.gas_cap)
        self._take(sent, impersonated=False)

    def submit_as(self, tx: Transaction, sender: bytes) -> bytes:
        sent = impersonate(tx, sender)
        check_rules(sent, self.chain_id, self.gas_cap)
        self._take(sent, impersonated=True)
        return sent.hash

    def submit_raw(self, raw: bytes) -> Sent:
        """Take the bytes of a removed block's transaction again, impersonated or not."""
        sent = decode(raw, impersonated=True)
        check_rules(sent, self.chain_id, self.gas_cap)
        self._take(sent, impersonated=sent.tx.s == 0)
        return sent

    def _take(self, sent: Sent, *, impersonated: bool) -> None:
        fresh = self._open is None
        block = self._begin()
        try:
            check_account(sent, _StateView(block.state), block.header.base_fee_per_gas, impersonated=impersonated)  # type: ignore[attr-defined]
            room = block.header.gas_limit - block.header.gas_used
            if sent.tx.gas > room:
                raise GasAboveCap(sent.tx.gas, room, "rest of the block's")
        except BaseException:
            if fresh and not self._holding:
                self._open = None
            raise
        self._apply(block, sent)
        if not self._holding:
            self._seal()

    def _apply(self, block: _OpenBlock, sent: Sent) -> None:
        transaction = to_pyevm(self.vm_class, sent)
        computation = execute(block.state, transaction)
        receipt = self.vm_class.make_receipt(block.header, transaction, computation, block.state)
        block.header = block.header.copy(gas_used=receipt.gas_used)
        block.header = _with_blob_gas(block.header, sent.tx)
        block.sent.append(sent)
        block.pyevm_transactions.append(transaction)
        block.receipts.append(receipt)
        block.frames.append(frame_of(computation, sent.tx.gas))
        block.creations.append(computation.msg.storage_address if sent.tx.to is None else None)

    def _seal(self) -> None:
        block = self._begin()
        state = block.state
        state.delta_balance(COINBASE, 0)  # type: ignore[attr-defined]
        state.persist()
        tx_root, _ = make_trie_root_and_nodes(block.pyevm_transactions)  # type: ignore[arg-type]
        receipt_root, _ = make_trie_root_and_nodes(block.receipts)  # type: ignore[arg-type]
        bloom = BloomFilter()
        for receipt in block.receipts:
            bloom |= receipt.bloom
        header = block.header.copy(
            state_root=state.state_root, transaction_root=tx_root, receipt_root=receipt_root, bloom=int(bloom)
        )
        self._append(Block(header, tuple(block.sent), self._receipts(header, block), tuple(block.frames)))
        self._root = bytes(header.state_root)
        self._next_timestamp = None
        self._open = None

    def _append(self, block: Block) -> None:
        self._blocks.append(block)
        self._numbers[block.hash] = block.number
        for index, sent in enumerate(block.transactions):
            self._index[sent.hash] = (block.number, index)

    def _receipts(self, header: BlockHeaderAPI, block: _OpenBlock) -> tuple[RawReceipt, ...]:
        receipts, used, log_index = [], 0, 0
        for index, (sent, receipt, created) in enumerate(zip(block.sent, block.receipts, block.creations, strict=True)):
            logs = []
            for entry in receipt.logs:
                topics = tuple(topic.to_bytes(32, "big") for topic in entry.topics)
                logs.append(Log(to_checksum_address(entry.address), topics, bytes(entry.data), log_index))
                log_index += 1
            base_fee = int(header.base_fee_per_gas)  # type: ignore[attr-defined]
            receipts.append(
                RawReceipt(
                    tx_hash=sent.hash,
                    block_number=int(header.block_number),
                    block_hash=bytes(header.hash),
                    timestamp=int(header.timestamp),
                    index=index,
                    sender=to_checksum_address(sent.sender),
                    to=None if sent.tx.to is None else to_checksum_address(sent.tx.to),
                    contract_address=None if created is None else to_checksum_address(created),
                    gas_used=receipt.gas_used - used,
                    gas_price=min(sent.tx.max_fee, base_fee + sent.tx.priority_fee),
                    succeeded=receipt.state_root == b"\x01",
                    logs=tuple(logs),
                )
            )
            used = receipt.gas_used
        return tuple(receipts)

    def mine(self) -> None:
        self._seal()

    def open_block(self) -> None:
        self._begin()
        self._holding = True

    def close_block(self) -> None:
        self._holding = False
        self._seal()

    # -- calls

    def call(self, sender: bytes, to: bytes | None, data: bytes, value: int, gas: int | None) -> bytes:
        computation = self.run(sender, to, data, value, gas)
        if computation.is_error:
            cause = "" if computation.output else str(computation.error)
            raise CallFailed(bytes(computation.output), cause, frame_of(computation, computation.msg.gas))
        return bytes(computation.output)

    def trace_call(self, sender: bytes, to: bytes | None, data: bytes, value: int) -> Frame:
        computation = self.run(sender, to, data, value, None)
        return frame_of(computation, computation.msg.gas)

    def run(
        self, sender: bytes, to: bytes | None, data: bytes, value: int, gas: int | None, number: int | None = None
    ) -> ComputationAPI:
        """Execute a call and forget its effects: in the open block, else in the next if its time is set, else at the head."""
        latest = self._blocks[-1].number
        if number is not None and number < latest:
            header, below = self._blocks[number].header, number
        elif self._open is not None:
            return self._run_in(self._open.state, sender, to, data, value, gas)
        elif self._next_timestamp is not None:
            header, below = self._child_header(), latest + 1
        else:
            header, below = self._blocks[-1].header.copy(state_root=self._root), latest
        header = header.copy(base_fee_per_gas=0)
        state = build_state(self.vm_class, self.db, header, self.chain_id, self._hashes(below))
        return self._run_in(state, sender, to, data, value, gas)

    def _run_in(
        self, state: StateAPI, sender: bytes, to: bytes | None, data: bytes, value: int, gas: int | None
    ) -> ComputationAPI:
        context = state.execution_context
        fee = int(context.base_fee_per_gas)
        tx = Transaction(
            2,
            self.chain_id,
            state.get_nonce(sender),
            0,
            fee,
            gas or BLOCK_GAS_LIMIT,
            to,
            value,
            data,  # type: ignore[arg-type]
        )
        if fee:
            return self._run_discarding(state, tx, sender)
        return execute(state, to_pyevm(self.vm_class, impersonate(tx, sender)))

    def _run_discarding(self, state: StateAPI, tx: Transaction, sender: bytes) -> ComputationAPI:
        """Run on the open block's own state, with the gas for it lent, and take everything back."""
        state.lock_changes()
        checkpoint = state.snapshot()
        try:
            state.delta_balance(sender, tx.gas * tx.max_fee)  # type: ignore[attr-defined]
            return state.apply_transaction(to_pyevm(self.vm_class, impersonate(tx, sender)))
        finally:
            state.revert(checkpoint)

    def trace(self, tx_hash: bytes) -> Frame:
        number, index = self.locate(tx_hash)
        return self._blocks[number].frames[index]

    # -- snapshots and reorgs

    def snapshot(self) -> PyEvmSnapshot:
        return PyEvmSnapshot(self._blocks[-1], self._root, self._next_timestamp)

    def restore(self, snapshot: object) -> None:
        if not isinstance(snapshot, PyEvmSnapshot) or self._numbers.get(snapshot.head.hash) is None:
            raise UnknownSnapshot(snapshot, self.name)
        self._cut(snapshot.head.number)
        self._root = snapshot.root
        self._next_timestamp = snapshot.next_timestamp

    def rollback(self, depth: int) -> Sequence[bytes]:
        available = len(self._blocks) - 1
        if not 0 <= depth <= available:
            raise ReorgTooDeep(depth, available)
        removed = self._cut(available - depth)
        self._root = bytes(self._blocks[-1].header.state_root)
        self._next_timestamp = None
        return [sent.raw for block in removed for sent in block.transactions]

    def _cut(self, number: int) -> list[Block]:
        removed = self._blocks[number + 1 :]
        del self._blocks[number + 1 :]
        for block in removed:
            del self._numbers[block.hash]
            for sent in block.transactions:
                self._index.pop(sent.hash, None)
        self._open = None
        self._holding = False
        return removed

    # -- edits

    def set_balance(self, address: bytes, balance: int) -> None:
        with _Edit(self) as state:
            state.set_balance(address, balance)  # type: ignore[arg-type]

    def set_nonce(self, address: bytes, nonce: int) -> None:
        with _Edit(self) as state:
            state.set_nonce(address, nonce)  # type: ignore[arg-type]

    def set_code(self, address: bytes, code: bytes) -> None:
        with _Edit(self) as state:
            state.set_code(address, code)  # type: ignore[arg-type]

    def set_storage(self, address: bytes, slot: int, value: int) -> None:
        with _Edit(self) as state:
            state.set_storage(address, slot, value)  # type: ignore[arg-type]

    def request(self, method: str, params: Sequence[Any]) -> Any:
        return self.provider.make_request(method, list(params))  # type: ignore[arg-type]

    def close(self) -> None:
        self._open = None


class _Edit:
    """A change of the state outside of any transaction: of the open block's, else of the one on top of the head."""

    def __init__(self, backend: PyEvmBackend) -> None:
        self._backend = backend
        self._state = backend.state_at()

    def __enter__(self) -> StateAPI:
        self._state.lock_changes()
        return self._state

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if kind is None and self._backend._open is None:
            self._state.persist()
            self._backend._root = bytes(self._state.state_root)


def _head(block: Block) -> Head:
    header = block.header
    return Head(
        block.number,
        block.hash,
        bytes(header.parent_hash),
        int(header.timestamp),
        int(header.base_fee_per_gas),  # type: ignore[attr-defined]
        int(header.gas_limit),
        int(header.gas_used),
        bytes(header.state_root),
    )


def _with_blob_gas(header: BlockHeaderAPI, tx: Transaction) -> BlockHeaderAPI:
    if not tx.blob_hashes:
        return header
    used = header.blob_gas_used + 2**17 * len(tx.blob_hashes)  # type: ignore[attr-defined]
    return header.copy(blob_gas_used=used)
