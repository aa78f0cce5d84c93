"""Finds the place of a trace index in L2: batch, transaction, opcode, contract and Solidity line."""

from __future__ import annotations

from dataclasses import replace

from harness.chain.knowledge import ContractInfo, Knowledge
from harness.dispute.assertion_trace import STEP_BITS, STEP_MASK, AssertionTrace, StepReport
from harness.proofs.machine import Kind
from harness.proofs.recorder import FrameRecord
from harness.proofs.trace import Trace as InputTrace

_LOOKBACK = 512
"""Steps to search backwards for the last one that belongs to a line of a source file."""


class Places:
    """The places of one assertion's range. L2's ``knowledge`` finds contracts by address and by code."""

    def __init__(self, truth: AssertionTrace, knowledge: Knowledge) -> None:
        self._truth = truth
        self._knowledge = knowledge

    def step(self, index: int) -> StepReport:
        """Describe the step from ``index`` to ``index`` + 1, with the contract's name and line if they are known."""
        report = self._truth.report(index)
        if report.contract is None:
            return report
        trace, step = self._truth.input_trace(report.input), report.step
        frame = trace.step_at(step).frame
        assert frame is not None
        info = self._contract(frame, report.contract)
        if info is None:
            return report
        return replace(report, name=info.name, line=_line(info, trace, step, frame))

    def state(self, index: int) -> str:
        """Describe where the machine is after ``index`` steps, in a few words."""
        number, step = index >> STEP_BITS, index & STEP_MASK
        if number >= len(self._truth.inputs):
            return "end of the range"
        first = self._truth.report(number << STEP_BITS)
        if step == 0:
            return f"{first.item}, at its start"
        taken = self._truth.inputs[number]
        if taken.started is None or step >= len(self._truth.input_trace(number)):
            return f"{first.item}, at its end"
        return f"{first.item}, before step {step}: {self.step(index).code}"

    def _contract(self, frame: FrameRecord, address: str) -> ContractInfo | None:
        if frame.kind is Kind.CREATE:
            return self._knowledge.created_by(frame.code)
        return self._knowledge.running(frame.code) or self._knowledge.at(address)


def _line(info: ContractInfo, trace: InputTrace, step: int, frame: FrameRecord) -> str | None:
    """Return Solidity's file:line of a step of a frame; None if it is not known."""
    searched = range(max(1, step - _LOOKBACK), step + 1)
    trace.load(searched)
    found = [trace.step_at(number) for number in searched]
    executed = [each.pc for each in found if each.frame is frame and each.opcode is not None and each.opcode >= 0]
    return info.line(frame.code, executed, creation=frame.kind is Kind.CREATE)
