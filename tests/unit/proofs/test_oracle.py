"""How steps are compared: every field counts, and only L2's bound of memory ranges ends a comparison early."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from harness import tools
from harness.errors import ToolNotFound
from harness.primitives.opcodes import Fork, Opcode, opcodes_of
from harness.proofs.errors import OracleFailed
from harness.proofs.oracle import worker
from harness.proofs.oracle.cases import drawn_case
from harness.proofs.oracle.lanes import LANES, Lane
from harness.proofs.oracle.steps import (
    BOUND,
    PRECOMPILE,
    RANGE_RULE,
    RANGES,
    Comparison,
    Stacks,
    Step,
    Told,
    compare,
    is_beyond_bound,
    stack_at,
)
from harness.rollup.machine.opcodes import RANGE_BOUND

KECCAK256 = 0x20


def told(*stacks: list[int], opcode: int = KECCAK256, halted: frozenset[int] = frozenset(), root: bytes = b"r") -> Told:
    """Steps with these stacks, otherwise alike but for their pc."""
    teller = Stacks()
    steps = tuple(Step(0, pc, opcode, 100, 0, 0, 0, *teller.tell(stack)) for pc, stack in enumerate(stacks))
    return Told(steps, root, b"l", halted=halted)


@pytest.mark.parametrize("field", Step._fields)
def test_a_difference_in_any_field_is_found_at_its_step(field: str) -> None:
    ours = told([1], [1, 2], [1, 2, 3])
    changed = {field: (9,) if field == "items" else 77}
    theirs = Told((ours.steps[0], ours.steps[1]._replace(**changed), ours.steps[2]), ours.root, ours.logs)  # type: ignore[arg-type]
    outcome = compare(ours, theirs)
    assert outcome.steps == 1
    assert outcome.difference.startswith("step 1 (opcode 0x20, pc 1, depth 0): ")
    assert ("stack" if field in ("kept", "items") else f"{field} ") in outcome.difference


def test_a_difference_in_what_is_left_is_found() -> None:
    assert "root 0x72, by the specification 0x78" in compare(told([1]), told([1], root=b"x")).difference
    other = Told(told([1]).steps, b"r", b"x")
    assert "logs 0x6c, by the specification 0x78" in compare(told([1]), other).difference


def test_a_step_that_only_one_takes_is_found() -> None:
    one, two = told([1]), told([1], [1, 2])
    assert "step 1 (opcode 0x20, pc 1, depth 0): only ours takes it" in compare(two, one).difference
    assert "only the specification takes it" in compare(one, two).difference


def test_a_transaction_that_only_one_refuses_is_found() -> None:
    refused = Told(refused="why")
    assert compare(refused, told([1])).difference == "refused: why, by the specification: no"
    assert compare(told([1]), refused).difference == "refused: no, by the specification: why"
    assert compare(refused, Told(refused="another reason")) == Comparison(0)


def test_the_comparison_ends_where_only_l2_halts_by_its_bound() -> None:
    beyond = [BOUND + 1, 0]
    ours = told(beyond, [0], halted=frozenset({0}))
    theirs = told(beyond, [5])
    assert compare(ours, theirs) == Comparison(1, rule=RANGE_RULE)
    shorter = told(beyond, halted=frozenset({0}))
    assert compare(shorter, theirs) == Comparison(1, rule=RANGE_RULE)
    assert compare(shorter, told(beyond, root=b"x")) == Comparison(1, rule=RANGE_RULE)


def test_nothing_else_ends_a_comparison() -> None:
    for stack in ([BOUND, 0], [1, BOUND + 1]):
        theirs = told(stack, [5], [6])
        within = told(stack, [0], halted=frozenset({0}))
        assert "step 1" in compare(within, theirs).difference, "L2 halts within its bound"
    beyond = told([BOUND + 1, 0], [5], [6])
    assert "step 1" in compare(told([BOUND + 1, 0], [0]), beyond).difference, "L2 does not halt by its bound"
    later = told([BOUND + 1, 0], [5], [7], halted=frozenset({0}))
    assert "step 2" in compare(later, beyond).difference, "both go on alike after the bound"


def test_the_bound_is_that_of_the_machine_on_the_same_operands() -> None:
    """Two tables, each written by itself: the machine's, and the one that excuses a difference."""
    assert BOUND == RANGE_BOUND
    machine = {
        int(row): sorted(tuple(each) for each in row.ranges) for row in opcodes_of(Fork.OSAKA).values() if row.ranges
    }
    assert {opcode: sorted(ranges) for opcode, ranges in RANGES.items()} == machine
    assert is_beyond_bound(0x20, [BOUND + 1, 0])
    assert not is_beyond_bound(0x20, [BOUND, BOUND + 1]), "a far range"
    assert not is_beyond_bound(0x51, [BOUND + 1]), "a far word"
    assert not is_beyond_bound(0x20, [BOUND + 1]), "too short a stack"


def test_stacks_come_back_whole() -> None:
    rnd = random.Random(1)
    stacks: list[list[int]] = [[]]
    for _ in range(300):
        stack = list(stacks[-1])
        del stack[rnd.randrange(len(stack) + 1) :]
        stacks.append(stack + [rnd.randrange(3) for _ in range(rnd.randrange(40))])
    steps = told(*stacks).steps
    assert [stack_at(steps, number) for number in range(len(stacks))] == stacks


def test_a_seed_draws_the_same_transaction_again() -> None:
    for lane in LANES.values():
        one, again, other = (drawn_case(lane.fork, lane.types, seed) for seed in (3, 3, 4))
        assert (one.document, one.raw) == (again.document, again.raw)
        assert one.raw != other.raw


def test_the_draws_have_every_type_of_transaction_and_creations() -> None:
    for lane in LANES.values():
        raws = [drawn_case(lane.fork, lane.types, seed) for seed in range(60)]
        assert {case.raw[0] if case.raw[0] < 0xC0 else 0 for case in raws} == set(lane.types)
        assert {case.document["transaction"]["to"] == "" for case in raws} == {False, True}


def test_no_drawn_transaction_is_refused_and_most_run_for_a_while() -> None:
    lane = LANES["l2-cancun"]
    drawn = [lane.tell(drawn_case(lane.fork, lane.types, seed)) for seed in range(60)]
    assert {each.refused for each in drawn} == {""}
    assert sum(len(each.steps) > 10 for each in drawn) > 30
    assert any(each.halted for each in drawn)


@pytest.mark.parametrize("lane", LANES.values(), ids=LANES)
def test_the_draws_meet_what_the_forks_brought(lane: Lane) -> None:
    met = {step.opcode for seed in range(48) for step in lane.tell(drawn_case(lane.fork, lane.types, seed)).steps}
    precompiles = {opcode - PRECOMPILE for opcode in met if opcode >= PRECOMPILE}
    assert (0x100 in precompiles) == (lane.fork >= Fork.OSAKA)
    assert Opcode.CLZ in met or lane.fork < Fork.OSAKA
    assert bool(precompiles & set(range(0x0B, 0x12))) == (lane.fork >= Fork.PRAGUE)
    assert len(met) > 100


def oracle_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str) -> worker.Oracle:
    path = tmp_path / "program.py"
    path.write_text(program)
    monkeypatch.setattr(worker, "_PROGRAM", path)
    monkeypatch.setattr(tools, "specification", lambda: tmp_path)
    return worker.Oracle(limit=9)


LATE = "import os, signal, sys; sys.stdin.readline(); os.kill(os.getpid(), signal.SIGALRM)"
ENDS = "import sys; sys.stdin.readline(); sys.exit(3)"
FAILS = 'import sys\nfor line in sys.stdin: print(\'{"fault": "KeyError: x"}\', flush=True)'


@pytest.mark.parametrize(
    ("program", "reason"),
    [(ENDS, "its process ended with code 3"), (FAILS, "KeyError: x"), (LATE, "no answer within 9 s")],
    ids=["ends", "fails", "takes too long"],
)
def test_an_oracle_that_cannot_say_is_an_error_that_names_the_case(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str, reason: str
) -> None:
    case = drawn_case(Fork.CANCUN, (0,), 7)
    with oracle_of(monkeypatch, tmp_path, program) as oracle, pytest.raises(OracleFailed) as caught:
        oracle.tell(case)
    assert str(caught.value) == f"ethereum-execution fails on seed 7: {reason}"


def test_the_specification_is_installed_once_in_a_folder_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    runs: list[Any] = []

    def install(command: list[str], what: str, folder: Path, extra: Any = None) -> None:
        runs.append((command[1:], what))
        (folder / "ethereum").mkdir()

    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    monkeypatch.setattr(tools, "_run", install)
    folder = tools.specification()
    assert tools.specification() == folder
    assert (folder / "ethereum").is_dir()
    assert len(runs) == 1
    command, what = runs[0]
    assert command[:3] == ["-m", "pip", "install"] and command[-1] == what == tools.SPECIFICATION


def test_a_specification_that_cannot_be_fetched_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: Any) -> None:
        raise ToolNotFound("ethereum-execution", "no network")

    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    monkeypatch.setattr(tools, "_run", refuse)
    with pytest.raises(ToolNotFound):
        tools.specification()
    assert list((tmp_path / "python").iterdir()) == []
