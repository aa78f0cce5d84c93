"""Any number of empty blocks on py-evm: described when they are mined, made when somebody reads them.

All values that follow from block hashes are made late: the hashes, each header's parent hash and state root, the hashes
that BLOCKHASH and the EIP-2935 contract return, and the storage of the two system contracts. They equal what mining the
blocks one by one gives, because each empty block stores its time, its beacon root and its parent's hash. Everything
else is known at once: number, time, base fee, prevrandao, and every account but those two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from eth.vm.forks.cancun.constants import BEACON_ROOTS_ADDRESS, HISTORY_BUFFER_LENGTH
from eth.vm.forks.prague.constants import HISTORY_SERVE_WINDOW, HISTORY_STORAGE_ADDRESS

from harness.chain.jsonrpc.local import BlockHeader
from harness.chain.pyevm.blocks import Block, Sealed
from harness.chain.pyevm.headers import child_header
from harness.chain.pyevm.state import NO_ACCOUNT, StoredAccount, StoredState, path_of, slot_path
from harness.chain.values.rules import L1Rules
from harness.primitives.hashing import keccak256
from harness.primitives.patricia import put
from harness.primitives.rlp import encode_bytes, encode_int
from harness.primitives.thawed import ThawedTrie

LATE_ACCOUNTS = frozenset({BEACON_ROOTS_ADDRESS, HISTORY_STORAGE_ADDRESS})
"""What empty blocks change: only these accounts differ in the state before and after them."""


_CHANGING = (0, 3, 13, 8, 11, 15, 18)
"""Places in a header of what differs in a row: the parent's hash, the state root and prevrandao, which are words, then
the number, the time, the base fee and the excess blob gas."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the blocks of a chain share; ``randao`` gives the prevrandao of a block number."""

    l1: L1Rules
    randao: Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Place:
    """One of a row of empty blocks, under the names of a sealed block."""

    row: EmptyBlocks
    index: int

    @property
    def outline(self) -> BlockHeader:
        return self.row.outline(self.index)

    @property
    def hash(self) -> bytes:
        return self.row.hash(self.index)

    @property
    def root(self) -> bytes:
        return self.row.root(self.index)

    @property
    def state(self) -> StoredState:
        return self.row.state(self.index)


class _Maker:
    """The states and headers of a row, in order: each header needs the state root, which needs the parent's hash."""

    def __init__(self, row: EmptyBlocks, start: StoredState, parent_hash: bytes) -> None:
        self._row = row
        self._parent_hash = parent_hash
        self._state = ThawedTrie(start.trie)
        self._accounts = _late_accounts(start)
        self._storage = {address: ThawedTrie(account.storage) for address, account in self._accounts.items()}
        self._fields = [encode_bytes(item) for item in row.first.fields()]

    def make(self, index: int) -> tuple[bytes, bytes]:
        """Return the hash and state root of the next block, which is number ``index`` of the row."""
        row = self._row
        for address, slot, value in writes(row, index, self._parent_hash):
            self._storage[address].set(slot_path(slot), value)
        for address, account in self._accounts.items():
            self._state.set(path_of(address), account.encode_with(self._storage[address].root()))
        root = self._state.root()
        fee, excess = row.fees(index)
        number = row.number + index
        words = self._parent_hash, root, row.rules.randao(number)
        numbers = number, row.timestamp + index, fee, excess
        encoded = (*(b"\xa0" + word for word in words), *map(encode_int, numbers))
        for at, field in zip(_CHANGING, encoded, strict=True):
            self._fields[at] = field
        payload = b"".join(self._fields)
        self._parent_hash = keccak256(b"\xf9" + len(payload).to_bytes(2, "big") + payload)
        return self._parent_hash, root


def _late_accounts(state: StoredState) -> dict[bytes, StoredAccount]:
    return {address: state.account(address) or NO_ACCOUNT for address in LATE_ACCOUNTS}


def writes(row: EmptyBlocks, index: int, parent_hash: bytes) -> tuple[tuple[bytes, int, int], ...]:
    """Return the address, slot and value of what opening a block stores (EIP-4788, EIP-2935)."""
    timestamp, number = row.timestamp + index, row.number + index
    slot = timestamp % HISTORY_BUFFER_LENGTH
    return (
        (BEACON_ROOTS_ADDRESS, slot, timestamp),
        (BEACON_ROOTS_ADDRESS, slot + HISTORY_BUFFER_LENGTH, row.beacon_root),
        (HISTORY_STORAGE_ADDRESS, (number - 1) % HISTORY_SERVE_WINDOW, int.from_bytes(parent_hash, "big")),
    )


class EmptyBlocks:
    """The empty blocks that can follow ``before``, each one second after its parent.

    The chain decides how many of them it has. What was made stays valid for any number. ``edited`` is the state below
    the first one if that was edited, else None.
    """

    def __init__(self, rules: Rules, before: Sealed | Place, edited: StoredState | None, timestamp: int) -> None:
        self.rules = rules
        self.before = before
        self._edited = edited
        self._states: dict[int, StoredState] = {}
        self.first = self._child(before.outline, timestamp)
        self.number = self.first.number
        self.timestamp = timestamp
        self.beacon_root = int.from_bytes(self.first.parent_beacon_block_root, "big")
        self._fees = [(self.first.base_fee, self.first.excess_blob_gas)]
        self._hashes = bytearray()
        self._roots = bytearray()
        self._maker: _Maker | None = None

    def _child(self, parent: BlockHeader, timestamp: int) -> BlockHeader:
        return child_header(self.rules.l1, parent, timestamp, self.rules.randao(parent.number + 1))

    # -- known at once

    def fees(self, index: int) -> tuple[int, int]:
        """Return base fee and excess blob gas of a block; they fall from block to block down to their minimum."""
        known = self._fees
        while index >= len(known) and (len(known) < 2 or known[-1] != known[-2]):
            following = self._child(self._outline(len(known) - 1), self.timestamp + len(known))
            known.append((following.base_fee, following.excess_blob_gas))
        return known[min(index, len(known) - 1)]

    def outline(self, index: int) -> BlockHeader:
        """Return the header but for parent hash and state root, which mean nothing."""
        self.fees(index)
        return self._outline(index)

    def _outline(self, index: int) -> BlockHeader:
        fee, excess = self._fees[min(index, len(self._fees) - 1)]
        return replace(
            self.first,
            number=self.number + index,
            timestamp=self.timestamp + index,
            mix_hash=self.rules.randao(self.number + index),
            base_fee=fee,
            excess_blob_gas=excess,
        )

    def state_but_late(self) -> StoredState:
        """Return a state that equals that after any block but for `LATE_ACCOUNTS`."""
        row: EmptyBlocks = self
        while row._edited is None:
            if isinstance(row.before, Sealed):
                return row.before.state
            row = row.before.row
        return row._edited

    # -- made when asked for

    @property
    def made(self) -> int:
        """The number of blocks that have their hash."""
        return len(self._hashes) // 32

    def hash(self, index: int) -> bytes:
        self._make(index)
        return bytes(self._hashes[32 * index : 32 * index + 32])

    def root(self, index: int) -> bytes:
        """Return the state root."""
        self._make(index)
        return bytes(self._roots[32 * index : 32 * index + 32])

    def block(self, index: int) -> Block:
        parent_hash = self.hash(index - 1) if index else self.before.hash
        header = replace(self.outline(index), parent_hash=parent_hash, state_root=self.root(index))
        return Block(header, (), (), ())

    def find(self, block_hash: bytes, count: int) -> int | None:
        """Return which of the first ``count`` blocks has this hash; None if none has."""
        self._make(count - 1)
        at = self._hashes.find(block_hash, 0, 32 * count)
        while at >= 0 and at % 32:
            at = self._hashes.find(block_hash, at + 1, 32 * count)
        return None if at < 0 else at // 32

    def state(self, index: int) -> StoredState:
        """Return the state after a block: what the last blocks wrote, on top of the first state. The row keeps it."""
        found = self._states.get(index)
        if found is None:
            self._make(index)
            found = self._states[index] = self._rebuilt(index)
        return found

    def _rebuilt(self, index: int) -> StoredState:
        start = self._start()
        accounts, trie = _late_accounts(start), start.trie
        storage = {address: account.storage for address, account in accounts.items()}
        for each in range(max(0, index + 1 - max(HISTORY_BUFFER_LENGTH, HISTORY_SERVE_WINDOW)), index + 1):
            parent_hash = self.hash(each - 1) if each else self.before.hash
            for address, slot, value in writes(self, each, parent_hash):
                storage[address] = put(storage[address], slot_path(slot), value)
        for address, account in accounts.items():
            trie = put(trie, path_of(address), account.with_storage(storage[address]))
        return StoredState(trie)

    def _start(self) -> StoredState:
        """Return the state that the first block is built on."""
        return self.before.state if self._edited is None else self._edited

    def _make(self, index: int) -> None:
        """Make hashes and roots up to a block, and first those of the rows below it."""
        needed: list[Place] = []
        below: Sealed | Place = Place(self, index)
        while isinstance(below, Place) and below.index >= below.row.made:
            needed.append(below)
            below = below.row.before
        for place in reversed(needed):
            place.row._make_here(place.index)

    def _make_here(self, index: int) -> None:
        if self._maker is None:
            self._maker = _Maker(self, self._start(), self.before.hash)
        for each in range(self.made, index + 1):
            block_hash, root = self._maker.make(each)
            self._hashes += block_hash
            self._roots += root
