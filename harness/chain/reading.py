"""What anyone can read from a chain: blocks, accounts, logs, calls and traces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn, Self

from harness.chain.backend import Backend, CallFailed, CallRequest, Head, RawReceipt
from harness.chain.capabilities import CAPABILITIES
from harness.chain.errors import ChainClosed, NotBytes, UnknownTransaction
from harness.chain.knowledge import Knowledge
from harness.chain.logs import LogReader, MinedLog
from harness.chain.receipts import Receipt
from harness.chain.trace import CallTrace
from harness.chain.values.accounts import Account, Accounts, well_known_accounts
from harness.chain.values.authorizations import NOBODY, sign_authorization
from harness.chain.values.codec import address_bytes
from harness.chain.values.transactions import Authorization, as_bytes, check_authorizations, check_number
from harness.errors import Reverted
from harness.primitives.addresses import checksum_address


class ChainReader:
    """The reading half of a `Chain`: no method changes the chain.

    Amounts are wei. Times are seconds since 1970. Addresses may be accounts, contracts, 20 bytes, or ``0x`` and 40 hex
    digits; any other value raises NotAnAddress. A closed chain raises ChainClosed.
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
        """Raise TypeError: contracts reach a function named ``chain`` by ``functions["chain"]``."""
        raise TypeError("a chain cannot be called; a function chain() of the contract is at functions['chain']")

    def __repr__(self) -> str:
        return f"<Chain {self.name} id {self.chain_id} on {self.backend.name}>"

    # -- lifetime

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the chain and stop its node, if this process started one; closing twice does nothing."""
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
        """The newest block: its number, hash, time and base fee."""
        return self._alive().head()

    @property
    def block_number(self) -> int:
        """Number of the newest block; the genesis block is 0."""
        return self.head.number

    @property
    def now(self) -> int:
        """The time that a call sees, in seconds since 1970."""
        return self._alive().now()

    def block_at(self, number: int) -> Head:
        """Return the block of this number; raises UnknownBlock if the chain has none."""
        return self._alive().block(number)

    def balance(self, address: Any) -> int:
        """Return the balance of an address in wei; 0 if the chain has no such account."""
        return self._alive().balance(address_bytes(address))

    def nonce(self, address: Any) -> int:
        """Return the nonce of an address: how many transactions it sent, or contracts it created."""
        return self._alive().nonce(address_bytes(address))

    def authorization(
        self,
        authority: Account,
        delegate: Any,
        *,
        sender: Account | None = None,
        nonce: int | None = None,
        chain_id: int | None = None,
    ) -> Authorization:
        """Sign an authorisation for `send`; ``delegate`` None takes a delegation away.

        ``nonce`` None is the account's next one, past the transaction's own if the account is its ``sender`` too.
        ``chain_id`` None is this chain's; 0 makes it good for every chain. Raises OutOfRange and UnknownAccount.
        """
        if nonce is None:
            nonce = self.nonce(authority) + (1 if sender is not None and sender == authority else 0)
        named = self.chain_id if chain_id is None else chain_id
        return sign_authorization(authority, named, NOBODY if delegate is None else address_bytes(delegate), nonce)

    def code(self, address: Any) -> bytes:
        """Return the runtime code at an address; b"" if there is none."""
        return self._alive().code(address_bytes(address))

    def storage(self, address: Any, slot: int) -> int:
        """Return one storage slot of an address as a number; 0 if it was never set.

        Raises OutOfRange unless ``slot`` is from 0 to 2**256 - 1.
        """
        check_number("slot", slot, 256)
        return self._alive().storage(address_bytes(address), slot)

    def logs(
        self, address: Any = None, topics: Any = None, *, since: int = 0, until: int | None = None
    ) -> list[MinedLog]:
        """Return the logs of the mined blocks ``since`` to ``until``, both included, in order.

        ``until`` None is the head. ``address`` is a contract or several. ``topics`` is an event, or up to four places;
        each place is an event, a value of an indexed parameter, several of these, or None for any. `knowledge.event`
        decodes a log.

        Raises NotAnAddress, and BadLogFilter for a part that no log can have.
        """
        head = self.head.number
        last = head if until is None else min(until, head)
        return self.log_reader.read(address, topics, max(since, 0), last)

    def _code_at(self, address: str) -> bytes:
        """Return code to recognise a contract by; none once the chain is closed, as a trace may be shown later."""
        return b"" if self._closed else self.backend.code(address_bytes(address))

    def receipt(self, tx_hash: bytes | str) -> Receipt:
        """Return the receipt of a mined transaction by its hash, as 32 bytes or hex text.

        Raises UnknownTransaction if no block holds it.
        """
        return Receipt(self, self._alive().receipt(hash_bytes(tx_hash)))

    # -- calls

    def call(
        self,
        *,
        to: Any = None,
        data: bytes = b"",
        sender: Any = None,
        value: int = 0,
        gas: int | None = None,
        authorizations: Sequence[Authorization] = (),
    ) -> bytes:
        """Execute a call at time `now` without a transaction, and return its output.

        ``value`` is wei, ``gas`` the gas limit; without ``sender`` the zero address calls. ``authorizations``, which
        `authorization` signs, are taken before it (EIP-7702). Raises the decoded Reverted.
        Raises TransactionRejected if no node would execute the call: the value exceeds the sender's balance, or ``gas``
        is below the intrinsic gas. Raises OutOfRange for a number that does not fit.
        """
        call = _request(to, data, sender, value, gas, authorizations)
        try:
            return self._alive().call(call)
        except CallFailed as failure:
            raise self.explain(failure, call.to) from None

    def explain(self, failure: CallFailed, target: bytes | None, receipt: RawReceipt | None = None) -> Reverted:
        """Return the exception for a revert, decoded by every ABI that this chain has met."""
        address = None if target is None else checksum_address(target)
        trace = None if failure.frame is None else CallTrace(failure.frame, self.knowledge)
        evidence: dict[str, Any] = {"address": address, "receipt": receipt, "trace": trace}
        too_large = None if trace is None else trace.too_large(**evidence)
        if too_large is not None:
            return too_large
        cause = (self.knowledge.refusal(failure.frame) if failure.frame is not None else "") or failure.cause
        return self.knowledge.reverted(failure.data, cause, **evidence)

    def trace(self, tx_hash: bytes | str | Receipt) -> CallTrace:
        """Return the call tree of a mined transaction, with gas, names, arguments and errors.

        ``tx_hash`` is 32 bytes, hex text, or a receipt. Raises UnknownTransaction if no block holds the transaction,
        and UnsupportedOperation if the node cannot trace.
        """
        raw = tx_hash.hash if isinstance(tx_hash, Receipt) else hash_bytes(tx_hash)
        return CallTrace(self._alive().trace(raw), self.knowledge, with_effects=True)

    def trace_call(
        self,
        *,
        to: Any = None,
        data: bytes = b"",
        sender: Any = None,
        value: int = 0,
        authorizations: Sequence[Authorization] = (),
    ) -> CallTrace:
        """Return the call tree of a call, which may fail; the state stays as it was.

        Raises OutOfRange for a number that does not fit, and UnsupportedOperation if the node cannot trace.
        """
        call = _request(to, data, sender, value, None, authorizations)
        return CallTrace(self._alive().trace_call(call), self.knowledge, with_effects=True)

    def console(self, since: int = 0) -> list[str]:
        """Return what console.log printed in mined transactions, from block ``since`` on, oldest first."""
        check_number("since", since, 64)
        backend = self._alive()
        numbers = range(since, backend.head().number + 1)
        hashes = (tx_hash for number in numbers for tx_hash in backend.transactions(number))
        return [line for tx_hash in hashes for line in self.trace(tx_hash).console]


def _request(
    to: Any, data: bytes, sender: Any, value: int, gas: int | None, authorizations: Sequence[Authorization]
) -> CallRequest:
    """Return a call from the values that users give; raises OutOfRange, NotAnAddress and NotBytes."""
    check_number("value", value, 256)
    if gas is not None:
        check_number("gas", gas, 64)
    check_authorizations(authorizations)
    source = bytes(20) if sender is None else address_bytes(sender)
    target = None if to is None else address_bytes(to)
    listed = tuple(authorizations)
    return CallRequest(source, target, as_bytes("data", data), value, gas, authorizations=listed)


def hash_bytes(value: bytes | str) -> bytes:
    """Return the 32 bytes of a transaction's hash; raises UnknownTransaction if the value is neither bytes nor hex."""
    try:
        return as_bytes("hash", value)
    except NotBytes:
        raise UnknownTransaction(str(value)) from None
