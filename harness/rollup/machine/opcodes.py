"""Cancun's opcodes as py-evm has them, all 256 of them, with L2's bound on memory ranges in front."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from eth.abc import ComputationAPI
from eth.exceptions import VMError
from eth.vm.forks.cancun.opcodes import CANCUN_OPCODES
from eth.vm.logic.invalid import InvalidOpcode

RANGE_BOUND = 49_152
"""Largest offset and largest size of a memory range, in bytes: the largest initcode (EIP-3860)."""

Operand = tuple[int, int | None, int]
"""A memory range of an opcode: stack index of its offset (0 the top), of its size, or None and the size itself."""

MEMORY_RANGES: dict[int, tuple[Operand, ...]] = {
    0x20: ((0, 1, 0),),  # KECCAK256
    0x37: ((0, 2, 0),),  # CALLDATACOPY
    0x39: ((0, 2, 0),),  # CODECOPY
    0x3C: ((1, 3, 0),),  # EXTCODECOPY
    0x3E: ((0, 2, 0),),  # RETURNDATACOPY
    0x51: ((0, None, 32),),  # MLOAD
    0x52: ((0, None, 32),),  # MSTORE
    0x53: ((0, None, 1),),  # MSTORE8
    0x5E: ((0, 2, 0), (1, 2, 0)),  # MCOPY
    **{0xA0 + n: ((0, 1, 0),) for n in range(5)},  # LOG
    0xF0: ((1, 2, 0),),  # CREATE
    0xF1: ((3, 4, 0),),  # CALL: the input; the output window only grows memory
    0xF2: ((3, 4, 0),),  # CALLCODE
    0xF3: ((0, 1, 0),),  # RETURN
    0xF4: ((2, 3, 0),),  # DELEGATECALL
    0xF5: ((1, 2, 0),),  # CREATE2
    0xFA: ((2, 3, 0),),  # STATICCALL
    0xFD: ((0, 1, 0),),  # REVERT
}


OUTPUT_WINDOWS = {0xF1: (5, 6), 0xF2: (5, 6), 0xF4: (4, 5), 0xFA: (4, 5)}
"""Stack indices of a call's output window: offset and size, in bytes of the caller's memory."""


class RangeAboveBound(VMError):
    """A memory range of an opcode begins or reaches beyond what L2 allows."""


def _bounded(
    run: Callable[[ComputationAPI], Any], operands: tuple[Operand, ...], window: tuple[int, int] | None
) -> Callable[[ComputationAPI], Any]:
    """An opcode that halts if one of its memory ranges is beyond the bound; too short a stack is left to it.

    Where a call's input and output lie in memory, of which py-evm's child knows nothing, is noted in the computation.
    """
    needed = max(max(offset, size or 0) for offset, size, _ in operands) + 1

    def bounded(computation: Any) -> Any:
        stack = computation._stack
        if stack.holds(needed):
            for offset_at, size_at, fixed in operands:
                size = fixed if size_at is None else stack.peek(size_at)
                if size and (size > RANGE_BOUND or stack.peek(offset_at) > RANGE_BOUND):
                    computation.state.is_bound_hit = True
                    raise RangeAboveBound(f"memory range of {size} bytes at {stack.peek(offset_at)}")
            if window is not None and stack.holds(window[1] + 1):
                computation.input_offset = stack.peek(operands[0][0])
                computation.output_window = (stack.peek(window[0]), stack.peek(window[1]))
        return run(computation)

    return bounded


def opcode_table() -> tuple[Callable[[ComputationAPI], Any], ...]:
    """All 256 opcodes, the undefined ones too."""
    table: list[Callable[[ComputationAPI], Any]] = []
    for value in range(256):
        run: Any = CANCUN_OPCODES.get(value)
        if run is None:
            run = InvalidOpcode(value)
        run = getattr(run, "__wrapped__", run)  # SELFDESTRUCT without its deprecation warning
        operands = MEMORY_RANGES.get(value)
        table.append(_bounded(run, operands, OUTPUT_WINDOWS.get(value)) if operands else run)
    return tuple(table)


def opcode_name(opcode: int) -> str:
    """Return an opcode's mnemonic; PRECOMPILE for -1, INVALID for an undefined one."""
    if opcode < 0:
        return "PRECOMPILE"
    if opcode == 0x20:
        return "KECCAK256"
    if opcode == 0x44:
        return "PREVRANDAO"
    known: Any = CANCUN_OPCODES.get(opcode)
    return "INVALID" if known is None else str(getattr(known, "__wrapped__", known).mnemonic)


@cache
def opcodes_named(name: str) -> frozenset[int]:
    """The opcodes of a mnemonic as `opcode_name` gives it; none for what is no mnemonic."""
    return frozenset(opcode for opcode in range(-1, 256) if opcode_name(opcode) == name)


def is_defined(opcode: int) -> bool:
    """Whether Cancun knows the opcode."""
    return opcode in CANCUN_OPCODES
