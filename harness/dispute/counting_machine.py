"""A counting machine, the twin of ``contracts/mocks/dispute/CountingProver.sol``: traces of any length at no cost."""

from __future__ import annotations

from dataclasses import dataclass

from harness.primitives.hashing import keccak256, word


@dataclass(frozen=True, slots=True)
class CountingTrace:
    """The trace of a machine whose state is a number.

    The step at ``index`` adds index + end_batch + 1. A witness is the number before the step.
    """

    start: int
    end_batch: int

    def number(self, index: int) -> int:
        return (self.start + index * (index - 1) // 2 + index * (self.end_batch + 1)) % 2**256

    def hash_at(self, index: int) -> bytes:
        return keccak256(word(self.number(index)))

    def witness(self, index: int) -> bytes:
        return word(self.number(index))
