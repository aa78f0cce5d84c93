"""What anybody can read of a chain: blocks, accounts, logs, calls and traces."""

from __future__ import annotations

from typing import Any, NoReturn, Self

from eth_utils import to_checksum_address

from harness.chain.backend import Backend, CallFailed, Head, RawReceipt
from harness.chain.capabilities import CAPABILITIES
from harness.chain.errors import ChainClosed, NotBytes, UnknownTransaction
from harness.chain.knowledge import Knowledge
from harness.chain.logs import LogReader, MinedLog
from harness.chain.receipts import Receipt
from harness.chain.trace import CallTrace
from harness.chain.values.accounts import Accounts, well_known_accounts
from harness.chain.values.codec import address_bytes
from harness.chain.values.transactions import as_bytes, check_number
from harness.errors import Reverted


class ChainReader:
    """The reading half of a `Chain`: nothing here changes it.

    Amounts are wei, times are seconds since 1970. `now` is the time that a call sees.
    """

    def __init__(self, backend: Backend, *, name: str = "", accounts: Accounts | None = None) -> None:
        self.backend = backend
        self.name = name or backend.name
        self.chain_id = backend.chain_id
        self.accounts = accounts if accounts is not None else well_known_accounts()
        self.knowledge = Knowledge(self._code_at)
        for account in self.accounts:
            self.knowledge.label(account.address, account.name)
        self.log_reader = LogReader(backend)
        self._closed = False

    def __call__(self, *args: Any, **keywords: Any) -> NoReturn:
        raise TypeError("a chain cannot be called; a function chain() of the contract is at functions['chain']")

    def __repr__(self) -> str:
        return f"<Chain {self.name} id {self.chain_id} on {self.backend.name}>"

    # -- lifetime

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self.backend.close()

    def _alive(self) -> Backend:
        if self._closed:
            raise ChainClosed(self.name)
        return self.backend

    # -- reading

    @property
    def capabilities(self) -> frozenset[str]:
        """Keys of the rows of `harness.chain.capabilities` that this chain's backend has."""
        return frozenset(row.key for row in CAPABILITIES if row.of(self.backend.name))

    @property
    def head(self) -> Head:
        return self._alive().head()

    @property
    def block_number(self) -> int:
        return self.head.number

    @property
    def now(self) -> int:
        return self._alive().now()

    def block_at(self, number: int) -> Head:
        """Raises UnknownBlock."""
        return self._alive().block(number)

    def balance(self, address: Any) -> int:
        return self._alive().balance(address_bytes(address))

    def nonce(self, address: Any) -> int:
        return self._alive().nonce(address_bytes(address))

    def code(self, address: Any) -> bytes:
        return self._alive().code(address_bytes(address))

    def storage(self, address: Any, slot: int) -> int:
        check_number("slot", slot, 256)
        return self._alive().storage(address_bytes(address), slot)

    def logs(
        self, address: Any = None, topics: Any = None, *, since: int = 0, until: int | None = None
    ) -> list[MinedLog]:
        """Logs of mined blocks ``since`` to ``until`` (the head unless given), in order, page by page.

        ``address`` is a contract or several. ``topics`` is an event, or up to four places, each an event, a value of
        an indexed parameter, several of them, or None for any. `knowledge.event` decodes a log. Raises NotAnAddress and
        BadLogFilter.
        """
        head = self.head.number
        last = head if until is None else min(until, head)
        return self.log_reader.read(address, topics, max(since, 0), last)

    def _code_at(self, address: str) -> bytes:
        """Code to recognise a contract by; none once the chain is closed, as a trace may be shown later."""
        return b"" if self._closed else self.backend.code(address_bytes(address))

    def receipt(self, tx_hash: bytes | str) -> Receipt:
        return Receipt(self, self._alive().receipt(hash_bytes(tx_hash)))

    # -- calls

    def call(
        self, *, to: Any = None, data: bytes = b"", sender: Any = None, value: int = 0, gas: int | None = None
    ) -> bytes:
        """Execute without a transaction, at time `now`; raises the decoded Reverted.

        Raises a TransactionRejected for what no node would execute: a value above the sender's balance, or gas below
        the intrinsic gas.
        """
        check_number("value", value, 256)
        if gas is not None:
            check_number("gas", gas, 64)
        source = bytes(20) if sender is None else address_bytes(sender)
        target = None if to is None else address_bytes(to)
        try:
            return self._alive().call(source, target, as_bytes("data", data), value, gas)
        except CallFailed as failure:
            raise self.explain(failure, target) from None

    def explain(self, failure: CallFailed, target: bytes | None, receipt: RawReceipt | None = None) -> Reverted:
        """The exception for a revert, decoded by all that is known on this chain."""
        address = None if target is None else to_checksum_address(target)
        trace = None if failure.frame is None else CallTrace(failure.frame, self.knowledge)
        evidence: dict[str, Any] = {"address": address, "receipt": receipt, "trace": trace}
        too_large = None if trace is None else trace.too_large(**evidence)
        if too_large is not None:
            return too_large
        cause = (self.knowledge.refusal(failure.frame) if failure.frame is not None else "") or failure.cause
        return self.knowledge.reverted(failure.data, cause, **evidence)

    def trace(self, tx_hash: bytes | str | Receipt) -> CallTrace:
        """The tree of calls of a mined transaction, with gas, names, arguments and errors."""
        raw = tx_hash.hash if isinstance(tx_hash, Receipt) else hash_bytes(tx_hash)
        return CallTrace(self._alive().trace(raw), self.knowledge)

    def trace_call(self, *, to: Any = None, data: bytes = b"", sender: Any = None, value: int = 0) -> CallTrace:
        """The tree of calls of a call, which may fail; nothing changes."""
        check_number("value", value, 256)
        source = bytes(20) if sender is None else address_bytes(sender)
        target = None if to is None else address_bytes(to)
        return CallTrace(self._alive().trace_call(source, target, as_bytes("data", data), value), self.knowledge)

    def console(self, since: int = 0) -> list[str]:
        """What console.log printed in mined transactions, from block ``since`` on."""
        check_number("since", since, 64)
        backend = self._alive()
        numbers = range(since, backend.head().number + 1)
        hashes = (tx_hash for number in numbers for tx_hash in backend.transactions(number))
        return [line for tx_hash in hashes for line in self.trace(tx_hash).console]


def hash_bytes(value: bytes | str) -> bytes:
    try:
        return as_bytes("hash", value)
    except NotBytes:
        raise UnknownTransaction(str(value)) from None
