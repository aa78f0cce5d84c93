"""What a scenario's author gets wrong is told as such, and never as a fault of the harness."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.errors import UnknownContract
from harness.scenarios import parse, run
from harness.scenarios.errors import ScenarioInvalid
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
    text = """
name: x
steps: [{withdraw: {value: 1 ether, as: out}}, {run: confirmed}]
expect: {reads: [{call: out.amount(), gives: 1}]}
"""
    result = run(parse(text))
    (row,) = [row for row in result.expectations if not row.holds]
    assert "out is of type Withdrawal, expected a contract" in row.actual


def test_a_file_that_is_handed_on_can_be_read_by_whom_the_umask_lets_read(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        path = write_whole(tmp_path / "report.html", b"text")
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o644
