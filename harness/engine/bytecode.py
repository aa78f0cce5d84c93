"""Facts about EVM bytecode that need no execution."""

from __future__ import annotations

import re
from functools import lru_cache

from harness.primitives.opcodes import HALTING, Opcode

_PUSH0, _PUSH32, _JUMPDEST = int(Opcode.PUSH0), int(Opcode.PUSH32), int(Opcode.JUMPDEST)
"""Plain numbers, because looking up a member of an enumeration costs more than all other work here."""

_DESTINATION_OR_PUSH = re.compile(
    b"|".join([re.escape(b"\x5b"), *(re.escape(bytes([_PUSH0 + n])) + b".{0,%d}" % n for n in range(1, 33))]), re.DOTALL
)


def size_of(opcode: int) -> int:
    """Return the bytes that an opcode takes in code, its data included."""
    return opcode - _PUSH0 + 1 if _PUSH0 <= opcode <= _PUSH32 else 1


@lru_cache(maxsize=1_024)
def jump_destinations(code: bytes) -> frozenset[int]:
    """Return the positions of the JUMPDESTs that are no data of a PUSH."""
    return frozenset(found.start() for found in _DESTINATION_OR_PUSH.finditer(code) if code[found.start()] == _JUMPDEST)


def aborts(code: bytes, pc: int, looked_at: int = 48) -> bool:
    """Return whether the code at ``pc`` leads to REVERT or INVALID in a straight line, constant jumps included."""
    pushed: int | None = None
    for _ in range(looked_at):
        if pc >= len(code):
            return False
        opcode = code[pc]
        if opcode in (Opcode.REVERT, Opcode.INVALID):
            return True
        if opcode in HALTING or opcode == Opcode.JUMPI:
            return False
        if opcode == Opcode.JUMP:
            if pushed is None or pushed not in jump_destinations(code):
                return False
            pc, pushed = pushed, None
            continue
        size = size_of(opcode)
        pushed = int.from_bytes(code[pc + 1 : pc + size], "big") if _PUSH0 < opcode <= _PUSH32 else None
        pc += size
    return False
