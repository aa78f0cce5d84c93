"""Every exception the harness raises on purpose.

    HarnessError
    ├── ChainError                      the chain, or the way to it; the rest in harness.chain.errors
    │   └── BackendUnavailable
    │       └── AnvilNotFound
    ├── RollupError                     the rollup; the rest in harness.rollup.errors
    ├── Reverted                        executed and reverted; its kinds in harness.chain.errors
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

from typing import Any


class HarnessError(Exception):
    """Root of every exception that the harness raises on purpose."""


# --------------------------------------------------------------------------------------------------------------------
# chain
# --------------------------------------------------------------------------------------------------------------------


class RollupError(HarnessError):
    """A batch, message, parameter or request that the rollup's Python side refuses."""


class ChainError(HarnessError):
    """A request that the chain, or the way to it, could not serve."""


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
