"""The trace of an assertion: what L2 does in its range, by the trace indices of a dispute game.

Trace index = input << 24 | step. Input 0 is the first one after the parent assertion's end. After the last input the
machine does not change.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from harness.dispute.trace import CannotProve, Trace
from harness.proofs.inputs import opening_of, trace_of
from harness.proofs.maker import make_witness
from harness.proofs.trace import Trace as InputTrace
from harness.proofs.witness import Witness, to_words
from harness.rollup.codec.messages import Batch, DelayedMessage
from harness.rollup.machine.machine import Idle
from harness.rollup.node.derivation import Direct, Executor, Input, inputs, remaining
from harness.rollup.node.node import RollupNode

STEP_BITS = 24
STEP_MASK = (1 << STEP_BITS) - 1
DEPTH = 40
"""Levels of the tree of a rollup's game: fewer than 2^16 inputs of fewer than 2^24 steps."""

END = 1 << DEPTH

RECORDED = 512 << 20
"""The most bytes of recordings to keep at once."""

_RANGES_KEPT = 16
_LIES_KEPT = 16
_HASHES_KEPT = 1 << 16
"""Hashes to keep. Games ask for the same states at every turn, and of more inputs than have their recordings kept."""


@dataclass(frozen=True, slots=True)
class StepReport:
    """One step, described for people. ``opcode`` is a mnemonic, or INPUT, BLOCK, SENDER, AUTHORIZE, ACCESS, OPEN,
    LOOKUP, PRECOMPILE, END, FEE, DESTROY or IDLE.

    ``contract`` is the address whose code runs. ``transaction`` is the hash of the L2 transaction or deposit, and
    ``batch`` the index of the batch. Each is None if there is none. `harness.dispute.places` adds the contract's
    ``name`` and Solidity's file:line as ``line``, if they are known.
    """

    trace_index: int
    input: int
    step: int
    opcode: str
    contract: str | None
    transaction: bytes | None
    batch: int | None = None
    name: str | None = None
    line: str | None = None

    def __str__(self) -> str:
        at = "" if self.name is None else f" ({self.contract})"
        what = "" if self.transaction is None else f" of transaction 0x{self.transaction.hex()}"
        inside = "" if self.batch is None else f" of batch {self.batch}"
        return f"{self.code}{at}: step {self.step}{what}, input {self.input}{inside}"

    @property
    def code(self) -> str:
        """The opcode, its contract, and its line."""
        where = "" if self.contract is None else f" in {self.name or self.contract}"
        return self.opcode + where + ("" if self.line is None else f" at {self.line}")

    @property
    def short(self) -> str:
        """The step in one short line."""
        return f"{self.code} ({self.item}, step {self.step})"

    @property
    def item(self) -> str:
        """The batch, and the transaction or the input, in short."""
        inside = "" if self.batch is None else f"batch {self.batch}, "
        return inside + (f"input {self.input}" if self.transaction is None else f"tx 0x{self.transaction.hex()[:8]}…")


class Recordings:
    """The traces of inputs that were asked for last: as many as fit into ``limit`` bytes, and at least one."""

    def __init__(self, limit: int = RECORDED) -> None:
        self._limit = limit
        self._kept: OrderedDict[tuple[object, int], tuple[InputTrace, int]] = OrderedDict()
        self.weight = 0

    def of(self, owner: object, number: int, taken: Input) -> InputTrace:
        """Return the trace of an owner's input. Records it if it is not kept."""
        found = self._kept.get((owner, number))
        if found is not None:
            self._kept.move_to_end((owner, number))
            return found[0]
        trace = trace_of(taken)
        weight = trace.weight
        self.weight += weight
        while self._kept and self.weight > self._limit:
            self.weight -= self._kept.popitem(last=False)[1][1]
        self._kept[owner, number] = (trace, weight)
        return trace


class AssertionTrace:
    """The true trace of a range of batches. ``recordings`` may be shared with other ranges."""

    def __init__(
        self,
        before: Idle,
        batches: Sequence[Batch],
        messages: Sequence[DelayedMessage],
        executor: Executor | None = None,
        recordings: Recordings | None = None,
    ) -> None:
        self.before = before
        self.batches = tuple(batches)
        self.messages = messages
        self.executor = executor or Direct()
        self.inputs: list[Input] = []
        self.batch_of: list[Batch] = []
        after = before
        for batch in self.batches:
            begun = after.cursor.opened and after.cursor.batch == batch.index
            for taken in (remaining if begun else inputs)(after, batch, messages, self.executor):
                self.inputs.append(taken)
                self.batch_of.append(batch)
                after = taken.after
        self.after = after
        self.recordings = recordings or Recordings()
        self._owner = object()
        self._hashes: dict[int, bytes] = {}

    @classmethod
    def of(cls, node: RollupNode, start: int, end: int, recordings: Recordings | None = None) -> AssertionTrace:
        """Return the trace that a node derives of batches ``start`` to ``end`` - 1.

        Raises UnknownBatch if L1 does not have one of them.
        """
        batches = [node.inbox.batch(index) for index in range(start, end)]
        return cls(node.idle_after(start), batches, tuple(node.inbox.messages), node.executor, recordings)

    def input_trace(self, number: int) -> InputTrace:
        """Return the trace of one input. Records it if it is not kept."""
        return self.recordings.of(self._owner, number, self.inputs[number])

    # -- as a trace

    def hash_at(self, index: int) -> bytes:
        number, step = index >> STEP_BITS, index & STEP_MASK
        if number >= len(self.inputs):
            return self.after.root
        taken = self.inputs[number]
        if step == 0:
            return taken.before.root
        if taken.steps is not None and step >= taken.steps:
            return taken.after.root
        found = self._hashes.get(index)
        if found is None:
            if len(self._hashes) == _HASHES_KEPT:
                self._hashes.clear()
            found = self._hashes[index] = self.input_trace(number).hash_at(step)
        return found

    def witness(self, index: int) -> bytes:
        number, step = index >> STEP_BITS, index & STEP_MASK
        if number >= len(self.inputs):
            return Witness(machine=to_words(self.after.words())).encode()
        opening = opening_of(self.inputs[number], self.batch_of[number]) if step == 0 else None
        return make_witness(self.input_trace(number), step, opening).encode()

    # -- for people and for lies

    def report(self, index: int) -> StepReport:
        """Return a description of the step from ``index`` to ``index`` + 1."""
        number, step = index >> STEP_BITS, index & STEP_MASK
        if number >= len(self.inputs):
            return StepReport(index, number, step, "IDLE", None, None)
        taken = self.inputs[number]
        trace = self.input_trace(number)
        if step >= len(trace):
            return StepReport(index, number, step, "IDLE", None, None, self.batch_of[number].index)
        name, contract = trace.name_at(step), None
        if step:
            frame = trace.step_at(step).frame
            contract = None if frame is None else "0x" + frame.address.hex()
        identity = taken.tx.hash if taken.tx is not None else None
        if identity is None and taken.message is not None:
            identity = taken.message.transaction_hash
        return StepReport(index, number, step, name, contract, identity, self.batch_of[number].index)

    def each(self, opcode: str) -> Iterator[int]:
        """Yield the trace indices of all steps with this name, in order.

        A name is a mnemonic, or INPUT, BLOCK, SENDER, AUTHORIZE, ACCESS, OPEN, LOOKUP, PRECOMPILE, END, FEE or DESTROY.
        """
        for number, taken in enumerate(self.inputs):
            if opcode == "INPUT":
                yield number << STEP_BITS
            if taken.steps == 1:
                continue
            for step in self.input_trace(number).named(opcode):
                yield number << STEP_BITS | step


class Truths:
    """The true traces of a node's ranges that were asked for last, and what lies make of them. Players share them."""

    def __init__(self, node: RollupNode) -> None:
        self.node = node
        self._recordings = Recordings()
        self._kept: OrderedDict[tuple[bytes, ...], AssertionTrace] = OrderedDict()
        self._lying_traces: OrderedDict[tuple[AssertionTrace, int], tuple[object, Trace]] = OrderedDict()

    def of(self, start: int, end: int) -> AssertionTrace:
        """Return the trace of batches ``start`` to ``end`` - 1 as L1 has them now.

        Raises UnknownBatch if L1 does not have one of them.
        """
        facts = self.node.facts(start, end)
        found = self._kept.get(facts)
        if found is None:
            found = self._kept[facts] = AssertionTrace.of(self.node, start, end, self._recordings)
            if len(self._kept) > _RANGES_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(facts)
        return found

    def lying_trace(self, truth: AssertionTrace, lie: Callable[[Trace], Trace]) -> Trace:
        """Return the trace that a lie makes of a true one. Whoever asserts the lie and whoever defends it share it."""
        key = truth, id(lie)  # The entry keeps its lie alive, so no other lie gets this id.
        found = self._lying_traces.get(key)
        if found is None:
            found = self._lying_traces[key] = lie, lie(truth)
            if len(self._lying_traces) > _LIES_KEPT:
                self._lying_traces.popitem(last=False)
        self._lying_traces.move_to_end(key)
        return found[1]


def no_witness(index: int) -> bytes:
    """Raise CannotProve, as a lying trace does for a step without a witness."""
    raise CannotProve(index)
