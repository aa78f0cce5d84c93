"""The idle machine: L2 between two inputs, whose hash is the output root."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from harness.primitives.frozen import quick
from harness.primitives.hashing import ZERO_WORD, Tag, tagged_hash
from harness.rollup.codec.messages import MAX_ITEMS, Batch
from harness.rollup.machine.environment import Env, Ring
from harness.rollup.machine.opening import write_block
from harness.rollup.machine.state import State


@quick
@dataclass(frozen=True, slots=True)
class Cursor:
    """The place from which the next input comes.

    ``batch`` is the index of its batch, ``opened`` whether the batch was opened. ``delayed`` is the number of delayed
    messages consumed since genesis, ``offset`` a byte of the batch's data, ``items`` the number of items taken from it.
    ``budget`` is the gas that sequenced transactions may still use.
    """

    batch: int = 0
    opened: bool = False
    delayed: int = 0
    offset: int = 0
    items: int = 0
    budget: int = 0

    def spend(self, gas: int) -> Cursor:
        """Return the cursor with so much less in its budget; below zero it is more."""
        return Cursor(self.batch, self.opened, self.delayed, self.offset, self.items, self.budget - gas)

    def take(self, size: int) -> Cursor:
        """Return the cursor behind an item of ``size`` bytes."""
        return Cursor(self.batch, self.opened, self.delayed, self.offset + size, self.items + 1, self.budget)

    def normal(self, batch: Batch) -> Cursor:
        """Return the cursor, moved to the next batch if this one is exhausted."""
        exhausted = self.offset == len(batch.data) or self.items == MAX_ITEMS
        if self.opened and self.delayed == batch.delayed_count and exhausted:
            return Cursor(self.batch + 1, False, self.delayed, budget=self.budget)
        return self


@quick
@dataclass(frozen=True, slots=True)
class Idle:
    """A machine without a running transaction. ``state`` is that of the current block so far."""

    state: State
    cursor: Cursor
    env: Env
    ring: Ring
    _root: bytes | None = field(default=None, init=False, compare=False, repr=False)

    def at(self, state: State, cursor: Cursor) -> Idle:
        """Return the machine in the same block with another state and cursor."""
        return Idle(state, cursor, self.env, self.ring)

    def words(self) -> tuple[int | bytes, ...]:
        """Return the eleven words of MACHINE."""
        cursor = self.cursor
        return (
            self.state.root,
            cursor.batch,
            cursor.opened,
            cursor.delayed,
            cursor.offset,
            cursor.items,
            cursor.budget,
            self.env.hash,
            self.ring.root,
            ZERO_WORD,
            ZERO_WORD,
        )

    @property
    def root(self) -> bytes:
        """The output root."""
        found = self._root
        if found is None:
            object.__setattr__(self, "_root", found := tagged_hash(Tag.MACHINE, *self.words()))
        return found

    @property
    def block_hash(self) -> bytes:
        """H(BLOCK, ...): the hash of the current block if it closed now."""
        return tagged_hash(Tag.BLOCK, self.env.hash, self.state.root, self.ring.root)

    def budget_at(self, l1_block: int) -> int:
        """Return the gas that sequenced transactions may use in a batch that the L1 block holds."""
        return min(self.env.gas_cap, self.cursor.budget + self.env.gas_per_block * (l1_block - self.env.l1_block))

    def next_block(self, timestamp: int, batch: Batch, *, opens_batch: bool = False) -> Idle:
        """Close the current block and open the next one; the state has what the new block tells (`write_block`).

        Its time is clamped to the batch's bounds and to the time of the block before. Its fork is the batch's.
        """
        previous = self.env
        number = previous.number + 1
        time = min(
            max(timestamp, batch.min_timestamp, previous.timestamp), max(batch.max_timestamp, previous.timestamp)
        )
        env = replace(
            previous,
            number=number,
            timestamp=time,
            prev_randao=tagged_hash(Tag.RANDAO, batch.data_hash, number),
            l1_block=batch.l1_block,
            fork=batch.fork,
            l1=batch.l1,
            sequence_number=0 if opens_batch else previous.sequence_number + 1,
        )
        closed = self.block_hash
        ring, state = self.ring.with_hash(previous.number, closed), write_block(self.state, env, closed)
        return replace(self, state=state, env=env, ring=ring)
