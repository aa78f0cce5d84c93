"""The trace of one input: the machine before each of its steps, hashed on demand.

Before step 0 the machine is idle, and step 0 takes the input. After the last step the machine is idle again, and stays
idle. An input that executes nothing has a trace of one step. Examples are a batch that opens and a transaction that is
skipped.
"""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property

from harness.primitives.hashing import EMPTY_HASH, ZERO_WORD, keccak256
from harness.primitives.opcodes import CALLS
from harness.primitives.patricia import root_hash
from harness.proofs.errors import StepOutsideTrace
from harness.proofs.machine import NO_TX, FrameWords, Kind, Machine, Phase, TxWords
from harness.proofs.memory import MemoryTree
from harness.proofs.recorder import (
    KEPT,
    FrameRecord,
    RecordedStep,
    RecordingComplete,
    StepRecorder,
    WindowRecorder,
    cached_hash,
)
from harness.proofs.stack import items_of, stack_hash, to_int
from harness.rollup.codec.messages import Deposit
from harness.rollup.errors import InvalidTransaction
from harness.rollup.machine.delegation import code_called
from harness.rollup.machine.environment import Env, Ring
from harness.rollup.machine.execution import Call, TransactionOutcome, execute, execute_deposit
from harness.rollup.machine.machine import Cursor, Idle
from harness.rollup.machine.opcodes import OPCODES
from harness.rollup.machine.opening import without_words
from harness.rollup.machine.state import Restored, State, chain_hash
from harness.rollup.machine.validity import RULE_OF_CODE, L2Transaction

WINDOW = 2_048
"""Steps that a second run records on each side of a step that was dropped."""

_TREES_KEPT = 16
_HASHES_KEPT = 4_096
"""Hashes to keep. A game asks for the same few at every turn."""

_EXTRA_WEIGHT = 1 << 20
"""Roughly the bytes that hashes, memory trees and steps of a second run take."""


def called(step: RecordedStep) -> bytes:
    """Return the target of a call, before the step that makes the call or looks its code up."""
    return (to_int(items_of(step.stack, 2)[1]) % 2**160).to_bytes(20, "big")


@dataclass(frozen=True, slots=True)
class Execution:
    """A valid transaction or a deposit, and the state, block and ring that it runs in.

    ``unwritten`` is the state before the words of a new block were written, if its input opens one.
    """

    state: State
    env: Env
    ring: Ring
    payload: L2Transaction | Deposit
    unwritten: State | None = None

    def run(self, recorder: StepRecorder | None = None) -> TransactionOutcome:
        """Run it, with a recorder or without. Every run gives the same outcome."""
        if isinstance(self.payload, Deposit):
            return execute_deposit(self.state, self.env, self.ring, self.payload, recorder)
        return execute(self.state, self.env, self.ring, self.payload, recorder)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause Python's cycle collector: a recording makes many small objects, and no cycles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class Trace:
    """The machine before each step of one input.

    ``before`` is the idle machine that takes the input. ``cursor`` is the machine's cursor while the execution runs.
    The gas left at its end returns to the budget. Without an execution, ``after`` is the machine after the input, for
    example with a new block.
    """

    def __init__(
        self,
        before: Idle,
        *,
        execution: Execution | None = None,
        cursor: Cursor | None = None,
        after: Idle | None = None,
        kept: int = KEPT,
    ) -> None:
        self.before = before
        self.execution = execution
        self.outcome: TransactionOutcome | None = None
        self._trees: list[FrameRecord] = []
        self._latest: dict[int, Machine] = {}
        self._hashes: dict[int, bytes] = {}
        if execution is None:
            self.after = before if after is None else after
            self.steps_count = 1 + self.writes_block
            return
        self._recorder = StepRecorder(kept=kept, unwritten=execution.unwritten)
        self._window = WindowRecorder(())
        self.outcome = self._record(execution, self._recorder)
        self.steps_count = self._recorder.count
        self._running = before.cursor if cursor is None else cursor
        self._taken = before.cursor.budget - self._running.budget
        if self.outcome is None:
            state, left = execution.state, self._taken
        else:
            state, left = self.outcome.state, self.outcome.gas_left
        self.after = Idle(state, self._running.spend(-left), execution.env, execution.ring)

    @property
    def writes_block(self) -> bool:
        """Whether the input opens a block and executes nothing, so that its last step writes the block's words."""
        return self.execution is None and self.after.env.number != self.before.env.number

    @cached_property
    def _block_alone(self) -> RecordedStep:
        """The only step behind the input, if that opens a block and executes nothing."""
        now = Restored(without_words(self.after.state.accounts, self.before.state), None, 0, None, None)
        return RecordedStep(Phase.BLOCK, now, None, 0, None, 0, None, 0, 0, 0, b"", None, 0)

    @staticmethod
    def _record(execution: Execution, recorder: StepRecorder) -> TransactionOutcome | None:
        """Run it; None if L2 skips it since its sender turns out to be a contract, in the step after the input's."""
        try:
            with _collector_paused():
                return execution.run(recorder)
        except InvalidTransaction as reason:
            if reason.rule != RULE_OF_CODE:
                raise
            return None

    def __len__(self) -> int:
        """Return the number of steps. The machine after the last one is idle."""
        return self.steps_count

    @property
    def _call(self) -> Call:
        assert self._recorder.call is not None
        return self._recorder.call

    @property
    def weight(self) -> int:
        """Roughly the bytes that the trace takes, including what it computes later."""
        return _EXTRA_WEIGHT + (0 if self.execution is None else self._recorder.weight)

    def hash_at(self, index: int) -> bytes:
        """Return the hash of the machine before step ``index``. From ``len`` on, the machine is idle.

        Raises StepOutsideTrace if the index is negative.
        """
        if index < 0:
            raise StepOutsideTrace(index, len(self))
        if index == 0:
            return self.before.root
        if index >= len(self):
            return self.after.root
        found = self._hashes.get(index)
        if found is None:
            if len(self._hashes) == _HASHES_KEPT:
                self._hashes.clear()
            found = self._hashes[index] = self.machine_at(index).hash()
        return found

    def machine_at(self, index: int) -> Machine:
        """Return the machine before step ``index``, from 0 to ``len``. It is idle at both ends.

        Raises StepOutsideTrace for another index.
        """
        if not 0 <= index <= len(self):
            raise StepOutsideTrace(index, len(self))
        if index in (0, len(self)):
            idle = self.before if index == 0 else self.after
            return Machine(idle.state.root, idle.cursor, idle.env.hash, idle.ring.root, None, None)
        found = self._latest.get(index)
        if found is None:
            if len(self._latest) > 1:
                self._latest.clear()
            found = self._latest[index] = self._machine(self.step_at(index))
        return found

    def _machine(self, step: RecordedStep) -> Machine:
        """Return the machine before a recorded step."""
        after = self.after
        if self.execution is None:
            root = root_hash(step.now.accounts)
            return Machine(root, after.cursor, after.env.hash, after.ring.root, NO_TX, None)
        frame = None if step.frame is None else self._frame_words(step.frame, step)
        if step.phase < Phase.EXECUTE:
            frame = self._pending_words()
        root = root_hash(step.now.accounts)
        cursor = after.cursor if step.phase > Phase.END else self._running
        return Machine(root, cursor, after.env.hash, after.ring.root, self._tx_words(step), frame)

    def step_at(self, index: int) -> RecordedStep:
        """Return the record of step ``index``, from 1 on. Runs the transaction again if the record was dropped.

        Raises StepOutsideTrace if there is no such step.
        """
        if not 1 <= index < len(self):
            raise StepOutsideTrace(index, len(self))
        if self.execution is None:
            return self._block_alone
        found = self._recorded(index)
        if found is None:
            self._replay(range(index - WINDOW, index + WINDOW))
            found = self._window.step(index)
            assert found is not None
        return found

    def load(self, wanted: Iterable[int]) -> None:
        """Make sure that the records of these steps are kept, with at most one more run."""
        needed = {index for index in wanted if 1 <= index < len(self)}
        if self.execution is not None and any(self._recorded(index) is None for index in needed):
            self._replay(needed)

    def _recorded(self, index: int) -> RecordedStep | None:
        """Return the record of a step; None if no recorder keeps it."""
        return self._recorder.step(index) or self._window.step(index)

    def _replay(self, wanted: Collection[int]) -> None:
        """Run again as far as the last wanted step, and record the wanted ones."""
        assert self.execution is not None
        self._window = WindowRecorder(wanted, self.execution.unwritten)
        with _collector_paused(), suppress(RecordingComplete):
            self.execution.run(self._window)

    def name_at(self, index: int) -> str:
        """Return the opcode's mnemonic, or the name of a step between opcodes, as `StepReport` lists them.

        Raises StepOutsideTrace if there is no such step.
        """
        if index == 0:
            return "INPUT"
        if not 1 <= index < len(self):
            raise StepOutsideTrace(index, len(self))
        return Phase.BLOCK.name if self.execution is None else self._recorder.name(index)

    def named(self, name: str) -> Iterator[int]:
        """Yield the indices of the steps with this name, in order and without step 0."""
        if self.execution is None:
            return iter((1,) if name == Phase.BLOCK.name and self.writes_block else ())
        return self._recorder.named(name)

    def memory_at(self, step: RecordedStep) -> MemoryTree:
        """Return the running frame's memory before a step. It is valid until the next call."""
        assert step.frame is not None
        return self._memory(step.frame, step.writes)

    def parent_memory(self, frame: FrameRecord) -> MemoryTree:
        """Return the memory of the frame that waits for ``frame``. It is valid until the next call."""
        assert frame.parent is not None and frame.suspended is not None
        return self._memory(frame.parent, frame.suspended.writes)

    def calldata(self, frame: FrameRecord) -> bytes:
        """Return a frame's calldata."""
        if frame.calldata is not None:
            return frame.calldata
        return self.parent_memory(frame).read(frame.input_offset, frame.calldata_size)

    def parent_words(self, frame: FrameRecord) -> FrameWords | None:
        """Return the words of the frame that waits for ``frame``, or None for the top frame."""
        parent, kept = frame.parent, frame.suspended
        if parent is None or kept is None:
            return None
        step = RecordedStep(
            Phase.EXECUTE, parent.restored, parent, kept.pc, None, kept.gas, kept.stack, kept.size, kept.words,
            kept.writes, b"", None, 0,
        )  # fmt: skip
        return self._frame_words(parent, step)

    def _memory(self, frame: FrameRecord, writes: int) -> MemoryTree:
        if frame.tree is None:
            frame.tree = MemoryTree()
            self._trees.append(frame)
            if len(self._trees) > _TREES_KEPT:
                self._trees.pop(0).tree = None
        tree: MemoryTree = frame.tree
        tree.seek(frame.memory, writes)
        return tree

    def _tx_words(self, step: RecordedStep) -> TxWords:
        call, now = self._call, step.now
        in_destroy = step.phase is Phase.DESTROY
        pending = {Phase.BLOCK: call.pending, Phase.SENDER: call.pending, Phase.PREPARE: step.entry}.get(step.phase)
        return TxWords(
            step.phase,
            call.origin,
            call.gas_price,
            call.tip,
            call.gas_limit,
            self._left(step),
            root_hash(now.scratch),
            now.refund,
            chain_hash(now.logs),
            chain_hash(step.entry if in_destroy else now.destroyed),
            chain_hash(pending),
            call.floor,
            call.data_fee,
        )

    def _left(self, step: RecordedStep) -> int:
        """The word gasLeft: until the sender's code was looked at, what the budget gets back in a skip for that."""
        looks = self.execution is not None and bool(self.execution.state.code(self._call.origin))
        is_before = step.phase is Phase.SENDER or (step.phase is Phase.BLOCK and looks)
        return self._taken if is_before else step.gas_left

    def _pending_words(self) -> FrameWords:
        """The top frame before it is opened."""
        assert self.execution is not None
        call, kind = self._call, Kind.CALL if self._call.to is not None else Kind.CREATE
        calldata = b"" if kind is Kind.CREATE else call.data
        return FrameWords(
            parent=ZERO_WORD,
            kind=kind,
            self_address=self._recorder.target,
            caller=call.origin,
            value=call.value,
            code_hash=keccak256(call.data) if kind is Kind.CREATE else ZERO_WORD,
            pc=0,
            gas=call.gas_limit - call.intrinsic,
            stack=ZERO_WORD,
            stack_size=0,
            memory_root=MemoryTree().root(),
            memory_size=0,
            calldata_hash=keccak256(calldata),
            calldata_size=len(calldata),
            returndata_hash=EMPTY_HASH,
            returndata_size=0,
            is_static=False,
            depth=0,
            return_offset=0,
            return_size=0,
            restore_state_root=ZERO_WORD,
            restore_scratch_root=ZERO_WORD,
            restore_refund=0,
            restore_logs=ZERO_WORD,
            restore_destroyed=ZERO_WORD,
            lookup=ZERO_WORD,
        )

    def _lookup(self, step: RecordedStep) -> bytes:
        """What was looked up for the call that a step makes."""
        if step.opcode not in CALLS or step.size < OPCODES[step.opcode].inputs:
            return ZERO_WORD
        found = code_called(State(step.now.accounts), called(step), self.after.env.fork)
        return ZERO_WORD if found is None else found.hash

    def _parent_hash(self, frame: FrameRecord) -> bytes:
        if frame.parent_hash is None:
            words = self.parent_words(frame)
            frame.parent_hash = ZERO_WORD if words is None else words.hash()
        return frame.parent_hash

    def _calldata_hash(self, frame: FrameRecord) -> bytes:
        if frame.calldata_hash is None:
            frame.calldata_hash = keccak256(self.calldata(frame))
        return frame.calldata_hash

    def _frame_words(self, frame: FrameRecord, step: RecordedStep) -> FrameWords:
        restored = frame.restored
        is_precompile = frame.kind is Kind.PRECOMPILE
        return FrameWords(
            parent=self._parent_hash(frame),
            kind=frame.kind,
            self_address=frame.address,
            caller=frame.caller,
            value=frame.value,
            code_hash=frame.code_address if is_precompile else cached_hash(frame.code),
            pc=step.pc,
            gas=step.gas,
            stack=stack_hash(step.stack),
            stack_size=step.size,
            memory_root=self._memory(frame, step.writes).root(),
            memory_size=step.words,
            calldata_hash=self._calldata_hash(frame),
            calldata_size=frame.calldata_size,
            returndata_hash=cached_hash(step.returndata),
            returndata_size=len(step.returndata),
            is_static=frame.is_static,
            depth=frame.depth,
            return_offset=frame.return_offset,
            return_size=frame.return_size,
            restore_state_root=root_hash(restored.accounts),
            restore_scratch_root=root_hash(restored.scratch),
            restore_refund=restored.refund,
            restore_logs=chain_hash(restored.logs),
            restore_destroyed=chain_hash(restored.destroyed),
            lookup=self._lookup(step),
        )
