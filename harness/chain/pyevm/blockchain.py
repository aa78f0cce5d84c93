"""The blocks of a chain on py-evm, by number: sealed ones, and rows of empty ones that are made when asked for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any, overload

from harness.chain.backend import Head
from harness.chain.jsonrpc.local import BlockHeader, SeenBlock
from harness.chain.pyevm.blocks import Block, Sealed
from harness.chain.pyevm.empty import EmptyBlocks, Place, Rules
from harness.chain.pyevm.state import StoredState


class Blockchain(Sequence[Block]):
    """Blocks from genesis to the head. A copy is cheap, and stays what it is when blocks are removed here."""

    def __init__(self, genesis: Sealed, rules: Rules) -> None:
        self._rules = rules
        self._parts: list[Sealed | EmptyBlocks] = [genesis]
        self._starts = [0]
        self._length = 1
        self._read: LateHead | None = None

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Block: ...
    @overload
    def __getitem__(self, index: slice) -> list[Block]: ...
    def __getitem__(self, index: int | slice) -> Block | list[Block]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(self._length))]
        number = index + self._length if index < 0 else index
        if not 0 <= number < self._length:
            raise IndexError(index)
        found = self.place(number)
        return found.row.block(found.index) if isinstance(found, Place) else found

    def copy(self) -> Blockchain:
        """Return the chain as it is now."""
        other = Blockchain.__new__(Blockchain)
        other._rules = self._rules
        other._parts, other._starts, other._length = list(self._parts), list(self._starts), self._length
        other._read = self._read
        return other

    def seen(self) -> SeenChain:
        """Return what is kept of the chain as it is now for a client that was told of it."""
        parts = [part.seen if isinstance(part, Sealed) else part for part in self._parts]
        return SeenChain(parts, list(self._starts), self._length)

    # -- growing and shrinking

    def append(self, block: Sealed) -> None:
        self._parts.append(block)
        self._starts.append(self._length)
        self._length += 1

    def append_empty(self, count: int, edited: StoredState | None, timestamp: int) -> None:
        """Add ``count`` empty blocks, the first at ``timestamp``, on the state ``edited`` where there is one."""
        last = self._parts[-1]
        index = self._length - self._starts[-1]
        if not isinstance(last, EmptyBlocks) or edited is not None or last.timestamp + index != timestamp:
            self._parts.append(EmptyBlocks(self._rules, self.place(self._length - 1), edited, timestamp))
            self._starts.append(self._length)
        self._length += count

    def cut(self, number: int) -> list[Sealed]:
        """Remove all blocks above ``number``; those that held something, oldest first."""
        removed = list(self.mined(number + 1, self._length - 1))
        self._length = number + 1
        while self._starts[-1] > number:
            self._starts.pop()
            self._parts.pop()
        return removed

    def mark(self) -> tuple[object, int]:
        """Return the head, for `holds`."""
        return self._parts[-1], self._length - 1

    def holds(self, mark: tuple[object, int]) -> bool:
        """Return whether the block that was the head then is part of the chain now."""
        part, number = mark
        return number < self._length and self._parts[self._part(number)] is part

    # -- reading without making

    def _part(self, number: int) -> int:
        return bisect_right(self._starts, number) - 1

    def place(self, number: int) -> Sealed | Place:
        """Return the block, or its place in a row."""
        at = self._part(number)
        part = self._parts[at]
        return Place(part, number - self._starts[at]) if isinstance(part, EmptyBlocks) else part

    def timestamp(self) -> int:
        """Time of the head."""
        last = self._parts[-1]
        if isinstance(last, EmptyBlocks):
            return last.timestamp + self._length - 1 - self._starts[-1]
        return last.header.timestamp

    def outline(self, number: int) -> BlockHeader:
        """Return a header whose parent hash and state root mean nothing."""
        return self.place(number).outline

    def head(self, number: int) -> Head:
        """Return the header of a block as far as the harness reads it.

        That of the empty block that was read last is kept: a rollup asks for L1's head at each transaction of L2.
        """
        found = self.place(number)
        if isinstance(found, Block):
            return found.head()
        if self._read is None or self._read.place != found:
            self._read = LateHead(found)
        return self._read

    def mined(self, first: int, last: int) -> Iterator[Sealed]:
        """Yield the blocks ``first`` to ``last`` that can hold transactions."""
        for at in range(self._part(first), len(self._parts)):
            part = self._parts[at]
            if self._starts[at] > last:
                return
            if isinstance(part, Sealed) and self._starts[at] >= first:
                yield part

    # -- reading what has to be made

    def hash(self, number: int) -> bytes:
        return self.place(number).hash

    def number_of(self, block_hash: bytes) -> int | None:
        """Return the number of the empty block with this hash; None if there is none."""
        ends = [*self._starts[1:], self._length]
        for part, start, end in zip(self._parts, self._starts, ends, strict=True):
            if isinstance(part, EmptyBlocks) and (at := part.find(block_hash, end - start)) is not None:
                return start + at
        return None

    def fork(self, other: SeenChain) -> int:
        """Return the number of blocks, from genesis on, that this chain and the seen one both have."""
        mine = self.seen()
        shared = min(self._length, len(other))
        at = 0
        while at < min(len(mine.parts), len(other.parts)) and mine.parts[at] is other.parts[at]:
            at += 1
        ends = [chain.starts[at] if at < len(chain.starts) else len(chain) for chain in (mine, other)]
        number = min(ends)
        while number < shared and self.hash(number) == other.hash(number):
            number += 1
        return number


class SeenChain:
    """A chain as a client saw it: what the client was told of blocks that were built, and the rows of empty ones."""

    def __init__(self, parts: list[SeenBlock | EmptyBlocks], starts: list[int], length: int) -> None:
        self.parts, self.starts, self._length = parts, starts, length

    def __len__(self) -> int:
        return self._length

    def hash(self, number: int) -> bytes:
        at = bisect_right(self.starts, number) - 1
        part = self.parts[at]
        return Place(part, number - self.starts[at]).hash if isinstance(part, EmptyBlocks) else part.hash

    def mined(self, first: int, last: int) -> Iterator[SeenBlock]:
        """Yield the blocks ``first`` to ``last`` that can hold transactions."""
        for part in self.parts:
            if isinstance(part, SeenBlock) and first <= part.number <= last:
                yield part


class LateHead(Head):
    """The header of an empty block: hash, parent hash and state root are made when they are asked for."""

    __slots__ = ("place",)
    place: Place

    def __init__(self, place: Place) -> None:
        header = place.outline
        for name, value in (
            ("number", header.number),
            ("timestamp", header.timestamp),
            ("base_fee", header.base_fee),
            ("gas_limit", header.gas_limit),
            ("gas_used", 0),
            ("place", place),
        ):
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        """Return what was not made yet."""
        if name not in ("hash", "parent_hash", "state_root"):
            raise AttributeError(name)
        place = self.place
        if name == "parent_hash":
            value = place.row.hash(place.index - 1) if place.index else place.row.before.hash
        else:
            value = place.hash if name == "hash" else place.root
        object.__setattr__(self, name, value)
        return value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Head) and _values(self) == _values(other)

    def __hash__(self) -> int:
        return hash(_values(self))


def _values(head: Head) -> tuple[object, ...]:
    return tuple(getattr(head, field.name) for field in fields(Head))
