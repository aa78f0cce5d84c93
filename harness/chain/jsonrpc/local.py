"""What JSON-RPC needs from a chain in this process: one protocol for L1 and L2, and plain values."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from harness.chain.backend import Backend, CallRequest, RawReceipt, World
from harness.chain.values.transactions import Sent
from harness.primitives.hashing import keccak256
from harness.primitives.patricia import EMPTY_ROOT
from harness.primitives.rlp import encode, minimal

EMPTY_UNCLES = bytes.fromhex("1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347")
"""keccak256 of the RLP of an empty list."""


@dataclass(frozen=True, kw_only=True)
class BlockHeader:
    """A block's header, also as JSON-RPC shows it. ``requests_hash`` is None before Prague."""

    number: int
    parent_hash: bytes
    state_root: bytes
    coinbase: bytes
    mix_hash: bytes
    gas_limit: int
    gas_used: int
    timestamp: int
    base_fee: int
    uncles_hash: bytes = EMPTY_UNCLES
    transaction_root: bytes = EMPTY_ROOT
    receipt_root: bytes = EMPTY_ROOT
    bloom: int = 0
    difficulty: int = 0
    extra_data: bytes = b""
    nonce: bytes = bytes(8)
    withdrawals_root: bytes = EMPTY_ROOT
    blob_gas_used: int = 0
    excess_blob_gas: int = 0
    parent_beacon_block_root: bytes = bytes(32)
    requests_hash: bytes | None = None

    @cached_property
    def hash(self) -> bytes:
        """The hash of a block on L1; that of an L2 block is another one."""
        return keccak256(self.encode())

    def encode(self) -> bytes:
        """Return the RLP."""
        return encode(self.fields())

    def fields(self) -> list[bytes]:
        """Return the fields as bytes, in the order of the RLP."""
        numbers = (self.difficulty, self.number, self.gas_limit, self.gas_used, self.timestamp)
        fields = [
            self.parent_hash, self.uncles_hash, self.coinbase, self.state_root, self.transaction_root,
            self.receipt_root, self.bloom.to_bytes(256, "big"), *map(minimal, numbers), self.extra_data,
            self.mix_hash, self.nonce, minimal(self.base_fee), self.withdrawals_root, minimal(self.blob_gas_used),
            minimal(self.excess_blob_gas), self.parent_beacon_block_root,
        ]  # fmt: skip
        return fields if self.requests_hash is None else [*fields, self.requests_hash]


class LocalBlock(Protocol):
    """A block with the transactions that it executed."""

    @property
    def number(self) -> int: ...
    @property
    def hash(self) -> bytes: ...
    @property
    def shown_header(self) -> BlockHeader: ...
    @property
    def transactions(self) -> tuple[Sent, ...]: ...
    @property
    def receipts(self) -> tuple[RawReceipt, ...]: ...
    @property
    def blooms(self) -> tuple[int, ...]: ...
    @property
    def content(self) -> Hashable:
        """What a filter's client learns of a block; a second block with equal content is not reported."""


class Past(Protocol):
    """The blocks of a chain as they were at one moment."""

    def __len__(self) -> int: ...
    def hash(self, number: int) -> bytes: ...
    def fork(self, other: Any) -> int:
        """Return the number of blocks, from genesis on, that both pasts have."""

    def mined(self, first: int, last: int) -> Iterable[LocalBlock]:
        """Return the blocks from ``first`` to ``last``; those that hold nothing may be left out."""


class LocalBlocks(Protocol):
    """The blocks of a chain by number."""

    def __len__(self) -> int: ...
    def __getitem__(self, number: int, /) -> LocalBlock: ...
    def mined(self, first: int, last: int) -> Iterable[LocalBlock]: ...
    def copy(self) -> Past:
        """Return the chain as it is now."""


@dataclass(frozen=True, slots=True)
class Execution:
    """The outcome of a call; ``error`` is the cause of a failure in `common_cause`'s words, None for a success."""

    output: bytes
    gas_left: int
    error: str | None = None

    @property
    def is_error(self) -> bool:
        return self.error is not None


@dataclass(frozen=True, slots=True)
class SlotProof:
    """A storage slot with its Patricia proof; an absent slot has value 0."""

    slot: int
    value: int
    nodes: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class AccountProof:
    """An account with its Patricia proof, and slots of its storage (EIP-1186). Absence is proven in the same way."""

    address: bytes
    balance: int
    nonce: int
    code_hash: bytes
    storage_root: bytes
    nodes: Sequence[bytes]
    slots: Sequence[SlotProof]


class LocalNode(Backend, Protocol):
    """A backend in this process. Block ``number`` None is the state that the next transaction sees."""

    estimate_cap: int
    """The highest gas limit that an estimate considers."""

    @property
    def blocks(self) -> LocalBlocks: ...
    def follow(self) -> object:
        """Read what happened elsewhere. It is called before each request."""

    def heads(self) -> tuple[int, int]:
        """Return the numbers of the safe and of the finalized block."""

    def world(self, number: int | None = None) -> World: ...
    def blob_base_fee(self) -> int: ...
    def number_of(self, block_hash: bytes) -> int | None: ...
    def locate(self, tx_hash: bytes) -> tuple[int, int]:
        """Return block number and index of a transaction; raises UnknownTransaction."""

    def proof(self, number: int, address: bytes, slots: Sequence[int]) -> AccountProof: ...
    def call_at(self, number: int | None, call: CallRequest) -> bytes:
        """Call at a block; raises CallFailed, and what `execution` raises."""

    def execution(self, number: int | None, call: CallRequest) -> Execution:
        """Execute a call and forget its effects; raises TransactionRejected if no node would execute it."""
