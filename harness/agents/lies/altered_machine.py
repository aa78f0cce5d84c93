"""The machine of a liar: true up to a place, altered there, and from then on a real one, executed opcode by opcode.

py-evm runs the transaction lied about with the harness's recorder in it; just before the first wrong step is recorded
the live machine is altered (an item of its stack, a byte of memory, gas, an account). What follows is what that machine
does, with witnesses for all of its later steps: only the one step into the alteration has none.

Sound, because the recorder keeps before each step what the machine then is, and every later step reads the live machine
only. What a step has fixed already cannot be altered: the program counter, and what frames return to when they revert.
So an alteration within a frame that reverts leaves no mark, and is no lie about the root; the caller looks at that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

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
from harness.rollup.machine.machine import Idle
from harness.rollup.machine.state import (
    AccessLink,
    AccountState,
    DestroyedLink,
    Restored,
    State,
    StateJournal,
    write_slot,
)
from harness.rollup.node.derivation import Direct, Input


@dataclass(frozen=True, slots=True)
class Moment:
    """A machine that runs, before a step. ``frame`` is the computation of its frame; None where there is none."""

    journal: StateJournal
    call: Call
    frame: L2Computation | None


Alteration = Callable[[Moment], None]
"""Changes the live machine; one that finds nothing to change leaves it alone."""


class _Altering:
    """A recorder in front of another one, which alters the machine before step ``at`` is recorded.

    As in `StepRecorder`, a step's number is the count of those before it; the idle machine at the end counts as one.
    """

    def __init__(self, inner: StepRecorder, at: int, alter: Alteration) -> None:
        self.inner = inner
        self.computation_class = inner.computation_class
        self._at = at
        self._alter = alter

    def begin(self, machine: L2Machine, call: Call) -> None:
        self._machine, self._call = machine, call
        self.inner.begin(machine, call)

    def _before_step(self, frame: L2Computation | None) -> None:
        if self.inner.count == self._at:
            self._alter(Moment(self._machine.journal, self._call, frame))

    def enter(self, computation: L2Computation, restored: Restored, parent: L2Computation | None) -> None:
        self._entered = computation
        self.inner.enter(computation, restored, parent)

    def access(self, entry: AccessLink) -> None:
        self._before_step(self._entered)
        self.inner.access(entry)

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

    def destroy(self, entry: DestroyedLink) -> None:
        self._before_step(None)
        self.inner.destroy(entry)

    def finish(self) -> None:
        self._before_step(None)
        self.inner.finish()


@dataclass(frozen=True, slots=True)
class AlteredExecution(Execution):
    """What an input runs on a machine that is altered before its step ``at``; every run is the same."""

    at: int
    alter: Alteration

    def run(self, recorder: StepRecorder | None = None) -> TransactionOutcome:
        # Named, for a class with slots is another one than super() would look for.
        return Execution.run(self, None if recorder is None else _Altering(recorder, self.at, self.alter))  # type: ignore[arg-type]


# -- alterations


def other_item(moment: Moment) -> None:
    """Flip the last bit of the stack's top item."""
    stack = None if moment.frame is None else moment.frame._stack
    if isinstance(stack, CellStack) and stack.size:
        stack.push_int(stack.pop1_int() ^ 1)


def other_byte(offset: int) -> Alteration:
    """Flip the last bit of a byte of memory, if memory reaches so far."""

    def alter(moment: Moment) -> None:
        frame = moment.frame
        if isinstance(frame, RecordedComputation) and offset < len(frame._memory):
            byte = frame._memory.read_bytes(offset, 1)[0]
            frame._memory.write(offset, 1, bytes((byte ^ 1,)))

    return alter


def more_gas(moment: Moment) -> None:
    """Leave the frame one unit of gas more."""
    if moment.frame is not None:
        moment.frame._gas_meter.gas_remaining += 1


def other_account(address: bytes, change: Callable[[AccountState], AccountState]) -> Alteration:
    """Change an account."""
    return lambda moment: moment.journal.write(address, change(moment.journal.account(address)))


def other_slot(address: bytes, slot: int) -> Alteration:
    """Flip the last bit of a storage slot."""
    return other_account(address, lambda old: flipped_slot(old, slot))


def other_transient(address: bytes, slot: int) -> Alteration:
    """Flip the last bit of a slot of transient storage."""

    def alter(moment: Moment) -> None:
        value = int.from_bytes(moment.journal.transient(address, slot), "big")
        moment.journal.write_transient(address, slot, value ^ 1)

    return alter


def flipped_slot(old: AccountState, slot: int) -> AccountState:
    """An account with the last bit of a slot flipped."""
    return AccountState(old.nonce, old.balance, old.code, write_slot(old.storage, slot, old.storage_at(slot) ^ 1))


def richer(old: AccountState) -> AccountState:
    """An account with one wei more."""
    return AccountState(old.nonce, old.balance + 1, old.code, old.storage)


def younger(old: AccountState) -> AccountState:
    """An account that has sent one transaction less."""
    return AccountState(old.nonce - 1, old.balance, old.code, old.storage)


def stack_item(trace: InputTrace, step: int) -> int:
    """The top item of the stack before a step; 0 if there is none."""
    cell = trace.step_at(step).stack
    return 0 if cell is None else to_int(cell.value)


# -- what a liar says of an input


class MadeUp:
    """True up to a step; behind it hashes of no machine until the input is over (if it is not over yet), and from then
    on an idle machine with another state.
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
        """Of an idle step; raises CannotProve for the others."""
        return no_witness(index) if index < len(self.truth) else idle_witness(self.after)


def idle_witness(idle: Idle) -> bytes:
    """What the prover reads for the step of an idle machine that stays as it is."""
    return Witness(machine=to_words(idle.words())).encode()


def altered(taken: Input, at: int, alter: Alteration) -> InputTrace:
    """The trace of a transaction or deposit whose machine is altered before its step ``at``."""
    payload = taken.tx if taken.tx is not None else taken.deposit
    assert payload is not None
    ready = taken.ready
    execution = AlteredExecution(ready.state, ready.env, ready.ring, payload, at, alter)
    return InputTrace(taken.before, execution=execution, cursor=taken.running)


def richer_by_one(idle: Idle, account: bytes) -> Idle:
    """An idle machine in which an account has one wei more."""
    return with_state(idle, idle.state.with_account(account, balance=idle.state.balance(account) + 1))


def with_state(idle: Idle, state: State) -> Idle:
    """An idle machine with another state."""
    return replace(idle, state=state)


@dataclass(frozen=True, slots=True)
class Departure:
    """Where a lie departs: the last true trace index, and what is told of that input and those that follow it."""

    index: int
    traces: Sequence[InputTrace | MadeUp]


class LiarTrace:
    """A trace that is true up to a departure; behind the inputs that are lied about it goes on as another L2, executed
    on top of the lie.
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
        return trace.witness(step) if isinstance(trace, MadeUp) else make_witness(trace, step).encode()
