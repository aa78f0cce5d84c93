"""The batches and delayed messages that L1 holds.

They are read from the events of the two inboxes and of the portal that the delayed inbox trusts. Each delayed message
is compared with the hash that the delayed inbox keeps of it, which is what the prover reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from eth_utils import to_canonical_address

from harness.chain.backend import Head
from harness.chain.chain import Chain
from harness.chain.errors import UnknownBlock
from harness.chain.logs import MinedLog
from harness.chain.values.codec import AbiIndex
from harness.contracts.bindings import ContractType
from harness.contracts.project import built_in_contracts
from harness.rollup.codec.messages import SIGNED, Batch, DelayedMessage, L1Attributes, source_hash
from harness.rollup.config import Addresses
from harness.rollup.errors import L1Unsettled, MessageDiffers, UnknownBatch
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


Taker = Callable[[MinedLog, Any], None]
"""What takes a log with its decoded event."""


_TRIES = 8
"""How often L1 may lose a block that is being read, before the reader gives up."""


class _BlockLost(Exception):
    """L1 lost a block while it was read."""


def batch_of(event: Any) -> Batch:
    """Return the batch that an event of the inbox tells of."""
    l1 = L1Attributes(event.l1BaseFee, event.l1Timestamp, event.l1ParentHash, event.l1BlobBaseFee)
    return Batch(
        event.index,
        event.data,
        event.minTimestamp,
        event.maxTimestamp,
        event.l1Block,
        event.delayedCount,
        fork_of(event.fork),
        l1,
        event.forced,
    )


class InboxReader:
    """The inboxes' events up to L1's head, kept up to date by `sync`, through reorgs of any depth."""

    def __init__(self, chain: Chain, addresses: Addresses, *, since: int = 0) -> None:
        """``since`` is an L1 block no later than the one that holds the contracts' deployment."""
        self.chain = chain
        self.addresses = addresses
        self.batches: list[Batch] = []
        self.messages: list[DelayedMessage] = []
        self.kept = self.kept_messages = 0
        """How many batches and messages, counted from the first, are the same as at the last `acknowledge`."""
        self._acknowledged = 0
        self.upgrades: list[Upgrade] = []
        self._since = since
        self._newest: Head | None = None
        self._read_to: Head | None = None
        self._marks: list[Mark] = []
        project = built_in_contracts()
        takers = {
            addresses.sequencer_inbox: ("SequencerInbox", {"BatchPosted": self._post, "ForkScheduled": self._schedule}),
            addresses.delayed_inbox: ("DelayedInbox", {"TransactionQueued": self._queue}),
            addresses.portal: ("Portal", {"TransactionDeposited": self._deposit}),
        }
        self._takers: dict[tuple[str, bytes], tuple[AbiIndex, Taker]] = {}
        for place, (name, takes) in takers.items():
            kind = ContractType(project[name])
            for event, take in takes.items():
                self._takers[place.lower(), kind.events[event].topic] = kind.index, take
        self._delayed = ContractType(project["DelayedInbox"]).at(chain, addresses.delayed_inbox)

    def batch(self, index: int) -> Batch:
        """Return a posted batch; raises UnknownBatch."""
        if not 0 <= index < len(self.batches):
            raise UnknownBatch(index, len(self.batches))
        return self.batches[index]

    @property
    def head(self) -> Mark:
        """The L1 block that was read last."""
        return self._marks[-1] if self._marks else Mark(self._since - 1, b"", 0, 0)

    @property
    def is_at_head(self) -> bool:
        """Whether L1's head is known to have been read, so that `sync` has nothing to do.

        It is told at once: no hash is asked for that `sync` has not asked for, because to make the hash of the last of
        many empty blocks takes long.
        """
        head = self.chain.head
        return head is self._read_to and bool(self._marks) and self._marks[-1].hash == head.hash

    def fork_at(self, time: int, first: Fork) -> Fork:
        """Return the fork of a batch that L1 takes at ``time``; ``first`` is that of the first batch."""
        return next((entry.fork for entry in reversed(self.upgrades) if entry.time <= time), first)

    def sync(self) -> None:
        """Read on to L1's head.

        Raises MessageDiffers, and then reads the same events again at the next call, and L1Unsettled.
        """
        self._drop_unmarked()
        for _ in range(_TRIES):
            head = self.chain.head
            if self._marks and self._marks[-1].hash == head.hash:
                self._read_to = head
                return
            self._forget_removed(head.number)
            try:
                self._read(self.head.number + 1, head.number)
            except _BlockLost:
                self._drop_unmarked()
                continue
            self._mark_head(head)
            self._read_to = head
            return
        raise L1Unsettled(self.head.number + 1, _TRIES)

    def acknowledge(self) -> None:
        """Note that whoever follows has all that was read.

        Until then ``kept`` and ``kept_messages`` only fall, so that a `sync` that failed is not forgotten.
        """
        self.kept, self.kept_messages = len(self.batches), len(self.messages)
        self._acknowledged = len(self.messages)

    @property
    def has_the_same_messages(self) -> bool:
        """Whether the messages are those of the last `acknowledge`, none more and none fewer."""
        return self._acknowledged == self.kept_messages == len(self.messages)

    def _mark_head(self, head: Head) -> None:
        """Mark L1's head; it replaces a mark without events, so that only blocks with events keep theirs."""
        if len(self._marks) > 1 and self._marks[-1].number < head.number:
            last, before = self._marks[-1], self._marks[-2]
            if last.holds == before.holds:
                self._marks.pop()
        if self.head.number < head.number:
            self._mark(head.number, head.hash)

    def _forget_removed(self, height: int) -> None:
        """Drop what came from blocks that L1 no longer has."""
        while self._marks:
            mark = self._marks[-1]
            if mark.number <= height and self.chain.backend.block(mark.number).hash == mark.hash:
                break
            self._marks.pop()
        self._drop_unmarked()

    def _drop_unmarked(self) -> None:
        """Drop what was read behind the last mark: from a block that L1 lost, or that was not read to its end."""
        last = self.head
        del self.batches[last.batches :]
        del self.messages[last.messages :]
        del self.upgrades[last.upgrades :]
        self.kept, self.kept_messages = min(self.kept, last.batches), min(self.kept_messages, last.messages)

    def _read(self, start: int, end: int) -> None:
        places, topics = ({key[part] for key in self._takers} for part in (0, 1))
        logs = self.chain.log_reader.read(places, [topics], start, end)
        for number, group in groupby(logs, key=lambda log: log.block_number):
            held = list(group)
            known = len(self.messages)
            for log in held:
                self._take(log)
            # INVARIANT: no mark before this check, so that an error does not pass for a block that was read.
            self._check(known, held[-1])
            self._mark(number, held[-1].block_hash)

    def _check(self, known: int, last: MinedLog) -> None:
        """Compare new messages with the hashes on L1; ``last`` is a log of the block that has them."""
        for message in self.messages[known:]:
            held = self._delayed.messageHash(message.index)
            if held != message.hash:
                self._look_again(last)
                raise MessageDiffers(message.index, message.hash, held)

    def _block_of(self, log: MinedLog) -> Head:
        """Return the block that a log is in; raises _BlockLost if L1 has another one in its place, or none."""
        if self._newest is None or self._newest.hash != log.block_hash:
            try:
                self._newest = self.chain.backend.block(log.block_number)
            except UnknownBlock as problem:
                raise _BlockLost from problem
        if self._newest.hash != log.block_hash:
            raise _BlockLost
        return self._newest

    def _look_again(self, log: MinedLog) -> None:
        """Raise _BlockLost if L1 has another block than the log's now, which explains whatever does not fit."""
        self._newest = None
        self._block_of(log)

    def _mark(self, number: int, block_hash: bytes) -> None:
        self._marks.append(Mark(number, block_hash, len(self.batches), len(self.messages), len(self.upgrades)))

    def _take(self, log: MinedLog) -> None:
        known = self._takers.get((log.address.lower(), log.topics[0]))
        if known is None:
            return
        index, take = known
        event = index.decode_event(log.address, log.topics, log.data)
        if event is not None:
            take(log, event)

    def _post(self, log: MinedLog, event: Any) -> None:
        if event.delayedCount > len(self.messages):
            self._look_again(log)
            raise MessageDiffers(len(self.messages), None, self._delayed.messageHash(len(self.messages)))
        self.batches.append(batch_of(event))

    def _schedule(self, log: MinedLog, event: Any) -> None:
        self.upgrades.append(Upgrade(fork_of(event.fork), event.time))

    def _queue(self, log: MinedLog, event: Any) -> None:
        block, sender = self._block_of(log), to_canonical_address(event.sender)
        place = block.number, block.timestamp
        source = source_hash(log.block_hash, log.index)
        self.messages.append(
            DelayedMessage(len(self.messages), SIGNED, sender, *place, event.gasLimit, event.raw, source)
        )

    def _deposit(self, log: MinedLog, event: Any) -> None:
        block = self._block_of(log)
        sender, to = (to_canonical_address(getattr(event, name)) for name in ("from", "to"))
        place = block.number, block.timestamp
        source = source_hash(log.block_hash, log.index)
        self.messages.append(DelayedMessage.deposited(len(self.messages), sender, to, event.opaqueData, *place, source))

    # -- isolation

    def snapshot(self) -> object:
        return tuple(self.batches), tuple(self.messages), tuple(self.upgrades), tuple(self._marks)

    def restore(self, snapshot: Any) -> None:
        batches, messages, upgrades, marks = snapshot
        self.batches, self.messages, self.upgrades, self._marks = map(list, (batches, messages, upgrades, marks))
        self.acknowledge()
