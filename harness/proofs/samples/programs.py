"""Small programs that lead each opcode to each of its outcomes, for the coverage gate of the prover.

A program is code whose step of interest is the last of its opcode, and the gas that the frame has when that step
begins, where it matters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.primitives.opcodes import JUMPS, PUSHES, TAKES_VALUE, WRITES_STATE, Opcode
from harness.proofs.oracle.programs import push as push
from harness.rollup.machine.opcodes import OPCODES, RANGE_BOUND

SUCCESS = "success"
UNDERFLOW = "InsufficientStack"
OVERFLOW = "FullStack"
OUT_OF_GAS = "OutOfGas"
STATIC = "WriteProtection"
RANGE = "RangeAboveBound"
BAD_JUMP = "InvalidJumpDestination"
INTO_DATA = "InvalidInstruction"
OUT_OF_BOUNDS = "OutOfBoundsRead"
UNDEFINED = "InvalidInstruction"

FREE = frozenset({Opcode.STOP, Opcode.RETURN, Opcode.REVERT})
"""Opcodes that cost nothing by themselves; RETURN and REVERT pay for memory."""

_STACK_LIMIT = 1_024

OPERANDS: dict[int, tuple[int, ...]] = {
    Opcode.CALLDATACOPY: (3, 1, 40),
    Opcode.CODECOPY: (3, 1, 40),
    Opcode.EXTCODECOPY: (0x0C0C, 3, 1, 40),
    Opcode.RETURNDATACOPY: (3, 0, 0),
    Opcode.BLOCKHASH: (299,),
    Opcode.KECCAK256: (3, 40),
    Opcode.MLOAD: (5,),
    Opcode.MSTORE: (5, 7),
    Opcode.MSTORE8: (70, 7),
    Opcode.SLOAD: (9,),
    Opcode.SSTORE: (9, 4),
    Opcode.TLOAD: (9,),
    Opcode.TSTORE: (9, 4),
    Opcode.MCOPY: (40, 3, 50),
    Opcode.CREATE: (1, 3, 0),
    Opcode.CALL: (5_000, 0x0C0C, 1, 3, 40, 7, 9),
    Opcode.CALLCODE: (5_000, 0x0C0C, 1, 3, 40, 7, 9),
    Opcode.RETURN: (3, 40),
    Opcode.DELEGATECALL: (5_000, 0x0C0C, 3, 40, 7, 9),
    Opcode.CREATE2: (1, 3, 0, 5),
    Opcode.STATICCALL: (5_000, 0x0C0C, 3, 40, 7, 9),
    Opcode.REVERT: (3, 40),
    Opcode.SELFDESTRUCT: (0x0D0D,),
    **{Opcode.LOG0 + n: (3, 40, *range(1, n + 1)) for n in range(5)},
}
"""Operands of an opcode's success, the topmost first; opcodes not named take small numbers."""


@dataclass(frozen=True, slots=True)
class CoverageCell:
    """One entry of the table: an opcode and an outcome."""

    opcode: int
    outcome: str


@dataclass(frozen=True, slots=True)
class Program:
    """Code that should bring about a cell; ``is_static`` runs it in a static frame."""

    cell: CoverageCell
    code: bytes
    is_static: bool = False


P256_SIGNED = bytes.fromhex(
    "4cee90eb86eaa050036147a12d49004b6b9c72bd725d39d4785011fe190f0b4d"
    "a73bd4903f0ce3b639bbbf6e8e80d16931ff4bcf5993d58468e8fb19086e8cac"
    "36dbcd03009df8c59286b162af3bd7fcc0450c9aa81be5d10d312af6c66b1d60"
    "4aebd3099c618202fcfe16ae7770b0c49ab5eadf74b754204a3bb6060e44eff3"
    "7618b065f9832de4ca6ca971a7a1adc826d0f7c00181a5fb2ddf79ae00b4e10e"
)
"""A digest with a valid signature and its key: the first vector of EIP-7951."""


def operands(opcode: int) -> tuple[int, ...]:
    """Operands of an opcode's success, the topmost first."""
    row = OPCODES.get(opcode)
    return OPERANDS.get(opcode, tuple(range(3, 3 + (0 if row is None else row.inputs))))


def call(
    opcode: int,
    target: bytes,
    *,
    gas: int = 2**22,
    value: int = 0,
    sent: tuple[int, int] = (0, 0),
    got: tuple[int, int] = (0, 0),
) -> bytes:
    """A call of any kind; ``sent`` and ``got`` are offset and size of its memory ranges."""
    worth = (value,) if opcode in TAKES_VALUE else ()
    return invocation(opcode, (gas, int.from_bytes(target, "big"), *worth, *sent, *got))


def store(data: bytes, offset: int = 0) -> bytes:
    """Write bytes to memory, word by word."""
    words = [data[i : i + 32].ljust(32, b"\0") for i in range(0, len(data), 32)]
    return b"".join(b"\x7f" + word + push(offset + 32 * i) + b"\x52" for i, word in enumerate(words))


def invocation(opcode: int, values: tuple[int, ...] | None = None) -> bytes:
    """An opcode behind the pushes of its operands; a PUSH with its immediate."""
    given = operands(opcode) if values is None else values
    immediate = bytes(range(1, opcode - Opcode.PUSH0 + 1)) if opcode in PUSHES else b""
    return b"".join(map(push, reversed(given))) + bytes([opcode]) + immediate


def expected_cells() -> Iterator[CoverageCell]:
    """Every opcode with every outcome that it can have, all 256 of them."""
    for opcode in range(256):
        row = OPCODES.get(opcode)
        if row is None:
            yield CoverageCell(opcode, UNDEFINED)
            continue
        yield CoverageCell(opcode, SUCCESS)
        if row.inputs:
            yield CoverageCell(opcode, UNDERFLOW)
        if row.outputs > row.inputs:
            yield CoverageCell(opcode, OVERFLOW)
        if opcode != Opcode.STOP:
            yield CoverageCell(opcode, OUT_OF_GAS)
        if opcode in WRITES_STATE or opcode == Opcode.CALL:
            yield CoverageCell(opcode, STATIC)
        if any(operand.size_at is not None for operand in row.ranges):
            yield CoverageCell(opcode, RANGE)
        if opcode in JUMPS:
            yield CoverageCell(opcode, BAD_JUMP)
            yield CoverageCell(opcode, INTO_DATA)
        if opcode == Opcode.RETURNDATACOPY:
            yield CoverageCell(opcode, OUT_OF_BOUNDS)


def programs() -> Iterator[Program]:
    """The programs of every cell but those of gas, which follow from the success by taking gas away."""
    for opcode in range(256):
        row = OPCODES.get(opcode)
        if row is None:
            yield Program(CoverageCell(opcode, UNDEFINED), bytes([opcode]))
            continue
        yield Program(CoverageCell(opcode, SUCCESS), success(opcode))
        if row.inputs:
            yield Program(CoverageCell(opcode, UNDERFLOW), b"\x5f" * (row.inputs - 1) + bytes([opcode]))
        if row.outputs > row.inputs:
            yield Program(CoverageCell(opcode, OVERFLOW), b"\x5f" * _STACK_LIMIT + bytes([opcode]))
        if opcode in WRITES_STATE or opcode == Opcode.CALL:
            yield Program(CoverageCell(opcode, STATIC), invocation(opcode), is_static=True)
        for values in _ranges(row):
            yield Program(CoverageCell(opcode, RANGE), invocation(opcode, values))
        if opcode in JUMPS:
            yield from _jumps(row)
        if opcode == Opcode.RETURNDATACOPY:
            yield Program(CoverageCell(opcode, OUT_OF_BOUNDS), invocation(opcode, (0, 0, 1)))
            yield Program(CoverageCell(opcode, OUT_OF_BOUNDS), invocation(opcode, (0, 2**256 - 1, 1)))


def success(opcode: int) -> bytes:
    """Code that ends with an opcode that does what it should."""
    if opcode in JUMPS:
        code = b"\x60\x01" if opcode == Opcode.JUMPI else b""
        return code + bytes([0x60, len(code) + 3, opcode, 0x5B])
    return invocation(opcode)


def _jumps(opcode: Opcode) -> Iterator[Program]:
    """Beyond the code, to another opcode, to a JUMPDEST inside of a PUSH."""
    condition = b"\x60\x01" if opcode == Opcode.JUMPI else b""
    for target in (2**64 + 5, 2**256 - 1, 0, 200):
        yield Program(CoverageCell(opcode, BAD_JUMP), condition + push(target) + bytes([opcode]))
    inside = len(condition) + 4
    yield Program(CoverageCell(opcode, INTO_DATA), condition + bytes([0x60, inside, opcode, 0x60, 0x5B]))


def _ranges(opcode: Opcode) -> Iterator[tuple[int, ...]]:
    """Operands with the size of a memory range just above the bound, and far above it."""
    for _, size_at, _ in opcode.ranges:
        for excess in (RANGE_BOUND + 1, 2**64 + 3, 2**256 - 1):
            if size_at is not None:
                values = list(operands(opcode))
                values[size_at] = excess
                yield tuple(values)


def far_ranges(opcode: Opcode) -> Iterator[tuple[int, ...]]:
    """Operands with a memory range that begins behind the bound of sizes: just behind it, and across 1 MiB."""
    for offset_at, size_at, _ in opcode.ranges:
        for offset in (RANGE_BOUND + 1, 2**20 - 7):
            values = list(operands(opcode))
            values[offset_at] = offset
            if size_at is not None and opcode != Opcode.RETURNDATACOPY:
                values[size_at] = 40
            yield tuple(values)
