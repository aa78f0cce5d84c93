"""A node: the safe chain, derived from L1 and from nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from immutables import Map

from harness.chain.chain import Chain
from harness.rollup.config import Addresses
from harness.rollup.errors import UnknownBatch
from harness.rollup.forks import Fork
from harness.rollup.machine.machine import Idle
from harness.rollup.node.blocks import Derived, Included, L2Block, derive, genesis_block
from harness.rollup.node.derivation import Input, inputs
from harness.rollup.node.inbox import InboxReader
from harness.rollup.node.sequencing import Recalling, Remembering

Place = tuple[int, int]
"""Block number, and position in the block."""


class RollupNode:
    """L2 up to the last batch that L1 holds. `sync` follows L1, also through reorgs.

    After each sync that changed anything, ``on_change`` gets the number of batches that stayed the same.
    """

    def __init__(self, l1: Chain, addresses: Addresses, genesis: Idle, *, since: int = 0) -> None:
        self.inbox = InboxReader(l1, addresses, since=since)
        self.executor = Remembering()
        self.genesis = genesis
        self.derived: list[Derived] = []
        self.blocks: list[L2Block] = [genesis_block(genesis)]
        self.places: Map[bytes, Place] = Map()
        self.on_change: list[Callable[[int], None]] = []

    @property
    def idle(self) -> Idle:
        """The machine at the safe head."""
        return self.idle_after(len(self.derived))

    def idle_after(self, batches: int) -> Idle:
        """Return the machine that has consumed the first ``batches`` batches; its root is their output root.

        Raises UnknownBatch.
        """
        if batches == 0:
            return self.genesis
        if not 0 < batches <= len(self.derived):
            raise UnknownBatch(batches - 1, len(self.derived))
        return self.derived[batches - 1].idle

    def fork_at(self, time: int) -> Fork:
        """Return the fork of a batch that L1 takes at ``time``, in seconds, as far as L1 has scheduled it by now."""
        return self.inbox.fork_at(time, self.genesis.env.fork)

    def head_after(self, batches: int) -> L2Block:
        """Return the last block of the first ``batches`` batches; raises UnknownBatch."""
        return self.blocks[self.idle_after(batches).env.number]

    def facts(self, start: int, end: int) -> tuple[bytes, ...]:
        """Return everything that decides the steps from batch ``start`` to ``end`` - 1.

        It is the machine before them, each batch, and each delayed message with its place on L1. Two histories of L1
        can agree on the roots before and after, and yet differ in between.
        """
        batches = [self.inbox.batch(index) for index in range(start, end)]
        before = self.idle_after(start)
        messages = self.inbox.messages[before.cursor.delayed : batches[-1].delayed_count if batches else 0]
        return (
            before.root,
            *(batch.hash for batch in batches),
            *(message.hash + message.source for message in messages),
        )

    def inputs(self, batch: int) -> Sequence[Input]:
        """Return the machine's inputs of one batch; they are executed again if they are not remembered."""
        found = self.inbox.batch(batch)
        return tuple(inputs(self.idle_after(batch), found, self.inbox.messages, self.executor))

    def sync(self) -> bool:
        """Derive what L1 holds; return whether anything changed."""
        self.inbox.sync()
        # INVARIANT: fewer batches may be derived than the inbox kept, after an interrupt in the midst of this.
        kept = min(self.inbox.kept, len(self.derived))
        if kept == len(self.derived) == len(self.inbox.batches) and self.inbox.has_the_same_messages:
            return False
        self._forget(kept)
        executor = Recalling(self.executor)
        for batch in self.inbox.batches[kept:]:
            self._append(derive(self.idle, batch, self.inbox.messages, executor))
        for callback in self.on_change:
            callback(kept)
        # INVARIANT: last, so that whatever breaks off above is done at the next call.
        self.inbox.acknowledge()
        return True

    def _forget(self, kept: int) -> None:
        """Drop all batches except the first ``kept``."""
        if kept >= len(self.derived):
            return
        last = self.idle_after(kept).env.number
        places = self.places.mutate()
        for block in self.blocks[last + 1 :]:
            for item in block.transactions:
                places.pop(item.hash, None)
        self.places = places.finish()
        del self.blocks[last + 1 :]
        del self.derived[kept:]

    def _append(self, derived: Derived) -> None:
        self.derived.append(derived)
        places = self.places.mutate()
        for block in derived.blocks:
            self.blocks.append(block)
            for position, item in enumerate(block.transactions):
                places[item.hash] = (block.number, position)
        self.places = places.finish()

    def find(self, tx_hash: bytes) -> tuple[L2Block, int, Included] | None:
        """Return a transaction of the safe chain with its block and position."""
        place = self.places.get(tx_hash)
        if place is None:
            return None
        block = self.blocks[place[0]]
        return block, place[1], block.transactions[place[1]]

    # -- isolation

    def snapshot(self) -> object:
        return self.inbox.snapshot(), tuple(self.derived), tuple(self.blocks), self.places, self.executor.kept

    def restore(self, snapshot: Any) -> None:
        inbox, derived, blocks, self.places, kept = snapshot
        self.executor.forget_since(kept)
        self.inbox.restore(inbox)
        self.derived, self.blocks = list(derived), list(blocks)
