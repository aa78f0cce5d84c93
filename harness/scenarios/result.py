"""What a run recorded, as plain data: enough to replay it and to tell it.

Amounts are wei, times are seconds since 1970, hashes and bytes are hexadecimal with 0x. Everything that a reorg removed
stays in the result, marked ``lost``.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_serializer

from harness.scenarios.records import (
    AssertionRecord,
    BlockRecord,
    ChannelRecord,
    CodeRecord,
    Entry,
    Event,
    GameRecord,
    Part,
    Party,
    ReorgRecord,
    Row,
    Theft,
    TransactionRecord,
)
from harness.scenarios.scenario import Scenario

VERSION = 2
"""The version of the form of results."""


class Result(Part):
    """One run of one scenario.

    ``began`` is L1's time and ``began_at`` its block when the steps began: everything before is the set-up. ``tape``
    has all blocks and reorgs from the first on. ``headline`` says the outcome in a sentence. ``case`` has the values of
    the sweep that this run is a case of.
    """

    version: Literal[2] = 2
    harness: str
    scenario: Scenario
    case: dict[str, Any] = Field(default_factory=dict)
    backend: str
    fork: str
    chain_id: int
    seed: int
    headline: str
    began: int
    began_at: int
    ended: int
    parties: tuple[Party, ...]
    contracts: tuple[CodeRecord, ...]
    tape: tuple[BlockRecord | ReorgRecord, ...]
    transactions: tuple[TransactionRecord, ...]
    timeline: tuple[Event, ...]
    ledger: tuple[Entry, ...]
    thefts: tuple[Theft, ...] = ()
    assertions: tuple[AssertionRecord, ...] = ()
    games: tuple[GameRecord, ...] = ()
    channels: tuple[ChannelRecord, ...] = ()
    expectations: tuple[Row, ...]

    @property
    def holds(self) -> bool:
        """Whether every expectation holds."""
        return all(row.holds for row in self.expectations)

    @field_serializer("scenario")
    def _plain_scenario(self, scenario: Scenario) -> dict[str, Any]:
        return scenario.plain()
