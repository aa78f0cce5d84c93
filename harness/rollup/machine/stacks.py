"""The stack of a frame, whose items can be read without popping them."""

from __future__ import annotations

from abc import abstractmethod

from eth.vm.stack import Stack, to_int


class PeekableStack(Stack):
    """py-evm's stack, whose items can be read without popping them."""

    __slots__ = ()

    @abstractmethod
    def holds(self, count: int) -> bool:
        """Return whether there are at least ``count`` items."""

    @abstractmethod
    def peek(self, depth: int) -> int:
        """Return the item ``depth`` below the top."""


class WordStack(PeekableStack):
    """The same as a list of words."""

    def holds(self, count: int) -> bool:
        return len(self.values) >= count

    def peek(self, depth: int) -> int:
        return to_int(self.values[-1 - depth])
