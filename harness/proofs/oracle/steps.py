"""What two machines are compared by: each step of a transaction before it runs, and what the transaction leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

PRECOMPILE = 256
"""The opcode of a precompile's only step is this plus its address."""

BOUND = 49_152
"""L2's bound of the size of a range of memory, in bytes (``contracts/SPEC.md``, "Range bound")."""

_NEAR = 20
"""An opcode changes fewer items than this. So those below are mostly equal, which one comparison shows."""

_Range = tuple[int, int | None, int]

RANGES: Mapping[int, Sequence[_Range]] = MappingProxyType(
    {
        0x20: [(0, 1, 0)],  # KECCAK256
        0x37: [(0, 2, 0)],  # CALLDATACOPY
        0x39: [(0, 2, 0)],  # CODECOPY
        0x3C: [(1, 3, 0)],  # EXTCODECOPY
        0x3E: [(0, 2, 0)],  # RETURNDATACOPY
        0x51: [(0, None, 32)],  # MLOAD
        0x52: [(0, None, 32)],  # MSTORE
        0x53: [(0, None, 1)],  # MSTORE8
        0x5E: [(0, 2, 0), (1, 2, 0)],  # MCOPY
        **{0xA0 + topics: [(0, 1, 0)] for topics in range(5)},  # LOG0 to LOG4
        0xF0: [(1, 2, 0)],  # CREATE
        0xF1: [(3, 4, 0)],  # CALL: the input
        0xF2: [(3, 4, 0)],  # CALLCODE: the input
        0xF3: [(0, 1, 0)],  # RETURN
        0xF4: [(2, 3, 0)],  # DELEGATECALL: the input
        0xF5: [(1, 2, 0)],  # CREATE2
        0xFA: [(2, 3, 0)],  # STATICCALL: the input
        0xFD: [(0, 1, 0)],  # REVERT
    }
)
"""The bounded ranges of an opcode: the places of offset and size on the stack, and the size where it is fixed.

The machine has a table of its own. This one is written after the specification of bytes, so that a machine that bounds
too much is found.
"""


class Step(NamedTuple):
    """The running frame before a step.

    ``memory`` is in bytes, ``returndata`` a CRC-32. The stack is the first ``kept`` items of the step before, as many
    as are equal, then ``items``, the top last. So the stacks of two machines are equal at each step if these two are.
    """

    depth: int
    pc: int
    opcode: int
    gas: int
    memory: int
    refund: int
    returndata: int
    kept: int
    items: tuple[int, ...]


class Stacks:
    """Tells stacks as `Step` has them: ``kept``, and the items above."""

    def __init__(self) -> None:
        self._before: list[int] = []

    def tell(self, stack: Sequence[int]) -> tuple[int, tuple[int, ...]]:
        """Return what a stack, the top last, has in common with the one before, and its other items."""
        before, least = self._before, min(len(self._before), len(stack))
        now = self._before = list(stack)
        kept = max(0, least - _NEAR)
        if before[:kept] != now[:kept]:
            kept = 0
        while kept < least and before[kept] == now[kept]:
            kept += 1
        return kept, tuple(now[kept:])


def stack_at(steps: Sequence[Step], number: int) -> list[int]:
    """Return the whole stack before a step, the top last."""
    stack: list[int] = []
    for step in steps[: number + 1]:
        del stack[step.kept :]
        stack += step.items
    return stack


def is_beyond_bound(opcode: int, stack: Sequence[int]) -> bool:
    """Return whether L2 halts by its bound of memory ranges, which Ethereum does not have."""
    for offset_at, size_at, fixed in RANGES.get(opcode, ()):
        if max(offset_at, size_at or 0) < len(stack):
            size = fixed if size_at is None else stack[-1 - size_at]
            if size > BOUND:
                return True
    return False


@dataclass(frozen=True, slots=True)
class Told:
    """What a machine tells of a transaction: its steps, the root and the hash of the logs that it leaves.

    ``refused`` says why the transaction is invalid, and then nothing else is told; "" for a valid one. ``halted`` has
    the numbers of steps that halted by L2's bound of memory ranges.
    """

    steps: tuple[Step, ...] = ()
    root: bytes = b""
    logs: bytes = b""
    refused: str = ""
    halted: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcome of a comparison: the number of equal steps, and a difference or a rule of L2 that ended it, or ""."""

    steps: int
    difference: str = ""
    rule: str = ""


RANGE_RULE = f"memory range above {BOUND:,} bytes"


def compare(ours: Told, theirs: Told) -> Comparison:
    """Compare each step, then what the transaction leaves.

    The comparison ends without a difference where L2 halts by its bound of memory ranges and Ethereum goes on. That is
    so only if the step before the first difference halted for that reason, and its operands are beyond the bound.
    """
    if bool(ours.refused) != bool(theirs.refused):
        return Comparison(0, f"refused: {ours.refused or 'no'}, by the specification: {theirs.refused or 'no'}")
    number, difference = _difference(ours, theirs)
    last = number - 1
    if difference and last in ours.halted and is_beyond_bound(ours.steps[last].opcode, stack_at(ours.steps, last)):
        return Comparison(number, rule=RANGE_RULE)
    return Comparison(number, difference)


def _difference(ours: Told, theirs: Told) -> tuple[int, str]:
    """Return the number of equal steps, and the first difference behind them; "" if there is none."""
    for number, (mine, given) in enumerate(zip(ours.steps, theirs.steps, strict=False)):
        if mine != given:
            words = _fields(mine, given)
            if (mine.kept, mine.items) != (given.kept, given.items):
                stacks = (_shown(stack_at(told.steps, number)) for told in (ours, theirs))
                words.append("stack {}, by the specification {}".format(*stacks))
            return number, f"step {number} ({_place(mine)}): {'; '.join(words)}"
    number, more = min(len(ours.steps), len(theirs.steps)), len(ours.steps) - len(theirs.steps)
    if more:
        longer = ours if more > 0 else theirs
        who = "only ours" if more > 0 else "only the specification"
        return number, f"step {number} ({_place(longer.steps[number])}): {who} takes it"
    for name in ("root", "logs"):
        mine_left, given_left = getattr(ours, name).hex(), getattr(theirs, name).hex()
        if mine_left != given_left:
            return number, f"after {number} steps: {name} 0x{mine_left}, by the specification 0x{given_left}"
    return number, ""


def _place(step: Step) -> str:
    return f"opcode {step.opcode:#04x}, pc {step.pc}, depth {step.depth}"


def _fields(mine: Step, given: Step) -> list[str]:
    """Return the fields that differ, the stack excepted, in words."""
    return [
        f"{name} {ours}, by the specification {theirs}"
        for name, ours, theirs in zip(Step._fields, mine, given, strict=True)
        if ours != theirs and name not in ("kept", "items")
    ]


def _shown(stack: Sequence[int]) -> str:
    return f"[{', '.join(f'{item:#x}' for item in stack[-4:])}] (top of {len(stack)})"
