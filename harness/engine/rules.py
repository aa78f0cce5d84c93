"""What the compiler must know of a fork: the opcodes that it may write out, their prices, and their ranges."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from eth.vm.logic import context, duplication, flow, memory, sha3, stack, swap, system
from eth.vm.opcode import _FastOpcode

from harness.engine.operations import PURE
from harness.primitives.opcodes import Opcode

Handler = Callable[[Any], Any]
"""Runs one opcode on a computation."""

_PUSHES = [getattr(stack, f"push{n}") for n in range(33)]
_MIRRORED: dict[int, Callable[..., Any]] = {
    **{opcode: function for opcode, (_, _, function) in PURE.items()},
    **{Opcode.PUSH0 + n: function for n, function in enumerate(_PUSHES)},
    **{Opcode.DUP1 + n: getattr(duplication, f"dup{n + 1}") for n in range(16)},
    **{Opcode.SWAP1 + n: getattr(swap, f"swap{n + 1}") for n in range(16)},
    Opcode.KECCAK256: sha3.sha3,
    Opcode.ADDRESS: context.address,
    Opcode.CALLER: context.caller,
    Opcode.CALLVALUE: context.callvalue,
    Opcode.CALLDATALOAD: context.calldataload,
    Opcode.CALLDATASIZE: context.calldatasize,
    Opcode.CODESIZE: context.codesize,
    Opcode.RETURNDATASIZE: context.returndatasize,
    Opcode.POP: stack.pop,
    Opcode.MLOAD: memory.mload,
    Opcode.MSTORE: memory.mstore,
    Opcode.MSTORE8: memory.mstore8,
    Opcode.JUMP: flow.jump,
    Opcode.JUMPI: flow.jumpi,
    Opcode.PC: flow.program_counter,
    Opcode.JUMPDEST: flow.jumpdest,
    Opcode.STOP: flow.stop,
    Opcode.RETURN: system.return_op,
}
"""The opcodes that the compiler writes out, each with py-evm's function, which it must equal."""


@dataclass(frozen=True)
class Rules:
    """A fork's opcodes, as one layer runs them.

    ``table`` runs any opcode on a computation. ``prices`` holds the gas of those that may be written out. It lacks the
    opcodes that the fork lacks, or runs otherwise than the compiler knows. ``range_bound`` is the largest offset
    or size of memory that is written out, in bytes; the table runs what lies beyond.
    """

    name: str
    table: Sequence[Handler] = field(repr=False)
    prices: Mapping[int, int] = field(repr=False)
    range_bound: int
    digest: bytes = field(repr=False)

    @classmethod
    def of(cls, name: str, opcodes: Mapping[int, Any], table: Sequence[Handler], range_bound: int) -> Rules:
        """Return the rules of a fork whose opcodes py-evm lists in ``opcodes``, as run by ``table``."""
        prices = {}
        for value, function in _MIRRORED.items():
            known = opcodes.get(value)
            if isinstance(known, _FastOpcode) and known.logic_fn is function:
                prices[value] = known.gas_cost
        listed = ",".join(f"{value}:{price}" for value, price in sorted(prices.items()))
        return cls(name, tuple(table), prices, range_bound, sha256(f"{name};{range_bound};{listed}".encode()).digest())
