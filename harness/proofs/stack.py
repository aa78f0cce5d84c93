"""A stack as a chain of immutable cells. One reference keeps a whole stack; its hash is the machine's stack chain."""

from __future__ import annotations

from harness.primitives.hashing import ZERO_WORD, Tag, keccak256, word

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
    """Return the hash of a stack. The hash of the empty stack is the zero word."""
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
    """Return a stack item as a number. py-evm also pushes short byte strings."""
    return item if isinstance(item, int) else int.from_bytes(item, "big")


def to_bytes(item: StackItem) -> bytes:
    """Return a stack item as bytes, as py-evm's own stack does."""
    return item if isinstance(item, bytes) else item.to_bytes((item.bit_length() + 7) // 8 or 1, "big")


def items_of(cell: Cell | None, count: int) -> list[StackItem]:
    """Return the upper ``count`` items of a stack, top first, or all if it has fewer."""
    items: list[StackItem] = []
    while cell is not None and len(items) < count:
        items.append(cell.value)
        cell = cell.rest
    return items
