"""The chain on py-evm without calls: blocks are assembled by the harness, the state is py-evm's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

from eth.exceptions import PyEVMError
from eth_utils import ValidationError

from harness.chain.backend import Frame, Head, RawReceipt, Swap, check_block
from harness.chain.errors import (
    BlockOpen,
    GasAboveCap,
    Inexecutable,
    ReorgTooDeep,
    TimeNotAhead,
    UnknownSnapshot,
    UnknownTransaction,
)
from harness.chain.jsonrpc.local import AccountProof, BlockHeader
from harness.chain.pyevm.blockchain import Blockchain
from harness.chain.pyevm.blocks import SYSTEM_CONTRACTS, OpenBlock, Sealed, StateView
from harness.chain.pyevm.empty import LATE_ACCOUNTS, Place, Rules
from harness.chain.pyevm.evm import build_state, environment
from harness.chain.pyevm.headers import child_header, genesis_header, next_base_fee
from harness.chain.pyevm.marks import NOTHING_AHEAD, PyEvmSnapshot
from harness.chain.pyevm.proofs import account_proof
from harness.chain.pyevm.replay import Scene
from harness.chain.pyevm.state import Late, StoredState
from harness.chain.values.blobs import check_blobs
from harness.chain.values.refusals import BlockTooLarge
from harness.chain.values.rules import DEFAULT_RULES, GAS_PER_BLOB, L1Rules
from harness.chain.values.settings import BLOCK_GAS_LIMIT, GENESIS_TIME
from harness.chain.values.transactions import TX_GAS_CAP, Sent, Transaction, impersonate
from harness.chain.values.validity import check_account, check_rules
from harness.primitives.addresses import checksum_address
from harness.primitives.hashing import keccak256
from harness.primitives.patricia import EMPTY_ROOT


class PyEvmLedger:
    """The blocks of one process and the state on top of them, for mining, reorgs and edits.

    ``funded`` maps addresses to wei in the genesis state. ``gas_cap`` None lifts the cap per transaction. ``rules`` are
    a fork's, with its blobs.
    """

    name = "py-evm"
    estimate_cap = TX_GAS_CAP
    most_mined = 100_000

    def __init__(
        self,
        chain_id: int = 900,
        seed: int = 0,
        *,
        funded: Mapping[bytes, int] | None = None,
        genesis_time: int = GENESIS_TIME,
        gas_limit: int = BLOCK_GAS_LIMIT,
        gas_cap: int | None = TX_GAS_CAP,
        rules: L1Rules = DEFAULT_RULES,
    ) -> None:
        self.rules = rules
        self.chain_id = chain_id
        self.seed = seed
        self.gas_cap = gas_cap
        state = self._genesis_state(funded or {})
        genesis = Sealed(genesis_header(genesis_time, gas_limit, self._randao(0), state.root), (), (), (), state=state)
        self._blocks = Blockchain(genesis, Rules(rules, self._randao))
        self._places: dict[bytes, tuple[int, int]] = {}
        self._numbers: dict[bytes, int] = {genesis.hash: 0}
        self._edited_state: StoredState | None = None
        self._live: Any = None
        self._ahead = NOTHING_AHEAD
        self._open: OpenBlock | None = None
        self._holding = False

    def _genesis_state(self, funded: Mapping[bytes, int]) -> StoredState:
        header = genesis_header(0, BLOCK_GAS_LIMIT, bytes(32), EMPTY_ROOT)
        state: Any = build_state(self.rules, StoredState(), header, self.chain_id, ())
        for address, code in SYSTEM_CONTRACTS:
            state.set_code(address, code)
            state.set_nonce(address, 1)
        for account, balance in funded.items():
            state.set_balance(account, balance)
        state.persist()
        stored: StoredState = state.stored
        return stored

    def _randao(self, number: int) -> bytes:
        return keccak256(b"harness.prevrandao" + self.seed.to_bytes(32, "big", signed=True) + number.to_bytes(8, "big"))

    # -- reading

    @property
    def blocks(self) -> Blockchain:
        return self._blocks

    @property
    def _height(self) -> int:
        return len(self._blocks) - 1

    def head(self) -> Head:
        return self._blocks.head(self._height)

    def block(self, number: int) -> Head:
        check_block(number, self._height)
        return self._blocks.head(number)

    def transactions(self, number: int) -> Sequence[bytes]:
        check_block(number, self._height)
        return [sent.hash for block in self._blocks.mined(number, number) for sent in block.transactions]

    def state_at(self, number: int | None = None) -> Any:
        """Return a state to read: after block ``number``, or for None the open block's or the head's."""
        if number is not None and number < self._height:
            return self._state_after(number)
        if self._open is not None:
            return self._open.state
        if self._live is None:
            self._live = self._state_after(self._height, self._edited_state)
        return self._live

    def _state_after(self, number: int, edited: StoredState | None = None) -> Any:
        """Return the state after a block, or the one that was ``edited``.

        What follows from late block hashes comes late.
        """
        found = self._blocks.place(number)
        known = found.row.state_but_late() if isinstance(found, Place) else found.state
        state = build_state(self.rules, edited or known, found.outline, self.chain_id, self._hashes(number))
        if isinstance(found, Place) and edited is None:
            state._account_db.await_late(Late(LATE_ACCOUNTS, partial(found.row.state, found.index)))
        return state

    def follow(self) -> None:
        """Do nothing: this chain changes only through this process."""

    def heads(self) -> tuple[int, int]:
        """Return the numbers of the safe and the finalized block; both are the head."""
        return self._height, self._height

    def world(self, number: int | None = None) -> StateView:
        return StateView(self.state_at(number))

    @property
    def fork_name(self) -> str:
        return self.rules.fork_name

    @property
    def blob_gas_limit(self) -> int:
        return GAS_PER_BLOB * self.rules.blobs.most

    def proof(self, number: int, address: bytes, slots: Sequence[int]) -> AccountProof:
        return account_proof(self._blocks.place(number).state, address, slots)

    def nonce(self, address: bytes) -> int:
        return self.world().nonce(address)

    def balance(self, address: bytes) -> int:
        return self.world().balance(address)

    def code(self, address: bytes) -> bytes:
        return self.world().code(address)

    def storage(self, address: bytes, slot: int) -> int:
        return self.world().storage(address, slot)

    def receipt(self, tx_hash: bytes) -> RawReceipt:
        number, index = self.locate(tx_hash)
        return self._blocks[number].receipts[index]

    def locate(self, tx_hash: bytes) -> tuple[int, int]:
        """Return block number and index of a mined transaction; raises UnknownTransaction."""
        try:
            return self._places[tx_hash]
        except KeyError:
            raise UnknownTransaction("0x" + tx_hash.hex()) from None

    def number_of(self, block_hash: bytes) -> int | None:
        """Return the number of the block with this hash; None if this chain has none."""
        found = self._numbers.get(block_hash)
        return self._blocks.number_of(block_hash) if found is None else found

    def _hashes(self, below: int) -> Iterator[bytes]:
        return islice((self._blocks.hash(number) for number in range(below - 1, -1, -1)), 256)

    def _hashes_below(self, number: int) -> Iterator[bytes]:
        """Return the hashes of earlier blocks for a block of any number, zero for those that are not there."""
        known = (self._blocks.hash(each) if each <= self._height else bytes(32) for each in range(number - 1, -1, -1))
        return islice(known, 256)

    # -- building blocks

    def now(self) -> int:
        if self._open is not None:
            return self._open.header.timestamp
        set_time = self._ahead.timestamp
        return self._blocks.timestamp() if set_time is None else set_time

    def ahead(self, sender: bytes | None = None, to: bytes | None = None) -> AbstractContextManager[None]:
        return nullcontext()

    def steady(self) -> AbstractContextManager[None]:
        return nullcontext()

    def next_base_fee(self) -> int:
        if self._open is not None:
            return self._open.header.base_fee
        set_fee = self._ahead.base_fee
        return next_base_fee(self._blocks.outline(self._height)) if set_fee is None else set_fee

    def blob_fee(self, header: BlockHeader) -> int:
        """Return the price of blob gas in the block with this header, in wei."""
        return self.rules.blobs.base_fee(header.excess_blob_gas)

    def next_header(self) -> BlockHeader:
        """Return the header of the block that a transaction enters next, without the results of transactions."""
        if self._open is not None:
            return replace(self._open.header, gas_used=self._open.running.gas_used)
        return self._child_header(self._blocks.outline(self._height), self._blocks.hash(self._height))

    def _next_blob_fee(self) -> int:
        """Return the price of blob gas in the block that a transaction enters next, in wei."""
        if self._open is not None:
            return self.blob_fee(self._open.header)
        parent, blobs = self._blocks.outline(self._height), self.rules.blobs
        return blobs.base_fee(blobs.next_excess(parent.excess_blob_gas, parent.blob_gas_used, parent.base_fee))

    def set_next_base_fee(self, fee: int) -> None:
        """Set the base fee of the next block, in wei per gas; the open block keeps its own."""
        self._ahead = replace(self._ahead, base_fee=fee)

    @property
    def is_block_open(self) -> bool:
        return self._holding

    def set_next_timestamp(self, timestamp: int) -> None:
        earliest = self._blocks.timestamp() + 1
        if timestamp < earliest:
            raise TimeNotAhead(timestamp, earliest)
        self._ahead = replace(self._ahead, timestamp=timestamp)

    def _time_of_next(self) -> int:
        return self._blocks.timestamp() + 1 if self._ahead.timestamp is None else self._ahead.timestamp

    def _child_header(self, parent: BlockHeader, parent_hash: bytes = bytes(32)) -> BlockHeader:
        """Return a header on top of ``parent``, its state root to be filled in."""
        randao = self._randao(parent.number + 1)
        header = child_header(self.rules, parent, self._time_of_next(), randao, parent_hash)
        return header if self._ahead.base_fee is None else replace(header, base_fee=self._ahead.base_fee)

    def _begin(self) -> OpenBlock:
        if self._open is None:
            parent = self._blocks[-1].header
            header = self._child_header(parent, parent.hash)
            state = self.state_at()
            state.lock_changes()
            state.execution_context = environment(header, self.chain_id, self._hashes(header.number))
            self._open = OpenBlock(self.rules, header, state)
            self._open.store_system_records()
        return self._open

    def submit(self, sent: Sent) -> None:
        self._take(sent, impersonated=False)

    def submit_as(self, tx: Transaction, sender: bytes) -> bytes:
        sent = impersonate(tx, sender)
        self._take(sent, impersonated=True)
        return sent.hash

    def _take(self, sent: Sent, *, impersonated: bool) -> None:
        check_rules(sent, self.chain_id, self.gas_cap)
        held = 0 if self._open is None else self._open.running.blob_gas_used // GAS_PER_BLOB
        check_blobs(sent, self.rules.blobs, self._next_blob_fee(), held)
        check_account(sent, self.world(), self.next_base_fee(), impersonated=impersonated)
        room = self._blocks.outline(self._height).gas_limit if self._open is None else self._open.gas_left
        if sent.tx.gas > room:
            raise GasAboveCap(sent.tx.gas, room, "rest of the block's")
        opened = self._begin()
        try:
            opened.check_size(sent)
        except BlockTooLarge:
            if not self._holding:
                self._forget_open()
            raise
        try:
            opened.apply(sent)
        except BaseException as error:
            self._forget_open()
            if isinstance(error, (PyEVMError, ValidationError)):
                raise Inexecutable(checksum_address(sent.sender), str(error)) from None
            raise
        if not self._holding:
            self._seal()

    def _forget_open(self) -> None:
        self._open = None
        self._live = None
        self._holding = False

    def _seal(self) -> None:
        block = self._begin().seal(self._edited_state)
        self._open = None
        self._blocks.append(block)
        self._numbers[block.hash] = block.number
        for index, sent in enumerate(block.transactions):
            self._places[sent.hash] = (block.number, index)
        self._edited_state, self._ahead = None, NOTHING_AHEAD

    def mine(self, count: int = 1) -> None:
        if self._holding:
            raise BlockOpen("mine")
        if self._ahead.base_fee is not None:  # a row of empty blocks follows the rule of the fee
            self._begin()
        if self._open is not None:
            self._seal()
            count -= 1
        if count:
            self._blocks.append_empty(count, self._edited_state, self._time_of_next())
            self._edited_state, self._ahead, self._live = None, NOTHING_AHEAD, None

    def open_block(self) -> None:
        if self._holding:
            raise BlockOpen("open another block")
        self._begin()
        self._holding = True

    def close_block(self) -> None:
        self._holding = False
        self._seal()

    def trace(self, tx_hash: bytes) -> Frame:
        number, index = self.locate(tx_hash)
        block = self._sealed(number)
        frame = block.frames[index]
        return frame if frame.replay is not None else replace(frame, replay=partial(self._play_again, block, index))

    def _sealed(self, number: int) -> Sealed:
        """Return a block that holds transactions."""
        block = self._blocks[number]
        assert isinstance(block, Sealed)
        return block

    def _play_again(self, block: Sealed, index: int, swap: Swap | None) -> Frame | None:
        """Execute a mined transaction once more; None if the block has left the chain."""
        if block.number > self._height or self._blocks[block.number] is not block:
            return None
        return self._scene(block, index).play(swap)

    def _scene(self, block: Sealed, index: int) -> Scene:
        """Return a mined transaction as one to execute once more."""
        state = self._state_after(block.number - 1, block.edited)
        state.execution_context = environment(block.header, self.chain_id, self._hashes(block.number))
        OpenBlock(self.rules, block.header, state).store_system_records()
        before, sent = block.transactions[:index], block.transactions[index]
        return Scene(self.rules, StateView(state), state.execution_context, sent, before)

    # -- snapshots and reorgs

    def snapshot(self) -> PyEvmSnapshot:
        return PyEvmSnapshot(self._blocks.mark(), self._edited_state, self._ahead)

    def restore(self, snapshot: object) -> None:
        if not isinstance(snapshot, PyEvmSnapshot) or not self._blocks.holds(snapshot.head):
            raise UnknownSnapshot(snapshot, self.name)
        self._cut(snapshot.head[1])
        self._edited_state, self._ahead = snapshot.edited, snapshot.ahead

    def rollback(self, depth: int) -> Sequence[bytes]:
        available = self._height
        if not 0 <= depth <= available:
            raise ReorgTooDeep(depth, available)
        removed = self._cut(available - depth)
        self._edited_state, self._ahead = None, NOTHING_AHEAD
        return [sent.raw for block in removed for sent in block.transactions]

    def _cut(self, number: int) -> list[Sealed]:
        removed = self._blocks.cut(number)
        for block in removed:
            del self._numbers[block.hash]
            for sent in block.transactions:
                self._places.pop(sent.hash, None)
        self._forget_open()
        return removed

    # -- edits: of the open block's state, else of the one on top of the head

    @contextmanager
    def _edited(self) -> Iterator[Any]:
        state = self.state_at()
        state.lock_changes()
        yield state
        if self._open is None:
            state.persist()
            self._edited_state = state.stored

    def set_balance(self, address: bytes, balance: int) -> None:
        with self._edited() as state:
            state.set_balance(address, balance)

    def set_nonce(self, address: bytes, nonce: int) -> None:
        with self._edited() as state:
            state.set_nonce(address, nonce)

    def set_code(self, address: bytes, code: bytes) -> None:
        with self._edited() as state:
            state.set_code(address, code)

    def set_storage(self, address: bytes, slot: int, value: int) -> None:
        with self._edited() as state:
            state.set_storage(address, slot, value)

    def close(self) -> None:
        self._forget_open()
