"""What the compiler knows of a word: a constant, an expression that is yet to be computed, or an item of the stack."""

from __future__ import annotations

WORD = (1 << 256) - 1
"""The largest word."""

DEFERRED = 10
"""Operations that an expression may hold before it is computed into a local variable."""


class Value:
    """A word.

    ``text`` is a Python expression without side effects that gives it; None for an item that still lies on the stack.
    ``high`` is the largest number that it can be. ``is_truth`` says that the expression gives a bool.
    """

    __slots__ = ("const", "high", "is_truth", "size", "text")

    def __init__(self, text: str | None, high: int = WORD, size: int = 0, is_truth: bool = False) -> None:
        self.text = text
        self.high = high
        self.size = size
        self.is_truth = is_truth
        self.const: int | None = None

    @property
    def is_simple(self) -> bool:
        """Whether using it twice costs nothing."""
        return self.text is None or self.size == 0


def constant(number: int) -> Value:
    """Return the word ``number``."""
    value = Value(str(number) if number < 10**6 else hex(number), number)
    value.const = number
    return value
