"""A stack that can be kept by reference: a chain of cells, whose hash is the machine's stack chain."""

from __future__ import annotations

from typing import Any

from eth.exceptions import FullStack, InsufficientStack
from eth.vm.stack import Stack

from harness.primitives.hashing import ZERO_WORD, Tag, keccak256, word

_STACK_LIMIT = 1_024
_STACK_TAG = word(int(Tag.STACK))

StackItem = int | bytes


class Cell:
    """The top item of a stack and the stack below."""

    __slots__ = ("_hash", "rest", "value")

    def __init__(self, value: StackItem, rest: Cell | None) -> None:
        self.value = value
        self.rest = rest
        self._hash: bytes | None = None


def stack_hash(cell: Cell | None) -> bytes:
    """Return the hash of a stack; that of the empty one is the zero word."""
    pending = []
    while cell is not None and cell._hash is None:
        pending.append(cell)
        cell = cell.rest
    current = ZERO_WORD if cell is None else cell._hash
    for entry in reversed(pending):
        assert current is not None
        current = entry._hash = keccak256(_STACK_TAG + current + word(entry.value))
    assert current is not None
    return current


def to_int(item: StackItem) -> int:
    """Return a stack item as a number; py-evm pushes short byte strings, too."""
    return item if isinstance(item, int) else int.from_bytes(item, "big")


def to_bytes(item: StackItem) -> bytes:
    """Return a stack item as bytes, as py-evm's own stack does."""
    return item if isinstance(item, bytes) else item.to_bytes((item.bit_length() + 7) // 8 or 1, "big")


class CellStack(Stack):
    """py-evm's stack as a chain of cells."""

    __slots__ = ("size", "top")

    def __init__(self) -> None:
        self.top: Cell | None = None
        self.size = 0

    def push_int(self, value: StackItem) -> None:
        if self.size >= _STACK_LIMIT:
            raise FullStack("stack limit reached")
        self.top = Cell(value, self.top)
        self.size += 1

    push_bytes = push_int

    def pop1_any(self) -> StackItem:
        top = self.top
        if top is None:
            raise InsufficientStack("the stack is empty")
        self.top = top.rest
        self.size -= 1
        return top.value

    def pop1_int(self) -> int:
        top = self.top
        if top is None:
            raise InsufficientStack("the stack is empty")
        self.top = top.rest
        self.size -= 1
        value = top.value
        return value if type(value) is int else to_int(value)

    def pop1_bytes(self) -> bytes:
        return to_bytes(self.pop1_any())

    def pop_any(self, num_items: int) -> tuple[StackItem, ...]:
        if num_items > self.size:
            raise InsufficientStack(f"{num_items} items are needed, {self.size} are there")
        items = []
        cell: Any = self.top
        for _ in range(num_items):
            items.append(cell.value)
            cell = cell.rest
        self.top = cell
        self.size -= num_items
        return tuple(items)

    def pop_ints(self, num_items: int) -> tuple[int, ...]:
        return tuple([v if type(v) is int else to_int(v) for v in self.pop_any(num_items)])

    def pop_bytes(self, num_items: int) -> tuple[bytes, ...]:
        return tuple([to_bytes(v) for v in self.pop_any(num_items)])

    def swap(self, position: int) -> None:
        if position >= self.size:
            raise InsufficientStack(f"SWAP{position} needs {position + 1} items, {self.size} are there")
        top: Any = self.top
        between = []
        cell = top.rest
        for _ in range(position - 1):
            between.append(cell.value)
            cell = cell.rest
        below = Cell(top.value, cell.rest)
        for value in reversed(between):
            below = Cell(value, below)
        self.top = Cell(cell.value, below)

    def dup(self, position: int) -> None:
        if self.size >= _STACK_LIMIT:
            raise FullStack("stack limit reached")
        if position > self.size:
            raise InsufficientStack(f"DUP{position} needs {position} items, {self.size} are there")
        cell: Any = self.top
        for _ in range(position - 1):
            cell = cell.rest
        self.top = Cell(cell.value, self.top)
        self.size += 1

    def holds(self, count: int) -> bool:
        """Whether there are at least ``count`` items."""
        return self.size >= count

    def peek(self, depth: int) -> int:
        """Return the item ``depth`` below the top."""
        return to_int(items_of(self.top, depth + 1)[depth])


def items_of(cell: Cell | None, count: int) -> list[StackItem]:
    """Return the upper ``count`` items of a stack, top first; fewer if there are fewer."""
    items: list[StackItem] = []
    while cell is not None and len(items) < count:
        items.append(cell.value)
        cell = cell.rest
    return items
