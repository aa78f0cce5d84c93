"""Runs a frame's code, and marks which of it ran if somebody measures that.

A stretch of code without jumps is marked where it ends: at a jump, before a JUMPDEST, and wherever a frame stops. Since
it runs from its beginning, the mark says that everything before it ran too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from eth.vm.stack import to_int

from harness.engine.bytecode import size_of
from harness.engine.choice import CodeRunner
from harness.engine.rules import Handler
from harness.engine.runner import run_plainly
from harness.primitives.opcodes import Opcode

REACHED = 1
"""Mark of the last opcode of a stretch; of a JUMPI, that it did not jump."""

JUMPED = 2
"""Mark of a JUMPI that jumped."""

STOPPED = 4
"""Mark of an opcode at which a frame ended, well or badly; a JUMPI that failed went neither way."""

_PLAIN, _END, _BRANCH = 0, 1, 2


class Marks:
    """The marks of one code, ``hits``, one byte for each program counter; arguments behind the code have none."""

    def __init__(self, code: bytes) -> None:
        self.code = code
        self.hits = bytearray(len(code))
        self.ends = _ends(code)


def _ends(code: bytes) -> bytes:
    """Return for each program counter whether an opcode there ends a stretch, and whether it is a JUMPI."""
    ends = bytearray(len(code))
    before, pc = 0, 0
    while pc < len(code):
        opcode = code[pc]
        if opcode == Opcode.JUMPDEST and pc:
            ends[before] = ends[before] or _END
        if opcode in (Opcode.JUMP, Opcode.JUMPI):
            ends[pc] = _BRANCH if opcode == Opcode.JUMPI else _END
        before, pc = pc, pc + size_of(opcode)
    return bytes(ends)


class Marker(Protocol):
    """Somebody who measures."""

    def marks(self, code: bytes, *, creation: bool) -> Marks | None:
        """Return where to mark what runs of a code; None if it is not measured."""


_marker: ContextVar[Marker | None] = ContextVar("marker", default=None)


@contextmanager
def marked_by(marker: Marker) -> Iterator[None]:
    """Have everything marked that runs in the body, in this thread."""
    token = _marker.set(marker)
    try:
        yield
    finally:
        _marker.reset(token)


def is_measured(code: bytes, *, creation: bool) -> bool:
    """Return whether somebody measures a code, which is then larger than what will be deployed."""
    marker = _marker.get()
    return marker is not None and marker.marks(code, creation=creation) is not None


def run_frame(engine: CodeRunner, table: Sequence[Handler], computation: Any) -> None:
    """Run a frame's code until it halts; raises if it fails. Initcode is not worth compiling."""
    creation = computation.msg.is_create
    marker = _marker.get()
    if marker is not None:
        marks = marker.marks(computation.code._raw_code_bytes, creation=creation)
        if marks is not None:
            _run_marked(table, computation, marks)  # what is left is past the end, or an argument that runs as code
            run_plainly(table, computation)
    if creation:
        run_plainly(table, computation)
    else:
        engine.run(computation)


def _run_marked(table: Sequence[Handler], computation: Any, marks: Marks) -> None:
    """Run opcode by opcode until the frame ends, or until the code has left what is measured."""
    stream = computation.code
    code, ends, hits = stream._raw_code_bytes, marks.ends, marks.hits
    stack = computation._stack.values
    size, pc = len(ends), 0
    try:
        while (pc := stream.program_counter) < size:
            stream.program_counter = pc + 1
            end = ends[pc]
            if end == _PLAIN:
                table[code[pc]](computation)
            elif end == _BRANCH:
                jumps = len(stack) > 1 and to_int(stack[-2]) != 0
                table[code[pc]](computation)
                hits[pc] |= JUMPED if jumps else REACHED
            else:
                table[code[pc]](computation)
                hits[pc] |= REACHED
    except Exception:
        hits[pc] |= STOPPED
        raise
