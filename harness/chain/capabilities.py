"""What each backend can do. The guide "costs" shows this table, and the tests read it.

A test names the row that it needs. It is skipped if the backend lacks that row, and for no other reason.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.config import BACKENDS as NAMED

BACKENDS = (*NAMED, "rpc")
SKIP_PREFIX = "capability: "


@dataclass(frozen=True, slots=True)
class Capability:
    """One row: a key for tests, the words for people, and the backends that have it; ``note`` says what differs."""

    key: str
    meaning: str
    backends: tuple[str, ...]
    note: str = ""

    def of(self, backend: str) -> bool:
        """Return whether a backend has the capability."""
        return backend in self.backends


_LOCAL = ("py-evm",)
_PRECISE = ("py-evm", "anvil")
_CONTROLLED = ("py-evm", "anvil", "hardhat")
_CHOSEN = (*_CONTROLLED, "geth")

CAPABILITIES = (
    Capability("rules", "chain id, gas cap of 2^24, nonce and funds checked before sending", BACKENDS),
    Capability("calls", "deploy, call, decoded reverts and events, EIP-712 signing, proxies", BACKENDS),
    Capability("time", "`warp`: the next block has exactly the time it was given", _CONTROLLED),
    Capability("mining", "`mine`, and `block()`: several transactions in one block", _CONTROLLED),
    Capability(
        "order", "`block()` keeps the order sent, whatever the fees", _CONTROLLED, "at a URL as the node was configured"
    ),
    Capability("snapshot", "`snapshot` and `restore`, any number of times", _CONTROLLED),
    Capability("edits", "`set_balance`, `set_token_balance`, `set_code`, `set_storage`, `set_nonce`", _CONTROLLED),
    Capability("impersonate", "transactions of any address, without its key", _CONTROLLED),
    Capability("reorg", "`reorg(n)` and `resend`", _CONTROLLED, "not on a Hardhat at a URL"),
    Capability("trace", "call trees with gas and `console.log`", _CONTROLLED, "without callTracer: of what failed"),
    Capability(
        "lines",
        "Solidity file:line of a failure, in transactions and calls",
        _CONTROLLED,
        "without callTracer: in transactions",
    ),
    Capability(
        "geth-calls",
        "web3's calls and estimates refused as geth refuses them: a gas price that cannot be paid, malformed requests",
        _LOCAL,
    ),
    Capability(
        "forks", "Prague or Osaka, as the setting says", _CHOSEN, "a node has the fork that it was started with"
    ),
    Capability("storage-collision", "nothing is created over storage (EIP-7610)", _LOCAL, "anvil creates over it"),
    Capability("blob-schedule", "later entries of the blob schedule: `bpo1`, `bpo2`", _LOCAL),
    Capability("seed", "the same seed gives the same block hashes", _LOCAL, "anvil draws prevrandao without it"),
    Capability(
        "beacon-roots", "the EIP-4788 contract, from genesis", _LOCAL, "anvil has no code there, Hardhat no roots"
    ),
    Capability("history", "the EIP-2935 contract, from genesis", _PRECISE, "Hardhat's reverts"),
    Capability(
        "geth-answers",
        "JSON-RPC in the small as geth has it: calls that their sender cannot pay or has the last nonce, filters",
        ("py-evm", "anvil", "geth", "rpc"),
        "Hardhat lends the value of a call",
    ),
    Capability(
        "blobs", "blob transactions as consensus has them, without the blobs", _LOCAL, "anvil wants the sidecar"
    ),
    Capability("overrides", "state overrides in web3's eth_call", BACKENDS),
    Capability("steps", "debug_traceTransaction with a step tracer", BACKENDS),
    Capability(
        "offline",
        "no download at first use",
        ("py-evm", "geth", "rpc"),
        "anvil and Hardhat come from npm if they are not there",
    ),
)

_BY_KEY = {row.key: row for row in CAPABILITIES}


def capability(key: str) -> Capability:
    """Return the row of this key; raises KeyError for a key that the table lacks."""
    return _BY_KEY[key]


def missing(backend: str, keys: tuple[str, ...]) -> str | None:
    """Return why a test that needs ``keys`` is skipped on ``backend``; None if it is not."""
    lacking = [key for key in keys if not capability(key).of(backend)]
    return f"{SKIP_PREFIX}{backend} lacks {', '.join(lacking)}" if lacking else None


def is_declared(reason: str) -> bool:
    """Return whether a skip's reason consists of rows of the table."""
    words = reason.removeprefix(SKIP_PREFIX).partition(" lacks ")
    rows = words[2].split(", ")
    return (
        reason.startswith(SKIP_PREFIX)
        and words[0] in BACKENDS
        and all(row in _BY_KEY and not _BY_KEY[row].of(words[0]) for row in rows)
    )


def markdown() -> str:
    """Return the table as the guide "costs" shows it."""
    lines = [f"| | {' | '.join(BACKENDS)} |", f"|---|{'---|' * len(BACKENDS)}"]
    for row in CAPABILITIES:
        marks = " | ".join("yes" if row.of(backend) else "no" for backend in BACKENDS)
        note = f" ({row.note})" if row.note else ""
        lines.append(f"| {row.meaning}{note} | {marks} |")
    return "\n".join(lines)
