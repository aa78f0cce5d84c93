"""What a test holds of an assertion, whoever made it."""

from __future__ import annotations

from typing import Any

from harness.agents.proposer import Status
from harness.errors import GoneByReorg
from harness.testbed.core import RollupCore


class AssertionHandle:
    """An assertion that somebody made."""

    def __init__(self, rollup: RollupCore, id: bytes) -> None:
        self.rollup = rollup
        self.id = id

    @property
    def record(self) -> Any:
        """What the assertion chain knows of it. Raises GoneByReorg."""
        record = self.rollup.contracts.assertions.assertion(self.id)
        if record.status == Status.UNKNOWN:
            raise GoneByReorg("assertion", "0x" + self.id.hex())
        return record

    @property
    def status(self) -> Status:
        """UNKNOWN once a reorg has taken it away."""
        return Status(self.rollup.contracts.assertions.assertion(self.id).status)

    @property
    def confirmable_at(self) -> int | None:
        """First second at which it can be confirmed, as things are; None if it is decided already, in dispute, has
        rivals, or its parent is not confirmed.
        """
        chain = self.rollup.contracts.assertions
        record = chain.assertion(self.id)
        if record.status != Status.PENDING or record.disputed:
            return None
        parent = chain.assertion(record.parent)
        if parent.status != Status.CONFIRMED or parent.liveChildren != 1:
            return None
        return int(record.createdAt) + self.rollup.contracts.config.period + 1

    @property
    def end(self) -> int:
        """The number of batches that it covers."""
        return int(self.record.end)

    @property
    def root(self) -> bytes:
        return bytes(self.record.root)

    @property
    def waits_for(self) -> str:
        """What it is that an undecided assertion waits for, in words. Raises GoneByReorg."""
        record, config = self.record, self.rollup.config
        if record.status != Status.PENDING:
            return f"{self!r} is decided"
        chain = self.rollup.assertions
        game = dict(self.rollup.game_events()).get(self.id)
        if record.disputed:
            return f"{self!r} is in dispute, in the game {game}"
        upheld = ", upheld in its game," if game else ""
        rivals = [id for id, parent in self.rollup.pending_assertions() if parent == bytes(record.parent)]
        others = [repr(AssertionHandle(self.rollup, id)) for id in rivals if id != self.id]
        parent = AssertionHandle(self.rollup, bytes(record.parent))
        if parent.status is not Status.CONFIRMED:
            return f"{self!r}{upheld} waits for its parent {parent!r}"
        if others:
            return f"{self!r}{upheld} waits until its rivals are rejected: {', '.join(others)}"
        at = int(record.createdAt) + config.period + 1
        if chain.disputable(self.id):
            return f"{self!r}{upheld} can be confirmed from {at} on, in {at - self.rollup.l1.now} seconds"
        return f"{self!r}{upheld} can be confirmed, and nobody here does"

    def confirmed(self) -> bool:
        return self.status is Status.CONFIRMED

    def rejected(self) -> bool:
        return self.status is Status.REJECTED

    def __repr__(self) -> str:
        record = self.rollup.contracts.assertions.assertion(self.id)
        if record.status == Status.UNKNOWN:
            return f"<Assertion 0x{self.id.hex()[:8]}… gone>"
        who = self.rollup.name_of(record.proposer)
        return (
            f"<Assertion 0x{self.id.hex()[:8]}… of {record.end} batches by {who}, {Status(record.status).name.lower()}>"
        )
