"""What can be read off EVM bytecode without running it."""

from __future__ import annotations

import re
from functools import lru_cache

STOP, KECCAK256, JUMP, JUMPI, PC, GAS, JUMPDEST = 0x00, 0x20, 0x56, 0x57, 0x58, 0x5A, 0x5B
POP, MLOAD, MSTORE, MSTORE8 = 0x50, 0x51, 0x52, 0x53
PUSH0, PUSH32, DUP1, DUP16, SWAP1, SWAP16 = 0x5F, 0x7F, 0x80, 0x8F, 0x90, 0x9F
RETURN, REVERT, INVALID, SELFDESTRUCT = 0xF3, 0xFD, 0xFE, 0xFF
HALTING = frozenset((STOP, RETURN, REVERT, INVALID, SELFDESTRUCT))

_POPS_AND_PUSHES = {
    (0, 0): "00 5b fe",
    (0, 1): "30 32 33 34 36 38 3a 3d 41 42 43 44 45 46 47 48 4a 58 59 5a",
    (1, 0): "50 56 ff",
    (1, 1): "15 19 1e 31 35 3b 3f 40 49 51 54 5c",
    (2, 0): "52 53 55 57 5d a0 f3 fd",
    (2, 1): "01 02 03 04 05 06 07 0a 0b 10 11 12 13 14 16 17 18 1a 1b 1c 1d 20",
    (3, 0): "37 39 3e 5e a1",
    (3, 1): "08 09 f0",
    (4, 0): "3c a2",
    (4, 1): "f5",
    (5, 0): "a3",
    (6, 0): "a4",
    (6, 1): "f4 fa",
    (7, 1): "f1 f2",
}
STACK_EFFECTS: dict[int, tuple[int, int]] = {
    **{int(byte, 16): effect for effect, listed in _POPS_AND_PUSHES.items() for byte in listed.split()},
    **{opcode: (0, 1) for opcode in range(PUSH0, PUSH32 + 1)},
    **{DUP1 + n: (n + 1, n + 2) for n in range(16)},
    **{SWAP1 + n: (n + 2, n + 2) for n in range(16)},
}
"""Items that each opcode takes from the stack and puts there (Yellow Paper, appendix H), without undefined opcodes."""


_DESTINATION_OR_PUSH = re.compile(
    b"|".join([re.escape(b"\x5b"), *(re.escape(bytes([PUSH0 + n])) + b".{0,%d}" % n for n in range(1, 33))]), re.DOTALL
)


def size_of(opcode: int) -> int:
    """Return the bytes that an opcode takes in code, its data included."""
    return opcode - PUSH0 + 1 if PUSH0 <= opcode <= PUSH32 else 1


@lru_cache(maxsize=1_024)
def jump_destinations(code: bytes) -> frozenset[int]:
    """Return the positions of the JUMPDESTs that are no data of a PUSH."""
    return frozenset(found.start() for found in _DESTINATION_OR_PUSH.finditer(code) if code[found.start()] == JUMPDEST)


def aborts(code: bytes, pc: int, looked_at: int = 48) -> bool:
    """Whether the code at ``pc`` leads to REVERT or INVALID in a straight line, constant jumps included."""
    pushed: int | None = None
    for _ in range(looked_at):
        if pc >= len(code):
            return False
        opcode = code[pc]
        if opcode in (REVERT, INVALID):
            return True
        if opcode in HALTING or opcode == JUMPI:
            return False
        if opcode == JUMP:
            if pushed is None or pushed not in jump_destinations(code):
                return False
            pc, pushed = pushed, None
            continue
        size = size_of(opcode)
        pushed = int.from_bytes(code[pc + 1 : pc + size], "big") if PUSH0 < opcode <= PUSH32 else None
        pc += size
    return False
