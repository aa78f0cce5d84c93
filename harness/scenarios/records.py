"""The parts of a result: blocks, transactions, events, entries, claims.

Amounts are wei, times are seconds since 1970, hashes and bytes are hexadecimal with 0x. Everything that a reorg removed
stays in the result, marked ``lost``.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    """A frozen part of a result."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Party(Part):
    """An account, a contract, or one of the sinks that ether ends in.

    ``kind`` is "account", "contract" or "sink"; ``role`` is the agent's role, the contract's name, or the sink's
    meaning. ``before`` and ``after`` are its ether on each layer at the beginning and at the end of the steps.

    ``owed`` is what contracts still owe it at the end, by their names: bonds at work, credits, balances of channels.
    """

    name: str
    kind: Literal["account", "contract", "sink"]
    role: str
    address: str | None
    honest: bool | None = None
    before: dict[str, int] = Field(default_factory=dict)
    after: dict[str, int] = Field(default_factory=dict)
    owed: dict[str, int] = Field(default_factory=dict)


class CodeRecord(Part):
    """A contract that was deployed.

    ``full_name`` is "file:Name". ``bytecode`` is the hash of its creation code before linking, ``source`` of its source
    file. ``replaces`` is the built-in contract in whose place it stood. ``artifact`` holds what another machine needs
    to deploy it again; None for a built-in contract.
    """

    name: str
    full_name: str
    layer: str
    address: str
    bytecode: str
    source: str | None
    compiler: str
    replaces: str | None = None
    artifact: dict[str, Any] | None = None


class BlockRecord(Part):
    """A block of L1 in the order in which blocks were made. ``raw`` holds its signed transactions."""

    op: Literal["block"] = "block"
    number: int
    hash: str
    time: int
    base_fee: int
    gas_used: int
    raw: tuple[str, ...]
    lost: bool = False


class ReorgRecord(Part):
    """A reorg: L1 lost its newest ``depth`` blocks. Blocks behind it in the tape follow block ``head``."""

    op: Literal["reorg"] = "reorg"
    depth: int
    head: int
    time: int


class CallRecord(Part):
    """A call within a transaction. ``arguments`` are as people read them."""

    kind: str
    contract: str
    address: str
    function: str | None
    arguments: str
    value: int
    gas: int
    error: str | None
    calls: tuple[CallRecord, ...] = ()


class TransactionRecord(Part):
    """A transaction of L1.

    ``sender`` and ``to`` are names of parties, or addresses. ``data_gas`` is what its calldata costs, without
    EIP-7623's floor. ``events`` are the decoded events in words. ``by`` is the
    number of the timeline's event that sent it.
    """

    hash: str
    block: int
    block_hash: str
    index: int
    time: int
    sender: str
    to: str | None
    function: str | None
    value: int
    gas_used: int
    data_gas: int
    gas_price: int
    succeeded: bool
    error: str | None = None
    events: tuple[str, ...] = ()
    call: CallRecord | None = None
    by: int | None = None
    lost: bool = False


class Event(Part):
    """One thing that happened, in order.

    ``kind`` is "step" (of the scenario), "decision" (of an agent), "setback", "reorg", "warp", "away", "back", or
    "fault". ``actor`` is who did it. ``what`` says it in one sentence, ``why`` the reason in another; "" if there is
    none. ``transactions`` are the hashes that it sent. ``step`` is the number of the scenario's step, from 1.
    """

    number: int
    time: int
    layer: Literal["l1", "l2"]
    kind: str
    actor: str
    what: str
    why: str = ""
    step: int | None = None
    transactions: tuple[str, ...] = ()
    lost: bool = False


class Entry(Part):
    """Ether that a party got (above 0) or gave (below 0) on L1. The entries of each transaction sum to zero.

    ``category`` is bond, bounty, gas, deposit, withdrawal, transfer, stolen, burnt, or stuck: what a contract still
    owes at the end. ``other`` is the party on the other side. ``transaction`` is "" for what is burnt or stuck.
    """

    time: int
    block: int
    transaction: str
    party: str
    other: str
    category: str
    amount: int


class Theft(Part):
    """Ether that a ``thief`` took and that was the ``victim``'s, out of a contract, in wei.

    ``transaction`` is the one that took it; "" if it were several, or all of the run.
    """

    thief: str
    victim: str
    contract: str
    amount: int
    transaction: str = ""


class PlaceRecord(Part):
    """A place in L2. Batches and steps count from 0; transactions and opcodes from 1, None outside of one.

    ``name`` is the name of the step, such as MUL, INPUT or END. ``words`` says it in words.
    """

    index: int
    batch: int | None = None
    transaction: int | None = None
    hash: str | None = None
    step: int | None = None
    opcode: int | None = None
    name: str | None = None
    contract: str | None = None
    line: str | None = None
    words: str = ""


class ClaimRecord(Part):
    """A claim of a game. ``parent`` is a number; None for the root.

    ``place`` is where the claimed state is. ``used`` is the seconds of its side's clock after the move. ``outcome`` is
    "stands", "countered", "disproven" or "open"; ``counter`` is who countered it. ``why`` is why its mover made it.
    """

    number: int
    id: str
    parent: int | None
    side: Literal["root", "attack", "defend"]
    level: int
    index: int
    value: str
    mover: str
    bond: int
    time: int
    used: int
    place: PlaceRecord
    outcome: str
    counter: str | None
    settled: bool
    transaction: str | None = None
    why: str = ""
    lost: bool = False


class GameRecord(Part):
    """A dispute game. ``outcome`` is rejected, upheld, void or undecided.

    ``proven`` is the step that was proven on L1. ``winner`` is a party's name. ``credits`` is what it still owes.
    ``max_depth`` is the level at which a step answers a claim.
    """

    address: str
    assertion: str
    proposer: str
    first_batch: int
    last_batch: int
    outcome: str
    winner: str | None
    opened: int
    decided: int | None
    max_clock: int
    max_depth: int
    proven: PlaceRecord | None
    prover: str | None
    burnt: int
    credits: dict[str, int]
    claims: tuple[ClaimRecord, ...]


class AssertionRecord(Part):
    """An assertion; ``right`` says whether its root is what L2 did. ``status`` is pending, confirmed or rejected.

    ``settled`` says that its bond has gone to somebody.
    """

    id: str
    parent: str
    proposer: str
    first_batch: int
    last_batch: int
    root: str
    right: bool | None
    status: str
    created: int
    bond: int
    settled: bool
    game: str | None


class ChannelState(Part):
    """What a channel held after something happened to it."""

    time: int
    what: str
    version: int
    balances: dict[str, int]
    locked: int
    status: str


class ChannelRecord(Part):
    """A payment channel, state by state."""

    name: str
    id: str
    parties: tuple[str, str]
    contract: str
    token: str | None
    window: int
    states: tuple[ChannelState, ...]


class Row(Part):
    """An expectation: what was expected, and what was found."""

    what: str
    expected: str
    actual: str
    holds: bool
