"""Every exception that the harness raises on purpose; this module offers all of them.

    HarnessError
    ├── ChainError                      the chain, or the connection to it; see harness.chain.errors
    │   └── BackendUnavailable
    │       └── AnvilNotFound
    ├── RollupError                     the rollup; see harness.rollup.errors
    │   └── GoneByReorg                 L1 no longer holds what a handle stands for
    ├── Reverted                        executed and reverted; see harness.chain.errors
    ├── ConfigError                     [tool.harness] of a pyproject.toml
    │   └── UnknownConfigKey
    ├── UsageError                      an incomplete or contradictory command line
    ├── NativeLibraryMissing            a compiled library that a precompile needs is not installed
    ├── ToolNotFound                    a program is not installed and cannot be downloaded
    ├── ChannelError                    payment channels, off chain; see harness.channels.errors
    ├── SidechainError                  sidechains; see harness.sidechain.errors
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
    """Return a value as Python writes it, shortened in the middle, with its type unless the type is plain."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no integer of more than 4,300 digits
        text = f"<{type(value).__name__} too long to be shown>"
    if len(text) > 200:
        text = f"{text[:120]}…{text[-40:]} ({len(text)} characters)"
    plain = isinstance(value, (int, str, bytes, float, list, tuple, dict, type(None)))
    return text if plain else f"{text} of type {type(value).__name__}"


def did_you_mean(wanted: object, known: Iterable[str]) -> str:
    """Return the end of a message that lists the known names most like the wanted one; "" if none is alike."""
    by_lower = {name.lower(): name for name in known}
    close = get_close_matches(str(wanted).lower(), by_lower, n=3, cutoff=0.7)
    return f"; did you mean {' or '.join(by_lower[name] for name in close)}?" if close else ""


# --------------------------------------------------------------------------------------------------------------------
# chain
# --------------------------------------------------------------------------------------------------------------------


class RollupError(HarnessError):
    """The rollup's Python side refuses a batch, a message, a parameter or a request."""


class GoneByReorg(RollupError):
    """L1 no longer holds what a handle stands for; the handle works again if L1 holds it again.

    ``what`` is "game" or "assertion", ``name`` its address or its id in hexadecimal.
    """

    def __init__(self, what: str, name: str) -> None:
        super().__init__(f"the {what} {name} is not on L1: a reorg or a restore took it away")
        self.what = what
        self.name = name


class ChainError(HarnessError):
    """The chain, or the connection to it, could not serve a request."""


class BackendUnavailable(ChainError):
    """No node answers."""


class AnvilNotFound(BackendUnavailable):
    """No anvil was found, and none could be installed; ``tried`` has one line for each place."""

    def __init__(self, tried: tuple[str, ...]) -> None:
        places = "; ".join(tried) if tried else "nothing"
        super().__init__(
            f"anvil was not found (tried: {places}); expected HARNESS_ANVIL, anvil on PATH, or the npm package"
            " @foundry-rs/anvil"
        )
        self.tried = tried


class Reverted(HarnessError):
    """A call or transaction was executed and reverted.

    ``reason`` is the decoded cause, ``data`` the revert data, ``address`` the called contract. ``receipt`` is that of a
    mined transaction, None for a call. ``trace`` is the call tree, None if there is none.
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
    """A value of ``[tool.harness]``, of foundry.toml, or of an environment variable, that the harness cannot use.

    ``file`` is the ``pyproject.toml`` or ``foundry.toml``; it is empty where ``key`` is an environment variable.
    """

    def __init__(
        self, key: str, actual: object, expected: str, file: str = "pyproject.toml", table: str = "[tool.harness]"
    ) -> None:
        where = ": ".join(part for part in (file, f"{table if file else ''} {key}".strip()) if part)
        super().__init__(f"{where} is {actual!r}, expected {expected}")
        self.key = key
        self.actual = actual
        self.expected = expected
        self.file = file


class UnknownConfigKey(ConfigError):
    """``[tool.harness]`` has a key that the harness does not know; ``close`` is the most similar known key, or ""."""

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
    """A command line is incomplete or contradictory; ``command`` is the command, as in "harness step"."""

    def __init__(self, command: str, reason: str) -> None:
        super().__init__(f"{command}: {reason}")
        self.command = command
        self.reason = reason


class ToolNotFound(HarnessError):
    """A program is not installed and could not be downloaded."""

    def __init__(self, tool: str, reason: str) -> None:
        super().__init__(f"{tool} is not available: {reason}")
        self.tool = tool
        self.reason = reason


class NativeLibraryMissing(HarnessError):
    """A compiled library is not installed, so that what needs it cannot be computed.

    ``package`` is its name at the package registry, ``purpose`` what needs it, ``reason`` what Python says.
    """

    def __init__(self, package: str, purpose: str, reason: str) -> None:
        super().__init__(f"{purpose} needs the package {package}, which cannot be imported: {reason}")
        self.package = package
        self.purpose = purpose
        self.reason = reason


class ContractError(HarnessError):
    """A contract cannot be found, compiled, bound or called as asked; see `harness.contracts.errors`."""


# --------------------------------------------------------------------------------------------------------------------
# channels
# --------------------------------------------------------------------------------------------------------------------


class ChannelError(HarnessError):
    """A party refuses a channel message, a payment or a close; its money stays where it was."""


# --------------------------------------------------------------------------------------------------------------------
# the rooms' own
# --------------------------------------------------------------------------------------------------------------------

_ROOMS: dict[str, tuple[str, ...]] = {
    "harness.adapters.errors": (
        "AdapterError",
        "AdapterFailed",
        "AdapterLacks",
        "AdapterNotFound",
        "MoneyMisstated",
        "NotApplicable",
        "WrongAnswer",
        "WrongAttribute",
    ),
    "harness.agents.lies.lie": ("NothingToLieAbout",),
    "harness.agents.lies.precompiles": ("UnknownPrecompile",),
    "harness.agents.turns": ("KeptForDefence",),
    "harness.attack.attack": ("Found", "OtherVariant", "UnknownAttack"),
    "harness.adapters.op": ("NotALeaf",),
    "harness.bench.contestants": ("CannotMeasure",),
    "harness.campaigns.cluster": ("SchedulerUnreachable",),
    "harness.campaigns.scenarios": ("ScenarioChanged",),
    "harness.campaigns.store": ("CampaignUnreadable",),
    "harness.chain.errors": (
        "AnvilDied",
        "BadLogFilter",
        "BalanceSlotNotFound",
        "BlockOpen",
        "ChainClosed",
        "CodeTooLarge",
        "NodeDied",
        "Panicked",
        "ReorgTooDeep",
        "RevertedOpaquely",
        "RevertedSilently",
        "RevertedWithError",
        "RevertedWithMessage",
        "RpcError",
        "RpcUnreachable",
        "TimeNotAhead",
        "UnknownBackend",
        "UnknownBlock",
        "UnknownSnapshot",
        "UnknownTransaction",
        "UnsupportedOperation",
        "WrongNode",
    ),
    "harness.chain.nodes.client": ("NodeAnswer",),
    "harness.chain.values.refusals": (
        "BadSignature",
        "BlobFeeTooLow",
        "BlockTooLarge",
        "FeeTooLow",
        "GasAboveCap",
        "Inexecutable",
        "InitcodeTooLarge",
        "InsufficientFunds",
        "IntrinsicGasTooLow",
        "MalformedTransaction",
        "NonceTooHigh",
        "NonceTooLow",
        "SenderHasCode",
        "TooManyBlobs",
        "TransactionRejected",
        "WrongChainId",
        "WrongSidecar",
    ),
    "harness.chain.values.value_errors": (
        "NotAPrivateKey",
        "NotAnAddress",
        "NotBytes",
        "OutOfRange",
        "Undecodable",
        "UnknownAccount",
        "UnknownBlobSchedule",
        "UnknownField",
        "UnknownL1Fork",
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
        "ArtifactStale",
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
    "harness.fuzz.cases": ("CaseLost", "CaseUnreadable"),
    "harness.gas.snapshot": ("SnapshotUnreadable",),
    "harness.guides": ("UnknownGuide",),
    "harness.isolation": ("StaysUntilLater",),
    "harness.mutants.packing": ("PackBroke",),
    "harness.mutants.patches": ("MutantUnreadable", "PatchMismatch"),
    "harness.proofs.errors": (
        "NoSuchCase",
        "NoSuchTransaction",
        "OracleFailed",
        "ProofError",
        "ProverRejected",
        "StateTestUnreadable",
        "StepOutsideTrace",
        "WrongPoststate",
    ),
    "harness.rollup.errors": (
        "BatchTooLong",
        "BudgetExceeded",
        "DeploymentMismatch",
        "DeploymentUnreadable",
        "DeploymentUnwritable",
        "GenesisClash",
        "GenesisCodeReserved",
        "GenesisCodeTooLarge",
        "GenesisUnfilled",
        "GenesisWithoutCode",
        "InvalidTransaction",
        "MalformedDeposit",
        "NoDeployer",
        "NoGasForCall",
        "NoRollup",
        "NoTwin",
        "NotSequenced",
        "L1Unsettled",
        "MessageDiffers",
        "MessageLost",
        "NotYetFinalizable",
        "NotYetProvable",
        "PrecompileDiffers",
        "PublicNetwork",
        "TooManyItems",
        "TransactionTooLong",
        "UnknownBatch",
        "UnknownFork",
        "UnknownMessage",
        "WrongGenesis",
        "WrongRollupParameter",
        "WrongSequencer",
    ),
    "harness.sidechain.errors": ("BadValidators", "HeaderRefused", "NoQuorum", "SafetyBroken", "SidechainError"),
    "harness.scenarios.errors": ("ResultUnreadable", "ScenarioInvalid", "StepImpossible", "UnknownScenario"),
    "harness.serve.errors": ("PortTaken", "ServerMissing", "StateUnreadable", "StateUnwritable"),
    "harness.fuzz.pack_games": ("PackFault",),
    "harness.fuzz.requests": ("BadAnswer",),
    "harness.fuzz.soak": ("MemoryGrows",),
    "harness.rpc_conformance.documented": ("PackageMissing",),
    "harness.testbed.challenger": ("NoDispute",),
    "harness.testbed.conservation": ("NotConserved",),
    "harness.testbed.proposer": ("FraudConfirmed", "ParentLost"),
    "harness.testbed.runner": ("NeverHappened",),
    "harness.testbed.walkaway": ("CallLost", "NobodyLeft"),
}
"""Exceptions and warnings by the module that defines them; each is imported on first access."""

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
    "NativeLibraryMissing",
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
