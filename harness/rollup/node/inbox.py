"""The batches and delayed messages that L1 holds, read from the inboxes' events and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from eth_utils import to_canonical_address

from harness.chain.chain import Chain
from harness.chain.logs import MinedLog
from harness.contracts.bindings import ContractType
from harness.contracts.project import built_in_contracts
from harness.rollup.codec.messages import Batch, DelayedMessage
from harness.rollup.config import Addresses
from harness.rollup.errors import UnknownBatch
from harness.rollup.forks import Fork, fork_of


@dataclass(frozen=True, slots=True)
class Mark:
    """An L1 block up to which events were read, with the number of batches, messages and upgrades at that point."""

    number: int
    hash: bytes
    batches: int
    messages: int
    upgrades: int = 0

    @property
    def holds(self) -> tuple[int, int, int]:
        """The three numbers."""
        return self.batches, self.messages, self.upgrades


@dataclass(frozen=True, slots=True)
class Upgrade:
    """An entry of the inbox's schedule: batches posted from ``time`` on, in seconds, follow the rules of ``fork``."""

    fork: Fork
    time: int


class InboxReader:
    """The inboxes' events up to L1's head, kept up to date by `sync`, through reorgs of any depth."""

    def __init__(self, chain: Chain, addresses: Addresses, *, since: int = 0) -> None:
        """``since`` is an L1 block no later than the one that holds the contracts' deployment."""
        self.chain = chain
        self.addresses = addresses
        self.batches: list[Batch] = []
        self.messages: list[DelayedMessage] = []
        self.kept_messages = 0
        """How many messages, counted from the first, the last `sync` left the same."""
        self.upgrades: list[Upgrade] = []
        self._since = since
        self._marks: list[Mark] = []
        project = built_in_contracts()
        self._sequencer = ContractType(project["SequencerInbox"]).index
        self._delayed = ContractType(project["DelayedInbox"]).index
        self._where = [addresses.sequencer_inbox, addresses.delayed_inbox]

    def batch(self, index: int) -> Batch:
        """Return a posted batch; raises UnknownBatch."""
        if not 0 <= index < len(self.batches):
            raise UnknownBatch(index, len(self.batches))
        return self.batches[index]

    @property
    def head(self) -> Mark:
        """The L1 block that was read last."""
        return self._marks[-1] if self._marks else Mark(self._since - 1, b"", 0, 0)

    def fork_at(self, time: int, first: Fork) -> Fork:
        """Return the fork of a batch that L1 takes at ``time``; ``first`` is that of the first batch."""
        return next((entry.fork for entry in reversed(self.upgrades) if entry.time <= time), first)

    def sync(self) -> int:
        """Read on to L1's head; return how many batches, counted from the first, stayed the same."""
        head = self.chain.head
        if self._marks and self._marks[-1].hash == head.hash:
            self.kept_messages = len(self.messages)
            return len(self.batches)
        kept = self._forget_removed(head.number)
        self.kept_messages = len(self.messages)
        self._read(self.head.number + 1, head.number)
        # A mark without events is replaced, so that there are only as many marks as blocks with events.
        if self._marks and len(self._marks) > 1 and self._marks[-1].number < head.number:
            last, before = self._marks[-1], self._marks[-2]
            if last.holds == before.holds:
                self._marks.pop()
        if self.head.number < head.number:
            self._mark(head.number, head.hash)
        return kept

    def _forget_removed(self, height: int) -> int:
        """Drop what came from blocks that L1 no longer has."""
        while self._marks:
            mark = self._marks[-1]
            if mark.number <= height and self.chain.backend.block(mark.number).hash == mark.hash:
                break
            self._marks.pop()
        last = self.head
        del self.batches[last.batches :]
        del self.messages[last.messages :]
        del self.upgrades[last.upgrades :]
        return last.batches

    def _read(self, start: int, end: int) -> None:
        logs = self.chain.log_reader.read(self._where, None, start, end)
        for log, following in zip_longest(logs, logs[1:]):
            self._take(log)
            if following is None or log.block_number != following.block_number:
                self._mark(log.block_number, log.block_hash)

    def _mark(self, number: int, block_hash: bytes) -> None:
        self._marks.append(Mark(number, block_hash, len(self.batches), len(self.messages), len(self.upgrades)))

    def _take(self, log: MinedLog) -> None:
        if log.address.lower() == self.addresses.sequencer_inbox.lower():
            event = self._sequencer.decode_event(log.address, log.topics, log.data)
            if event is not None and event.name == "ForkScheduled":
                self.upgrades.append(Upgrade(fork_of(event.fork), event.time))
            elif event is not None:
                self.batches.append(
                    Batch(
                        event.index,
                        event.data,
                        event.minTimestamp,
                        event.maxTimestamp,
                        event.l1Block,
                        event.delayedCount,
                        fork_of(event.fork),
                        event.forced,
                    )
                )
            return
        event = self._delayed.decode_event(log.address, log.topics, log.data)
        if event is not None:
            sender = to_canonical_address(event.sender)
            self.messages.append(
                DelayedMessage(
                    event.index, event.kind, sender, event.l1Block, event.l1Timestamp, event.gasLimit, event.payload
                )
            )

    # -- isolation

    def snapshot(self) -> object:
        return tuple(self.batches), tuple(self.messages), tuple(self.upgrades), tuple(self._marks)

    def restore(self, snapshot: Any) -> None:
        batches, messages, upgrades, marks = snapshot
        self.batches, self.messages, self.upgrades, self._marks = map(list, (batches, messages, upgrades, marks))
