"""What a chain asks of its node: one small protocol, and the plain values that cross it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from harness.chain.errors import UnknownBlock
from harness.chain.values.transactions import AccessList, Authorization, Sent, Transaction

if TYPE_CHECKING:
    from web3.providers.base import BaseProvider


class World(Protocol):
    """A state that can be read. Addresses are 20 bytes; what does not exist is 0 or b""."""

    def nonce(self, address: bytes) -> int:
        """Return the nonce of an address."""

    def balance(self, address: bytes) -> int:
        """Return the balance of an address in wei."""

    def code(self, address: bytes) -> bytes:
        """Return the code at an address."""

    def storage(self, address: bytes, slot: int) -> int:
        """Return one storage slot of an address."""

    def has_storage(self, address: bytes) -> bool:
        """Return whether any storage slot of an address is other than 0."""


@dataclass(frozen=True, slots=True)
class Head:
    """A block's header, as far as the harness reads it. Time is seconds since 1970, the base fee wei per gas."""

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
    """The outcome of a mined transaction. ``gas_price`` is what it paid, in wei per gas.

    ``data_fee`` is what it paid besides, in wei: an L2's fee for its bytes on L1. ``extra`` is what JSON-RPC shows of
    an L2 alone.
    """

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
    data_fee: int = 0
    extra: Mapping[str, Any] | None = None


Swap = Callable[[bytes, bytes | None], bytes | None]
"""The code to run in place of a frame's code at an address (None for creation code); None to run its own."""

Replay = Callable[[Swap | None], "Frame | None"]
"""Executes a frame's transaction or call once more and notes the steps; None where it cannot."""


@dataclass(frozen=True, slots=True)
class Write:
    """A change of a storage word of the account that a frame runs as; ``transient`` for one of EIP-1153.

    ``place`` is the number of calls that the frame had made before.
    """

    place: int
    slot: int
    before: int
    after: int
    transient: bool = False


@dataclass(frozen=True, slots=True)
class Emitted:
    """An event of the account that a frame runs as; ``place`` is the number of calls that the frame had made before."""

    place: int
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Frame:
    """One call in the tree of a transaction's calls.

    ``kind`` is CALL, STATICCALL, DELEGATECALL, CALLCODE, CREATE or CREATE2. ``gas`` is what the call was given.
    ``error`` is None for a success. ``code_address`` differs from ``address`` in a delegate call, whose ``sender`` is
    the account that made it. A call that never began is a frame, too.

    An outermost frame may have a ``replay``. In the frames that it returns, ``code`` is the executed code, ``steps``
    are the program counters in the order executed, ``called_at`` is the parent's step that made the call, and
    ``effects`` are the frame's own writes and events in order. In other frames these are None.
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
    effects: Sequence[Write | Emitted] | None = field(default=None, repr=False)
    replay: Replay | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class CallRequest:
    """Everything that a call depends on, except the chain.

    ``to`` None creates a contract. ``gas`` None is as much as the node allows. ``fees`` are the highest fee and the tip
    in wei per gas; None makes gas free. ``authorizations`` are taken before the call runs (EIP-7702), then
    ``access_list`` is warmed (EIP-2930).
    """

    sender: bytes
    to: bytes | None
    data: bytes = b""
    value: int = 0
    gas: int | None = None
    fees: tuple[int, int] | None = None
    authorizations: tuple[Authorization, ...] = ()
    access_list: AccessList = ()

    def as_transaction(self, chain_id: int = 0, nonce: int = 0, gas: int = 0) -> Transaction:
        """Return the transaction that nobody signs and that does what the call does, with this gas limit."""
        max_fee, tip = self.fees or (0, 0)
        return Transaction(
            4 if self.authorizations else 2, chain_id, nonce, tip, max_fee, gas, self.to, self.value, self.data,
            self.access_list, authorizations=self.authorizations,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class CallFailed(Exception):
    """A call that was executed and reverted; ``cause`` is the node's word for it, ``frame`` the call tree if known."""

    data: bytes
    cause: str
    frame: Frame | None = None


def check_block(number: object, head: int) -> None:
    """Raise UnknownBlock unless the chain has a block of this number."""
    if not isinstance(number, int) or not 0 <= number <= head:
        raise UnknownBlock(number, head)


class Backend(Protocol):
    """A node. Addresses are 20 bytes. Whatever the node refuses raises a class of `harness.errors`."""

    name: str
    chain_id: int

    @property
    def provider(self) -> BaseProvider:
        """A provider for web3; what is sent through it obeys the same rules."""

    def answer(self, method: str, params: Sequence[Any]) -> Any:
        """Return the JSON-RPC answer to a request, error or not; it obeys the same rules."""

    def head(self) -> Head:
        """Return the newest block."""

    def block(self, number: int) -> Head:
        """Return the block of a number; raises UnknownBlock."""

    def transactions(self, number: int) -> Sequence[bytes]:
        """Return the hashes of a block's transactions, in order."""

    def nonce(self, address: bytes) -> int:
        """Return the nonce of an address."""

    def balance(self, address: bytes) -> int:
        """Return the balance of an address in wei."""

    def code(self, address: bytes) -> bytes:
        """Return the code at an address; b"" if there is none."""

    def storage(self, address: bytes, slot: int) -> int:
        """Return one storage slot of an address; 0 if it was never set."""

    def submit(self, sent: Sent) -> None:
        """Validate a signed transaction, and mine it at once or hold it for the open block.

        Raises TransactionRejected; then the state is unchanged.
        """

    def submit_as(self, tx: Transaction, sender: bytes) -> bytes:
        """Take a transaction of an impersonated sender and return its hash; raises what `submit` raises."""

    def receipt(self, tx_hash: bytes) -> RawReceipt:
        """Return the receipt of a mined transaction; raises UnknownTransaction."""

    def call(self, call: CallRequest) -> bytes:
        """Execute a call and return its output; raises CallFailed if it reverts."""

    def next_base_fee(self) -> int:
        """Return the base fee of the next block, in wei per gas."""

    def ahead(self, sender: bytes | None = None, to: bytes | None = None) -> AbstractContextManager[None]:
        """Read the head, and what sending looks at of the accounts that are given, at once if that saves time.

        Within the context, the first request that changes something or reads anything else ends what is known so.
        """

    def steady(self) -> AbstractContextManager[None]:
        """Within the context, take the head for what it was until this object changes something.

        What another process adds to a node meanwhile is seen after the context, or after the next change.
        """

    def now(self) -> int:
        """Return the time that a call sees, in seconds since 1970."""

    def set_next_timestamp(self, timestamp: int) -> None:
        """Give the next block exactly this time."""

    def mine(self, count: int = 1) -> None:
        """Mine empty blocks, at least one, each one second after its parent."""

    def open_block(self) -> None:
        """Hold transactions for one block from now on."""

    def close_block(self) -> None:
        """Mine the held transactions as one block."""

    def snapshot(self) -> object:
        """Return a mark for `restore`."""

    def restore(self, snapshot: object) -> None:
        """Return to a mark: state, blocks and time."""

    def rollback(self, depth: int) -> Sequence[bytes]:
        """Remove the newest blocks and return the bytes of their transactions, oldest first.

        Raises ReorgTooDeep.
        """

    def set_balance(self, address: bytes, balance: int) -> None:
        """Set the balance of an address, in wei."""

    def set_nonce(self, address: bytes, nonce: int) -> None:
        """Set the nonce of an address."""

    def set_code(self, address: bytes, code: bytes) -> None:
        """Replace the code at an address."""

    def set_storage(self, address: bytes, slot: int, value: int) -> None:
        """Set one storage slot of an address."""

    def trace(self, tx_hash: bytes) -> Frame:
        """Return the call tree of a mined transaction."""

    def trace_call(self, call: CallRequest) -> Frame:
        """Return the call tree of a call, which may fail."""

    def close(self) -> None:
        """Let go of the node; a node that this process started ends."""
