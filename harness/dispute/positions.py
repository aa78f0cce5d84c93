"""Positions in the tree of a dispute game. ``contracts/libraries/Positions.sol`` has the same functions.

A position is the generalized index 2**depth + index. The root is 1. A claim there is about the machine after
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
    """Return the number of levels below the root."""
    return position.bit_length() - 1


def answer(position: Position, side: Side) -> Position:
    """Return the position of an attack or a defence of a claim at ``position``."""
    return Position(position * 2 if side is Side.ATTACK else position * 2 + 2)


def state(position: Position, max_depth: int) -> int:
    """Return the number of steps after which the claimed machine is reached."""
    level = depth(position)
    return (position - (1 << level) + 1) << (max_depth - level)
