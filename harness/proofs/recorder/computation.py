"""py-evm's stack, memory and frame in a form that one reference keeps."""

from __future__ import annotations

from typing import Any

from eth.exceptions import FullStack, InsufficientStack
from eth.vm.memory import Memory

from harness.proofs.memory import Write
from harness.proofs.stack import Cell, StackItem, items_of, to_bytes, to_int
from harness.rollup.machine.evm import L2Computation
from harness.rollup.machine.stacks import PeekableStack

_STACK_LIMIT = 1_024


class CellStack(PeekableStack):
    """py-evm's stack as a chain of cells, whose errors have py-evm's words."""

    __slots__ = ("size", "top")

    def __init__(self) -> None:
        self.top: Cell | None = None
        self.size = 0

    def push_int(self, value: StackItem) -> None:
        if self.size >= _STACK_LIMIT:
            raise FullStack("Stack limit reached")
        self.top = Cell(value, self.top)
        self.size += 1

    push_bytes = push_int

    def pop1_any(self) -> StackItem:
        top = self.top
        if top is None:
            raise InsufficientStack("Wanted 1 stack item, had none")
        self.top = top.rest
        self.size -= 1
        return top.value

    def pop1_int(self) -> int:
        top = self.top
        if top is None:
            raise InsufficientStack("Wanted 1 stack item, had none")
        self.top = top.rest
        self.size -= 1
        value = top.value
        return value if type(value) is int else to_int(value)

    def pop1_bytes(self) -> bytes:
        return to_bytes(self.pop1_any())

    def pop_any(self, num_items: int) -> tuple[StackItem, ...]:
        if num_items > self.size:
            raise InsufficientStack(f"Wanted {num_items} stack items, only had {self.size}")
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
            raise InsufficientStack(f"Insufficient stack items for SWAP{position}")
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
            raise FullStack("Stack limit reached")
        if position > self.size:
            raise InsufficientStack(f"Insufficient stack items for DUP{position}")
        cell: Any = self.top
        for _ in range(position - 1):
            cell = cell.rest
        self.top = Cell(cell.value, self.top)
        self.size += 1

    def holds(self, count: int) -> bool:
        return self.size >= count

    def peek(self, depth: int) -> int:
        return to_int(items_of(self.top, depth + 1)[depth])


class LoggedMemory(Memory):
    """py-evm's memory, which also logs each write."""

    __slots__ = ("log",)

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Write] = []

    def write(self, start_position: int, size: int, value: bytes) -> None:
        if size:
            self._bytes[start_position : start_position + size] = value
            self.log.append((start_position, value))

    def copy(self, destination: int, source: int, length: int) -> None:  # type: ignore[override]
        if length:
            moved = bytes(self._bytes[source : source + length])
            self._bytes[destination : destination + length] = moved
            self.log.append((destination, moved))


class RecordedComputation(L2Computation):
    """A frame whose stack and memory one reference keeps."""

    stack_class = CellStack

    def __init__(self, state: Any, message: Any, transaction_context: Any) -> None:
        super().__init__(state, message, transaction_context)
        self._memory = LoggedMemory()
