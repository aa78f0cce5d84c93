"""Traces that depart from the machine: what a dishonest player claims.

A lie turns the true trace into another one. Lies compose, each on top of another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.dispute.trace import CannotProve, Trace
from harness.primitives.hashing import ZERO_WORD, keccak256, word

TraceLie = Callable[[Trace], Trace]


@dataclass(frozen=True, slots=True)
class WrongFrom:
    """True up to ``last`` steps, and wrong after each later step, in the same way every time."""

    truth: Trace
    last: int
    salt: bytes = b""

    def hash_at(self, index: int) -> bytes:
        true = self.truth.hash_at(index)
        return true if index <= self.last else keccak256(b"wrong" + self.salt + true + word(index))

    def witness(self, index: int) -> bytes:
        if index >= self.last:
            raise CannotProve(index)
        return self.truth.witness(index)


@dataclass(frozen=True, slots=True)
class WrongAtRandom:
    """True up to ``last`` steps. The salt decides at random whether each later state is true or wrong.

    The state after ``end`` steps, the root, is always wrong.
    """

    truth: Trace
    last: int
    end: int
    salt: bytes = b""

    def hash_at(self, index: int) -> bytes:
        true = self.truth.hash_at(index)
        toss = keccak256(b"toss" + self.salt + word(index))
        wrong = index == self.end or (index > self.last and toss[0] & 1 == 1)
        return toss if wrong else true

    def witness(self, index: int) -> bytes:
        if index >= self.last:
            raise CannotProve(index)
        return self.truth.witness(index)


@dataclass(frozen=True, slots=True)
class AllZero:
    """Every state but the first is the zero word. ``root`` is the state after ``end`` steps, which must not be zero."""

    truth: Trace
    end: int | None = None
    root: bytes = ZERO_WORD

    def hash_at(self, index: int) -> bytes:
        if index == self.end:
            return self.root
        return self.truth.hash_at(0) if index == 0 else ZERO_WORD

    def witness(self, index: int) -> bytes:
        raise CannotProve(index)


@dataclass(frozen=True, slots=True)
class WrongLevel:
    """Wrong at one level of the tree: after each multiple of ``stride`` that is not one of 2 * ``stride``. True
    elsewhere.
    """

    truth: Trace
    stride: int
    salt: bytes = b""

    def hash_at(self, index: int) -> bytes:
        true = self.truth.hash_at(index)
        return keccak256(b"level" + self.salt + true) if index % (2 * self.stride) == self.stride else true

    def witness(self, index: int) -> bytes:
        before, after = index % (2 * self.stride), (index + 1) % (2 * self.stride)
        if self.stride in (before, after):
            raise CannotProve(index)
        return self.truth.witness(index)
