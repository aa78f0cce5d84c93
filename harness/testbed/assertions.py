"""An assertion as a test holds it, whoever made it."""

from __future__ import annotations

from typing import Any

from harness.agents.proposer import Status
from harness.errors import GoneByReorg
from harness.testbed.core import RollupCore


class AssertionHandle:
    """An assertion on L1. ``id`` is its hash, 32 bytes."""

    def __init__(self, rollup: RollupCore, id: bytes) -> None:
        self.rollup = rollup
        self.id = id

    @property
    def record(self) -> Any:
        """The assertion chain's record of it; raises GoneByReorg if a reorg took it away."""
        record = self.rollup.assertion(self.id)
        if record.status == Status.UNKNOWN:
            raise GoneByReorg("assertion", "0x" + self.id.hex())
        return record

    @property
    def status(self) -> Status:
        """PENDING, CONFIRMED or REJECTED; UNKNOWN if a reorg took it away."""
        return Status(self.rollup.assertion(self.id).status)

    @property
    def confirmable_at(self) -> int | None:
        """First L1 time, in seconds, at which it can be confirmed.

        None if it is decided or in dispute, if it has rivals, or if its parent is not confirmed.
        """
        record = self.rollup.assertion(self.id)
        if record.status != Status.PENDING or record.disputed:
            return None
        parent = self.rollup.assertion(record.parent)
        if parent.status != Status.CONFIRMED or parent.liveChildren != 1:
            return None
        return int(record.createdAt) + self.rollup.contracts.config.period + 1

    @property
    def end(self) -> int:
        """Number of batches that it covers; raises GoneByReorg."""
        return int(self.record.end)

    @property
    def root(self) -> bytes:
        """The output root that it claims, 32 bytes; raises GoneByReorg."""
        return bytes(self.record.root)

    @property
    def waits_for(self) -> str:
        """What an undecided assertion waits for, in words; raises GoneByReorg."""
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
        """Return whether L1 has confirmed it."""
        return self.status is Status.CONFIRMED

    def rejected(self) -> bool:
        """Return whether L1 has rejected it."""
        return self.status is Status.REJECTED

    def __repr__(self) -> str:
        record = self.rollup.assertion(self.id)
        if record.status == Status.UNKNOWN:
            return f"<Assertion 0x{self.id.hex()[:8]}… gone>"
        who = self.rollup.name_of(record.proposer)
        return (
            f"<Assertion 0x{self.id.hex()[:8]}… of {record.end} batches by {who}, {Status(record.status).name.lower()}>"
        )
