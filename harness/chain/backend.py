"""What a chain asks of the node under it: one small protocol, and the plain values that cross it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from harness.chain.errors import UnknownBlock
from harness.chain.values.transactions import Sent, Transaction

if TYPE_CHECKING:
    from web3.providers.base import BaseProvider


class World(Protocol):
    """A state that can be read. Addresses are 20 bytes; what is not there is 0 or b""."""

    def nonce(self, address: bytes) -> int: ...
    def balance(self, address: bytes) -> int: ...
    def code(self, address: bytes) -> bytes: ...
    def storage(self, address: bytes, slot: int) -> int: ...


@dataclass(frozen=True, slots=True)
class Head:
    """A block's header, as far as the harness reads it."""

    number: int
    hash: bytes
    parent_hash: bytes
    timestamp: int
    base_fee: int
    gas_limit: int
    gas_used: int
    state_root: bytes


@dataclass(frozen=True, slots=True)
class Log:
    """One event of one transaction; ``index`` counts within the block."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes
    index: int


@dataclass(frozen=True, slots=True)
class RawReceipt:
    """What became of a mined transaction."""

    tx_hash: bytes
    block_number: int
    block_hash: bytes
    timestamp: int
    index: int
    sender: str
    to: str | None
    contract_address: str | None
    gas_used: int
    gas_price: int
    succeeded: bool
    logs: tuple[Log, ...]


Swap = Callable[[bytes, bytes | None], bytes | None]
"""The code to run in place of a frame's code at an address (None for creation code); None to run its own."""

Replay = Callable[[Swap | None], "Frame | None"]
"""Executes a frame's transaction or call once more and notes the steps; None where it cannot."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One call in the tree of a transaction's calls.

    ``kind`` is CALL, STATICCALL, DELEGATECALL, CALLCODE, CREATE or CREATE2. ``gas`` is what the call was given and
    ``error`` is None for a success. ``code_address`` differs from ``address`` in a delegate call. An outermost frame
    with a failure in it may have a ``replay``. In what that gives, ``code`` is what the frame ran, ``steps`` are its
    program counters in the order executed, and ``called_at`` is which of the parent's steps made the call; elsewhere
    they are None.
    """

    kind: str
    sender: str
    address: str
    code_address: str
    value: int
    gas: int
    gas_used: int
    input: bytes
    output: bytes
    error: str | None
    children: tuple[Frame, ...]
    code: bytes | None = field(default=None, repr=False)
    steps: Sequence[int] | None = field(default=None, repr=False)
    called_at: int | None = None
    replay: Replay | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class CallFailed(Exception):
    """A call that was executed and reverted; ``cause`` is the node's word for it, ``frame`` its calls if known."""

    data: bytes
    cause: str
    frame: Frame | None = None


def check_block(number: object, head: int) -> None:
    """Raise UnknownBlock unless the chain has a block of this number."""
    if not isinstance(number, int) or not 0 <= number <= head:
        raise UnknownBlock(number, head)


class Backend(Protocol):
    """A node. Addresses are 20 bytes here; whatever is refused raises a class of `harness.errors`."""

    name: str
    chain_id: int

    @property
    def provider(self) -> BaseProvider:
        """web3's way to the node; the rules hold for what is sent through it."""

    def head(self) -> Head: ...
    def block(self, number: int) -> Head: ...
    def transactions(self, number: int) -> Sequence[bytes]:
        """Hashes of a block's transactions, in order."""

    def nonce(self, address: bytes) -> int: ...
    def balance(self, address: bytes) -> int: ...
    def code(self, address: bytes) -> bytes: ...
    def storage(self, address: bytes, slot: int) -> int: ...

    def submit(self, sent: Sent) -> None:
        """Validate and take a signed transaction: mine it at once, or hold it for the open block."""

    def submit_as(self, tx: Transaction, sender: bytes) -> bytes:
        """Take a transaction of an impersonated sender; its hash."""

    def receipt(self, tx_hash: bytes) -> RawReceipt: ...
    def call(self, sender: bytes, to: bytes | None, data: bytes, value: int, gas: int | None) -> bytes: ...

    def next_base_fee(self) -> int: ...
    def now(self) -> int: ...
    def set_next_timestamp(self, timestamp: int) -> None: ...
    def mine(self, count: int = 1) -> None:
        """Make empty blocks, at least one, each a second after the one before."""

    def open_block(self) -> None: ...
    def close_block(self) -> None: ...

    def snapshot(self) -> object: ...
    def restore(self, snapshot: object) -> None: ...
    def rollback(self, depth: int) -> Sequence[bytes]:
        """Remove the newest blocks; their transactions' bytes, oldest first."""

    def set_balance(self, address: bytes, balance: int) -> None: ...
    def set_nonce(self, address: bytes, nonce: int) -> None: ...
    def set_code(self, address: bytes, code: bytes) -> None: ...
    def set_storage(self, address: bytes, slot: int, value: int) -> None: ...

    def trace(self, tx_hash: bytes) -> Frame: ...
    def trace_call(self, sender: bytes, to: bytes | None, data: bytes, value: int) -> Frame: ...
    def close(self) -> None: ...
