"""Receipts as tests read them: decoded events, the call tree, the revert."""

from __future__ import annotations

from typing import Any, NoReturn, Protocol

from harness.chain.backend import Backend, CallFailed, Log, RawReceipt
from harness.chain.errors import UnknownTransaction
from harness.chain.knowledge import Knowledge
from harness.chain.trace import CallTrace
from harness.chain.values.address import Address, address_of
from harness.chain.values.codec import DecodedEvent
from harness.errors import Reverted


class ReceiptSource(Protocol):
    """What a receipt asks its chain for: names, traces and reverts."""

    knowledge: Knowledge

    @property
    def backend(self) -> Backend:
        """The backend that mined the transaction."""

    def trace(self, tx_hash: bytes) -> CallTrace:
        """Return the call tree of a mined transaction."""

    def explain(self, failure: CallFailed, target: bytes | None, receipt: RawReceipt | None = None) -> Reverted:
        """Return the decoded exception for a failure."""


class Receipt:
    """A mined transaction.

    ``hash`` is the transaction's hash, ``chain`` the chain that holds it. Inside ``block()`` a receipt has no fields
    yet: reading one raises UnknownTransaction until the block is mined.
    """

    def __init__(self, chain: ReceiptSource, raw: RawReceipt | None, tx_hash: bytes = b"") -> None:
        self.chain = chain
        self.hash = raw.tx_hash if raw is not None else tx_hash
        self._raw = raw

    @property
    def raw(self) -> RawReceipt:
        """All fields as the backend gave them; raises UnknownTransaction while the transaction is not mined."""
        if self._raw is None:
            raise UnknownTransaction("0x" + self.hash.hex())
        return self._raw

    @property
    def block_number(self) -> int:
        """Number of the block that holds the transaction."""
        return self.raw.block_number

    @property
    def block_hash(self) -> bytes:
        """Hash of the block that holds the transaction, 32 bytes."""
        return self.raw.block_hash

    @property
    def timestamp(self) -> int:
        """Time of the block, in seconds since 1970."""
        return self.raw.timestamp

    @property
    def index(self) -> int:
        """Position of the transaction in its block, from 0."""
        return self.raw.index

    @property
    def sender(self) -> Address:
        """Address that sent the transaction."""
        return address_of(self.raw.sender)

    @property
    def to(self) -> Address | None:
        """Address that the transaction calls; None if it creates a contract."""
        return None if self.raw.to is None else address_of(self.raw.to)

    @property
    def contract_address(self) -> Address | None:
        """Address of the contract that the transaction created; None if it is a call."""
        created = self.raw.contract_address
        return None if created is None else address_of(created)

    @property
    def gas_used(self) -> int:
        """Gas that the transaction used, after refunds."""
        return self.raw.gas_used

    @property
    def gas_price(self) -> int:
        """Price that the transaction paid, in wei per gas: base fee and priority fee."""
        return self.raw.gas_price

    @property
    def cost(self) -> int:
        """Wei paid: `gas_used` times `gas_price`, and `data_fee`; the value sent along is not included."""
        return self.raw.gas_used * self.raw.gas_price + self.raw.data_fee

    @property
    def data_fee(self) -> int:
        """Wei paid for the transaction's bytes on L1, on an L2 with such a fee; 0 elsewhere."""
        return self.raw.data_fee

    @property
    def succeeded(self) -> bool:
        """Whether the transaction neither reverted nor ran out of gas."""
        return self.raw.succeeded

    @property
    def status(self) -> int:
        """1 if the transaction succeeded, 0 if it failed (EIP-658)."""
        return int(self.raw.succeeded)

    @property
    def logs(self) -> tuple[Log, ...]:
        """The logs as the chain stores them, in order; `events` are the decoded ones."""
        return self.raw.logs

    @property
    def events(self) -> list[DecodedEvent]:
        """The logs that a known ABI explains, decoded, in order."""
        found = (self.chain.knowledge.event(log) for log in self.raw.logs)
        return [event for event in found if event is not None]

    @property
    def return_data(self) -> bytes:
        """What the outermost call returned, by the trace; raises UnsupportedOperation if the node cannot trace."""
        return self.chain.backend.trace(self.hash).output

    @property
    def console(self) -> list[str]:
        """What console.log printed, one entry for each call, in order."""
        return self.trace().console

    def trace(self) -> CallTrace:
        """Return the call tree; raises UnsupportedOperation if the node cannot trace."""
        return self.chain.trace(self.hash)

    def raise_if_reverted(self) -> None:
        """Raise the decoded Reverted if the transaction failed; its ``receipt`` is this one."""
        if self.raw.succeeded:
            return
        frame = self.chain.backend.trace(self.hash)
        target = None if self.raw.to is None else bytes.fromhex(self.raw.to[2:])
        failure = CallFailed(frame.output, frame.error or "", frame)
        error = self.chain.explain(failure, target, self.raw)
        error.receipt = self
        raise error

    def __call__(self, *args: Any, **keywords: Any) -> NoReturn:
        """Raise TypeError: contracts reach a function named ``receipt`` by ``functions["receipt"]``."""
        raise TypeError("a receipt cannot be called; a function receipt() of the contract is at functions['receipt']")

    def __repr__(self) -> str:
        if self._raw is None:
            return f"<Receipt 0x{self.hash.hex()} not mined yet>"
        outcome = "succeeded" if self._raw.succeeded else "failed"
        return f"<Receipt 0x{self.hash.hex()} {outcome} in block {self._raw.block_number}, gas {self._raw.gas_used}>"

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Receipt) and (self.chain is other.chain) and self.hash == other.hash

    def __hash__(self) -> int:
        return hash(self.hash)


class PendingReceipt(Receipt):
    """The receipt of a transaction in an open block; its fields can be read once the block is mined."""

    def __init__(self, chain: ReceiptSource, tx_hash: bytes, check: bool) -> None:
        super().__init__(chain, None, tx_hash)
        self.check = check

    def fill(self, raw: RawReceipt) -> None:
        """Take the fields over once the block is mined."""
        self._raw = raw
