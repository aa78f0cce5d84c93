"""Errors of the rollup's Python side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import RollupError

if TYPE_CHECKING:
    from harness.chain.receipts import Receipt


class BatchTooLong(RollupError):
    """The items do not fit into one batch; sizes are bytes."""

    def __init__(self, actual: int, maximum: int) -> None:
        super().__init__(f"batch has {actual} bytes, at most {maximum} fit")
        self.actual = actual
        self.maximum = maximum


class TooManyItems(RollupError):
    """A batch has more items than L2 takes; L2 would ignore the rest."""

    def __init__(self, actual: int, maximum: int) -> None:
        super().__init__(f"batch has {actual} items, L2 takes at most {maximum}")
        self.actual = actual
        self.maximum = maximum


class TransactionTooLong(RollupError):
    """A transaction has more bytes than L2 takes; L2 would skip it."""

    def __init__(self, actual: int, maximum: int) -> None:
        super().__init__(f"transaction has {actual} bytes, L2 takes at most {maximum}")
        self.actual = actual
        self.maximum = maximum


class MalformedDeposit(RollupError):
    """A payload is not the encoding of any deposit."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"payload is no deposit: {reason}")
        self.reason = reason


class L1Unsettled(RollupError):
    """L1 lost a block while it was read, each of ``tries`` times: logs are of one chain and blocks of another.

    ``block`` is the number of the block that was to be read first.
    """

    def __init__(self, block: int, tries: int) -> None:
        super().__init__(
            f"L1 gave logs from block {block} on and then other blocks, {tries} times: expected one chain;"
            " is the URL that of several nodes?"
        )
        self.block = block
        self.tries = tries


class MessageDiffers(RollupError):
    """What L1's events tell of a delayed message is not what the delayed inbox has hashed.

    ``actual`` is None if no event tells of it.
    """

    def __init__(self, index: int, actual: bytes | None, expected: bytes) -> None:
        told = "stands in no event of L1" if actual is None else f"hashes to 0x{actual.hex()} by L1's events"
        super().__init__(
            f"delayed message {index} {told}, the delayed inbox has 0x{expected.hex()}:"
            " the portal emits another deposit than it queues, or the node lacks events"
        )
        self.index = index
        self.actual = actual
        self.expected = expected


class WrongGenesis(RollupError):
    """The contracts on L1 belong to an L2 with another genesis."""

    def __init__(self, actual: bytes, expected: bytes) -> None:
        super().__init__(
            f"genesis assertion on L1 has root 0x{actual.hex()}, this L2's genesis has 0x{expected.hex()};"
            " a rollup that was deployed with a table of genesis contracts needs the same table"
        )
        self.actual = actual
        self.expected = expected


class GenesisClash(RollupError):
    """Two contracts of genesis want one address."""

    def __init__(self, address: str, name: str, other: str, hint: str = "") -> None:
        super().__init__(f"genesis has {name} at {address}, where {other} is{hint}")
        self.address = address
        self.name = name
        self.other = other


class GenesisWithoutCode(RollupError):
    """A contract of genesis has no code: it is an interface or an abstract contract, or its code is empty."""

    def __init__(self, address: str, name: str) -> None:
        super().__init__(f"genesis has {name} at {address}, which has no code, expected a contract with code")
        self.address = address
        self.name = name


class GenesisCodeReserved(RollupError):
    """The code of a contract of genesis begins with 0xef, which no deployment can make (EIP-3541).

    A designator is made by an authorisation (EIP-7702).
    """

    def __init__(self, address: str, name: str) -> None:
        super().__init__(
            f"genesis has {name} at {address}, which begins with 0xef, expected code that can be deployed (EIP-3541);"
            " an account is delegated by rollup.l2.authorize"
        )
        self.address = address
        self.name = name


class GenesisUnfilled(RollupError):
    """The code of a contract of genesis has holes that a deployment would fill: ``holes`` says of which kind."""

    def __init__(self, address: str, name: str, holes: str) -> None:
        super().__init__(
            f"genesis has {name} at {address}, whose {holes} no deployment fills;"
            " expected its code with them, as code = '0x...'"
        )
        self.address = address
        self.name = name
        self.holes = holes


class GenesisCodeTooLarge(RollupError):
    """The code of a contract of genesis is longer than EIP-170 allows; sizes are bytes."""

    def __init__(self, address: str, name: str, actual: int, maximum: int) -> None:
        super().__init__(f"genesis has {name} at {address} with {actual} bytes of code, at most {maximum} are allowed")
        self.address = address
        self.name = name
        self.actual = actual
        self.maximum = maximum


class UnknownFork(RollupError):
    """L2 has no rules of this fork."""

    def __init__(self, actual: object, expected: tuple[str, ...]) -> None:
        super().__init__(f"fork of L2 is {actual!r}, expected one of {', '.join(expected)}")
        self.actual = actual
        self.expected = expected


class NoRollup(RollupError):
    """An address of the rollup has no code."""

    def __init__(self, name: str, address: str, chain_id: int) -> None:
        super().__init__(f"{name} has no code at {address} on chain {chain_id}, expected the rollup's contract")
        self.name = name
        self.address = address
        self.chain_id = chain_id


class WrongRollupParameter(RollupError):
    """A parameter of the rollup is unknown or out of its range."""

    def __init__(self, name: str, actual: object, expected: str) -> None:
        super().__init__(f"rollup parameter {name} is {actual!r}, expected {expected}")
        self.name = name
        self.actual = actual
        self.expected = expected


class WrongSequencer(RollupError):
    """The inbox takes no batches from this account."""

    def __init__(self, actual: str, expected: str) -> None:
        super().__init__(f"{actual} posts no batches, expected {expected}: the inbox takes those of one account")
        self.actual = actual
        self.expected = expected


class UnknownBatch(RollupError):
    """L1 has no batch of this index, as far as this node knows."""

    def __init__(self, index: int, count: int) -> None:
        super().__init__(f"batch {index} is not posted; L1 has {count}")
        self.index = index
        self.count = count


class UnknownMessage(RollupError):
    """There is no such withdrawal or deposit."""

    def __init__(self, what: str, where: str) -> None:
        super().__init__(f"{what} is not in {where}")
        self.what = what
        self.where = where


class NoTwin(RollupError):
    """A token has no twin on L2, because nobody has bridged it."""

    def __init__(self, token: str) -> None:
        super().__init__(
            f"the token {token} has no twin on L2, expected one that rollup.bridge has carried there before"
        )
        self.token = token


class NotYetProvable(RollupError):
    """The assertion ends before the message was sent; without one named, so does each confirmed assertion.

    ``block`` is the L2 block at its end.
    """

    def __init__(self, message: bytes, block: int) -> None:
        super().__init__(
            f"message 0x{message.hex()} was not sent up to L2 block {block}, at which the assertion ends; expected an"
            " assertion that ends later"
        )
        self.message = message
        self.block = block


class NoGasForCall(RollupError):
    """A message calls with data, names no gas, and is lost if the call fails (``retry_failed=False``)."""

    def __init__(self, size: int) -> None:
        super().__init__(
            f"the message calls with {size} bytes of data and names no gas, so whoever executes it chooses how much the"
            " call gets, and the message is lost if the call fails; expected gas=..."
        )
        self.size = size


class MessageLost(RollupError):
    """The call of a message failed on L1, and this rollup's rule uses such a message up (``retry_failed=False``).

    ``receipt`` is that of L1's transaction, which did not revert.
    """

    def __init__(self, message: bytes, receipt: Receipt) -> None:
        super().__init__(
            f"the call of message 0x{message.hex()} failed on L1, and the message is lost; with retry_failed=True it"
            " could be tried again"
        )
        self.message = message
        self.receipt = receipt


class NotYetFinalizable(RollupError):
    """The message is proven, and its maturity delay runs until ``ready``, the first L1 second to execute it in."""

    def __init__(self, message: bytes, now: int, ready: int) -> None:
        super().__init__(
            f"message 0x{message.hex()} is proven and can be executed from L1 time {ready} on, which is {ready - now}"
            " seconds from now"
        )
        self.message = message
        self.now = now
        self.ready = ready


class NotSequenced(RollupError):
    """The sequencer does not take the transaction: it is stopped, or it censors the sender."""

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
    10: "the sender's code",
}
"""The rules of a raw transaction in ``contracts/SPEC.md``, by their number there."""


class InvalidTransaction(RollupError):
    """L2 skips the transaction; ``rule`` is the number in ``contracts/SPEC.md`` of the first rule that it breaks."""

    def __init__(self, rule: int, reason: str) -> None:
        super().__init__(f"L2 skips the transaction by rule {rule} ({RULES[rule]}): {reason}")
        self.rule = rule
        self.reason = reason


class BudgetExceeded(RollupError):
    """A sequenced transaction may use more gas than its batch's budget has left: it ends the batch."""

    def __init__(self, actual: int, expected: int) -> None:
        super().__init__(f"gas limit is {actual}, the budget of sequenced gas has {expected} left")
        self.actual = actual
        self.expected = expected


class PublicNetwork(RollupError):
    """The chain id is that of a public network; the harness deploys to local chains only."""

    def __init__(self, chain_id: int, name: str) -> None:
        super().__init__(f"chain id {chain_id} is {name}, a public network; expected a local chain")
        self.chain_id = chain_id
        self.name = name


class PrecompileDiffers(RollupError):
    """A precompile of L1 is not that of L2's fork, so L1 cannot prove it; ``needed`` are the forks of L1 that can."""

    def __init__(
        self, number: int, name: str, fork: str, needed: tuple[str, ...], actual: bytes, expected: bytes
    ) -> None:
        super().__init__(
            f"this chain cannot prove L2's fork {fork}: precompile {number} ({name}) gives 0x{actual.hex()}, expected"
            f" 0x{expected.hex()} for the fork's price; expected an L1 of {' or '.join(needed)} (anvil: --hardfork"
            f" {needed[-1]}; the harness's own L1: l1-fork = '{needed[-1]}')"
        )
        self.number = number
        self.name = name
        self.fork = fork
        self.needed = needed
        self.actual = actual
        self.expected = expected


class DeploymentMismatch(RollupError):
    """A deployment file does not fit what is deployed, or the chain it is deployed to."""

    def __init__(self, file: str, what: str, actual: object, expected: object) -> None:
        super().__init__(f"{file}: {what} is {actual}, expected {expected}; remove the file to deploy anew")
        self.file = file
        self.what = what
        self.actual = actual
        self.expected = expected


class DeploymentUnreadable(RollupError):
    """A file is not a deployment file, or cannot be read."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"{file} is no deployment file: {reason}")
        self.file = file
        self.reason = reason


class DeploymentUnwritable(RollupError):
    """A deployment file cannot be written; one that was there is there still."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"the deployment cannot be written to {file}: {reason}")
        self.file = file
        self.reason = reason


class NoDeployer(RollupError):
    """No account is given or found to deploy with."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"{reason}; expected --mnemonic, a key in the environment (--key-env NAME), or --node for one that the"
            " node signs for"
        )
        self.reason = reason
