"""Hangs into an execution and keeps, before each step, references to what the machine then is.

Nothing is hashed here. A stack is a chain of cells, so that keeping it is keeping its top; memory is the log of a
frame's writes, so that keeping it is keeping their number; the rest is immutable anyway.

Memory stays bounded. Beyond `KEPT` steps every second one is dropped, and again, so that a recording of a million steps
keeps some hundred thousand; the trace runs the transaction once more for what lies between. What each step does is kept
of all of them, in two bytes, so that a step is found by its name without another run. And whatever is kept has cost gas
by the byte: long calldata, which a call passes on for nothing, stays where it was in the caller's memory.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from harness.primitives.hashing import keccak256
from harness.proofs.machine import Kind, Phase
from harness.proofs.memory import Write
from harness.proofs.recorder.computation import LoggedMemory, RecordedComputation
from harness.proofs.stack import Cell
from harness.rollup.machine.evm import L2Computation, L2Machine
from harness.rollup.machine.execution import Call
from harness.rollup.machine.opcodes import opcode_name
from harness.rollup.machine.state import AccessLink, DestroyedLink, Restored

KEPT = 1 << 17
"""Most steps kept at once."""

SHORT = 512
"""Calldata of at most so many bytes is kept by its frame; longer calldata is read back from the caller's memory."""

_STEP, _CELL, _STATE, _FRAME, _WRITE, _BYTES = 320, 130, 1_000, 800, 130, 40
"""About how many bytes a kept step, a stack item, a state, a frame, a write to memory, and any bytes take in Python."""

_BETWEEN = 256
"""Added to the phase of a step between opcodes, where all steps are told apart by a number."""


class Suspended(NamedTuple):
    """A parent while its child runs: behind the call, operands popped, everything paid, no returndata."""

    pc: int
    gas: int
    stack: Cell | None
    size: int
    words: int
    writes: int


@lru_cache(maxsize=256)
def cached_hash(data: bytes) -> bytes:
    """keccak256 of code or returndata; the cache holds the data too, at most 12 MiB of it."""
    return keccak256(data)


class FrameRecord:
    """What does not change while a frame runs, the log of its memory, and how it ended.

    ``calldata`` is None where it is long: then it is what the parent's memory held from ``input_offset`` on when it
    called. `Trace.calldata` gives it in either case.
    """

    __slots__ = (
        "address",
        "calldata",
        "calldata_hash",
        "calldata_size",
        "caller",
        "code",
        "code_address",
        "depth",
        "end",
        "ending",
        "error",
        "input_offset",
        "is_static",
        "kind",
        "memory",
        "parent",
        "parent_hash",
        "restored",
        "return_offset",
        "return_size",
        "suspended",
        "tree",
        "value",
    )  # fmt: skip

    def __init__(self, computation: L2Computation, restored: Restored, parent: FrameRecord | None, kind: Kind) -> None:
        message = computation.msg
        self.parent = parent
        self.suspended: Suspended | None = None
        self.parent_hash: bytes | None = None
        self.kind = kind
        self.address: bytes = message.storage_address
        self.caller: bytes = message.sender
        self.value: int = message.value
        self.code: bytes = message.code
        self.code_address: bytes = message.code_address
        self.calldata_size = len(message.data)
        self.calldata_hash: bytes | None = None
        is_short = parent is None or kind is Kind.CREATE or self.calldata_size <= SHORT
        self.calldata = bytes(message.data) if is_short else None
        self.input_offset = 0
        self.is_static: bool = message.is_static
        self.depth: int = message.depth
        self.return_offset = 0
        self.return_size = 0
        self.restored = restored
        memory = computation._memory
        assert isinstance(memory, LoggedMemory)
        self.memory: list[Write] = memory.log
        self.tree: Any = None
        self.end: int | None = None
        self.ending = ""
        self.error = ""


class RecordedStep(NamedTuple):
    """The machine before one step.

    ``opcode`` is -1 for a precompile and None outside of frames. ``words`` is the memory's size, ``writes`` the number
    of writes that made it. ``entry`` is the outermost access or destroyed entry, ``gas_left`` what the top frame left.
    """

    phase: Phase
    now: Restored
    frame: FrameRecord | None
    pc: int
    opcode: int | None
    gas: int
    stack: Cell | None
    size: int
    words: int
    writes: int
    returndata: bytes
    entry: AccessLink | DestroyedLink | None
    gas_left: int


class PastWanted(BaseException):
    """All that was asked for is recorded. No error of the execution that it ends, and nothing there may catch it."""


class StepRecorder:
    """Records the steps of one transaction, from the one after its input step to the one that makes the machine idle.

    Step 0 is the input step; the first recorded one has number 1. At most ``kept`` are kept, evenly spaced.
    """

    computation_class: type[L2Computation] = RecordedComputation

    def __init__(self, kept: int = KEPT) -> None:
        self._mask = 0
        self._limit = kept
        self.count = 1
        self.steps: Any = [None]
        self._keep: Callable[[Any], None] = self.steps.append
        self._done = array("h", [_BETWEEN])
        self.call: Call | None = None
        self.final: Restored | None = None
        self._machine: Any = None
        self._entered: L2Computation | None = None
        self._gas_left = 0

    def begin(self, machine: L2Machine, call: Call) -> None:
        """The transaction has bought its gas."""
        self._machine = machine
        self.call = call

    def enter(self, computation: L2Computation, restored: Restored, parent: L2Computation | None) -> None:
        """A frame was opened."""
        message = computation.msg
        if message.is_create:
            kind = Kind.CREATE
        else:
            kind = Kind.PRECOMPILE if message.code_address in computation._precompiles else Kind.CALL
        frame = FrameRecord(computation, restored, None if parent is None else parent.frame, kind)
        if parent is not None:
            frame.suspended = self._suspend(parent)
            if kind is not Kind.CREATE:
                frame.input_offset = parent.input_offset
                frame.return_offset, frame.return_size = parent.output_window
        computation.frame = frame
        self._entered = computation

    @staticmethod
    def _suspend(parent: L2Computation) -> Suspended:
        stack: Any = parent._stack
        memory: Any = parent._memory
        return Suspended(
            parent.code.program_counter, parent._gas_meter.gas_remaining, stack.top, stack.size,
            len(memory._bytes) >> 5, len(memory.log),
        )  # fmt: skip

    def access(self, entry: AccessLink) -> None:
        """An entry of the access list is about to be warmed."""
        assert self._entered is not None
        self._record(Phase.ACCESS, self._entered, 0, None, entry)

    def steps_of(self, computation: Any) -> Callable[[int, int], None]:
        """Give what records a frame's opcodes: everything that it reads each time is bound once."""
        journal, frame, meter = computation.state.journal, computation.frame, computation._gas_meter
        stack, memory, note, keep = computation._stack, computation._memory, self._done.append, self._keep
        log = memory.log

        def record(pc: int, opcode: int) -> None:
            number = self.count
            self.count = number + 1
            note(opcode)
            if number & self._mask or (number >= self._limit and not self._takes(number)):
                return
            keep((
                journal.now, frame, pc, opcode, meter.gas_remaining, stack.top, stack.size, len(memory._bytes),
                len(log), computation.return_data,
            ))  # fmt: skip

        return record

    def _takes(self, number: int) -> bool:
        """Whether to keep a step that is beyond the limit."""
        while number >= self._limit:
            self._mask = 2 * self._mask + 1
            self._limit *= 2
            del self.steps[1::2]
        return not number & self._mask

    def leave(self, computation: L2Computation) -> None:
        """A frame ended."""
        frame = computation.frame
        frame.end = self.count - 1
        if computation.is_success:
            frame.ending = "success"
        else:
            frame.ending = "halt" if computation.should_burn_gas else "revert"
            frame.error = type(computation.error).__name__

    def end(self, gas_left: int) -> None:
        """No frame is left."""
        self._gas_left = gas_left
        self._record(Phase.END, None, 0, None, None)

    def destroy(self, entry: DestroyedLink) -> None:
        """An account is about to be deleted."""
        self._record(Phase.DESTROY, None, 0, None, entry)

    def finish(self) -> None:
        """The machine is idle again."""
        self.final = self._machine.journal.now

    def _record(
        self,
        phase: Phase,
        computation: L2Computation | None,
        pc: int,
        opcode: int | None,
        entry: AccessLink | DestroyedLink | None,
    ) -> None:
        """Keep a step between opcodes; there are few, but they obey the same rules."""
        number = self.count
        self.count = number + 1
        self._done.append(_BETWEEN + phase)
        if number & self._mask or (number >= self._limit and not self._takes(number)):
            return
        frame = None if computation is None else computation.frame
        gas = 0 if computation is None else computation._gas_meter.gas_remaining
        self._keep(
            RecordedStep(
                phase, self._machine.journal.now, frame, pc, opcode, gas, None, 0, 0, 0, b"", entry, self._gas_left
            )
        )

    @property
    def weight(self) -> int:
        """About how many bytes the recording keeps, rather too many than too few."""
        states, returned, frames = set[int](), dict[int, int](), dict[int, FrameRecord]()
        for kept in self.steps[1:]:
            step = _read(kept)
            states.add(id(step.now))
            returned[id(step.returndata)] = len(step.returndata)
            frame = step.frame
            while frame is not None and id(frame) not in frames:
                frames[id(frame)] = frame
                frame = frame.parent
        size = _STEP * len(self.steps) + _CELL * self.count + _STATE * len(states) + _FRAME * len(frames)
        size += sum(returned.values()) + _BYTES * len(returned)
        for frame in frames.values():
            size += len(frame.calldata or b"") + len(frame.code) * (frame.kind is Kind.CREATE)
            size += sum(len(data) for _, data in frame.memory) + (_WRITE + _BYTES) * len(frame.memory)
        return size

    def step(self, number: int) -> RecordedStep | None:
        """Return what was kept before a step from 1 on; None if it was not."""
        place, rest = divmod(number, self._mask + 1)
        return None if rest or place >= len(self.steps) else _read(self.steps[place])

    def name(self, number: int) -> str:
        """Return the mnemonic of a step's opcode, or its phase; any step has one, kept or not."""
        return _name(self._done[number])

    def named(self, name: str) -> Iterator[int]:
        """Give the numbers of the steps from 1 on with this name, in order."""
        wanted = {done for done in range(-1, _BETWEEN + len(Phase) + 1) if _name(done) == name}
        return (number for number, done in enumerate(self._done) if number and done in wanted)


class WindowRecorder(StepRecorder):
    """Records nothing but the wanted steps, and raises PastWanted behind the last of them, where it is known how its
    frame ended.
    """

    def __init__(self, wanted: Collection[int]) -> None:
        super().__init__(kept=0)
        self._wanted = wanted
        self._last = max(wanted, default=0)
        self.steps = {}
        self._keep = self._put

    def _put(self, kept: Any) -> None:
        self.steps[self.count - 1] = kept

    def _takes(self, number: int) -> bool:
        if number > self._last:
            raise PastWanted
        return number in self._wanted

    def step(self, number: int) -> RecordedStep | None:
        """Return what was kept before a step; None if it was not."""
        kept = self.steps.get(number)
        return None if kept is None else _read(kept)


def _read(kept: Any) -> RecordedStep:
    """Return a step from the form in which it is kept: opcodes in a plain tuple, which is made sooner."""
    if isinstance(kept, RecordedStep):
        return kept
    now, frame, pc, opcode, gas, stack, size, memory, writes, returndata = kept
    words = memory >> 5
    return RecordedStep(Phase.EXECUTE, now, frame, pc, opcode, gas, stack, size, words, writes, returndata, None, 0)


def _name(done: int) -> str:
    if done < _BETWEEN:
        return opcode_name(done)
    return "INPUT" if done == _BETWEEN else Phase(done - _BETWEEN).name
