"""Ethereum's specification in Python tells the same of each step of random programs as the machines of both layers."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.cli import main
from harness.errors import ToolNotFound
from harness.primitives.opcodes import Fork, Opcode
from harness.proofs.errors import OracleFailed
from harness.proofs.oracle import run
from harness.proofs.oracle.cases import case_of
from harness.proofs.oracle.lanes import LANES, Lane
from harness.proofs.oracle.programs import CONTRACTS, push
from harness.proofs.oracle.run import compare_drawn
from harness.proofs.oracle.steps import BOUND, RANGE_RULE, Comparison, compare
from harness.proofs.oracle.worker import Oracle
from harness.proofs.recorder import CellStack, StepRecorder
from harness.rollup.machine.evm import L2Computation
from harness.rollup.machine.rules import rules_of
from tests.support.oracle import NO_SPECIFICATION

PROGRAMS = 300
DRAWN_BY_HYPOTHESIS = 60


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    """One process for all programs."""
    try:
        opened = Oracle()
    except ToolNotFound:
        pytest.skip(NO_SPECIFICATION)
    with opened:
        yield opened


def compare_code(oracle: Oracle, lane: Lane, code: bytes, seed: int = 0) -> Comparison:
    """Compare a transaction that runs ``code`` in each contract; what else it has is drawn."""
    codes = [code] * len(CONTRACTS)
    case = case_of(lane.fork, 2, codes, random.Random(seed), "a given program", delegates=4 in lane.types)
    return compare(lane.tell(case), oracle.tell(case))


@pytest.mark.parametrize("lane", LANES.values(), ids=LANES)
def test_the_specification_agrees_on_every_step_of_random_programs(oracle: Oracle, lane: Lane) -> None:
    outcomes = [
        compare_drawn(oracle, lane, seed).outcome for seed in range((PROGRAMS - DRAWN_BY_HYPOTHESIS) // len(LANES))
    ]
    assert [outcome.difference for outcome in outcomes if outcome.difference] == []
    assert sum(outcome.steps for outcome in outcomes) > 1_000


NUMBERS = st.one_of(
    st.integers(0, 300), st.sampled_from((2**255, 2**256 - 1, 49_152, 49_153)), st.integers(0, 2**256 - 1)
)
CALLED = st.sampled_from((*CONTRACTS, *(n.to_bytes(20, "big") for n in (1, 4, 5, 0x0B, 0x100))))
PUSHED = st.one_of(NUMBERS, CALLED.map(lambda address: int.from_bytes(address, "big"))).map(push)
CODES = st.lists(st.one_of(PUSHED, st.integers(0, 255).map(lambda opcode: bytes([opcode]))), max_size=60).map(b"".join)


@settings(max_examples=DRAWN_BY_HYPOTHESIS, deadline=None, derandomize=True, database=None)
@given(lane=st.sampled_from(tuple(LANES.values())), code=CODES, seed=st.integers(0, 2**16))
def test_the_specification_agrees_on_the_smallest_programs(oracle: Oracle, lane: Lane, code: bytes, seed: int) -> None:
    assert compare_code(oracle, lane, code, seed).difference == ""


FAR = {
    "a word behind the bound": (push(BOUND + 1) + b"\x51\x00", ""),
    "a size at the bound": (push(BOUND) + push(BOUND + 1) + b"\x20\x00", ""),
    "a word that no gas pays for": (push(2**40) + b"\x51\x00", ""),
    "a size behind the bound": (push(BOUND + 1) + b"\x5f\x20\x00", RANGE_RULE),
    "nothing, behind the bound": (b"\x5f" + push(BOUND + 1) + b"\x20\x00", ""),
    "a return from behind the bound": (b"\x60\x01" + push(BOUND + 1) + b"\xf3", ""),
    "a return longer than the bound": (push(BOUND + 1) + b"\x5f\xf3", RANGE_RULE),
    "a copy from behind the bound of code": (b"\x60\x01" + push(BOUND + 1) + b"\x5f\x39\x00", ""),
}
"""Programs with ranges of memory, and the rule of L2 that ends their comparison there."""


@pytest.mark.parametrize("lane", LANES.values(), ids=LANES)
@pytest.mark.parametrize("name", FAR)
def test_only_l2_and_only_its_bound_ends_a_comparison_early(oracle: Oracle, lane: Lane, name: str) -> None:
    code, rule = FAR[name]
    outcome = compare_code(oracle, lane, code, seed=1)
    assert (outcome.difference, outcome.rule) == ("", rule if lane.layer == "l2" else "")


@pytest.mark.parametrize("lane", LANES.values(), ids=LANES)
def test_an_opcode_is_executed_only_where_its_fork_has_it(oracle: Oracle, lane: Lane) -> None:
    code = b"\x60\x01" + bytes([Opcode.CLZ]) + b"\x00"
    assert compare_code(oracle, lane, code, seed=1) == Comparison(3 if lane.fork >= Fork.OSAKA else 2)


def price(monkeypatch: pytest.MonkeyPatch) -> None:
    """ADD costs a unit of gas more."""
    rules = rules_of(Fork.CANCUN)
    run: Any = rules.table[Opcode.ADD]

    def dearer(frame: Any) -> None:
        frame.consume_gas(1, "a fault")
        run(frame)

    table = (*rules.table[: Opcode.ADD], dearer, *rules.table[Opcode.ADD + 1 :])
    monkeypatch.setattr(rules, "table", table)


def refund(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refund is a unit of gas short."""
    given = L2Computation.refund_gas
    monkeypatch.setattr(L2Computation, "refund_gas", lambda frame, amount: given(frame, amount - 1))


def memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory grows by a word more than was paid for."""
    given = L2Computation.extend_memory

    def extend(frame: Any, start: int, size: int) -> None:
        given(frame, start, size)
        frame._memory.extend(start, size + 32 if size else 0)

    monkeypatch.setattr(L2Computation, "extend_memory", extend)


def stack(monkeypatch: pytest.MonkeyPatch) -> None:
    """The recorder's SWAP loses an item's lowest bit."""
    given = CellStack.swap

    def swap(cells: Any, position: int) -> None:
        given(cells, position)
        cells.push_int(cells.pop1_int() & ~1)

    monkeypatch.setattr(CellStack, "swap", swap)


def pc(monkeypatch: pytest.MonkeyPatch) -> None:
    """The recorder notes a pc that is one too high."""
    given = StepRecorder.steps_of

    def steps_of(recorder: Any, frame: Any) -> Callable[[int, int], None]:
        record = given(recorder, frame)
        return lambda pc, opcode: record(pc + 1, opcode)

    monkeypatch.setattr(StepRecorder, "steps_of", steps_of)


FAULTS: dict[Callable[[pytest.MonkeyPatch], None], tuple[bytes, int, str]] = {
    price: (b"\x5f\x5f\x01\x00", 3, "gas "),
    refund: (b"\x60\x01\x60\x09\x55\x5f\x60\x09\x55\x00", 6, "refund "),
    memory: (b"\x5f\x60\x20\x52\x00", 3, "memory "),
    stack: (b"\x60\x03\x60\x05\x90\x00", 3, "stack "),
    pc: (b"\x5f\x00", 0, "pc "),
}
"""Faults of L2, a program that meets each, and where the comparison names which field."""


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_is_found_where_it_first_shows(
    oracle: Oracle, monkeypatch: pytest.MonkeyPatch, fault: Callable[[pytest.MonkeyPatch], None]
) -> None:
    code, step, field = FAULTS[fault]
    lane = LANES["l2-cancun"]
    assert compare_code(oracle, lane, code, seed=1).difference == ""
    fault(monkeypatch)
    difference = compare_code(oracle, lane, code, seed=1).difference
    assert difference.startswith(f"step {step} (")
    assert f": {field}" in difference


def test_the_specification_does_not_outlast_its_limit(oracle: Oracle) -> None:
    case = case_of(Fork.CANCUN, 2, [b"\x00"] * len(CONTRACTS), random.Random(0), "a short one", delegates=False)
    assert oracle.tell(case).steps
    with Oracle(limit=0.001) as hasty, pytest.raises(OracleFailed, match=r"no answer within 0\.001 s"):
        hasty.tell(case)


def test_a_program_without_an_end_is_reported_and_the_others_go_on(
    oracle: Oracle, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The machine of one lane hangs on one program, until the kernel's alarm ends its process."""
    lane = LANES["l2-cancun"]

    def tell(case: Any) -> Any:
        if case.name == "seed 3":
            os.kill(os.getpid(), signal.SIGALRM)
        return lane.tell(case)

    monkeypatch.setattr(run, "LANES", {**LANES, lane.name: replace(lane, tell=tell)})
    command = ["conformance", "--oracle", "4", "--seed", "2", "--layer", "l2", "--fork", "cancun", "--jobs", "1"]
    assert main([*command, "--limit", "77"]) == 1
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "DIFFERENT l2-cancun seed 3: no end within 77 s"
    assert shown[-1] == "programs: 3 equal, 1 different"


def test_the_command_reports_each_machine_and_each_difference(
    oracle: Oracle, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["conformance", "--oracle", "6", "--seed", "2", "--layer", "l2", "--fork", "cancun", "--jobs", "1"]
    assert main(command) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[1].split()[:2] == ["l2-cancun", "6"]
    assert told[-1] == "programs: 6 equal, 0 different"
    pc(monkeypatch)
    assert main(command) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("DIFFERENT l2-cancun seed 2: step 0 (")
    assert told[1] == "  again: harness conformance --oracle 1 --seed 2 --layer l2 --fork cancun"
    assert told[-1] == "programs: 0 equal, 6 different"
