"""L1's frames that tell each step before it runs. They run on the plain loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple, Protocol

from eth.exceptions import Halt
from eth.vm.stack import to_int

from harness.chain.jsonrpc.local import Step, Watcher
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


class FrameWatcher(Protocol):
    """Hears of py-evm's frames as they run."""

    def enter(self, frame: Any) -> None:
        """Note that a frame begins."""

    def call(self, frame: Any) -> None:
        """Note that a frame has paid for a call, which begins next."""

    def step(self, frame: Any, pc: int, opcode: int, precompile: bytes | None) -> None:
        """Note that an opcode of a frame, or the precompile at an address, is about to run."""

    def leave(self, frame: Any) -> None:
        """Note that a frame has ended."""


def watched(fork: Fork, watcher: FrameWatcher) -> type[L1Computation]:
    """Return the class of a fork's frames that one transaction runs in and ``watcher`` hears of."""
    base: Any = VMS[fork].get_state_class().computation_class

    def announced(address: bytes, run: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def precompile(frame: Any) -> Any:
            watcher.step(frame, 0, _STOP, address)
            return run(frame)

        return precompile

    class Watched(base):  # type: ignore[misc]
        _precompiles: ClassVar[Any] = {address: announced(address, run) for address, run in base._precompiles.items()}

        def apply_child_computation(self, child_msg: Any) -> Any:
            watcher.call(self)
            return super().apply_child_computation(child_msg)

        @classmethod
        def run_code(cls, computation: Any) -> None:
            stream, table = computation.code, base._table
            code = stream._raw_code_bytes
            while True:
                pc = stream.program_counter
                opcode = code[pc] if pc < len(code) else _STOP
                watcher.step(computation, pc, opcode, None)
                if pc >= len(code):
                    raise Halt("past the end")
                stream.program_counter = pc + 1
                table[opcode](computation)

        def __enter__(self) -> Any:
            watcher.enter(self)
            return super().__enter__()

        def __exit__(self, *error: Any) -> Any:
            handled = super().__exit__(*error)
            watcher.leave(self)
            return handled

    return Watched


class _Live:
    """The frames that run, the innermost last: a finished one is counted by its parent."""

    def __init__(self) -> None:
        self.frames: list[Any] = []

    def enter(self, frame: Any) -> None:
        self.frames.append(frame)

    def call(self, frame: Any) -> None:
        return None

    def leave(self, frame: Any) -> None:
        self.frames.remove(frame)

    @property
    def refund(self) -> int:
        """What is refunded so far."""
        return sum(each.get_gas_refund() for each in self.frames)


class _Teller(_Live):
    """Notes each step as an `L1Step`."""

    def __init__(self, note: Callable[[L1Step], None]) -> None:
        super().__init__()
        self._note = note

    def step(self, frame: Any, pc: int, opcode: int, precompile: bytes | None) -> None:
        gas, size, stack = frame._gas_meter.gas_remaining, len(frame._memory), [*map(to_int, frame._stack.values)]
        self._note(L1Step(frame.msg.depth, pc, opcode, precompile, gas, size, self.refund, frame.return_data, stack))


def telling(fork: Fork, note: Callable[[L1Step], None]) -> type[L1Computation]:
    """Return the class of a fork's frames that call ``note`` before each step of one transaction."""
    return watched(fork, _Teller(note))


class _Relay(_Live):
    """Tells a watcher of JSON-RPC of opcodes. Precompiles and accounts without code have none."""

    def __init__(self, watcher: Watcher) -> None:
        super().__init__()
        self._watcher = watcher
        self._paid: int | None = None

    def call(self, frame: Any) -> None:
        self._paid = frame._gas_meter.gas_remaining

    def enter(self, frame: Any) -> None:
        super().enter(frame)
        message = frame.msg
        code_address = message.storage_address if message.is_create else message.code_address
        self._watcher.enter(message.storage_address, code_address, self._paid)

    def step(self, frame: Any, pc: int, opcode: int, precompile: bytes | None) -> None:
        if precompile is not None or not frame.msg.code:
            return
        self._watcher.step(
            Step(
                frame.msg.depth + 1,
                pc,
                opcode,
                frame._gas_meter.gas_remaining,
                self.refund,
                frame.msg.storage_address,
                [*map(to_int, frame._stack.values)],
                lambda: bytes(frame._memory.read_bytes(0, len(frame._memory))),
                frame.return_data,
            )
        )

    def leave(self, frame: Any) -> None:
        super().leave(frame)
        self._watcher.leave(frame.get_gas_remaining(), frame.is_error)


def relaying(fork: Fork, watcher: Watcher) -> type[L1Computation]:
    """Return the class of a fork's frames of one transaction that a watcher of JSON-RPC hears of."""
    return watched(fork, _Relay(watcher))


__all__ = ["FrameWatcher", "L1Step", "relaying", "telling", "watched"]
