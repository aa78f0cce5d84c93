"""The opcodes of the EVM: one row each, which everything that runs, proves, alters or shows steps reads."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from functools import cache
from types import MappingProxyType
from typing import NamedTuple


class Fork(IntEnum):
    """The forks that changed the opcodes, in order, and those that kept them since Cancun."""

    FRONTIER = 0
    HOMESTEAD = 1
    BYZANTIUM = 2
    CONSTANTINOPLE = 3
    ISTANBUL = 4
    LONDON = 5
    SHANGHAI = 6
    CANCUN = 7
    PRAGUE = 8
    OSAKA = 9

    __hash__ = int.__hash__  # that of Enum hashes the name, in Python, and rules are looked up by fork


class MemoryRange(NamedTuple):
    """Which stack items bound a range of memory, 0 the top; ``size_at`` None means that the size is ``size`` bytes."""

    offset_at: int
    size_at: int | None
    size: int = 0


class Opcode(IntEnum):
    """An opcode with what it takes from the stack, what it leaves there, and the memory that it touches.

    A row holds: byte, stack items taken, stack items left in their place (DUPn and SWAPn count the items that they
    look at), the first fork that has it, the range of memory that it reads, the range that it writes, and the window
    into which a call's output goes. Source: the Yellow Paper, appendix H, and the EIPs since.
    """

    inputs: int
    outputs: int
    fork: Fork
    reads: MemoryRange | None
    writes: MemoryRange | None
    window: MemoryRange | None

    def __new__(
        cls,
        code: int,
        inputs: int,
        outputs: int,
        fork: Fork = Fork.FRONTIER,
        reads: MemoryRange | None = None,
        writes: MemoryRange | None = None,
        window: MemoryRange | None = None,
    ) -> Opcode:
        row = int.__new__(cls, code)
        row._value_ = code
        row.inputs, row.outputs, row.fork = inputs, outputs, fork
        row.reads, row.writes, row.window = reads, writes, window
        return row

    @property
    def ranges(self) -> tuple[MemoryRange, ...]:
        """The ranges that it writes and reads; a call's window is none of them."""
        return tuple(found for found in (self.writes, self.reads) if found is not None)

    STOP = (0x00, 0, 0)
    ADD = (0x01, 2, 1)
    MUL = (0x02, 2, 1)
    SUB = (0x03, 2, 1)
    DIV = (0x04, 2, 1)
    SDIV = (0x05, 2, 1)
    MOD = (0x06, 2, 1)
    SMOD = (0x07, 2, 1)
    ADDMOD = (0x08, 3, 1)
    MULMOD = (0x09, 3, 1)
    EXP = (0x0A, 2, 1)
    SIGNEXTEND = (0x0B, 2, 1)
    LT = (0x10, 2, 1)
    GT = (0x11, 2, 1)
    SLT = (0x12, 2, 1)
    SGT = (0x13, 2, 1)
    EQ = (0x14, 2, 1)
    ISZERO = (0x15, 1, 1)
    AND = (0x16, 2, 1)
    OR = (0x17, 2, 1)
    XOR = (0x18, 2, 1)
    NOT = (0x19, 1, 1)
    BYTE = (0x1A, 2, 1)
    SHL = (0x1B, 2, 1, Fork.CONSTANTINOPLE)
    SHR = (0x1C, 2, 1, Fork.CONSTANTINOPLE)
    SAR = (0x1D, 2, 1, Fork.CONSTANTINOPLE)
    CLZ = (0x1E, 1, 1, Fork.OSAKA)
    KECCAK256 = (0x20, 2, 1, Fork.FRONTIER, MemoryRange(0, 1))
    ADDRESS = (0x30, 0, 1)
    BALANCE = (0x31, 1, 1)
    ORIGIN = (0x32, 0, 1)
    CALLER = (0x33, 0, 1)
    CALLVALUE = (0x34, 0, 1)
    CALLDATALOAD = (0x35, 1, 1)
    CALLDATASIZE = (0x36, 0, 1)
    CALLDATACOPY = (0x37, 3, 0, Fork.FRONTIER, None, MemoryRange(0, 2))
    CODESIZE = (0x38, 0, 1)
    CODECOPY = (0x39, 3, 0, Fork.FRONTIER, None, MemoryRange(0, 2))
    GASPRICE = (0x3A, 0, 1)
    EXTCODESIZE = (0x3B, 1, 1)
    EXTCODECOPY = (0x3C, 4, 0, Fork.FRONTIER, None, MemoryRange(1, 3))
    RETURNDATASIZE = (0x3D, 0, 1, Fork.BYZANTIUM)
    RETURNDATACOPY = (0x3E, 3, 0, Fork.BYZANTIUM, None, MemoryRange(0, 2))
    EXTCODEHASH = (0x3F, 1, 1, Fork.CONSTANTINOPLE)
    BLOCKHASH = (0x40, 1, 1)
    COINBASE = (0x41, 0, 1)
    TIMESTAMP = (0x42, 0, 1)
    NUMBER = (0x43, 0, 1)
    PREVRANDAO = (0x44, 0, 1)
    GASLIMIT = (0x45, 0, 1)
    CHAINID = (0x46, 0, 1, Fork.ISTANBUL)
    SELFBALANCE = (0x47, 0, 1, Fork.ISTANBUL)
    BASEFEE = (0x48, 0, 1, Fork.LONDON)
    BLOBHASH = (0x49, 1, 1, Fork.CANCUN)
    BLOBBASEFEE = (0x4A, 0, 1, Fork.CANCUN)
    POP = (0x50, 1, 0)
    MLOAD = (0x51, 1, 1, Fork.FRONTIER, MemoryRange(0, None, 32))
    MSTORE = (0x52, 2, 0, Fork.FRONTIER, None, MemoryRange(0, None, 32))
    MSTORE8 = (0x53, 2, 0, Fork.FRONTIER, None, MemoryRange(0, None, 1))
    SLOAD = (0x54, 1, 1)
    SSTORE = (0x55, 2, 0)
    JUMP = (0x56, 1, 0)
    JUMPI = (0x57, 2, 0)
    PC = (0x58, 0, 1)
    MSIZE = (0x59, 0, 1)
    GAS = (0x5A, 0, 1)
    JUMPDEST = (0x5B, 0, 0)
    TLOAD = (0x5C, 1, 1, Fork.CANCUN)
    TSTORE = (0x5D, 2, 0, Fork.CANCUN)
    MCOPY = (0x5E, 3, 0, Fork.CANCUN, MemoryRange(1, 2), MemoryRange(0, 2))
    PUSH0 = (0x5F, 0, 1, Fork.SHANGHAI)
    PUSH1 = (0x60, 0, 1)
    PUSH2 = (0x61, 0, 1)
    PUSH3 = (0x62, 0, 1)
    PUSH4 = (0x63, 0, 1)
    PUSH5 = (0x64, 0, 1)
    PUSH6 = (0x65, 0, 1)
    PUSH7 = (0x66, 0, 1)
    PUSH8 = (0x67, 0, 1)
    PUSH9 = (0x68, 0, 1)
    PUSH10 = (0x69, 0, 1)
    PUSH11 = (0x6A, 0, 1)
    PUSH12 = (0x6B, 0, 1)
    PUSH13 = (0x6C, 0, 1)
    PUSH14 = (0x6D, 0, 1)
    PUSH15 = (0x6E, 0, 1)
    PUSH16 = (0x6F, 0, 1)
    PUSH17 = (0x70, 0, 1)
    PUSH18 = (0x71, 0, 1)
    PUSH19 = (0x72, 0, 1)
    PUSH20 = (0x73, 0, 1)
    PUSH21 = (0x74, 0, 1)
    PUSH22 = (0x75, 0, 1)
    PUSH23 = (0x76, 0, 1)
    PUSH24 = (0x77, 0, 1)
    PUSH25 = (0x78, 0, 1)
    PUSH26 = (0x79, 0, 1)
    PUSH27 = (0x7A, 0, 1)
    PUSH28 = (0x7B, 0, 1)
    PUSH29 = (0x7C, 0, 1)
    PUSH30 = (0x7D, 0, 1)
    PUSH31 = (0x7E, 0, 1)
    PUSH32 = (0x7F, 0, 1)
    DUP1 = (0x80, 1, 2)
    DUP2 = (0x81, 2, 3)
    DUP3 = (0x82, 3, 4)
    DUP4 = (0x83, 4, 5)
    DUP5 = (0x84, 5, 6)
    DUP6 = (0x85, 6, 7)
    DUP7 = (0x86, 7, 8)
    DUP8 = (0x87, 8, 9)
    DUP9 = (0x88, 9, 10)
    DUP10 = (0x89, 10, 11)
    DUP11 = (0x8A, 11, 12)
    DUP12 = (0x8B, 12, 13)
    DUP13 = (0x8C, 13, 14)
    DUP14 = (0x8D, 14, 15)
    DUP15 = (0x8E, 15, 16)
    DUP16 = (0x8F, 16, 17)
    SWAP1 = (0x90, 2, 2)
    SWAP2 = (0x91, 3, 3)
    SWAP3 = (0x92, 4, 4)
    SWAP4 = (0x93, 5, 5)
    SWAP5 = (0x94, 6, 6)
    SWAP6 = (0x95, 7, 7)
    SWAP7 = (0x96, 8, 8)
    SWAP8 = (0x97, 9, 9)
    SWAP9 = (0x98, 10, 10)
    SWAP10 = (0x99, 11, 11)
    SWAP11 = (0x9A, 12, 12)
    SWAP12 = (0x9B, 13, 13)
    SWAP13 = (0x9C, 14, 14)
    SWAP14 = (0x9D, 15, 15)
    SWAP15 = (0x9E, 16, 16)
    SWAP16 = (0x9F, 17, 17)
    LOG0 = (0xA0, 2, 0, Fork.FRONTIER, MemoryRange(0, 1))
    LOG1 = (0xA1, 3, 0, Fork.FRONTIER, MemoryRange(0, 1))
    LOG2 = (0xA2, 4, 0, Fork.FRONTIER, MemoryRange(0, 1))
    LOG3 = (0xA3, 5, 0, Fork.FRONTIER, MemoryRange(0, 1))
    LOG4 = (0xA4, 6, 0, Fork.FRONTIER, MemoryRange(0, 1))
    CREATE = (0xF0, 3, 1, Fork.FRONTIER, MemoryRange(1, 2))
    CALL = (0xF1, 7, 1, Fork.FRONTIER, MemoryRange(3, 4), None, MemoryRange(5, 6))
    CALLCODE = (0xF2, 7, 1, Fork.FRONTIER, MemoryRange(3, 4), None, MemoryRange(5, 6))
    RETURN = (0xF3, 2, 0, Fork.FRONTIER, MemoryRange(0, 1))
    DELEGATECALL = (0xF4, 6, 1, Fork.HOMESTEAD, MemoryRange(2, 3), None, MemoryRange(4, 5))
    CREATE2 = (0xF5, 4, 1, Fork.CONSTANTINOPLE, MemoryRange(1, 2))
    STATICCALL = (0xFA, 6, 1, Fork.BYZANTIUM, MemoryRange(2, 3), None, MemoryRange(4, 5))
    REVERT = (0xFD, 2, 0, Fork.BYZANTIUM, MemoryRange(0, 1))
    INVALID = (0xFE, 0, 0)
    SELFDESTRUCT = (0xFF, 1, 0)


PUSHES = frozenset(op for op in Opcode if Opcode.PUSH0 <= op <= Opcode.PUSH32)
CALLS = frozenset((Opcode.CALL, Opcode.CALLCODE, Opcode.DELEGATECALL, Opcode.STATICCALL))
CREATES = frozenset((Opcode.CREATE, Opcode.CREATE2))
JUMPS = frozenset((Opcode.JUMP, Opcode.JUMPI))
LOGS = frozenset(op for op in Opcode if Opcode.LOG0 <= op <= Opcode.LOG4)
HALTING = frozenset((Opcode.STOP, Opcode.RETURN, Opcode.REVERT, Opcode.INVALID, Opcode.SELFDESTRUCT))
"""Opcodes that end their frame."""

TAKES_VALUE = frozenset((Opcode.CALL, Opcode.CALLCODE))
"""Calls whose third item is wei."""

WRITES_STATE = frozenset((Opcode.SSTORE, Opcode.TSTORE, *LOGS, *CREATES, Opcode.SELFDESTRUCT))
"""Opcodes that a static frame may not run; CALL may, without value."""

READS_ENVIRONMENT = frozenset(op for op in Opcode if Opcode.BLOCKHASH <= op <= Opcode.BLOBBASEFEE) - {
    Opcode.SELFBALANCE
}
"""Opcodes that ask about the block."""


@cache
def opcodes_of(fork: Fork) -> Mapping[int, Opcode]:
    """Return the opcodes that a fork executes, by their byte: INVALID (EIP-141) is none."""
    return MappingProxyType({int(op): op for op in Opcode if op.fork <= fork and op is not Opcode.INVALID})


def call_kind(code: bytes, position: int) -> str:
    """Return the mnemonic of the call or creation at a position of code; CALL if there is neither."""
    known = opcodes_of(Fork.OSAKA).get(code[position])
    return known.name if known is not None and known in CALLS | CREATES else "CALL"
