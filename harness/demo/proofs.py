"""A transaction on L2, opcode by opcode, of which some steps are proven on L1."""

from __future__ import annotations

from harness.demo.stage import Stage
from harness.proofs.step_cli import program, prove
from harness.proofs.step_cli import show as show_steps

_COUNTER = bytes.fromhex("60015f54015f5560075f5fa1")
"""Adds one to slot 0, then emits an empty log with the topic 7."""

_PROVEN = ("INPUT", "ADD", "SSTORE", "LOG1", "END")


def show(stage: Stage) -> None:
    """Show the provable machine."""
    stage.title(
        "The provable machine",
        "A transaction is posted to the inbox on L1 and recorded opcode by opcode. Solidity on L1 then re-executes"
        " single steps from a witness that opens nothing but the state before them.",
    )
    subject = program(_COUNTER)
    show_steps(subject.trace, stage.console, 0, len(subject.trace))
    names = [subject.trace.name_at(step) for step in range(len(subject.trace))]
    for name in _PROVEN:
        prove(subject.trace, subject.opening, subject.host, names.index(name), stage.console)
