"""How each layer tells the steps of a case: a row for each layer and fork that is compared."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from harness.chain.pyevm.steps import L1Step, telling
from harness.primitives.opcodes import Fork
from harness.proofs.machine import Phase
from harness.proofs.on_l1 import applied_on_l1
from harness.proofs.oracle.steps import PRECOMPILE, Stacks, Step, Told
from harness.proofs.recorder import FrameRecord, RecordedStep, StepRecorder
from harness.proofs.stack import Cell, to_int
from harness.proofs.statetests import Case, logs_hash
from harness.proofs.trace import Execution
from harness.rollup.errors import InvalidTransaction
from harness.rollup.machine import opcodes as l2
from harness.rollup.machine.validity import decode

_ALL = 1 << 62
"""More steps than a transaction has: the recorder keeps them all."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A machine to compare: its layer, its fork, what tells its steps, and the types of transactions that it takes."""

    layer: str
    fork: Fork
    tell: Callable[[Case], Told]
    types: tuple[int, ...] = (0, 1, 2)

    @property
    def name(self) -> str:
        """The layer and the fork, as in "l2-cancun"."""
        return f"{self.layer}-{self.fork.name.lower()}"


def told_by_l2(case: Case) -> Told:
    """Return what L2's recorder keeps of a case.

    Steps between opcodes are L2's own, and left out. A lookup and its call are two steps of L2 and one of Ethereum: the
    frame before the lookup is compared, and the one after the call.
    """
    recorder = StepRecorder(kept=_ALL)
    try:
        transaction = decode(case.raw, case.chain_id, case.fork)
        outcome = Execution(case.state, case.env, case.ring, transaction).run(recorder)
    except InvalidTransaction as error:
        return Told(refused=str(error))
    steps: list[Step] = []
    halted: set[int] = set()
    stacks, cells, is_looked_up = Stacks(), _Cells(), False
    for number in range(1, recorder.count):
        step = recorder.step(number)
        assert step is not None
        frame = step.frame
        if step.phase is not Phase.EXECUTE or frame is None:
            continue
        if not is_looked_up:
            steps.append(_recorded(step, frame, *stacks.tell(cells.items(step.stack, step.size))))
        ends_here = frame.end == number
        is_looked_up = step.opcode == l2.LOOKUP and not ends_here
        if ends_here and frame.error == l2.RangeAboveBound.__name__:
            halted.add(len(steps) - 1)
    logs = logs_hash((log.address, log.topics, log.data) for log in outcome.logs)
    return Told(tuple(steps), outcome.state.root, logs, halted=frozenset(halted))


class _Cells:
    """Reads stacks that share cells with the one before without reading those again."""

    def __init__(self) -> None:
        self._cells: list[Cell] = []
        self._items: list[int] = []

    def items(self, top: Cell | None, size: int) -> list[int]:
        """Return the items of a stack, the top last. The list is valid until the next call."""
        new: list[Cell] = []
        while top is not None and not (size <= len(self._cells) and self._cells[size - 1] is top):
            new.append(top)
            top, size = top.rest, size - 1
        new.reverse()
        self._cells[size:] = new
        self._items[size:] = (to_int(cell.value) for cell in new)
        return self._items


def _recorded(step: RecordedStep, frame: FrameRecord, kept: int, items: tuple[int, ...]) -> Step:
    """Return a recorded step of a frame as it is compared."""
    opcode = step.opcode
    assert opcode is not None
    if opcode == l2.PRECOMPILE:
        opcode = PRECOMPILE + int.from_bytes(frame.code_address, "big")
    elif opcode == l2.LOOKUP:
        opcode = frame.code[step.pc]
    refund, returndata = step.now.refund, zlib.crc32(step.returndata)
    return Step(frame.depth, step.pc, opcode, step.gas, 32 * step.words, refund, returndata, kept, items)


def told_by_l1(case: Case) -> Told:
    """Return the steps of a case on L1's machine."""
    steps: list[Step] = []
    stacks = Stacks()

    def note(step: L1Step) -> None:
        precompile = step.precompile
        opcode = step.opcode if precompile is None else PRECOMPILE + int.from_bytes(precompile, "big")
        returndata, stack = zlib.crc32(step.returndata), stacks.tell(step.stack)
        steps.append(Step(step.depth, step.pc, opcode, step.gas, step.memory, step.refund, returndata, *stack))

    applied = applied_on_l1(case, telling(case.fork, note))
    if applied.refusal is not None:
        return Told(refused=str(applied.refusal))
    return Told(tuple(steps), applied.root, logs_hash(applied.logs))


_ROWS = (
    Lane("l2", Fork.CANCUN, told_by_l2),
    Lane("l2", Fork.PRAGUE, told_by_l2, (0, 1, 2, 4)),
    Lane("l2", Fork.OSAKA, told_by_l2, (0, 1, 2, 4)),
    Lane("l1", Fork.PRAGUE, told_by_l1, (0, 1, 2, 4)),
    Lane("l1", Fork.OSAKA, told_by_l1, (0, 1, 2, 4)),
)

LANES: Mapping[str, Lane] = MappingProxyType({lane.name: lane for lane in _ROWS})
"""The machines that are compared, by name."""
