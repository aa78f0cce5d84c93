"""L1's frames that tell each step before it runs. They run on the plain loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

from eth.exceptions import Halt
from eth.vm.stack import to_int

from harness.chain.pyevm.evm import VMS, L1Computation
from harness.primitives.opcodes import Fork

_STOP = 0x00


class L1Step(NamedTuple):
    """A frame before a step.

    ``precompile`` is the address of the precompile that the frame runs in this step; None for an opcode. ``memory`` is
    a size in bytes, the top of ``stack`` is its last item, and ``refund`` is that of the whole transaction so far.
    """

    depth: int
    pc: int
    opcode: int
    precompile: bytes | None
    gas: int
    memory: int
    refund: int
    returndata: bytes
    stack: list[int]


def telling(fork: Fork, note: Callable[[L1Step], None]) -> type[L1Computation]:
    """Return the class of a fork's frames that call ``note`` before each step of one transaction."""
    base: Any = VMS[fork].get_state_class().computation_class
    live: list[Any] = []

    def tell(frame: Any, pc: int, opcode: int, precompile: bytes | None = None) -> None:
        note(
            L1Step(
                frame.msg.depth,
                pc,
                opcode,
                precompile,
                frame._gas_meter.gas_remaining,
                len(frame._memory),
                sum(each.get_gas_refund() for each in live),
                frame.return_data,
                [*map(to_int, frame._stack.values)],
            )
        )

    def announced(address: bytes, run: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def precompile(frame: Any) -> Any:
            tell(frame, 0, _STOP, address)
            return run(frame)

        return precompile

    class Telling(base):  # type: ignore[misc]
        """``live`` are the frames that run, the innermost last: a finished one is counted by its parent."""

        _precompiles: ClassVar[Any] = {address: announced(address, run) for address, run in base._precompiles.items()}

        @classmethod
        def run_code(cls, computation: Any) -> None:
            stream, table = computation.code, base._table
            code = stream._raw_code_bytes
            while True:
                pc = stream.program_counter
                opcode = code[pc] if pc < len(code) else _STOP
                tell(computation, pc, opcode)
                if pc >= len(code):
                    raise Halt("past the end")
                stream.program_counter = pc + 1
                table[opcode](computation)

        def __enter__(self) -> Any:
            live.append(self)
            return super().__enter__()

        def __exit__(self, *error: Any) -> Any:
            live.remove(self)
            return super().__exit__(*error)

    return Telling


__all__ = ["L1Step", "telling"]
