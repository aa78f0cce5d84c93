"""The coverage gate: each opcode with each outcome that it can have, proven; and each way a frame or a call can end."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from harness.proofs.errors import ProverRejected
from harness.proofs.machine import Phase
from harness.proofs.samples import programs as P
from harness.proofs.samples.scenes import SCENES
from harness.rollup.forks import FORKS, Fork
from harness.rollup.machine.opcodes import OPCODES, opcode_name
from tests.differential.conftest import Lab


def outcome_of(trace: Any, step: int) -> str:
    """How a recorded step ended: success, or the name of the halt."""
    frame = trace.step_at(step).frame
    return frame.error if frame.end == step and frame.ending == "halt" else P.SUCCESS


def last_of(trace: Any, opcode: int) -> int:
    """The last step that runs an opcode."""
    steps = [s for s in range(1, len(trace)) if trace.step_at(s).opcode == opcode]
    assert steps, f"{opcode_name(opcode)} was never reached"
    return steps[-1]


def run_with_gas(lab: Any, code: bytes, gas: int) -> Any:
    """Call code with just so much gas for its frame."""
    return lab.run(code, gas=21_000 + gas)


def starved(lab: Any, opcode: int) -> Any:
    """Traces in which an opcode has less gas than it needs, by one and by much more."""
    code = P.success(opcode)
    full = lab.run(code)
    at = last_of(full, opcode)
    spent = full.step_at(2).gas - full.step_at(at).gas
    low, high = 0, 120_000
    while low < high:  # the least gas with which the step does not halt
        middle = (low + high) // 2
        trace = run_with_gas(lab, code, spent + middle)
        if outcome_of(trace, last_of(trace, opcode)) == P.SUCCESS:
            high = middle
        else:
            low = middle + 1
    drawn = {0, low - 1, *(random.Random(opcode).randrange(low) for _ in range(8))} if low else set()
    for gas in sorted(drawn):
        yield run_with_gas(lab, code, spent + gas)


def prove_cell(lab: Any, trace: Any, opcode: int) -> P.CoverageCell:
    step = last_of(trace, opcode)
    lab.prove(trace, [step])
    return P.CoverageCell(opcode, outcome_of(trace, step))


def test_every_opcode_is_proven_with_every_outcome(lab: Any) -> None:
    proven = set()
    for program in P.programs():
        if program.is_static:
            state = lab.state.with_account(b"\x77" * 20, code=program.code)
            trace = lab.run(P.call(0xFA, b"\x77" * 20), state=state)
        else:
            trace = lab.run(program.code, data=bytes(range(64)))
        cell = prove_cell(lab, trace, program.cell.opcode)
        assert cell == program.cell, f"{opcode_name(cell.opcode)}: {cell.outcome}, not {program.cell.outcome}"
        proven.add(cell)
    for opcode in {cell.opcode for cell in P.expected_cells() if cell.outcome == P.OUT_OF_GAS}:
        for trace in starved(lab, opcode):
            proven.add(prove_cell(lab, trace, opcode))
    missing = [f"{opcode_name(c.opcode)} {c.outcome}" for c in P.expected_cells() if c not in proven]
    assert not missing, f"{len(missing)} cells without a proven step: {', '.join(missing)}"


@pytest.mark.parametrize("fork", FORKS, ids=lambda fork: fork.name)
@pytest.mark.parametrize("word", [0, 1, 2**255, 2**128 - 1])
def test_clz_is_proven_as_an_opcode_of_osaka_alone(fast_host: Any, fork: Fork, word: int) -> None:
    lab = Lab(fast_host, fork)
    trace = lab.run(P.push(word) + b"\x1e")
    cell = prove_cell(lab, trace, 0x1E)
    assert cell.outcome == (P.SUCCESS if fork is Fork.OSAKA else P.UNDEFINED)
    step = last_of(trace, 0x1E)
    with pytest.raises(ProverRejected):  # nothing is proven of such a step without the fork
        lab.verify(trace, step, replace(lab.witness(trace, step), env=()))
    if fork is Fork.OSAKA:
        assert trace.step_at(last_of(trace, 0x1E) + 1).stack.value == 256 - word.bit_length()


@pytest.mark.parametrize("opcode", [row for row in OPCODES.values() if row.ranges], ids=lambda row: row.name)
def test_a_range_that_begins_beyond_the_bound_of_sizes_is_proven(lab: Any, opcode: Any) -> None:
    for operands in P.far_ranges(opcode):
        trace = lab.run(P.store(b"what is copied", 2**20) + P.invocation(opcode, operands), data=bytes(range(64)))
        assert prove_cell(lab, trace, opcode).outcome == P.SUCCESS


@pytest.mark.parametrize("name", sorted(SCENES))
def test_every_way_to_end_is_proven(lab: Any, name: str) -> None:
    scene = SCENES[name]
    state = lab.state
    for address, (code, balance, nonce) in scene.accounts.items():
        state = state.with_account(address, code=code, balance=balance, nonce=nonce)
    trace = lab.run(scene.code, state=state, **dict(scene.fields))
    endings = {(f.kind.name, f.ending, f.error) for f in frames(trace)}
    assert scene.ending in endings, endings
    lab.prove(trace)


def frames(trace: Any) -> list[Any]:
    found = {id(s.frame): s.frame for s in map(trace.step_at, range(1, len(trace))) if s.phase is Phase.EXECUTE}
    return list(found.values())
