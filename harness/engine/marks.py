"""Marks of what ran of a code.

A stretch of code without jumps is marked where it ends: at a jump, before a JUMPDEST, and wherever a frame stops. Since
it runs from its beginning, the mark says that everything before it ran too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth.vm.stack import to_int

from harness.engine.bytecode import size_of
from harness.engine.rules import Handler
from harness.primitives.opcodes import Opcode

REACHED = 1
"""Mark of the last opcode of a stretch; of a JUMPI, that it did not jump."""

JUMPED = 2
"""Mark of a JUMPI that jumped."""

STOPPED = 4
"""Mark of an opcode at which a frame ended, well or badly; a JUMPI that failed went neither way."""

PLAIN, END, BRANCH = 0, 1, 2
"""Kinds of opcodes: within a stretch, at its end, and a JUMPI at its end."""


class Marks:
    """The marks of one code, ``hits``, one byte for each program counter; arguments behind the code have none.

    ``ends`` has the kind of the opcode at each program counter.
    """

    def __init__(self, code: bytes) -> None:
        self.hits = bytearray(len(code))
        self.ends = _ends(code)


def _ends(code: bytes) -> bytes:
    ends = bytearray(len(code))
    before, pc = 0, 0
    while pc < len(code):
        opcode = code[pc]
        if opcode == Opcode.JUMPDEST and pc:
            ends[before] = ends[before] or END
        if opcode in (Opcode.JUMP, Opcode.JUMPI):
            ends[pc] = BRANCH if opcode == Opcode.JUMPI else END
        before, pc = pc, pc + size_of(opcode)
    return bytes(ends)


def run_marked(
    table: Sequence[Handler], computation: Any, marks: Marks, opcodes: int | None = None, until: int | None = None
) -> None:
    """Run opcode by opcode until the frame ends, or until the code has left what is measured.

    It also returns after ``opcodes`` opcodes, and where a stretch has ended and the next opcode is ``until``.
    """
    stream = computation.code
    code, ends, hits = stream._raw_code_bytes, marks.ends, marks.hits
    stack = computation._stack.values
    size, pc = len(ends), 0
    left = -1 if opcodes is None else opcodes
    try:
        while left and (pc := stream.program_counter) < size:
            opcode, end = code[pc], ends[pc]
            left -= 1
            stream.program_counter = pc + 1
            if end == PLAIN:
                table[opcode](computation)
                continue
            jumps = end == BRANCH and len(stack) > 1 and to_int(stack[-2]) != 0
            table[opcode](computation)
            hits[pc] |= JUMPED if jumps else REACHED
            if until is not None:
                pc = stream.program_counter
                if pc < size and code[pc] == until:
                    return
    except Exception:
        hits[pc] |= STOPPED
        raise
