"""The trace of one input: the machine before each of its steps, hashed when asked for.

Step 0 takes the input, the machine before it is idle; after the last step it is idle again and stays so. The trace of
an input that runs nothing (a batch opened, a transaction skipped) has one step.
"""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from harness.primitives.hashing import ZERO_WORD, keccak256
from harness.primitives.patricia import root_hash
from harness.proofs.errors import StepOutsideTrace
from harness.proofs.machine import FrameWords, Kind, Machine, Phase, TxWords
from harness.proofs.memory import MemoryTree
from harness.proofs.recorder import (
    KEPT,
    FrameRecord,
    PastWanted,
    RecordedStep,
    StepRecorder,
    WindowRecorder,
    cached_hash,
)
from harness.proofs.stack import stack_hash
from harness.rollup.codec.messages import Deposit
from harness.rollup.machine.environment import Env, Ring
from harness.rollup.machine.execution import TransactionOutcome, execute, execute_deposit
from harness.rollup.machine.machine import Cursor, Idle
from harness.rollup.machine.state import State, chain_hash
from harness.rollup.machine.validity import L2Transaction

WINDOW = 2_048
"""Steps recorded on each side of one that was dropped."""

_TREES_KEPT = 16
_HASHES_KEPT = 4_096
"""A game asks for the same few, at every turn."""

_LATER = 1 << 20
"""About what the hashes, the memory trees and the steps recorded anew take, in bytes."""


@dataclass(frozen=True, slots=True)
class Execution:
    """What an input runs: a valid transaction or a deposit, in the block that it is in."""

    state: State
    env: Env
    ring: Ring
    payload: L2Transaction | Deposit

    def run(self, recorder: StepRecorder | None = None) -> TransactionOutcome:
        """Run it, recorded or not; every run is the same."""
        if isinstance(self.payload, Deposit):
            return execute_deposit(self.state, self.env, self.ring, self.payload, recorder)
        return execute(self.state, self.env, self.ring, self.payload, recorder)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Recording makes many small objects and no cycles: the collector would only look at them again and again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class Trace:
    """The machine before each step of one input.

    ``before`` is the idle machine that takes the input, ``cursor`` its cursor while what the input executes runs: the
    gas that is left comes back to the budget at the end. Without an execution ``after`` says what the input did
    otherwise (it opened a block, perhaps).
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
            self.steps_count = 1
            return
        self._recorder = StepRecorder(kept=kept)
        self._window = WindowRecorder(())
        with _collector_paused():
            self.outcome = execution.run(self._recorder)
        self.steps_count = self._recorder.count
        self._running = before.cursor if cursor is None else cursor
        end = self._running.spend(-self.outcome.gas_left)
        self.after = Idle(self.outcome.state, end, execution.env, execution.ring)

    def __len__(self) -> int:
        """The number of steps; the machine after the last one is idle."""
        return self.steps_count

    @property
    def weight(self) -> int:
        """About how many bytes the trace keeps, what it works out later included."""
        return _LATER + (0 if self.execution is None else self._recorder.weight)

    def hash_at(self, index: int) -> bytes:
        """Return the hash of the machine before step ``index``; from ``len`` on it is that of the idle machine.

        Raises StepOutsideTrace for a negative index.
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
        """Return the machine before step ``index``, the idle ones at both ends included."""
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
        frame = None if step.frame is None else self._frame_words(step.frame, step)
        after = self.after
        root = root_hash(step.now.accounts)
        cursor = after.cursor if step.phase is Phase.DESTROY else self._running
        return Machine(root, cursor, after.env.hash, after.ring.root, self._tx_words(step), frame)

    def step_at(self, index: int) -> RecordedStep:
        """Return what was recorded before step ``index``, from 1 on; runs the transaction again if it was dropped.

        Raises StepOutsideTrace if there is no such step.
        """
        if self.execution is None or not 1 <= index < len(self):
            raise StepOutsideTrace(index, len(self))
        found = self._at_hand(index)
        if found is None:
            self._replay(range(index - WINDOW, index + WINDOW))
            found = self._window.step(index)
            assert found is not None
        return found

    def load(self, wanted: Iterable[int]) -> None:
        """Make sure that these steps are at hand, with at most one more run."""
        needed = {index for index in wanted if 1 <= index < len(self)}
        if self.execution is not None and any(self._at_hand(index) is None for index in needed):
            self._replay(needed)

    def _at_hand(self, index: int) -> RecordedStep | None:
        return self._recorder.step(index) or self._window.step(index)

    def _replay(self, wanted: Collection[int]) -> None:
        """Run as far as the last wanted step."""
        assert self.execution is not None
        self._window = WindowRecorder(wanted)
        with _collector_paused(), suppress(PastWanted):
            self.execution.run(self._window)

    def name_at(self, index: int) -> str:
        """Return the opcode's mnemonic, or what else the step does: INPUT, ACCESS, END, DESTROY, PRECOMPILE."""
        if index == 0:
            return "INPUT"
        if self.execution is None or not 1 <= index < len(self):
            raise StepOutsideTrace(index, len(self))
        return self._recorder.name(index)

    def named(self, name: str) -> Iterator[int]:
        """Give the numbers of the steps with this name, in order; step 0 is not among them."""
        return iter(()) if self.execution is None else self._recorder.named(name)

    def memory_at(self, step: RecordedStep) -> MemoryTree:
        """Return the running frame's memory before a step; good until the next call."""
        assert step.frame is not None
        return self._memory(step.frame, step.writes)

    def parent_memory(self, frame: FrameRecord) -> MemoryTree:
        """Return the memory of the frame that waits for ``frame``; good until the next call."""
        assert frame.parent is not None and frame.suspended is not None
        return self._memory(frame.parent, frame.suspended.writes)

    def calldata(self, frame: FrameRecord) -> bytes:
        """Return what a frame was called with."""
        if frame.calldata is not None:
            return frame.calldata
        return self.parent_memory(frame).read(frame.input_offset, frame.calldata_size)

    def parent_words(self, frame: FrameRecord) -> FrameWords | None:
        """Return the words of the frame that waits for ``frame``; None for the top frame."""
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
        call = self._recorder.call
        assert call is not None
        now = step.now
        in_destroy = step.phase is Phase.DESTROY
        return TxWords(
            step.phase,
            call.origin,
            call.gas_price,
            call.tip,
            call.gas_limit,
            step.gas_left,
            root_hash(now.scratch),
            now.refund,
            chain_hash(now.logs),
            chain_hash(step.entry if in_destroy else now.destroyed),
            chain_hash(step.entry) if step.phase is Phase.ACCESS else ZERO_WORD,
        )

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
        )
