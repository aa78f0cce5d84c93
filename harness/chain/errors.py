"""What can go wrong with a chain, below the roots of `harness.errors`.

ChainError
├── TransactionRejected         never entered a block; the state is unchanged
│   ├── WrongChainId
│   ├── BadSignature
│   ├── MalformedTransaction
│   │   ├── InitcodeTooLarge
│   │   └── WrongSidecar
│   ├── TooManyBlobs
│   ├── BlobFeeTooLow
│   ├── BlockTooLarge
│   ├── GasAboveCap
│   ├── IntrinsicGasTooLow
│   ├── NonceTooLow
│   ├── NonceTooHigh
│   ├── InsufficientFunds
│   ├── FeeTooLow
│   ├── SenderHasCode
│   └── Inexecutable            the machine gave up on it: a balance above 2**256, say
├── BackendUnavailable
│   ├── AnvilNotFound           (in harness.errors: raised where tools are looked for)
│   ├── NodeDied
│   │   └── AnvilDied
│   ├── RpcUnreachable
│   └── WrongNode
├── UnknownBackend
├── UnknownL1Fork, UnknownBlobSchedule  (in harness.chain.values.value_errors)
├── RpcError                    an answer of a node that fits no class above
├── BadLogFilter
├── UnsupportedOperation
├── OutOfRange                  a number that no transaction, account or block can hold
├── NotBytes                    neither bytes nor hex text
├── UnknownTransaction
├── UnknownBlock
├── UnknownSnapshot
├── TimeNotAhead
├── ReorgTooDeep
├── BlockOpen
├── ChainClosed
├── UnknownAccount
├── UnknownField                (this and the next four in harness.chain.values.value_errors)
├── NotAnAddress
├── NotAPrivateKey              out of range, or neither 32 bytes, a number nor hex text
├── ValueMisfit                 a Python value that its ABI type does not take
├── Undecodable                 bytes that are not of the ABI types expected
└── BalanceSlotNotFound
Reverted                        executed and reverted; decoded as far as the known ABIs allow
├── RevertedWithMessage         Error(string)
├── Panicked                    Panic(uint256)
├── RevertedWithError           a custom error, its fields as attributes
├── RevertedSilently            no revert data
│   └── CodeTooLarge            a creation above EIP-170 or, within a transaction, EIP-3860
└── RevertedOpaquely            data that no known ABI explains
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.chain.values.refusals import (
    BadSignature,
    FeeTooLow,
    GasAboveCap,
    Inexecutable,
    InitcodeTooLarge,
    InsufficientFunds,
    IntrinsicGasTooLow,
    MalformedTransaction,
    NonceTooHigh,
    NonceTooLow,
    SenderHasCode,
    TransactionRejected,
    WrongChainId,
)
from harness.chain.values.value_errors import (
    NotAnAddress,
    NotAPrivateKey,
    NotBytes,
    OutOfRange,
    Undecodable,
    UnknownAccount,
    UnknownField,
    ValueMisfit,
)
from harness.errors import BackendUnavailable, ChainError, Reverted


def _shown(value: object) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else repr(value)


class NodeDied(BackendUnavailable):
    """A node that this process started ended while its chain was in use, or before it was ready."""

    def __init__(self, name: str, exit_code: int | None, output: str = "") -> None:
        tail = f"; its last output: {output.strip()[-500:]}" if output.strip() else ""
        super().__init__(f"{name} ended with exit code {exit_code}, it was expected to run{tail}")
        self.name = name
        self.exit_code = exit_code
        self.output = output


class AnvilDied(NodeDied):
    """The anvil process ended while its chain was in use, or before it was ready."""


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
    """No backend has this name."""

    def __init__(self, backend: str) -> None:
        super().__init__(f"unknown backend {backend!r}, expected 'py-evm', 'anvil', 'hardhat' or an http URL")
        self.backend = backend


class RpcError(ChainError):
    """A node answered with an error that fits no other class; ``code`` and ``data`` are the node's."""

    def __init__(self, method: str, message: str, code: int | None = None, data: object = None) -> None:
        super().__init__(f"{method} failed: {message}" + (f" (code {code})" if code is not None else ""))
        self.method = method
        self.reason = message
        self.code = code
        self.data = data


class BadLogFilter(ChainError):
    """A part of a log filter matches no log that can exist."""

    def __init__(self, what: str, actual: object, expected: str) -> None:
        super().__init__(f"cannot look for logs by the {what} {actual!r}, expected {expected}")
        self.what = what
        self.actual = actual
        self.expected = expected


class UnsupportedOperation(ChainError):
    """The backend cannot do this; the capability table says which backends can."""

    def __init__(self, operation: str, backend: str, hint: str = "") -> None:
        super().__init__(f"backend {backend} cannot {operation}" + (f": {hint}" if hint else ""))
        self.operation = operation
        self.backend = backend


class UnknownBlock(ChainError):
    """The chain has no block of this number."""

    def __init__(self, number: object, head: int) -> None:
        super().__init__(f"no block {number!r} on this chain, expected 0 to {head}")
        self.number = number
        self.head = head


class UnknownTransaction(ChainError):
    """No block of this chain holds the transaction."""

    def __init__(self, tx_hash: str) -> None:
        super().__init__(f"transaction {tx_hash} is in no block of this chain")
        self.tx_hash = tx_hash


class UnknownSnapshot(ChainError):
    """The snapshot belongs to another chain, or an earlier one was restored after it."""

    def __init__(self, snapshot: object, chain: str) -> None:
        super().__init__(f"{snapshot} is not a live snapshot of chain {chain}")
        self.snapshot = snapshot
        self.chain = chain


class TimeNotAhead(ChainError):
    """A block must be later than its parent; times are seconds since 1970."""

    def __init__(self, requested: int, earliest: int) -> None:
        super().__init__(f"next block cannot be at {requested}, the earliest possible time is {earliest}")
        self.requested = requested
        self.earliest = earliest


class BlockOpen(ChainError):
    """The operation is impossible inside `block`, whose time and place are fixed already."""

    def __init__(self, operation: str) -> None:
        super().__init__(f"cannot {operation} inside block(), expected after it")
        self.operation = operation


class ReorgTooDeep(ChainError):
    """The chain has fewer blocks to remove; its first block stays."""

    def __init__(self, depth: int, available: int) -> None:
        super().__init__(f"cannot remove {depth} blocks, the chain has {available} above its first")
        self.depth = depth
        self.available = available


class ChainClosed(ChainError):
    """The chain was closed."""

    def __init__(self, name: str) -> None:
        super().__init__(f"chain {name} is closed")
        self.name = name


class BalanceSlotNotFound(ChainError):
    """No storage slot that ``balanceOf`` reads decides its result."""

    def __init__(self, token: str, holder: str) -> None:
        super().__init__(f"no storage slot of token {token} holds the balance of {holder}")
        self.token = token
        self.holder = holder


class RevertedWithMessage(Reverted):
    """A call reverted with ``Error(string)``; ``message`` is the string."""

    def __init__(self, message: str, **evidence: Any) -> None:
        super().__init__(f"reverted: {message!r}", **evidence)
        self.message = message


class Panicked(Reverted):
    """A call reverted with ``Panic(uint256)``; ``code`` is Solidity's panic code and ``meaning`` its text."""

    def __init__(self, code: int, meaning: str, **evidence: Any) -> None:
        super().__init__(f"panicked: {meaning} (0x{code:02x})", **evidence)
        self.code = code
        self.meaning = meaning


class RevertedWithError(Reverted):
    """A call reverted with a custom error of a known ABI; each of its ``fields`` is an attribute too."""

    def __init__(self, name: str, signature: str, fields: Mapping[str, Any], **evidence: Any) -> None:
        shown = ", ".join(f"{key}={_shown(value)}" for key, value in fields.items())
        super().__init__(f"reverted: {name}({shown})", **evidence)
        self.name = name
        self.signature = signature
        self.fields = dict(fields)

    def __getattr__(self, name: str) -> Any:
        fields = self.__dict__.get("fields", {})
        if name in fields:
            return fields[name]
        raise UnknownField(f"error {self.__dict__.get('name')}", name, fields)

    def __getitem__(self, name: str) -> Any:
        """Return a field by name, even if an attribute of the exception hides it."""
        if name in self.fields:
            return self.fields[name]
        raise UnknownField(f"error {self.name}", name, self.fields)


class RevertedSilently(Reverted):
    """A call reverted or halted without data; ``cause`` says why if the backend does."""

    def __init__(self, cause: str = "", **evidence: Any) -> None:
        super().__init__("reverted without data" + (f": {cause}" if cause else ""), **evidence)
        self.cause = cause


class CodeTooLarge(RevertedSilently):
    """A creation failed for its size; ``size`` and ``limit`` are bytes.

    ``size`` is None if the node does not give it. ``what`` is "code" (EIP-170), or "initcode" (EIP-3860) for a creation
    within a transaction. ``contract`` is the name of the contract or of its creator, or an address.
    """

    def __init__(self, contract: str, what: str, size: int | None, limit: int, **evidence: Any) -> None:
        eip = "EIP-170" if what == "code" else "EIP-3860"
        actual = "more" if size is None else f"{size} bytes"
        super().__init__(**evidence)
        whose = f"{what} of {contract}" if what == "code" else f"{what} that {contract} creates from"
        self.reason = self.cause = f"{whose} has {actual}, at most {limit} are allowed ({eip})"
        self.args = (self.reason,)
        self.contract = contract
        self.what = what
        self.size = size
        self.limit = limit


class RevertedOpaquely(Reverted):
    """A call reverted with data that no known ABI explains."""

    def __init__(self, **evidence: Any) -> None:
        data: bytes = evidence.get("data", b"")
        super().__init__(f"reverted with data of no known error: 0x{data.hex()}", **evidence)
