"""Random programs, drawn by seed: of any opcodes in a row, and structured ones, most of which run for a while."""

from __future__ import annotations

import random
from collections.abc import Mapping

from harness.primitives.opcodes import CALLS, CREATES, HALTING, JUMPS, Opcode

CONTRACTS = tuple(bytes([0x60 + n]) * 20 for n in range(3))
_PURE = (*range(0x01, 0x0C), *range(0x10, 0x1F))
_FRAME = (0x30, 0x32, 0x33, 0x34, 0x36, 0x38, 0x3A, 0x3D, *range(0x41, 0x49), 0x58, 0x59, 0x5A)
_EDGES = (0, 1, 2, 31, 32, 33, 64, 95, 255, 256, 2**63, 2**128, 2**255, 2**255 - 1, 2**256 - 1)
_ENDS = (0x00, 0x00, 0x00, 0x00, 0x00, 0xF3, 0xFD, 0xFE, 0xFF, 0x56, 0x57, 0x0C)
_RETURNS = (b"\x56", b"\x90\x56", b"\x91\x50\x56")
_INNER_FUNCTIONS = 2


def push(value: int) -> bytes:
    """The shortest PUSH of a value."""
    size = (value.bit_length() + 7) // 8
    return bytes([Opcode.PUSH0 + size]) + value.to_bytes(size, "big")


class _Writer:
    """Code with labels; a label that is nowhere set leads anywhere."""

    def __init__(self, rnd: random.Random, pure: tuple[int, ...]) -> None:
        self.rnd = rnd
        self.pure = pure
        self.out = bytearray()
        self._places: dict[object, int] = {}
        self._references: list[tuple[int, object]] = []

    def label(self, name: object) -> None:
        self._places[name] = len(self.out)
        self.out.append(0x5B)

    def reference(self, name: object) -> None:
        self.out.append(0x61)
        self._references.append((len(self.out), name))
        self.out += bytes(2)

    def code(self) -> bytes:
        for at, name in self._references:
            self.out[at : at + 2] = self._places.get(name, self.rnd.randrange(400)).to_bytes(2, "big")
        return bytes(self.out)


def _number(rnd: random.Random) -> int:
    kind = rnd.random()
    return rnd.randrange(300) if kind < 0.5 else rnd.choice(_EDGES) if kind < 0.8 else rnd.getrandbits(256)


def _operands(writer: _Writer, count: int, below: int = 70) -> None:
    for _ in range(count):
        writer.out += push(writer.rnd.randrange(below))


def _memory(writer: _Writer) -> None:
    rnd = writer.rnd
    opcode = rnd.choice((0x51, 0x52, 0x53))
    if opcode != 0x51:
        writer.out += push(_number(rnd))
    near = rnd.choice((0, 1, 31, 32, 64, 96, rnd.randrange(400)))
    if rnd.random() < 0.9:  # else whatever lies on the stack
        writer.out += push(
            near if rnd.random() < 0.98 else rnd.choice((49_121, 49_152, 49_153, 100_000, 2**30, 2**255))
        )
    writer.out.append(opcode)


def _keccak(writer: _Writer) -> None:
    rnd = writer.rnd
    size = rnd.choice((0, 0, 1, 32, 33, 64, rnd.randrange(200)))
    offset = rnd.choice((0, 32, rnd.randrange(200))) if rnd.random() < 0.97 else 2**200
    writer.out += push(size) + push(offset) + b"\x20"


def _storage(writer: _Writer) -> None:
    writer.out += push(_number(writer.rnd) % 4)
    writer.out += push(writer.rnd.randrange(3)) + b"\x55" if writer.rnd.random() < 0.5 else b"\x54"


def _message(writer: _Writer) -> None:
    rnd = writer.rnd
    opcode = rnd.choice((0xF1, 0xF2, 0xF4, 0xFA))
    _operands(writer, 4)
    if opcode in (0xF1, 0xF2):
        writer.out += push(rnd.choice((0, 0, 1)))
    target = rnd.choice((*CONTRACTS, bytes(19) + bytes([rnd.randrange(12)])))
    writer.out += push(int.from_bytes(target, "big")) + push(rnd.choice((0, 700, 30_000, 2**60))) + bytes([opcode])


def _simple(writer: _Writer, kind: float) -> None:
    """A statement without a jump."""
    rnd = writer.rnd
    if kind < 0.36:
        for _ in range(3 if rnd.random() < 0.7 else 0):
            writer.out += push(_number(rnd))
        writer.out.append(rnd.choice(writer.pure))
    elif kind < 0.5:
        deep = 16 if rnd.random() < 0.2 else 3
        writer.out.append(rnd.choice((0x80 + rnd.randrange(deep), 0x90 + rnd.randrange(deep), 0x50, 0x50)))
    elif kind < 0.65:
        _memory(writer)
    elif kind < 0.71:
        _keccak(writer)
    elif kind < 0.78:
        writer.out.append(rnd.choice(_FRAME))
    elif kind < 0.83:
        writer.out += push(_number(rnd) % 200 if rnd.random() < 0.9 else _number(rnd)) + b"\x35"
    elif kind < 0.89:
        _storage(writer)
    elif kind < 0.93:
        _operands(writer, 4)
        writer.out.append(0xA0 + rnd.randrange(3))
    elif kind < 0.96:
        _operands(writer, 3)
        writer.out.append(rnd.choice((0x37, 0x39, 0x3E, 0x5E)))
    else:
        _message(writer)


def _loop(writer: _Writer, depth: int) -> None:
    rnd, name = writer.rnd, object()
    writer.out += push(rnd.randrange(1, 8))
    writer.label(name)
    for _ in range(rnd.randrange(1, 5)):
        _statement(writer, depth + 1)
    writer.out += push(1) + b"\x90\x03" + (b"\x80" if rnd.random() < 0.8 else b"")
    writer.out += b"\x15\x15" if rnd.random() < 0.3 else b""
    writer.reference(name)
    writer.out.append(0x57)


def _branch(writer: _Writer, depth: int) -> None:
    rnd, name = writer.rnd, object()
    writer.out += push(_number(rnd)) if rnd.random() < 0.3 else b"\x80"
    writer.out += b"\x15" if rnd.random() < 0.4 else b""
    writer.reference(name)
    writer.out.append(0x57)
    writer.out += b"\x5f\x5f\xfd" if rnd.random() < 0.2 else b""
    for _ in range(rnd.randrange(4)):
        _statement(writer, depth + 1)
    writer.label(name)


def _statement(writer: _Writer, depth: int) -> None:
    rnd = writer.rnd
    kind = rnd.random()
    if kind < 0.84 or depth >= 3:
        _simple(writer, rnd.random())
    elif kind < 0.9:
        _loop(writer, depth)
    elif kind < 0.94:
        _branch(writer, depth)
    else:
        name = object()
        writer.reference(name)
        writer.reference(rnd.randrange(_INNER_FUNCTIONS))
        writer.out.append(0x56)
        writer.label(name)


def structured_program(rnd: random.Random, more: tuple[int, ...] = ()) -> bytes:
    """Statements with an end, and the inner functions that they call; ``more`` are pure opcodes of a later fork."""
    writer = _Writer(rnd, _PURE + more)
    for _ in range(rnd.choice((0, 3, 20, 40))):
        writer.out += push(_number(rnd))
    for _ in range(rnd.randrange(2, 14)):
        _statement(writer, 0)
    writer.out.append(rnd.choice(_ENDS))
    for function in range(_INNER_FUNCTIONS):
        writer.label(function)
        for _ in range(rnd.randrange(1, 4)):
            _statement(writer, 2)
        writer.out += rnd.choice(_RETURNS)
    return writer.code()


TARGETS = (*CONTRACTS, *(n.to_bytes(20, "big") for n in (1, 2, 3, 4, 5, 6, 9, 11)), b"\x0d" * 20)
"""Whom a program calls: contracts, precompiles, and an account without code."""

_FLAT_ENDS = (0x00, 0xF3, 0xFD, 0xFF, 0xFE)
_OFTEN = (0xF1, 0xF2, 0xF4, 0xFA, 0xF0, 0xF5, 0x55, 0x54, 0x5C, 0x5D, 0x3E, 0x5E)
_INTERESTING = (0, 1, 2, 31, 32, 33, 64, 95, 255, 2**63, 2**128, 2**255, 2**256 - 1)


def flat_program(rnd: random.Random, opcodes: Mapping[int, Opcode], targets: tuple[bytes, ...] = TARGETS) -> bytes:
    """Any opcodes in a row, most with operands of their own, and an end; it calls ``targets``."""
    body = b"".join(_any_opcode(rnd, opcodes, targets) for _ in range(rnd.randrange(4, 30)))
    if rnd.random() < 0.5:
        words = [body[i : i + 32].ljust(32, b"\0") for i in range(0, min(len(body), 96), 32)]
        body = b"".join(b"\x7f" + word + push(32 * i) + b"\x52" for i, word in enumerate(words)) + body
    end = rnd.choice(_FLAT_ENDS)
    inputs = opcodes[end].inputs if end in opcodes else 0  # 0xFE is undefined: it takes nothing and halts
    return body + _invocation(end, [rnd.randrange(70) for _ in range(inputs)])


def _operand(rnd: random.Random, targets: tuple[bytes, ...]) -> int:
    """Mostly small, sometimes an address, sometimes at an edge."""
    kind = rnd.random()
    if kind < 0.6:
        return rnd.randrange(130)
    if kind < 0.75:
        return int.from_bytes(rnd.choice(targets), "big")
    return rnd.choice(_INTERESTING) if kind < 0.9 else rnd.getrandbits(256)


def _any_opcode(rnd: random.Random, opcodes: Mapping[int, Opcode], targets: tuple[bytes, ...]) -> bytes:
    """An opcode with operands of its own, or one that takes what is there."""
    opcode = rnd.choice([row for row in opcodes if row not in HALTING | JUMPS])
    if rnd.random() < 0.2:
        opcode = rnd.choice(_OFTEN)
    if rnd.random() < 0.08:
        return bytes([opcode])
    values = [_operand(rnd, targets) for _ in range(opcodes[opcode].inputs)]
    if opcode in CALLS:
        values[0], values[1] = rnd.choice((0, 700, 60_000, 2**60)), int.from_bytes(rnd.choice(targets), "big")
        values[2:] = [rnd.choice((0, 0, 1, 2**90)) if len(values) == 7 else rnd.randrange(90), *(
            rnd.randrange(90) for _ in values[3:]
        )]  # fmt: skip
    if opcode in CREATES:
        values[0:3] = [rnd.choice((0, 1, 2**90)), rnd.randrange(40), rnd.randrange(40)]
    return _invocation(opcode, values)


def _invocation(opcode: int, values: list[int]) -> bytes:
    """An opcode behind the pushes of its operands; a PUSH with its immediate."""
    size = opcode - Opcode.PUSH0 if Opcode.PUSH0 <= opcode <= Opcode.PUSH32 else 0
    return b"".join(map(push, reversed(values))) + bytes([opcode]) + bytes(range(1, size + 1))
