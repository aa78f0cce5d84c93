"""What the compiler must know of a fork: which opcodes it may write out, at which price, and within which ranges."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from eth.vm.logic import context, duplication, flow, memory, sha3, stack, swap
from eth.vm.opcode import _FastOpcode

from harness.engine.bytecode import DUP1, JUMPDEST, PUSH0, SWAP1
from harness.engine.operations import PURE

Opcode = Callable[[Any], Any]

_PUSHES = [getattr(stack, f"push{n}") for n in range(33)]
_MIRRORED: dict[int, Callable[..., Any]] = {
    **{opcode: function for opcode, (_, _, function) in PURE.items()},
    **{PUSH0 + n: function for n, function in enumerate(_PUSHES)},
    **{DUP1 + n: getattr(duplication, f"dup{n + 1}") for n in range(16)},
    **{SWAP1 + n: getattr(swap, f"swap{n + 1}") for n in range(16)},
    0x20: sha3.sha3,
    0x30: context.address,
    0x33: context.caller,
    0x34: context.callvalue,
    0x35: context.calldataload,
    0x36: context.calldatasize,
    0x38: context.codesize,
    0x3D: context.returndatasize,
    0x50: stack.pop,
    0x51: memory.mload,
    0x52: memory.mstore,
    0x53: memory.mstore8,
    0x56: flow.jump,
    0x57: flow.jumpi,
    0x58: flow.program_counter,
    JUMPDEST: flow.jumpdest,
}
"""The opcodes that the compiler writes out, with the function of py-evm that each must do the same as."""


@dataclass(frozen=True)
class Rules:
    """A fork's opcodes, as one layer runs them.

    ``table`` runs any opcode on a computation. ``prices`` holds the gas of those that may be written out. It lacks the
    opcodes that the fork lacks, or runs otherwise than the compiler knows. ``range_bound`` is the largest offset
    or size of memory that is written out, in bytes; the table runs what lies beyond.
    """

    name: str
    table: Sequence[Opcode] = field(repr=False)
    prices: Mapping[int, int] = field(repr=False)
    range_bound: int
    digest: bytes = field(repr=False)

    @classmethod
    def of(cls, name: str, opcodes: Mapping[int, Any], table: Sequence[Opcode], range_bound: int) -> Rules:
        """The rules of a fork whose opcodes py-evm lists in ``opcodes``, as run by ``table``."""
        prices = {}
        for value, function in _MIRRORED.items():
            known = opcodes.get(value)
            if isinstance(known, _FastOpcode) and known.logic_fn is function:
                prices[value] = known.gas_cost
        listed = ",".join(f"{value}:{price}" for value, price in sorted(prices.items()))
        return cls(name, tuple(table), prices, range_bound, sha256(f"{range_bound};{listed}".encode()).digest())
