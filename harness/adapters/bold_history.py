"""Histories of states as BoLD commits to them, and those of the package's simple machine at its three levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from eth_abi.abi import encode

from harness.adapters.bold import State
from harness.primitives.hashing import keccak256

STEPS_PER_BATCH = 2_000
"""Steps of the simple prover's machine in one batch."""
NOTHING = bytes(32)


@dataclass(frozen=True)
class History:
    """States in order, committed to by the tree of their hashes; a missing right half is a zero word."""

    states: tuple[bytes, ...]

    def prefix(self, size: int) -> History:
        """Return the first states."""
        return History(self.states[:size])

    @cached_property
    def _levels(self) -> list[list[bytes]]:
        levels = [[keccak256(each) for each in self.states]]
        while len(levels[-1]) > 1:
            nodes = [*levels[-1], *[NOTHING] * (len(levels[-1]) % 2)]
            levels.append([keccak256(nodes[at] + nodes[at + 1]) for at in range(0, len(nodes), 2)])
        return levels

    @property
    def root(self) -> bytes:
        """The commitment."""
        return self._levels[-1][0]

    def inclusion(self, place: int) -> list[bytes]:
        """Return the siblings of a state, from below."""
        levels = self._levels[:-1]
        beside = [(level, place >> height ^ 1) for height, level in enumerate(levels)]
        return [level[at] if at < len(level) else NOTHING for level, at in beside]

    def prefix_proof(self, size: int) -> bytes:
        """Return the proof that the first states are the beginning of this history, as the contract takes it."""
        before = [self._subtree(at, level) if at is not None else NOTHING for level, at in _complete(size)]
        proof, total = [], len(self.states)
        while size < total:
            level = _most(size, total)
            proof.append(self._subtree(size, level))
            size += 1 << level
        return bytes(encode(["bytes32[]", "bytes32[]"], [before, proof]))

    def _subtree(self, start: int, level: int) -> bytes:
        return History(self.states[start : start + (1 << level)]).root


def _complete(size: int) -> list[tuple[int, int | None]]:
    """Return, for each level, where the complete subtree of this level begins; None where there is none."""
    found: list[tuple[int, int | None]] = []
    for level in range(size.bit_length()):
        found.append((level, size >> level + 1 << level + 1 if size >> level & 1 else None))
    return found


def _most(start: int, end: int) -> int:
    """Return the level of the largest subtree that can be appended between two sizes."""
    mask = (1 << (start ^ end).bit_length()) - 1
    low, high = start & mask, end & mask
    return (low & -low).bit_length() - 1 if low else high.bit_length() - 1


@dataclass(frozen=True)
class Machine:
    """The simple prover's machine on one batch: blocks of steps, which end where a hash begins with a zero byte.

    ``heights`` has the edges' lengths at the three levels.
    """

    heights: tuple[int, int, int]

    @cached_property
    def _ends(self) -> list[int]:
        ends, at = [0], 0
        while at < STEPS_PER_BATCH:
            at += 1
            if self.state(at).machine[0] == 0 or at == STEPS_PER_BATCH:
                ends.append(at)
        return ends

    @property
    def blocks(self) -> int:
        """How many blocks the batch has."""
        return len(self._ends) - 1

    def state(self, steps: int) -> State:
        """Return the state after a number of steps."""
        return State(inbox=steps // STEPS_PER_BATCH, message=steps % STEPS_PER_BATCH)

    def steps(self, block: int, step: int) -> int:
        """Return how many steps have run at a step of a block; a block that has ended stands still."""
        ends = self._ends
        last = len(ends) - 1
        return min(ends[min(block, last)] + step, ends[min(block + 1, last)])

    def history(self, place: Sequence[int]) -> History:
        """Return the history of blocks, of a block's big steps, or of a big step's steps, by the place above."""
        blocks, big, small = self.heights
        if not place:
            return History(tuple(self.state(self.steps(at, 0)).machine for at in range(blocks + 1)))
        block, *inner = place
        start, size, count = (inner[0] * small, 1, small) if inner else (0, small, big)
        return History(tuple(self.state(self.steps(block, start + size * at)).machine for at in range(count + 1)))


@dataclass(frozen=True)
class Lie:
    """A machine that goes wrong behind one step: ``at`` has the block, the big step and the step."""

    machine: Machine
    at: tuple[int, int, int]
    end: bytes = field(default=keccak256(b"lie"))

    def history(self, place: Sequence[int]) -> History:
        """Return the history of a level, wrong behind the step, to the same end as in the level above."""
        level = len(place)
        true = self.machine.history(place).states
        last = self.end if not level else self.history(place[:-1]).states[place[-1] + 1]
        if tuple(place) != self.at[:level]:
            return History((*true[:-1], last))
        made = [keccak256(b"lie" + bytes([level, *place]) + bytes([at % 256])) for at in range(len(true))]
        return History((*true[: self.at[level] + 1], *made[self.at[level] + 1 : -1], last))
