"""Records an execution: before each step it keeps references to the parts of the machine.

The recorder hashes nothing. A stack is a chain of cells, so a reference to its top keeps it. Memory is the log of a
frame's writes, so the number of writes keeps it. The other parts are immutable.

The recording's size is bounded in three ways:

- When more than `KEPT` steps are kept, the recorder drops every second one, as often as it must. A recording of a
  million steps keeps about a hundred thousand. The trace runs the transaction again for a step between them.
- Two bytes for each step say what it does. So a step is found by its name without another run.
- Everything else that is kept has cost the transaction gas by the byte. A call passes long calldata on without such a
  cost, so the recorder leaves it in the caller's memory.
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
from harness.rollup.forks import Fork
from harness.rollup.machine.evm import L2Computation, L2Machine
from harness.rollup.machine.execution import Call
from harness.rollup.machine.opcodes import LOOKUP, opcode_name
from harness.rollup.machine.opening import without_words
from harness.rollup.machine.state import AuthorizationLink, DestroyedLink, PendingLink, Restored, State

KEPT = 1 << 17
"""The most steps that a recording keeps at once."""

SHORT_CALLDATA = 512
"""A frame keeps calldata of at most this many bytes. Longer calldata is read back from the caller's memory."""

_STEP, _CELL, _STATE, _FRAME, _WRITE, _BYTES = 320, 130, 1_000, 800, 130, 40
"""Roughly the bytes that a kept step, stack item, state, frame, memory write, and `bytes` object take in Python."""

_INPUT = 256
"""Where the numbers of steps between opcodes begin. Below it, a number is an opcode, PRECOMPILE or LOOKUP."""

_NAMES = ("INPUT", "BLOCK", "SENDER", "ACCESS", *(phase.name for phase in Phase if phase > Phase.PREPARE), "AUTHORIZE")
"""The names of the steps between opcodes, by number: INPUT, then the phases. PREPARE takes two kinds of entries."""

_AUTHORIZE = _INPUT + len(_NAMES) - 1


class Suspended(NamedTuple):
    """A parent while its child runs: its pc is behind the call, operands are popped, the call is paid for."""

    pc: int
    gas: int
    stack: Cell | None
    size: int
    words: int
    writes: int


@lru_cache(maxsize=256)
def cached_hash(data: bytes) -> bytes:
    """Return keccak256 of code or returndata. The cache also holds the data, at most 12 MiB."""
    return keccak256(data)


class FrameRecord:
    """What does not change while a frame runs, the log of its memory, and how it ended.

    ``calldata`` is None if it is long. Then it lay in the parent's memory from ``input_offset`` on when the parent made
    the call. `Trace.calldata` returns it in either case.
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
        is_short = parent is None or kind is Kind.CREATE or self.calldata_size <= SHORT_CALLDATA
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

    ``opcode`` may be PRECOMPILE or LOOKUP; it is None between opcodes. ``words`` is the memory's size in words, and
    ``writes`` the number of writes so far. ``entry`` is the outermost pending or destroyed entry, and ``gas_left`` the
    gas that the top frame left.
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
    entry: PendingLink | DestroyedLink | None
    gas_left: int


class RecordingComplete(BaseException):
    """Ends an execution once all wanted steps are recorded. It is no Exception, so the execution does not catch it."""


class StepRecorder:
    """Records the steps of one transaction, from the one after its input step to the one that makes the machine idle.

    Step 0 is the input step, and the first recorded step is step 1. The recorder keeps at most ``kept``, evenly spaced.
    ``unwritten`` is the state before the words of a new block were written; None if the input opens no block.
    """

    computation_class: type[L2Computation] = RecordedComputation

    def __init__(self, kept: int = KEPT, unwritten: State | None = None) -> None:
        self.unwritten = unwritten
        self._mask = 0
        self._limit = kept
        self.count = 1
        self.steps: Any = [None]
        self._keep: Callable[[Any], None] = self.steps.append
        self._actions = array("h", [_INPUT])
        self.call: Call | None = None
        self.target = b""
        self.final: Restored | None = None
        self._machine: Any = None
        self._gas_left = 0

    def begin(self, machine: L2Machine, call: Call, target: bytes) -> None:
        """Note that the transaction has bought its gas."""
        self._machine = machine
        self.call = call
        self.target = target
        if self.unwritten is not None:
            now = self._machine.journal.now
            self._record(Phase.BLOCK, None, now._replace(accounts=without_words(now.accounts, self.unwritten)))

    def sender(self) -> None:
        """The sender's code is about to be looked at."""
        self._record(Phase.SENDER, None)

    def enter(self, computation: L2Computation, restored: Restored, parent: L2Computation | None) -> None:
        """Record a frame that was opened."""
        message = computation.msg
        if message.is_create:
            kind = Kind.CREATE
        else:
            runs_none = message.code_address in computation.state.rules.precompiles
            kind = Kind.PRECOMPILE if runs_none else Kind.CALL
        frame = FrameRecord(computation, restored, None if parent is None else parent.frame, kind)
        if parent is not None:
            frame.suspended = self._suspend(parent)
            if kind is not Kind.CREATE:
                frame.input_offset = parent.input_offset
                frame.return_offset, frame.return_size = parent.output_window
        computation.frame = frame

    @staticmethod
    def _suspend(parent: L2Computation) -> Suspended:
        """Return what a parent keeps while its child runs."""
        stack: Any = parent._stack
        memory: Any = parent._memory
        return Suspended(
            parent.code.program_counter, parent._gas_meter.gas_remaining, stack.top, stack.size,
            len(memory._bytes) >> 5, len(memory.log),
        )  # fmt: skip

    def prepare(self, entry: PendingLink) -> None:
        """Record the step that takes an authorisation, or warms an entry of the access list."""
        self._record(Phase.PREPARE, entry)

    def open(self) -> None:
        """Record the step that opens the top frame."""
        self._record(Phase.OPEN, None)

    def steps_of(self, computation: Any) -> Callable[[int, int], None]:
        """Return the function that records a frame's opcodes. It binds once what it reads at each opcode."""
        journal, frame, meter = computation.state.journal, computation.frame, computation._gas_meter
        stack, memory, note, keep = computation._stack, computation._memory, self._actions.append, self._keep
        log = memory.log

        def record(pc: int, opcode: int) -> None:
            number = self.count
            self.count = number + 1
            note(opcode)
            if number & self._mask or (number >= self._limit and not self._should_keep(number)):
                return
            keep((
                journal.now, frame, pc, opcode, meter.gas_remaining, stack.top, stack.size, len(memory._bytes),
                len(log), computation.return_data,
            ))  # fmt: skip

        return record

    def _should_keep(self, number: int) -> bool:
        """Make room for a step beyond the limit, and return whether to keep it."""
        while number >= self._limit:
            self._mask = 2 * self._mask + 1
            self._limit *= 2
            del self.steps[1::2]
        return not number & self._mask

    def leave(self, computation: L2Computation) -> None:
        """Record how a frame ended."""
        frame = computation.frame
        frame.end = self.count - 1
        if computation.is_success:
            frame.ending = "success"
        else:
            frame.ending = "halt" if computation.should_burn_gas else "revert"
            frame.error = type(computation.error).__name__

    def end(self, gas_left: int) -> None:
        """Record the step that pays refund and fees, after the top frame."""
        self._gas_left = gas_left
        self._record(Phase.END, None)

    def fee(self) -> None:
        """Record the step that pays the L1 data fee."""
        self._record(Phase.FEE, None)

    def destroy(self, entry: DestroyedLink) -> None:
        """Record the step that deletes an account."""
        self._record(Phase.DESTROY, entry)

    def finish(self) -> None:
        """Note that the machine is idle again."""
        self.final = self._machine.journal.now

    def _record(self, phase: Phase, entry: PendingLink | DestroyedLink | None, now: Restored | None = None) -> None:
        """Record a step between opcodes, and keep it by the same rules as an opcode. ``now`` is the journal's."""
        number = self.count
        self.count = number + 1
        self._actions.append(_AUTHORIZE if isinstance(entry, AuthorizationLink) else _INPUT + 1 + phase)
        if number & self._mask or (number >= self._limit and not self._should_keep(number)):
            return
        now = now or self._machine.journal.now
        self._keep(RecordedStep(phase, now, None, 0, None, 0, None, 0, 0, 0, b"", entry, self._gas_left))

    @property
    def weight(self) -> int:
        """Roughly the bytes that the recording takes, rounded up rather than down."""
        states, returned, frames = set[int](), dict[int, int](), dict[int, FrameRecord]()
        for kept in self.steps[1:]:
            step = _unpacked(kept)
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
        """Return the record of a step from 1 on, or None if it is not kept."""
        place, rest = divmod(number, self._mask + 1)
        return None if rest or place >= len(self.steps) else _unpacked(self.steps[place])

    def name(self, number: int) -> str:
        """Return the mnemonic of a step's opcode, or its phase, even if the step is not kept."""
        return _name(self._actions[number], self._machine.env.fork)

    def named(self, name: str) -> Iterator[int]:
        """Yield the indices of the steps from 1 on with this name, in order."""
        fork = self._machine.env.fork
        wanted = {done for done in range(LOOKUP, _INPUT + len(_NAMES)) if _name(done, fork) == name}
        return (number for number, done in enumerate(self._actions) if number and done in wanted)


class WindowRecorder(StepRecorder):
    """Records only the wanted steps. Raises RecordingComplete at the step after the last of them: only then is it known
    whether the last one ended its frame.
    """

    def __init__(self, wanted: Collection[int], unwritten: State | None = None) -> None:
        super().__init__(kept=0, unwritten=unwritten)
        self._wanted = wanted
        self._last = max(wanted, default=0)
        self.steps = {}
        self._keep = self._store

    def _store(self, kept: Any) -> None:
        self.steps[self.count - 1] = kept

    def _should_keep(self, number: int) -> bool:
        if number > self._last:
            raise RecordingComplete
        return number in self._wanted

    def step(self, number: int) -> RecordedStep | None:
        """Return the record of a step, or None if it is not kept."""
        kept = self.steps.get(number)
        return None if kept is None else _unpacked(kept)


def _unpacked(kept: Any) -> RecordedStep:
    """Return a kept step as a RecordedStep. Opcodes are kept as plain tuples, which are faster to make."""
    if isinstance(kept, RecordedStep):
        return kept
    now, frame, pc, opcode, gas, stack, size, memory, writes, returndata = kept
    words = memory >> 5
    return RecordedStep(Phase.EXECUTE, now, frame, pc, opcode, gas, stack, size, words, writes, returndata, None, 0)


def _name(done: int, fork: Fork) -> str:
    """Return the mnemonic or the name that a number in ``_actions`` stands for."""
    if done < _INPUT:
        return opcode_name(done, fork)
    return _NAMES[done - _INPUT]
