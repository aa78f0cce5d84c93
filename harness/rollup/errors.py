"""What the rollup's Python side refuses."""

from __future__ import annotations

from harness.errors import RollupError


class BatchTooLong(RollupError):
    """The items do not fit into one batch."""

    def __init__(self, actual: int, maximum: int) -> None:
        super().__init__(f"batch has {actual} bytes, at most {maximum} fit")
        self.actual = actual
        self.maximum = maximum


class TooManyItems(RollupError):
    """L2 ignores what follows the last item that it takes from one batch."""

    def __init__(self, actual: int, maximum: int) -> None:
        super().__init__(f"batch has {actual} items, L2 takes at most {maximum}")
        self.actual = actual
        self.maximum = maximum


class TransactionTooLong(RollupError):
    """L2 skips a transaction of more bytes."""

    def __init__(self, actual: int, maximum: int) -> None:
        super().__init__(f"transaction has {actual} bytes, L2 takes at most {maximum}")
        self.actual = actual
        self.maximum = maximum


class MalformedDeposit(RollupError):
    """A payload that no deposit encodes to."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"payload is no deposit: {reason}")
        self.reason = reason


class WrongGenesis(RollupError):
    """The contracts on L1 belong to an L2 of another genesis."""

    def __init__(self, actual: bytes, expected: bytes) -> None:
        super().__init__(f"genesis assertion on L1 has root 0x{actual.hex()}, this L2's genesis has 0x{expected.hex()}")
        self.actual = actual
        self.expected = expected


class NoRollup(RollupError):
    """There is no contract at an address of the rollup."""

    def __init__(self, name: str, address: str, chain_id: int) -> None:
        super().__init__(f"{name} has no code at {address} on chain {chain_id}, expected the rollup's contract")
        self.name = name
        self.address = address
        self.chain_id = chain_id


class WrongRollupParameter(RollupError):
    """A parameter outside of its range."""

    def __init__(self, name: str, actual: object, expected: str) -> None:
        super().__init__(f"rollup parameter {name} is {actual!r}, expected {expected}")
        self.name = name
        self.actual = actual
        self.expected = expected


class UnknownBatch(RollupError):
    """The batch was not posted to L1, as far as this node knows."""

    def __init__(self, index: int, count: int) -> None:
        super().__init__(f"batch {index} is not posted; L1 has {count}")
        self.index = index
        self.count = count


class UnknownMessage(RollupError):
    """No withdrawal or deposit like this."""

    def __init__(self, what: str, where: str) -> None:
        super().__init__(f"{what} is not in {where}")
        self.what = what
        self.where = where


class NotYetProvable(RollupError):
    """No confirmed assertion covers the message's L2 block."""

    def __init__(self, message: bytes, confirmed: int) -> None:
        super().__init__(
            f"message 0x{message.hex()} was not sent up to L2 block {confirmed}, the newest one that is confirmed"
        )
        self.message = message
        self.confirmed = confirmed


class NotSequenced(RollupError):
    """The sequencer does not take transactions: it is stopped, or it censors the sender."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the sequencer did not take the transaction: {reason}")
        self.reason = reason


RULES = {
    1: "encoding",
    2: "chain id",
    3: "signature",
    4: "gas limit",
    5: "fees",
    6: "initcode size",
    7: "intrinsic gas",
    8: "sender",
    9: "funds",
}
"""The rules of a raw transaction in ``contracts/SPEC.md``, by their number there."""


class InvalidTransaction(RollupError):
    """A transaction that L2 skips, and the first rule that it breaks."""

    def __init__(self, rule: int, reason: str) -> None:
        super().__init__(f"L2 skips the transaction by rule {rule} ({RULES[rule]}): {reason}")
        self.rule = rule
        self.reason = reason
