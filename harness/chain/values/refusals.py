"""Reasons why a transaction never enters a block; `harness.chain.errors` draws their tree."""

from __future__ import annotations

from harness.errors import ChainError


class TransactionRejected(ChainError):
    """A transaction was refused before execution: nothing was mined and no state changed."""


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


class InitcodeTooLarge(MalformedTransaction):
    """Creation code with its arguments is longer than EIP-3860 allows; ``size`` and ``limit`` are bytes."""

    def __init__(self, size: int, limit: int, contract: str = "") -> None:
        whose = f" of {contract}" if contract else ""
        super().__init__(f"initcode{whose} has {size} bytes, at most {limit} are allowed (EIP-3860)")
        self.size = size
        self.limit = limit
        self.contract = contract


class WrongSidecar(MalformedTransaction):
    """The blobs that travel with a transaction do not prove its hashes (EIP-4844, EIP-7594)."""


class TooManyBlobs(TransactionRejected):
    """A transaction carries more blobs than one may, or than its block has room for."""

    def __init__(self, count: int, limit: int, what: str) -> None:
        super().__init__(f"transaction carries {count} blobs, {what} at most {limit}")
        self.count = count
        self.limit = limit
        self.what = what


class BlobFeeTooLow(TransactionRejected):
    """The highest fee per blob gas is below the block's; amounts are wei."""

    def __init__(self, actual: int, required: int) -> None:
        super().__init__(f"transaction's maximum fee per blob gas is {actual} wei, the blob base fee is {required} wei")
        self.actual = actual
        self.required = required


class BlockTooLarge(TransactionRejected):
    """With the transaction, its block would have more bytes than one may (EIP-7934)."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"with the transaction its block has {size} bytes, at most {limit} are allowed (EIP-7934)")
        self.size = size
        self.limit = limit


class GasAboveCap(TransactionRejected):
    """The gas limit exceeds the cap of one transaction (EIP-7825) or of one block."""

    def __init__(self, gas: int, cap: int, what: str = "transaction") -> None:
        super().__init__(f"transaction's gas limit is {gas}, the {what} gas cap is {cap}")
        self.gas = gas
        self.cap = cap
        self.what = what


class IntrinsicGasTooLow(TransactionRejected):
    """The gas limit does not pay for the transaction's own bytes (EIP-7623 included)."""

    def __init__(self, gas: int, required: int | None) -> None:
        needed = "its intrinsic gas" if required is None else f"its intrinsic gas {required}"
        super().__init__(f"transaction's gas limit is {gas}, below {needed}")
        self.gas = gas
        self.required = required


class NonceTooLow(TransactionRejected):
    """The sender has already used the nonce."""

    def __init__(self, sender: str, actual: int, expected: int) -> None:
        super().__init__(f"nonce of {sender} is {actual}, which is used already; expected {expected}")
        self.sender = sender
        self.actual = actual
        self.expected = expected


class NonceTooHigh(TransactionRejected):
    """The nonce leaves a gap after the sender's last one."""

    def __init__(self, sender: str, actual: int, expected: int) -> None:
        super().__init__(f"nonce of {sender} is {actual}, which leaves a gap; expected {expected}")
        self.sender = sender
        self.actual = actual
        self.expected = expected


class InsufficientFunds(TransactionRejected):
    """The sender cannot pay the gas limit at the highest fee plus the value; amounts are wei."""

    def __init__(self, sender: str, balance: int, required: int) -> None:
        super().__init__(
            f"insufficient funds: balance of {sender} is {balance} wei, the transaction may cost {required} wei"
        )
        self.sender = sender
        self.balance = balance
        self.required = required


class FeeTooLow(TransactionRejected):
    """The highest fee per gas is below the base fee, or below the priority fee; amounts are wei."""

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


class Inexecutable(TransactionRejected):
    """The machine cannot execute the transaction or call, whatever its code does."""

    def __init__(self, sender: str, reason: str) -> None:
        super().__init__(f"what {sender} sends cannot be executed: {reason}")
        self.sender = sender
        self.reason = reason
