"""What JSON-RPC needs from a chain in this process: one protocol for L1 and L2, and plain values."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from harness.chain.backend import Backend, CallRequest, Frame, RawReceipt, World
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


@dataclass(frozen=True)
class SeenBlock:
    """What is kept of a block for a client that was told of it: what it is told if the block is removed.

    A block holds its state, and whoever keeps blocks that left the chain keeps that as well.
    """

    number: int
    hash: bytes
    content: Hashable
    receipts: tuple[RawReceipt, ...]

    @classmethod
    def of(cls, block: LocalBlock) -> SeenBlock:
        """Return what is kept of a block: no receipt unless some have logs."""
        receipts = block.receipts if any(receipt.logs for receipt in block.receipts) else ()
        return cls(block.number, block.hash, block.content, receipts)


class Seen(Protocol):
    """The blocks of a chain as a client saw them."""

    def __len__(self) -> int: ...
    def hash(self, number: int) -> bytes: ...
    def mined(self, first: int, last: int) -> Iterable[SeenBlock]:
        """Return the blocks from ``first`` to ``last``; those that hold nothing may be left out."""


class Past(Protocol):
    """The blocks of a chain as they were at one moment."""

    def __len__(self) -> int: ...
    def hash(self, number: int) -> bytes: ...
    def fork(self, other: Any) -> int:
        """Return the number of blocks, from genesis on, that this past and one that was `seen` both have."""

    def seen(self) -> Seen:
        """Return what is kept of this past for a client that was told of it."""

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
class AccountOverride:
    """What a call finds at an account instead of what is there; None leaves a field as it is.

    ``is_whole`` says that slots which ``storage`` does not name are 0.
    """

    balance: int | None = None
    nonce: int | None = None
    code: bytes | None = None
    storage: Mapping[int, int] | None = None
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class BlockOverride:
    """What a call sees of its block instead of what it would; None leaves a field as it is."""

    number: int | None = None
    timestamp: int | None = None
    coinbase: bytes | None = None
    gas_limit: int | None = None
    prev_randao: bytes | None = None
    base_fee: int | None = None
    blob_base_fee: int | None = None

    def on(self, header: BlockHeader) -> BlockHeader:
        """Return a header with the fields that a header has."""
        named = {
            "number": self.number, "timestamp": self.timestamp, "coinbase": self.coinbase,
            "gas_limit": self.gas_limit, "mix_hash": self.prev_randao, "base_fee": self.base_fee,
        }  # fmt: skip
        changes: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
        return replace(header, **changes)


@dataclass(frozen=True, slots=True)
class Overrides:
    """What a call is executed with instead of what is there."""

    accounts: Mapping[bytes, AccountOverride] = field(default_factory=dict)
    block: BlockOverride = BlockOverride()


class Step(NamedTuple):
    """An opcode about to run. ``depth`` is 1 in the outermost frame; the top of ``stack`` is its last item.

    ``address`` is the account that the frame runs as, ``refund`` that of the whole transaction so far. ``memory`` gives
    the frame's memory, which is copied when it is asked for.
    """

    depth: int
    pc: int
    opcode: int
    gas: int
    refund: int
    address: bytes
    stack: list[int]
    memory: Callable[[], bytes]
    returndata: bytes


class Watcher(Protocol):
    """Hears of an execution, frame by frame and opcode by opcode."""

    def enter(self, address: bytes, code_address: bytes, paid: int | None) -> None:
        """Note that a frame begins; ``paid`` is the gas that its parent has left, None for the outermost one."""

    def step(self, step: Step) -> None:
        """Note that an opcode is about to run."""

    def leave(self, gas_left: int, is_error: bool) -> None:
        """Note that the innermost frame has ended, with the gas that it gives back."""


@dataclass(frozen=True, slots=True)
class Execution:
    """The outcome of a call; ``error`` is the cause of a failure in `common_cause`'s words, None for a success.

    ``gas_used`` is what a transaction would pay for. ``before`` and ``after`` are the states around a watched
    execution; None if nobody watched.
    """

    output: bytes
    gas_left: int
    error: str | None = None
    gas_used: int = 0
    before: World | None = None
    after: World | None = None

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

    most_mined: int
    """The most empty blocks that one request may ask for: more of them would keep others waiting."""

    @property
    def blob_gas_limit(self) -> int:
        """Blob gas that a block may have at most."""

    @property
    def fork_name(self) -> str:
        """The fork of the rules that the next block follows."""

    @property
    def is_block_open(self) -> bool:
        """Whether somebody holds a block open, which must not be mined or lost meanwhile."""

    @property
    def blocks(self) -> LocalBlocks: ...
    def follow(self) -> object:
        """Read what happened elsewhere. It is called before each request."""

    def heads(self) -> tuple[int, int]:
        """Return the numbers of the safe and of the finalized block."""

    def world(self, number: int | None = None) -> World: ...
    def blob_fee(self, header: BlockHeader) -> int:
        """Return the price of blob gas in the block with this header, in wei."""

    def next_header(self) -> BlockHeader:
        """Return the header of the next block as far as it is known; the results of transactions are not."""

    def set_next_base_fee(self, fee: int) -> None:
        """Set the base fee of the next block, in wei per gas."""

    def number_of(self, block_hash: bytes) -> int | None: ...
    def locate(self, tx_hash: bytes) -> tuple[int, int]:
        """Return block number and index of a transaction; raises UnknownTransaction."""

    def proof(self, number: int, address: bytes, slots: Sequence[int]) -> AccountProof: ...
    def call_at(self, number: int | None, call: CallRequest, overrides: Overrides | None = None) -> bytes:
        """Call at a block; raises CallFailed, and what `execution` raises."""

    def execution(
        self,
        number: int | None,
        call: CallRequest,
        overrides: Overrides | None = None,
        watcher: Watcher | None = None,
    ) -> Execution:
        """Execute a call and forget its effects; raises TransactionRejected if no node would execute it."""

    def trace_call_at(self, number: int | None, call: CallRequest, overrides: Overrides | None = None) -> Frame:
        """Return the call tree of a call at a block; raises what `execution` raises."""

    def rerun(self, tx_hash: bytes, watcher: Watcher) -> Execution:
        """Execute a mined transaction once more as it was; raises UnknownTransaction."""
