"""pytest collects scenario files of a user's project as tests of their own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.scenarios import read, resend

if TYPE_CHECKING:
    from tests.plugin.conftest import Run

COUNTING = """
name: A counter counts
steps:
  - deploy: {contract: Counter, as: counter}
  - call: counter.increment()
expect: {reads: [{call: counter.number(), gives: 1}]}
"""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results go to the folder of the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_a_scenario_file_is_a_test(run: Run) -> None:
    result = run({"tests/counter.scenario.yaml": COUNTING, "tests/test_a.py": "def test_it(): pass"}, "-v")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*counter.scenario.yaml::counter PASSED*"])


def test_other_yaml_is_left_alone(run: Run) -> None:
    files = {"tests/counter.yaml": "a: [", "tests/scenario.yaml": "a: [", "tests/test_a.py": "def test_it(): pass"}
    run(files).assert_outcomes(passed=1)


def test_a_failing_one_shows_its_expectations_and_the_line_that_replays_it(run: Run) -> None:
    result = run({"tests/counter.scenario.yaml": COUNTING.replace("gives: 1", "gives: 2")})
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "A counter counts: * 1 of 4 expectations do not hold.",
            "  ok     conserved: no wei appears or vanishes",
            "  BROKEN counter.number(): expected 2, actual 1",
            "play it again: harness replay *.result.json",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    line = re.search(r"harness replay (\S+)", result.stdout.str())
    assert line is not None
    kept = read(Path(line[1]))
    assert not kept.holds
    assert resend(kept) == []


def test_each_case_of_a_sweep_is_a_test(run: Run) -> None:
    sweep = "sweep: {expect.reads.0.gives: [0, 1, 2]}"
    result = run({"tests/counter.scenario.yaml": COUNTING + sweep}, "-v")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["*::counter?expect.reads.0.gives=1? PASSED*"])


def test_a_mistake_in_a_file_is_an_error_with_its_line(run: Run) -> None:
    result = run({"tests/counter.scenario.yaml": COUNTING.replace("call:", "cal:", 1)})
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*counter.scenario.yaml:5:5: steps?1?.cal: there is no such field; did you mean 'call'?"]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_the_backend_is_that_of_the_option(run: Run) -> None:
    wrong = COUNTING.replace("gives: 1", "gives: 2")
    result = run({"tests/counter.scenario.yaml": wrong}, "--l1=anvil")
    result.stdout.fnmatch_lines(["play it again: harness replay *.anvil.result.json"])
