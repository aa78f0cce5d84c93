"""The machine of a liar: a true machine up to one step, altered there, and executed opcode by opcode from then on.

py-evm runs the transaction with the harness's recorder. Just before the recorder records the first wrong step, the live
machine is altered: an item of its stack, a byte of memory, gas, or an account. Then the altered machine runs on. All
its later steps have witnesses. Only the one step into the alteration has none.

This is sound because the recorder keeps the machine before each step, and every later step reads only the live machine.
An alteration cannot change what is already fixed: the program counter, and what a frame returns to when it reverts. So
an alteration within a frame that reverts does not change the root. The caller checks that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from harness.dispute.assertion_trace import STEP_BITS, STEP_MASK, AssertionTrace, no_witness
from harness.primitives.hashing import keccak256, word
from harness.proofs.maker import make_witness
from harness.proofs.recorder import CellStack, RecordedComputation, StepRecorder
from harness.proofs.stack import to_int
from harness.proofs.trace import Execution
from harness.proofs.trace import Trace as InputTrace
from harness.proofs.witness import Witness, to_words
from harness.rollup.machine.evm import L2Computation, L2Machine
from harness.rollup.machine.execution import Call, TransactionOutcome
from harness.rollup.machine.journaled import Journal
from harness.rollup.machine.machine import Idle
from harness.rollup.machine.state import (
    AccountState,
    DestroyedLink,
    PendingLink,
    Restored,
    State,
    write_slot,
)
from harness.rollup.node.derivation import Direct, Input


@dataclass(frozen=True, slots=True)
class RunningMachine:
    """The live machine before a step. ``frame`` is the computation of its frame; None between frames."""

    journal: Journal
    call: Call
    frame: L2Computation | None


Alteration = Callable[[RunningMachine], None]
"""Changes the live machine, if it finds what to change."""


class _AlteringRecorder:
    """A recorder in front of another one. It alters the machine before the inner one records step ``at``.

    Steps are numbered as in `StepRecorder`. The idle machine at the end counts as a step.
    """

    def __init__(self, inner: StepRecorder, at: int, alter: Alteration) -> None:
        self.inner = inner
        self.computation_class = inner.computation_class
        self._at = at
        self._alter = alter

    def begin(self, machine: L2Machine, call: Call, target: bytes) -> None:
        self._machine, self._call = machine, call
        if self.inner.unwritten is not None:
            self._before_step(None)
        self.inner.begin(machine, call, target)

    def sender(self) -> None:
        self._before_step(None)
        self.inner.sender()

    def _before_step(self, frame: L2Computation | None) -> None:
        """Alter the machine if the next step is the one to alter before."""
        if self.inner.count == self._at:
            self._alter(RunningMachine(self._machine.journal, self._call, frame))

    def enter(self, computation: L2Computation, restored: Restored, parent: L2Computation | None) -> None:
        self.inner.enter(computation, restored, parent)

    def prepare(self, entry: PendingLink) -> None:
        self._before_step(None)
        self.inner.prepare(entry)

    def open(self) -> None:
        self._before_step(None)
        self.inner.open()

    def steps_of(self, computation: L2Computation) -> Callable[[int, int], None]:
        record = self.inner.steps_of(computation)

        def note(pc: int, opcode: int) -> None:
            self._before_step(computation)
            record(pc, opcode)

        return note

    def leave(self, computation: L2Computation) -> None:
        self.inner.leave(computation)

    def end(self, gas_left: int) -> None:
        self._before_step(None)
        self.inner.end(gas_left)

    def fee(self) -> None:
        self._before_step(None)
        self.inner.fee()

    def destroy(self, entry: DestroyedLink) -> None:
        self._before_step(None)
        self.inner.destroy(entry)

    def finish(self) -> None:
        self._before_step(None)
        self.inner.finish()


@dataclass(frozen=True, slots=True)
class AlteredExecution(Execution):
    """The execution of an input on a machine that is altered before step ``at``. Every run gives the same outcome."""

    at: int = field(kw_only=True)
    alter: Alteration = field(kw_only=True)

    def run(self, recorder: StepRecorder | None = None) -> TransactionOutcome:
        # No super(): a dataclass with slots replaces the class that super() refers to.
        return Execution.run(self, None if recorder is None else _AlteringRecorder(recorder, self.at, self.alter))  # type: ignore[arg-type]


# -- alterations


def flip_stack_item(running: RunningMachine) -> None:
    """Flip the last bit of the stack's top item."""
    stack = None if running.frame is None else running.frame._stack
    if isinstance(stack, CellStack) and stack.size:
        stack.push_int(stack.pop1_int() ^ 1)


def flip_memory_byte(offset: int) -> Alteration:
    """Flip the last bit of a byte of memory, if memory is that long."""

    def alter(running: RunningMachine) -> None:
        frame = running.frame
        if isinstance(frame, RecordedComputation) and offset < len(frame._memory):
            byte = frame._memory.read_bytes(offset, 1)[0]
            frame._memory.write(offset, 1, bytes((byte ^ 1,)))

    return alter


def add_gas(running: RunningMachine) -> None:
    """Give the frame one more unit of gas."""
    if running.frame is not None:
        running.frame._gas_meter.gas_remaining += 1


def change_account(address: bytes, change: Callable[[AccountState], AccountState]) -> Alteration:
    """Change an account."""
    return lambda running: running.journal.write(address, change(running.journal.account(address)))


def each_of(*alterations: Alteration) -> Alteration:
    """Make several alterations."""

    def alter(running: RunningMachine) -> None:
        for one in alterations:
            one(running)

    return alter


def flip_storage_slot(address: bytes, slot: int) -> Alteration:
    """Flip the last bit of a storage slot."""
    return change_account(address, lambda old: flipped_slot(old, slot))


def flip_transient_slot(address: bytes, slot: int) -> Alteration:
    """Flip the last bit of a slot of transient storage."""

    def alter(running: RunningMachine) -> None:
        value = int.from_bytes(running.journal.transient(address, slot), "big")
        running.journal.write_transient(address, slot, value ^ 1)

    return alter


def flipped_slot(old: AccountState, slot: int) -> AccountState:
    """Return an account with the last bit of a slot flipped."""
    return AccountState(old.nonce, old.balance, old.code, write_slot(old.storage, slot, old.storage_at(slot) ^ 1))


def more_wei(wei: int = 1) -> Callable[[AccountState], AccountState]:
    """Give an account more wei, or less if ``wei`` is negative."""
    return lambda old: AccountState(old.nonce, old.balance + wei, old.code, old.storage)


def one_nonce_less(old: AccountState) -> AccountState:
    """Return an account with a nonce that is lower by 1."""
    return AccountState(old.nonce - 1, old.balance, old.code, old.storage)


def stack_item(trace: InputTrace, step: int) -> int:
    """Return the top item of the stack before a step; 0 if the stack is empty."""
    cell = trace.step_at(step).stack
    return 0 if cell is None else to_int(cell.value)


# -- traces of a liar


class MadeUpTrace:
    """A trace of an input that is true up to a step. Then it has hashes of no machine until the input ends, and an idle
    machine with another state after that.
    """

    def __init__(self, truth: InputTrace, last: int, after: Idle) -> None:
        self.truth = truth
        self.last = last
        self.after = after

    def hash_at(self, index: int) -> bytes:
        if index <= self.last:
            return self.truth.hash_at(index)
        if index >= len(self.truth):
            return self.after.root
        return keccak256(b"lie" + self.truth.hash_at(index) + word(index))

    def witness(self, index: int) -> bytes:
        """Return the witness of an idle step. Raises CannotProve for the others."""
        return no_witness(index) if index < len(self.truth) else idle_witness(self.after)


def idle_witness(idle: Idle) -> bytes:
    """Return the witness of a step of an idle machine that stays idle."""
    return Witness(machine=to_words(idle.words())).encode()


def altered_trace(taken: Input, at: int, alter: Alteration) -> InputTrace:
    """Return the trace of a transaction or deposit whose machine is altered before its step ``at``."""
    payload = taken.tx if taken.tx is not None else taken.deposit
    assert payload is not None
    ready = taken.ready
    execution = AlteredExecution(ready.state, ready.env, ready.ring, payload, taken.unwritten, at=at, alter=alter)
    return InputTrace(taken.before, execution=execution, cursor=taken.running)


def with_one_more_wei(idle: Idle, account: bytes) -> Idle:
    """Return an idle machine in which an account has one more wei."""
    return with_state(idle, idle.state.with_account(account, balance=idle.state.balance(account) + 1))


def with_state(idle: Idle, state: State) -> Idle:
    """Return an idle machine with another state."""
    return replace(idle, state=state)


@dataclass(frozen=True, slots=True)
class Departure:
    """The departure of a lie: the last true trace index, and the lying traces of that input and the next ones."""

    index: int
    traces: Sequence[InputTrace | MadeUpTrace]


class LiarTrace:
    """A trace that is true up to a departure. After the lying traces it goes on as another L2, which executes the later
    inputs on top of the lie.
    """

    def __init__(self, truth: AssertionTrace, departure: Departure) -> None:
        self.truth = truth
        self.index = departure.index
        self.number = departure.index >> STEP_BITS
        self.traces = departure.traces
        after = departure.traces[-1].after
        rest = [batch for batch in truth.batches if batch.index >= after.cursor.batch]
        self._tail = AssertionTrace(after, rest, truth.messages, Direct(), truth.recordings)
        self._tail_from = (self.number + len(departure.traces)) << STEP_BITS

    @property
    def after(self) -> Idle:
        """The liar's machine at the end of the range."""
        return self._tail.after

    def hash_at(self, index: int) -> bytes:
        if index <= self.index:
            return self.truth.hash_at(index)
        if index >= self._tail_from:
            return self._tail.hash_at(index - self._tail_from)
        return self.traces[(index >> STEP_BITS) - self.number].hash_at(index & STEP_MASK)

    def witness(self, index: int) -> bytes:
        if index < self.index:
            return self.truth.witness(index)
        if index >= self._tail_from:
            return self._tail.witness(index - self._tail_from)
        trace, step = self.traces[(index >> STEP_BITS) - self.number], index & STEP_MASK
        if index == self.index or step == 0:
            return no_witness(index)
        return trace.witness(step) if isinstance(trace, MadeUpTrace) else make_witness(trace, step).encode()
