"""Every exception the harness raises on purpose.

    HarnessError
    ├── ChainError                      the chain, or the way to it
    │   ├── TransactionRejected         never entered a block; the state is unchanged
    │   │   ├── WrongChainId
    │   │   ├── BadSignature
    │   │   ├── MalformedTransaction
    │   │   ├── GasAboveCap
    │   │   ├── IntrinsicGasTooLow
    │   │   ├── NonceTooLow
    │   │   ├── NonceTooHigh
    │   │   ├── InsufficientFunds
    │   │   ├── FeeTooLow
    │   │   └── SenderHasCode
    │   ├── BackendUnavailable
    │   │   ├── AnvilNotFound
    │   │   ├── AnvilDied
    │   │   ├── RpcUnreachable
    │   │   └── WrongNode
    │   ├── UnknownBackend
    │   ├── RpcError                    an answer of a node that fits no class above
    │   ├── UnsupportedOperation
    │   ├── UnknownTransaction
    │   ├── UnknownSnapshot
    │   ├── TimeNotAhead
    │   ├── ReorgTooDeep
    │   ├── ChainClosed
    │   ├── UnknownAccount
    │   └── BalanceSlotNotFound
    ├── Reverted                        executed and reverted; decoded as far as the known ABIs allow
    │   ├── RevertedWithMessage         Error(string)
    │   ├── Panicked                    Panic(uint256)
    │   ├── RevertedWithError           a custom error, its fields as attributes
    │   ├── RevertedSilently            no revert data
    │   └── RevertedOpaquely            data that no known ABI explains
    ├── ConfigError                     [tool.harness] of a pyproject.toml
    │   └── UnknownConfigKey
    ├── ToolNotFound                    a program that is neither installed nor to be fetched
    ├── ChannelError                    payment channels, off chain
    │   ├── BadChannelSignature
    │   ├── ForeignState
    │   ├── StaleState
    │   ├── IllegalProposal
    │   ├── ChannelOverdrawn
    │   ├── ChannelFrozen
    │   ├── UnknownChannel
    │   ├── UnknownLock
    │   ├── NotAChannelParty
    │   ├── IncompleteState
    │   ├── NoRoute
    │   └── JournalCorrupt
    └── ContractError                   sources, artifacts and bindings
        ├── CompilerNotFound
        ├── CompileFailed
        ├── ImportNotFound
        ├── UnknownContract
        ├── AmbiguousContract
        └── ArtifactUnreadable

Messages name the thing, the value found and the value expected; the same values are attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class HarnessError(Exception):
    """Root of every exception that the harness raises on purpose."""


# --------------------------------------------------------------------------------------------------------------------
# chain
# --------------------------------------------------------------------------------------------------------------------


class ChainError(HarnessError):
    """A request that the chain, or the way to it, could not serve."""


class TransactionRejected(ChainError):
    """A transaction that was refused before execution: nothing was mined and no state changed."""


class WrongChainId(TransactionRejected):
    """The transaction is signed for another chain (EIP-155); only unprotected legacy signatures carry no chain id."""

    def __init__(self, actual: int, expected: int) -> None:
        super().__init__(f"transaction is signed for chain id {actual}, this chain is {expected}")
        self.actual = actual
        self.expected = expected


class BadSignature(TransactionRejected):
    """No sender can be recovered from the signature."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"no sender can be recovered from the transaction's signature: {reason}")
        self.reason = reason


class MalformedTransaction(TransactionRejected):
    """The bytes are no transaction of a type that this chain knows."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"not a transaction this chain can read: {reason}")
        self.reason = reason


class GasAboveCap(TransactionRejected):
    """The gas limit is above a cap: that of one transaction (EIP-7825), or that of one block."""

    def __init__(self, gas: int, cap: int, what: str = "transaction") -> None:
        super().__init__(f"transaction's gas limit is {gas}, the {what} gas cap is {cap}")
        self.gas = gas
        self.cap = cap
        self.what = what


class IntrinsicGasTooLow(TransactionRejected):
    """The gas limit does not pay for the transaction's own bytes (EIP-7623's floor included)."""

    def __init__(self, gas: int, required: int | None) -> None:
        needed = "its intrinsic gas" if required is None else f"its intrinsic gas {required}"
        super().__init__(f"transaction's gas limit is {gas}, below {needed}")
        self.gas = gas
        self.required = required


class NonceTooLow(TransactionRejected):
    """The nonce was used already."""

    def __init__(self, sender: str, actual: int, expected: int) -> None:
        super().__init__(f"nonce of {sender} is {actual}, which is used already; expected {expected}")
        self.sender = sender
        self.actual = actual
        self.expected = expected


class NonceTooHigh(TransactionRejected):
    """The nonce leaves a gap."""

    def __init__(self, sender: str, actual: int, expected: int) -> None:
        super().__init__(f"nonce of {sender} is {actual}, which leaves a gap; expected {expected}")
        self.sender = sender
        self.actual = actual
        self.expected = expected


class InsufficientFunds(TransactionRejected):
    """The sender cannot pay gas limit times the highest fee, plus the value."""

    def __init__(self, sender: str, balance: int, required: int) -> None:
        super().__init__(f"balance of {sender} is {balance} wei, the transaction may cost {required} wei")
        self.sender = sender
        self.balance = balance
        self.required = required


class FeeTooLow(TransactionRejected):
    """The highest fee per gas is below the base fee, or below the priority fee."""

    def __init__(self, actual: int, required: int, what: str = "base fee") -> None:
        super().__init__(f"transaction's maximum fee per gas is {actual} wei, the {what} is {required} wei")
        self.actual = actual
        self.required = required
        self.what = what


class SenderHasCode(TransactionRejected):
    """A contract cannot send a transaction (EIP-3607); an EIP-7702 delegation can."""

    def __init__(self, sender: str) -> None:
        super().__init__(f"sender {sender} has code, so no transaction can come from it (EIP-3607)")
        self.sender = sender


class BackendUnavailable(ChainError):
    """There is no node to talk to."""


class AnvilNotFound(BackendUnavailable):
    """No anvil binary was found, nor could one be installed."""

    def __init__(self, tried: tuple[str, ...]) -> None:
        places = "; ".join(tried) if tried else "nothing"
        super().__init__(
            f"anvil was not found (tried: {places}); expected HARNESS_ANVIL, anvil on PATH, or the npm package"
            " @foundry-rs/anvil"
        )
        self.tried = tried


class AnvilDied(BackendUnavailable):
    """The anvil process ended while its chain was in use, or before it was ready."""

    def __init__(self, exit_code: int | None, output: str = "") -> None:
        tail = f"; its last output: {output.strip()[-500:]}" if output.strip() else ""
        super().__init__(f"anvil ended with exit code {exit_code}, it was expected to run{tail}")
        self.exit_code = exit_code
        self.output = output


class RpcUnreachable(BackendUnavailable):
    """Nothing answers at the URL."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"no Ethereum node answers at {url}: {reason}")
        self.url = url
        self.reason = reason


class WrongNode(BackendUnavailable):
    """The node at the URL runs another chain."""

    def __init__(self, url: str, actual: int, expected: int) -> None:
        super().__init__(f"node at {url} has chain id {actual}, expected {expected}")
        self.url = url
        self.actual = actual
        self.expected = expected


class UnknownBackend(ChainError):
    """No backend goes by this name."""

    def __init__(self, backend: str) -> None:
        super().__init__(f"unknown backend {backend!r}, expected 'py-evm', 'anvil' or an http URL")
        self.backend = backend


class RpcError(ChainError):
    """A node's error that fits no other class."""

    def __init__(self, method: str, message: str, code: int | None = None, data: object = None) -> None:
        super().__init__(f"{method} failed: {message}" + (f" (code {code})" if code is not None else ""))
        self.method = method
        self.reason = message
        self.code = code
        self.data = data


class UnsupportedOperation(ChainError):
    """The backend has no such verb; the capability table says so."""

    def __init__(self, operation: str, backend: str, hint: str = "") -> None:
        super().__init__(f"backend {backend} cannot {operation}" + (f": {hint}" if hint else ""))
        self.operation = operation
        self.backend = backend


class UnknownTransaction(ChainError):
    """No block of this chain holds the transaction."""

    def __init__(self, tx_hash: str) -> None:
        super().__init__(f"transaction {tx_hash} is in no block of this chain")
        self.tx_hash = tx_hash


class UnknownSnapshot(ChainError):
    """The snapshot belongs to another chain, or was dropped by the restore of an earlier one."""

    def __init__(self, snapshot: object, chain: str) -> None:
        super().__init__(f"{snapshot} is not a live snapshot of chain {chain}")
        self.snapshot = snapshot
        self.chain = chain


class TimeNotAhead(ChainError):
    """Time moves forwards only: a block is later than its parent."""

    def __init__(self, requested: int, earliest: int) -> None:
        super().__init__(f"next block cannot be at {requested}, the earliest possible time is {earliest}")
        self.requested = requested
        self.earliest = earliest


class ReorgTooDeep(ChainError):
    """There are not that many blocks to remove; the genesis block stays."""

    def __init__(self, depth: int, available: int) -> None:
        super().__init__(f"cannot remove {depth} blocks, the chain has {available} above its first")
        self.depth = depth
        self.available = available


class ChainClosed(ChainError):
    """The chain was closed."""

    def __init__(self, name: str) -> None:
        super().__init__(f"chain {name} is closed")
        self.name = name


class UnknownAccount(ChainError):
    """No key is known for this name or address."""

    def __init__(self, wanted: object, known: tuple[str, ...]) -> None:
        super().__init__(f"no account {wanted!r}; known: {', '.join(known)}")
        self.wanted = wanted
        self.known = known


class BalanceSlotNotFound(ChainError):
    """No storage slot that balanceOf reads decides its answer."""

    def __init__(self, token: str, holder: str) -> None:
        super().__init__(f"no storage slot of token {token} holds the balance of {holder}")
        self.token = token
        self.holder = holder


# --------------------------------------------------------------------------------------------------------------------
# reverts
# --------------------------------------------------------------------------------------------------------------------


class Reverted(HarnessError):
    """A call or transaction that was executed and reverted.

    ``data`` is the revert data, ``address`` the contract called, ``receipt`` the receipt if the transaction was mined
    (None for a call), ``trace`` the rendered call tree where there is one.
    """

    def __init__(
        self,
        reason: str,
        data: bytes = b"",
        address: str | None = None,
        receipt: Any = None,
        trace: Any = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.data = data
        self.address = address
        self.receipt = receipt
        self.trace = trace

    def __str__(self) -> str:
        return f"{self.reason}\n{self.trace}" if self.trace is not None else self.reason


class RevertedWithMessage(Reverted):
    """``Error(string)``; ``message`` is the string."""

    def __init__(self, message: str, **evidence: Any) -> None:
        super().__init__(f"reverted: {message!r}", **evidence)
        self.message = message


class Panicked(Reverted):
    """``Panic(uint256)``; ``code`` is Solidity's panic code and ``meaning`` its text."""

    def __init__(self, code: int, meaning: str, **evidence: Any) -> None:
        super().__init__(f"panicked: {meaning} (0x{code:02x})", **evidence)
        self.code = code
        self.meaning = meaning


class RevertedWithError(Reverted):
    """A custom error of a known ABI; ``name`` and ``fields``, and each field is an attribute too."""

    def __init__(self, name: str, signature: str, fields: Mapping[str, Any], **evidence: Any) -> None:
        shown = ", ".join(f"{key}={value!r}" for key, value in fields.items())
        super().__init__(f"reverted: {name}({shown})", **evidence)
        self.name = name
        self.signature = signature
        self.fields = dict(fields)

    def __getattr__(self, name: str) -> Any:
        fields = self.__dict__.get("fields", {})
        if name in fields:
            return fields[name]
        raise AttributeError(f"error {self.__dict__.get('name')} has no field {name!r}; it has {', '.join(fields)}")


class RevertedSilently(Reverted):
    """Reverted, or halted exceptionally, without data; ``cause`` says why where the backend does."""

    def __init__(self, cause: str = "", **evidence: Any) -> None:
        super().__init__("reverted without data" + (f": {cause}" if cause else ""), **evidence)
        self.cause = cause


class RevertedOpaquely(Reverted):
    """Revert data that no known ABI explains."""

    def __init__(self, **evidence: Any) -> None:
        data: bytes = evidence.get("data", b"")
        super().__init__(f"reverted with data of no known error: 0x{data.hex()}", **evidence)


# --------------------------------------------------------------------------------------------------------------------
# contracts: sources, artifacts, bindings
# --------------------------------------------------------------------------------------------------------------------


class ConfigError(HarnessError):
    """A value of ``[tool.harness]`` that the harness cannot use."""

    def __init__(self, key: str, actual: object, expected: str, file: str = "pyproject.toml") -> None:
        super().__init__(f"{file}: [tool.harness] {key} is {actual!r}, expected {expected}")
        self.key = key
        self.actual = actual
        self.expected = expected
        self.file = file


class UnknownConfigKey(ConfigError):
    """A key of ``[tool.harness]`` that the harness does not know; ``close`` is the known key most like it, or ""."""

    def __init__(self, key: str, known: tuple[str, ...], close: str = "", file: str = "pyproject.toml") -> None:
        hint = f" (did you mean {close}?)" if close else ""
        HarnessError.__init__(
            self, f"{file}: [tool.harness] has no key {key!r}{hint}; known: {', '.join(sorted(known))}"
        )
        self.key = key
        self.known = known
        self.close = close
        self.file = file


class ToolNotFound(HarnessError):
    """A program that is not installed and could not be fetched."""

    def __init__(self, tool: str, reason: str) -> None:
        super().__init__(f"{tool} is not available: {reason}")
        self.tool = tool
        self.reason = reason


class ContractError(HarnessError):
    """A contract that cannot be found, compiled, bound or called as asked: `harness.contracts.errors`."""


# --------------------------------------------------------------------------------------------------------------------
# rollup
# --------------------------------------------------------------------------------------------------------------------


# --------------------------------------------------------------------------------------------------------------------
# proofs
# --------------------------------------------------------------------------------------------------------------------


# --------------------------------------------------------------------------------------------------------------------
# channels
# --------------------------------------------------------------------------------------------------------------------


class ChannelError(HarnessError):
    """A channel message, payment or close that a party refuses; its money is where it was."""


class BadChannelSignature(ChannelError):
    """A signature of somebody else, or none at all."""

    def __init__(self, actual: str, expected: str) -> None:
        super().__init__(f"signed by {actual}, expected {expected}")
        self.actual = actual
        self.expected = expected


class ForeignState(ChannelError):
    """A message of another channel."""

    def __init__(self, actual: bytes, expected: bytes) -> None:
        super().__init__(f"message of channel 0x{actual.hex()}, expected 0x{expected.hex()}")
        self.actual = actual
        self.expected = expected


class StaleState(ChannelError):
    """A proposal that is not newer than what its receiver has signed or holds."""

    def __init__(self, actual: int, newest: int) -> None:
        super().__init__(f"proposal has version {actual}, expected more than {newest}")
        self.actual = actual
        self.newest = newest


class IllegalProposal(ChannelError):
    """A signed state that its proposer had no right to propose."""

    def __init__(self, what: str, actual: object, expected: object) -> None:
        super().__init__(f"{what} is {actual}, expected {expected}")
        self.what = what
        self.actual = actual
        self.expected = expected


class ChannelOverdrawn(ChannelError):
    """A side would owe more than it has in the channel."""

    def __init__(self, side: str, owes: int, has: int) -> None:
        super().__init__(f"side {side} would owe {owes}, expected at most {has}")
        self.side = side
        self.owes = owes
        self.has = has


class ChannelFrozen(ChannelError):
    """A payment over a channel that is being closed."""

    def __init__(self, channel: bytes, reason: str) -> None:
        super().__init__(f"channel 0x{channel.hex()} takes no more payments: {reason}")
        self.channel = channel
        self.reason = reason


class UnknownChannel(ChannelError):
    """No channel of that name, pair or id here."""

    def __init__(self, wanted: object, known: int) -> None:
        super().__init__(f"no channel {wanted} among the {known} known")
        self.wanted = wanted
        self.known = known


class UnknownLock(ChannelError):
    """A lock that the state does not hold."""

    def __init__(self, lock: object, held: int) -> None:
        super().__init__(f"no lock {lock} among the {held} of the state")
        self.lock = lock
        self.held = held


class NotAChannelParty(ChannelError):
    """Somebody who is neither of the two parties."""

    def __init__(self, actual: str, a: str, b: str) -> None:
        super().__init__(f"{actual} is no party of the channel of {a} and {b}")
        self.actual = actual
        self.a = a
        self.b = b


class IncompleteState(ChannelError):
    """A state that its holder cannot post: the other party has not signed it."""

    def __init__(self, version: int, missing: str) -> None:
        super().__init__(f"state of version {version} lacks the signature of {missing}")
        self.version = version
        self.missing = missing


class NoRoute(ChannelError):
    """No path of channels carries the payment within the limits of hops, fees and time."""

    def __init__(self, source: str, target: str, amount: int, hops: int) -> None:
        super().__init__(f"no route from {source} to {target} for {amount} within {hops} hops")
        self.source = source
        self.target = target
        self.amount = amount
        self.hops = hops


class JournalCorrupt(ChannelError):
    """A journal with a damaged record before its last one: a torn end is dropped, a hole is not."""

    def __init__(self, path: str, record: int) -> None:
        super().__init__(f"{path}: record {record} is damaged and is not the last")
        self.path = path
        self.record = record
