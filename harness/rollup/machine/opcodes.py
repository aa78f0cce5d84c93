"""A fork's opcodes as py-evm has them, all 256 of them, with L2's bound on memory ranges in front."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eth.abc import ComputationAPI
from eth.exceptions import VMError
from eth.vm.logic.invalid import InvalidOpcode

from harness.engine.forks import FUNCTIONS
from harness.primitives.opcodes import CALLS, Fork, Opcode, opcodes_of
from harness.rollup.forks import FORKS

RANGE_BOUND = 49_152
"""Largest size of a memory range, in bytes: the largest initcode (EIP-3860)."""

PRECOMPILE = -1
"""Stands for an opcode in the only step of a precompile's frame."""

LOOKUP = -2
"""Stands for an opcode in the step before a call of an account with code, which looks the code up."""

OPCODES = opcodes_of(FORKS[-1])
"""The opcodes of the newest fork, by their byte."""

NO_BOUND = 2**256
"""A size that no memory range exceeds."""


class RangeAboveBound(VMError):
    """A memory range of an opcode is longer than L2 allows."""


def _bounded(run: Callable[[ComputationAPI], Any], row: Opcode, bound: int) -> Callable[[ComputationAPI], Any]:
    """Return an opcode that halts if one of its memory ranges is above the bound; too short a stack is left to it.

    Where a call's input and output lie in memory, of which py-evm's child knows nothing, is noted in the computation.
    """
    operands, window = row.ranges, row.window
    needed = max(max(offset, size or 0) for offset, size, _ in operands) + 1

    def bounded(computation: Any) -> Any:
        stack = computation._stack
        if stack.holds(needed):
            for offset_at, size_at, fixed in operands:
                size = fixed if size_at is None else stack.peek(size_at)
                if size > bound:
                    computation.state.is_bound_hit = True
                    raise RangeAboveBound(f"memory range of {size} bytes at {stack.peek(offset_at)}")
            if window is not None and window.size_at is not None and stack.holds(window.size_at + 1):
                computation.input_offset = stack.peek(operands[0].offset_at)
                computation.output_window = (stack.peek(window.offset_at), stack.peek(window.size_at))
        return run(computation)

    return bounded


class _LookedUp:
    """A call of py-evm's that runs the code which its frame has looked up."""

    def get_code_at_address(self, computation: Any, code_source: bytes) -> tuple[bytes, None]:
        code = computation.take_code(code_source)
        self.consume_account_load_gas(computation, code_source)  # type: ignore[attr-defined]
        return code, None


def _looking_up(run: Any) -> Any:
    """Return a call that leaves it to its frame whose code it runs."""
    return type(type(run).__name__, (_LookedUp, type(run)), {})()


def handlers_of(fork: Fork) -> Mapping[int, Any]:
    """Return py-evm's objects of the opcodes that a fork executes, by their byte."""
    known = {**FUNCTIONS[Fork.OSAKA], **FUNCTIONS[Fork.CANCUN]}
    return {value: known[value] for value in opcodes_of(fork)}


def opcode_table(fork: Fork, bound: int = RANGE_BOUND) -> tuple[Callable[[ComputationAPI], Any], ...]:
    """Return all 256 opcodes of a fork, the undefined ones too, with a bound on memory ranges."""
    handlers, rows = handlers_of(fork), opcodes_of(fork)
    table: list[Callable[[ComputationAPI], Any]] = []
    for value in range(256):
        run: Any = handlers.get(value)
        if run is None:
            run = InvalidOpcode(value)
        run = getattr(run, "__wrapped__", run)  # SELFDESTRUCT without its deprecation warning
        row = rows.get(value)
        if value in CALLS:
            run = _looking_up(run)
        table.append(run if row is None or not row.ranges else _bounded(run, row, bound))
    return tuple(table)


def opcode_name(opcode: int, fork: Fork = FORKS[-1]) -> str:
    """Return an opcode's mnemonic in a fork; PRECOMPILE and LOOKUP for these steps, INVALID for an undefined one."""
    if opcode < 0:
        return "PRECOMPILE" if opcode == PRECOMPILE else "LOOKUP"
    known = opcodes_of(fork).get(opcode)
    return Opcode.INVALID.name if known is None else known.name
