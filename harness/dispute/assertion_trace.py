"""The trace of an assertion: what L2 does in its range, as a dispute game counts it.

Trace index = input << 24 | step. Inputs are counted from the parent assertion's end; behind the last one the machine
stays as it is.
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
"""Bytes of recordings that are kept at once."""

_RANGES_KEPT = 16
_LIES_KEPT = 16
_HASHES_KEPT = 1 << 16
"""Games ask for the same states at every turn, of more inputs than are kept recorded."""


@dataclass(frozen=True, slots=True)
class StepReport:
    """One step, for people: ``opcode`` is a mnemonic, or INPUT, ACCESS, END, DESTROY, PRECOMPILE, IDLE.

    ``contract`` is the address whose code runs, ``transaction`` the hash of the L2 transaction or deposit, ``batch``
    the number of the batch; None where there is none. ``name`` is the contract's and ``line`` Solidity's file:line,
    where they are known: `harness.dispute.places` adds them.
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
        """The opcode with its contract and line."""
        where = "" if self.contract is None else f" in {self.name or self.contract}"
        return self.opcode + where + ("" if self.line is None else f" at {self.line}")

    @property
    def short(self) -> str:
        """The step in one short line."""
        return f"{self.code} ({self.item}, step {self.step})"

    @property
    def item(self) -> str:
        """Batch and transaction, or input, in short."""
        inside = "" if self.batch is None else f"batch {self.batch}, "
        return inside + (f"input {self.input}" if self.transaction is None else f"tx 0x{self.transaction.hex()[:8]}…")


class Recordings:
    """Traces of inputs, the latest that were asked for: as many as fit into ``limit`` bytes, and one in any case."""

    def __init__(self, limit: int = RECORDED) -> None:
        self._limit = limit
        self._kept: OrderedDict[tuple[object, int], tuple[InputTrace, int]] = OrderedDict()
        self.weight = 0

    def of(self, owner: object, number: int, taken: Input) -> InputTrace:
        """The trace of an owner's input, recorded when first asked for."""
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
    """The true trace of the batches from ``start`` to ``end`` - 1; ``recordings`` may be shared with other ranges."""

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
        """What a node derives; raises UnknownBatch for one that L1 does not have."""
        batches = [node.inbox.batch(index) for index in range(start, end)]
        return cls(node.idle_after(start), batches, tuple(node.inbox.messages), node.executor, recordings)

    def input_trace(self, number: int) -> InputTrace:
        """The steps of an input, recorded when first asked for."""
        return self.recordings.of(self._owner, number, self.inputs[number])

    # -- as a trace

    def hash_at(self, index: int) -> bytes:
        number, step = index >> STEP_BITS, index & STEP_MASK
        if number >= len(self.inputs):
            return self.after.root
        taken = self.inputs[number]
        if step == 0:
            return taken.before.root
        if taken.tx is None and taken.deposit is None:
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
        """What the step from ``index`` to ``index`` + 1 is."""
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
            identity = taken.message.hash
        return StepReport(index, number, step, name, contract, identity, self.batch_of[number].index)

    def find(self, opcode: str, nth: int = 0) -> int | None:
        """Trace index of the ``nth`` step with this name (a mnemonic, END, ACCESS, ...); None if there are fewer."""
        for index in self.each(opcode):
            if nth == 0:
                return index
            nth -= 1
        return None

    def each(self, opcode: str) -> Iterator[int]:
        """Trace indices of all steps with this name."""
        for number, taken in enumerate(self.inputs):
            if opcode == "INPUT":
                yield number << STEP_BITS
            if taken.tx is None and taken.deposit is None:
                continue
            for step in self.input_trace(number).named(opcode):
                yield number << STEP_BITS | step


class Truths:
    """True traces of a node's ranges, the latest that were asked for: players and people share them, liars too."""

    def __init__(self, node: RollupNode) -> None:
        self.node = node
        self._recordings = Recordings()
        self._kept: OrderedDict[tuple[bytes, ...], AssertionTrace] = OrderedDict()
        self._told: OrderedDict[tuple[AssertionTrace, int], tuple[object, Trace]] = OrderedDict()

    def of(self, start: int, end: int) -> AssertionTrace:
        """The trace of batches ``start`` to ``end`` - 1 as L1 holds them now. Raises UnknownBatch."""
        facts = self.node.facts(start, end)
        found = self._kept.get(facts)
        if found is None:
            found = self._kept[facts] = AssertionTrace.of(self.node, start, end, self._recordings)
            if len(self._kept) > _RANGES_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(facts)
        return found

    def told(self, truth: AssertionTrace, lie: Callable[[Trace], Trace]) -> Trace:
        """What a lie makes of a true trace, the same every time: who asserts it and who defends it share it."""
        key = truth, id(lie)  # Kept beside its lie, so that no other one has this id.
        found = self._told.get(key)
        if found is None:
            found = self._told[key] = lie, lie(truth)
            if len(self._told) > _LIES_KEPT:
                self._told.popitem(last=False)
        self._told.move_to_end(key)
        return found[1]


def no_witness(index: int) -> bytes:
    """Raise what a lying trace raises."""
    raise CannotProve(index)
