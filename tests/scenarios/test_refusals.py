"""What a scenario's author gets wrong is told as such, and never as a fault of the harness."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.errors import UnknownContract
from harness.scenarios import Scenario, parse, run
from harness.scenarios.errors import ScenarioInvalid
from harness.scenarios.machines import script
from harness.scenarios.sources import Sources
from harness.scenarios.storing import write_whole


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"steps: [{{send: {{to: bob, value: {'9' * 100_000} ether}}}}]", "expected a whole number of wei"),
        (f"sweep: {{{', '.join(f'f{number}: [1, 2, 3, 4, 5, 6, 7, 8, 9]' for number in range(12))}}}", "combinations"),
    ],
)
def test_what_is_too_much_is_refused_at_once(text: str, said: str) -> None:
    with pytest.raises(ScenarioInvalid) as caught:
        parse(f"name: x\n{text}\n", "f.yaml")
    assert said in str(caught.value)
    assert len(str(caught.value)) < 1_000


def test_a_wrong_path_is_not_taken_for_a_built_in_contract_of_that_name() -> None:
    with pytest.raises(UnknownContract, match=r"src/Nope\.sol:Portal"):
        Sources().artifact("src/Nope.sol:Portal")
    assert Sources().artifact("Portal").name == "Portal"


def test_a_read_of_what_is_no_contract_is_an_expectation_that_does_not_hold() -> None:
    """A scenario in Python is not read from a file, which would find it on load."""
    plain = {
        "name": "x",
        "steps": [{"withdraw": {"value": "1 ether", "as": "out"}}, {"run": "confirmed"}],
        "expect": {"reads": [{"call": "out.amount()", "gives": 1}]},
    }
    result = run(Scenario.model_validate(plain))
    (row,) = [row for row in result.expectations if not row.holds]
    assert "out is of type Withdrawal, expected a contract" in row.actual


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("rollup: {genesis: x.json}", "WrongRollupParameter: "),
        ("agents: {mallory: {role: proposer, purse: 1000000000 ether}}", "StepImpossible: the purse of mallory"),
        ("contracts: {DisputeGame: Counter}", ""),
    ],
)
def test_a_set_up_that_fails_is_told_in_the_result(field: str, said: str) -> None:
    """The result is kept, with what was done until then."""
    result = run(parse(f"name: x\n{field}\nsteps: [{{batch: {{number: 1}}}}]\n"))
    (row,) = [row for row in result.expectations if row.what == "the set-up"]
    assert not result.holds
    assert row.actual.startswith(said)
    assert (result.transactions == ()) == ("genesis" in field)


@pytest.mark.parametrize(
    ("gives", "actual", "holds"),
    [("true", "1", False), ("1", "1", True), ("'1'", "1", False), ("'>= 1'", "1", True), ("nobody", "1", False)],
)
def test_a_read_tells_truth_and_text_and_number_apart(gives: str, actual: str, holds: bool) -> None:
    text = f"""
name: x
steps: [{{deploy: {{contract: Counter, as: counter, with: [2]}}}}, {{call: counter.increment()}}]
expect: {{reads: [{{call: counter.number(), gives: {gives}}}]}}
"""
    row = run(parse(text)).expectations[-1]
    assert (row.actual, row.holds) == (actual, holds)
    assert row.expected != row.actual or holds, "a row that does not hold shows a difference"


def test_a_run_that_is_undecided_has_not_ended_within_any_time() -> None:
    text = """
name: x
agents: {mallory: {role: proposer, lie: wrong_fee}}
steps: [{batch: {number: 1, transactions: [{to: bob, value: 1 ether}]}}, {propose: mallory}, {run: claim 3}]
expect: {within: 300 days}
"""
    row = next(row for row in run(parse(text)).expectations if row.what == "within")
    assert not row.holds
    assert row.actual.startswith("undecided after ")


def test_a_file_that_is_handed_on_can_be_read_by_whom_the_umask_lets_read(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        path = write_whole(tmp_path / "report.html", b"text")
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_reorg_of_more_blocks_than_there_are_fails_and_takes_none() -> None:
    steps = "[{mine: 2}, {reorg: {depth: 3, resend: lost}}]"
    result = run(parse(f"name: x\nsteps: {steps}\n"))
    (row,) = [row for row in result.expectations if not row.holds]
    assert row.what == "step 2, reorg"
    assert row.actual == "the reorg: L1 has 2 blocks since the steps began, expected 3 at least"
    assert [record.op for record in result.tape[-2:]] == ["block", "block"]
    assert not any(record.lost for record in result.tape if record.op == "block")
    assert run(parse(f"name: x\nsteps: {steps.replace('3', '2')}\n")).holds


def test_the_scenario_of_a_machine_is_never_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = script.write({"name": "first"}, tmp_path, "OwnMachine", 1)
    before = path.read_text(encoding="utf-8")

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="the disk is full"):
        script.write({"name": "second"}, tmp_path, "OwnMachine", 1)
    assert path.read_text(encoding="utf-8") == before
    assert list(tmp_path.iterdir()) == [path]
