"""Positions in the tree of a dispute game, the twin of ``contracts/libraries/Positions.sol``.

A position is the generalized index 2**depth + index; the root is 1. A claim there is about the machine after
(index + 1) * 2**(max_depth - depth) steps.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NewType

Position = NewType("Position", int)

ROOT = Position(1)


class Side(IntEnum):
    """How a claim answers its parent."""

    NONE = 0
    ATTACK = 1
    DEFEND = 2


def depth(position: Position) -> int:
    """Levels below the root."""
    return position.bit_length() - 1


def answer(position: Position, side: Side) -> Position:
    """Where an attack or a defence of a claim at ``position`` stands."""
    return Position(position * 2 if side is Side.ATTACK else position * 2 + 2)


def state(position: Position, max_depth: int) -> int:
    """Number of steps after which the claimed machine stands."""
    level = depth(position)
    return (position - (1 << level) + 1) << (max_depth - level)
