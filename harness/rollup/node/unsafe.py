"""The unsafe chain: what the sequencer has promised and L1 does not hold yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from immutables import Map

from harness.rollup.codec.batch import Item
from harness.rollup.codec.messages import MAX_BATCH_BYTES
from harness.rollup.errors import InvalidTransaction, NotSequenced
from harness.rollup.machine.machine import Idle
from harness.rollup.node.blocks import Included, L2Block
from harness.rollup.node.node import Place, RollupNode
from harness.rollup.node.sequencing import Draft, Guess, end_of, open_draft, with_delayed

KEPT_POSTED = 1_000
"""Batches whose items are kept after posting, in case an L1 reorg removes them."""


LONGEST_REST = 60
"""Seconds that L2 may be behind L1 when delayed messages follow a batch that is still being made."""


@dataclass(frozen=True, slots=True)
class Group:
    """The items of one batch, and the number of delayed messages it should consume."""

    index: int
    items: tuple[Item, ...]
    delayed_count: int


class Unsafe:
    """Drafts on top of a node's safe head.

    ``guess`` says what L1 will probably record of a batch posted now. ``takes_delayed`` says whether drafts include
    delayed messages; an honest sequencer includes them as soon as it sees them. ``due`` is the time that L2 was warped
    to. A batch has at most ``batch_bytes``, which is less than L2 allows if one L1 transaction cannot carry that much.
    """

    def __init__(
        self,
        node: RollupNode,
        guess: Callable[[], Guess],
        *,
        takes_delayed: bool = True,
        batch_bytes: int = MAX_BATCH_BYTES,
    ) -> None:
        self.node = node
        self.guess = guess
        self.takes_delayed = takes_delayed
        self.batch_bytes = batch_bytes
        self.drafts: tuple[Draft, ...] = ()
        self.posted: tuple[Group, ...] = ()
        self.dropped: tuple[tuple[bytes, InvalidTransaction], ...] = ()
        self._places: Map[bytes, Place] = Map()
        self.due = 0
        node.on_change.append(self._follow)

    @property
    def idle(self) -> Idle:
        """The machine at the unsafe head."""
        return self.drafts[-1].idle if self.drafts else self.node.idle

    @property
    def head(self) -> L2Block:
        """The newest block."""
        return self.drafts[-1].head if self.drafts else self.node.blocks[-1]

    def block(self, number: int) -> L2Block:
        """Return a block by number, safe or unsafe; raises IndexError."""
        if number < len(self.node.blocks):
            return self.node.blocks[number]
        for draft in self.drafts:
            first = draft.start.env.number + 1
            if number <= draft.idle.env.number:
                return draft.blocks[number - first]
        raise IndexError(number)

    def find(self, tx_hash: bytes) -> tuple[L2Block, int, Included] | None:
        """Return a transaction, safe or unsafe, with its block and position."""
        found = self.node.find(tx_hash)
        if found is not None:
            return found
        place = self._places.get(tx_hash)
        if place is None:
            return None
        block = self.block(place[0])
        return block, place[1], block.transactions[place[1]]

    # -- growing

    def include(self, raw: bytes, timestamp: int | None) -> None:
        """Append a transaction, in a new block at ``timestamp`` or in the newest one.

        A batch begins with a block of its own, so the first transaction of one may find its block opened already.
        Raises InvalidTransaction if L2 would skip it.
        """
        self.take_delayed()
        self._append(Item(raw, timestamp))

    def _append(self, item: Item) -> None:
        self._make_room(item)
        draft = self.drafts[-1].add(item, self.node.executor)
        self._replace_last(draft)
        if item.raw:
            self._places = self._places.set(draft.held[-1].hash, (draft.idle.env.number, len(draft.held) - 1))
            self.node.executor.expect(len(self._places))

    def take_delayed(self) -> None:
        """Begin a batch for delayed messages that no draft has.

        They enter the batch's first block, which has the time of the block before. An empty block of the new time comes
        first after a warp of L2, so that a deposit sees that time. After a warp of L1 alone it comes first only if the
        batch before is still open, because it costs no batch then.
        """
        wanted = self._delayed_count()
        if wanted <= self.idle.cursor.delayed:
            return
        guess, at = self.guess(), self.idle.env.timestamp
        now = guess.timestamp
        is_cheap = bool(self.drafts and self.drafts[-1].items)
        if at < self.due <= now or (is_cheap and now - at > LONGEST_REST):
            self._append(Item(b"", now))
        if self.drafts and self._can_join(self.drafts[-1], guess):
            draft = with_delayed(self.drafts[-1], wanted, self.node.inbox.messages, self.node.executor)
            first = len(self.drafts[-1].held)
            self._replace_last(draft)
            self._note_places(draft, first)
        elif self.drafts and not self.drafts[-1].items:
            self._remove_last()
        while self.idle.cursor.delayed < wanted:
            self._open(wanted)

    def _can_join(self, draft: Draft, guess: Guess) -> bool:
        """Return whether delayed messages can join a draft: its time and fork are about those that it would get now.

        L1's lower bound of the time moves on with each block, also until the batch is posted.
        """
        time = max(draft.start.env.timestamp, guess.timestamp - guess.window)
        is_recent = time - draft.idle.env.timestamp <= LONGEST_REST
        return draft.can_join and is_recent and draft.guess.fork is guess.fork

    def cut(self) -> None:
        """Let the next transaction begin another batch."""
        self._open(self._delayed_count())

    def _delayed_count(self) -> int:
        consumed = self.idle.cursor.delayed
        return max(consumed, len(self.node.inbox.messages)) if self.takes_delayed else consumed

    def _make_room(self, item: Item) -> None:
        """Make the newest draft one that takes the item at its time; raises NotSequenced if that is impossible."""
        if item.size > self.batch_bytes:
            raise NotSequenced(
                f"it has {item.size} bytes in a batch, and no batch here has more than {self.batch_bytes}"
            )
        gas = self._gas_of(item)
        if not self.drafts or not self.drafts[-1].fits(item, gas, self.batch_bytes) or self._is_behind(item):
            if self.drafts and self.drafts[-1].is_empty:
                self._remove_last()
            self._open(self.idle.cursor.delayed, gas)

    def _gas_of(self, item: Item) -> int:
        """The budget that an item needs; 0 for one that L2 would skip by its bytes or its gas limit."""
        env = self.idle.env
        try:
            limit = self.node.executor.decode(item.raw, env).gas_limit
        except InvalidTransaction:
            return 0
        return limit if limit <= env.gas_limit else 0

    def _is_behind(self, item: Item) -> bool:
        """Return whether the newest draft began too long ago for the item's time, and a new one would do."""
        latest = self.drafts[-1].guess.max_timestamp
        if item.timestamp is None or item.timestamp <= latest:
            return False
        guess = self.guess()
        return guess.timestamp + guess.lead > latest

    def _start(self) -> Idle:
        return end_of(self.drafts[-1]) if self.drafts else self.node.idle

    def _open(self, delayed_count: int, gas: int = 0) -> None:
        """Begin a batch whose budget is at least ``gas``: in the L1 block after the last batch's, if it must be."""
        start, guess = self._start(), self.guess()
        # Batches are posted in order, so none is in an earlier L1 block than the one before.
        l1_block = max(guess.l1_block, start.env.l1_block)
        if start.budget_at(l1_block) < gas:
            l1_block += 1
        is_certain = not self.drafts or self.drafts[-1].is_certain
        draft = open_draft(
            start,
            replace(guess, l1_block=l1_block),
            delayed_count,
            self.node.inbox.messages,
            self.node.executor,
            is_certain,
        )
        self.drafts = (*self.drafts, draft)
        self._note_places(draft)

    def _note_places(self, draft: Draft, first: int = 0) -> None:
        """Note where the transactions of a draft's newest block are, from the one at ``first`` on."""
        places = self._places.mutate()
        for position, item in enumerate(draft.held[first:], first):
            places[item.hash] = (draft.idle.env.number, position)
        self._places = places.finish()

    def _replace_last(self, draft: Draft) -> None:
        self.drafts = (*self.drafts[:-1], draft)

    def _remove_last(self) -> None:
        self.drafts = self.drafts[:-1]

    # -- following L1

    def renew(self) -> None:
        """Draft again what was made for another L1 block or fork, as after a reorg or an upgrade.

        Another L1 block is one later than the next, by its number or by its time: a reorg can take back either.
        """
        now = self.guess()
        earliest, latest = max(now.l1_block, self.node.idle.env.l1_block), now.timestamp + now.lead
        first = self.drafts[:1]
        is_later = any(draft.guess.l1_block > earliest or draft.guess.max_timestamp > latest for draft in first)
        if is_later or any(draft.guess.fork is not now.fork for draft in self.drafts):
            self._rebuild([Group(draft.index, draft.items, draft.delayed_count) for draft in self.drafts])

    def _follow(self, kept: int) -> None:
        """Put the drafts on top of the new safe head.

        Drafts that L1 holds now are done; batches that it lost are drafts again.
        """
        if self._is_founded(kept):
            self.take_delayed()
            return
        groups = [group for group in self.posted if group.index >= kept]
        groups += [Group(draft.index, draft.items, draft.delayed_count) for draft in self.drafts]
        self.posted = tuple(group for group in self.posted if group.index < kept)
        for derived in self.node.derived[kept:]:
            batch = derived.batch
            if not groups:
                break
            if batch.forced or groups[0].delayed_count != batch.delayed_count:
                continue
            if b"".join(item.encode() for item in groups[0].items) == batch.data:
                self._remember(Group(batch.index, groups[0].items, batch.delayed_count))
                # If L1 differs from the guess and the budget cuts items off, those are sequenced again.
                rest = groups[0].items[derived.items :]
                groups = [Group(batch.index + 1, rest, batch.delayed_count)] * bool(rest) + groups[1:]
        self._rebuild(groups)
        self.take_delayed()

    def _is_founded(self, kept: int) -> bool:
        """Return whether the drafts stand on what L1 has now: the same batches, and the same messages in drafts."""
        is_new = kept < len(self.node.derived) or any(group.index >= kept for group in self.posted[-1:])
        starts = not self.drafts or self.drafts[0].start is self.node.idle
        return not is_new and starts and self.idle.cursor.delayed <= self.node.inbox.kept_messages

    def _remember(self, group: Group) -> None:
        recent = self.posted[-KEPT_POSTED + 1 :]
        self.posted = (*recent, group)

    def resume(self, posted: Sequence[Group], drafts: Sequence[Group]) -> None:
        """Go on with what a sequencer had posted and promised, as after the end of its process."""
        self.posted = tuple(posted)
        self._rebuild(drafts)

    def _rebuild(self, groups: Sequence[Group]) -> None:
        """Draft the groups again; what L2 would skip now is dropped."""
        self.drafts = self.drafts[:0]
        self._places = Map()
        for group in groups:
            available = len(self.node.inbox.messages)
            wanted = min(group.delayed_count, available)
            if not group.items and wanted <= self.idle.cursor.delayed:
                continue
            self._open(max(wanted, self.idle.cursor.delayed))
            for item in group.items:
                self._add_again(item)
            last = self.drafts[-1]
            if last.is_empty:
                self._remove_last()

    def _add_again(self, item: Item) -> None:
        try:
            self._append(item)
        except InvalidTransaction as reason:
            self.dropped = (*self.dropped, (item.raw, reason))

    # -- isolation

    def snapshot(self) -> object:
        return self.drafts, self.posted, self.dropped, self._places, self.takes_delayed, self.due

    def restore(self, snapshot: Any) -> None:
        self.drafts, self.posted, self.dropped, self._places, self.takes_delayed, self.due = snapshot
