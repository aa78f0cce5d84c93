"""Every exception the harness raises on purpose.

    HarnessError
    ├── ChainError                      the chain, or the way to it; the rest in harness.chain.errors
    │   └── BackendUnavailable
    │       └── AnvilNotFound
    ├── RollupError                     the rollup; the rest in harness.rollup.errors
    │   └── GoneByReorg                 what a handle stands for is on L1 no more
    ├── Reverted                        executed and reverted; its kinds in harness.chain.errors
    ├── ConfigError                     [tool.harness] of a pyproject.toml
    │   └── UnknownConfigKey
    ├── UsageError                      a command line that does not say what to do
    ├── ToolNotFound                    a program that is neither installed nor to be fetched
    ├── ChannelError                    payment channels, off chain; the rest in harness.channels.errors
    └── ContractError                   sources, artifacts and bindings
        ├── CompilerNotFound
        ├── NoVersionFits
        ├── CompileFailed
        ├── SeveralFailed
        ├── ImportNotFound
        ├── SourceUnreadable
        ├── UnknownContract
        ├── AmbiguousContract
        └── ArtifactUnreadable

Messages name the thing, the value found and the value expected; the same values are attributes.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from importlib import import_module
from typing import Any


class HarnessError(Exception):
    """Root of every exception that the harness raises on purpose."""


def brief(value: object) -> str:
    """A value as Python writes it, cut in the middle where it is long, with its type where that is not plain."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no integer of more than 4,300 digits
        text = f"<{type(value).__name__} too long to be shown>"
    if len(text) > 200:
        text = f"{text[:120]}…{text[-40:]} ({len(text)} characters)"
    plain = isinstance(value, (int, str, bytes, float, list, tuple, dict, type(None)))
    return text if plain else f"{text} of type {type(value).__name__}"


def did_you_mean(wanted: object, known: Iterable[str]) -> str:
    """A hint to end a message with: the known names that look like the wanted one, most alike first; "" if none."""
    by_lower = {name.lower(): name for name in known}
    close = get_close_matches(str(wanted).lower(), by_lower, n=3, cutoff=0.7)
    return f"; did you mean {' or '.join(by_lower[name] for name in close)}?" if close else ""


# --------------------------------------------------------------------------------------------------------------------
# chain
# --------------------------------------------------------------------------------------------------------------------


class RollupError(HarnessError):
    """A batch, message, parameter or request that the rollup's Python side refuses."""


class GoneByReorg(RollupError):
    """L1 has no more what a handle stands for; the handle works again if that comes back.

    ``what`` is "game" or "assertion", ``name`` its address or id in hexadecimal.
    """

    def __init__(self, what: str, name: str) -> None:
        super().__init__(f"the {what} {name} is not on L1: a reorg or a restore took it away")
        self.what = what
        self.name = name


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
    """A value of ``[tool.harness]``, or of an environment variable, that the harness cannot use.

    ``file`` is the ``pyproject.toml``; it is empty where ``key`` is an environment variable.
    """

    def __init__(self, key: str, actual: object, expected: str, file: str = "pyproject.toml") -> None:
        where = f"{file}: [tool.harness] {key}" if file else key
        super().__init__(f"{where} is {actual!r}, expected {expected}")
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


class UsageError(HarnessError):
    """A command line that does not say what to do; ``command`` is what was called, as in "harness step"."""

    def __init__(self, command: str, reason: str) -> None:
        super().__init__(f"{command}: {reason}")
        self.command = command
        self.reason = reason


class ToolNotFound(HarnessError):
    """A program that is not installed and could not be fetched."""

    def __init__(self, tool: str, reason: str) -> None:
        super().__init__(f"{tool} is not available: {reason}")
        self.tool = tool
        self.reason = reason


class ContractError(HarnessError):
    """A contract that cannot be found, compiled, bound or called as asked: `harness.contracts.errors`."""


# --------------------------------------------------------------------------------------------------------------------
# channels
# --------------------------------------------------------------------------------------------------------------------


class ChannelError(HarnessError):
    """A channel message, payment or close that a party refuses; its money is where it was."""


# --------------------------------------------------------------------------------------------------------------------
# the rooms' own
# --------------------------------------------------------------------------------------------------------------------

_ROOMS: dict[str, tuple[str, ...]] = {
    "harness.agents.lies.lie": ("NothingToLieAbout",),
    "harness.agents.turns": ("KeptForDefence",),
    "harness.chain.errors": (
        "AnvilDied",
        "BadLogFilter",
        "BadSignature",
        "BalanceSlotNotFound",
        "BlockOpen",
        "ChainClosed",
        "CodeTooLarge",
        "FeeTooLow",
        "GasAboveCap",
        "Inexecutable",
        "InitcodeTooLarge",
        "InsufficientFunds",
        "IntrinsicGasTooLow",
        "MalformedTransaction",
        "NonceTooHigh",
        "NonceTooLow",
        "NotBytes",
        "OutOfRange",
        "Panicked",
        "ReorgTooDeep",
        "RevertedOpaquely",
        "RevertedSilently",
        "RevertedWithError",
        "RevertedWithMessage",
        "RpcError",
        "RpcUnreachable",
        "SenderHasCode",
        "TimeNotAhead",
        "TransactionRejected",
        "UnknownAccount",
        "UnknownBackend",
        "UnknownBlock",
        "UnknownSnapshot",
        "UnknownTransaction",
        "UnsupportedOperation",
        "WrongChainId",
        "WrongNode",
    ),
    "harness.chain.values.value_errors": (
        "NotAPrivateKey",
        "NotAnAddress",
        "Undecodable",
        "UnknownField",
        "ValueMisfit",
    ),
    "harness.channels.errors": (
        "BadChannelSignature",
        "ChannelFrozen",
        "ChannelOverdrawn",
        "ForeignState",
        "IllegalAmount",
        "IllegalProposal",
        "IncompleteState",
        "JournalCorrupt",
        "MalformedMessage",
        "NoRoute",
        "NotAChannelParty",
        "StaleState",
        "UnknownChannel",
        "UnknownLock",
        "UnknownRecord",
    ),
    "harness.contracts.errors": (
        "AmbiguousContract",
        "AmbiguousOverload",
        "ArtifactUnreadable",
        "CompileFailed",
        "CompilerNotFound",
        "DidNotRevert",
        "EventMissing",
        "EventPresent",
        "ImportNotFound",
        "LibraryMissing",
        "NoVersionFits",
        "NotDeployable",
        "RevertedForAnotherReason",
        "SenderMissing",
        "SeveralFailed",
        "SourceSkipped",
        "SourceUnreadable",
        "UndecodableAnswer",
        "UnknownContract",
        "UnknownLibrary",
        "UnknownMember",
        "WrongArguments",
    ),
    "harness.dispute.player": ("Overtaken",),
    "harness.dispute.trace": ("CannotProve",),
    "harness.engine.choice": ("UnknownEngine",),
    "harness.fuzz.arena": ("GameFault",),
    "harness.guides": ("UnknownGuide",),
    "harness.isolation": ("StaysUntilLater",),
    "harness.mutants.patches": ("MutantUnreadable", "PatchMismatch"),
    "harness.proofs.errors": (
        "NoSuchCase",
        "NoSuchTransaction",
        "ProofError",
        "ProverRejected",
        "StateTestUnreadable",
        "StepOutsideTrace",
        "WrongPoststate",
    ),
    "harness.rollup.errors": (
        "BatchTooLong",
        "DeploymentMismatch",
        "DeploymentUnreadable",
        "InvalidTransaction",
        "MalformedDeposit",
        "NoDeployer",
        "NoRollup",
        "NotSequenced",
        "NotYetProvable",
        "PrecompileDiffers",
        "PublicNetwork",
        "TooManyItems",
        "TransactionTooLong",
        "UnknownBatch",
        "UnknownMessage",
        "WrongGenesis",
        "WrongRollupParameter",
        "WrongSequencer",
    ),
    "harness.testbed.conservation": ("NotConserved",),
    "harness.testbed.challenger": ("NoDispute",),
    "harness.testbed.handles": ("FraudConfirmed", "ParentLost"),
    "harness.testbed.runner": ("NeverHappened",),
}
"""Exceptions and warnings that a room defines beside what raises them, by module; imported on first access."""

_HOMES = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "AnvilNotFound",
    "BackendUnavailable",
    "ChainError",
    "ChannelError",
    "ConfigError",
    "ContractError",
    "GoneByReorg",
    "HarnessError",
    "Reverted",
    "RollupError",
    "ToolNotFound",
    "UnknownConfigKey",
    "UsageError",
]
__all__ += sorted(_HOMES)  # noqa: PLE0605 sorted gives a list


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'harness.errors' has no attribute {name!r}{did_you_mean(name, __all__)}")
    return getattr(import_module(home), name)
