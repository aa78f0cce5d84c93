"""Ethereum's state tests: a sample drawn by seed, proven step by step; the whole of them is `harness conformance`."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.proofs.conformance import BLOB, RANGE, Options, Status, conformance, select_steps
from harness.proofs.errors import NoSuchCase, StateTestUnreadable
from harness.proofs.statetests import find_cases


def test_a_sample_of_the_state_tests_is_proven(state_tests: Path) -> None:
    report = conformance(state_tests, Options(sample=60, seed=7, cross_check=150))
    assert not report.of(Status.FAILED), [(r.name, r.reason) for r in report.of(Status.FAILED)]
    assert {result.reason for result in report.of(Status.SKIPPED)} <= {BLOB, RANGE}
    assert len(report.results) == 60
    assert report.proven > 1_000
    assert report.crossed == 150


def test_the_state_tests_are_those_that_the_repository_holds(state_tests: Path) -> None:
    assert state_tests.resolve().is_relative_to(Path(__file__).resolve().parents[1])


def test_two_processes_give_the_same_report(state_tests: Path) -> None:
    alone, together = (
        conformance(state_tests, Options(match="stE", sample=12, cross_check=0, jobs=jobs)) for jobs in (1, 2)
    )
    assert alone.results == together.results
    assert len({result.path for result in alone.results}) > 2


def test_py_evm_proves_what_pyrevm_proves(state_tests: Path) -> None:
    fast, slow = (
        conformance(state_tests, Options(match="stEIP1", sample=2, cross_check=0, evm=evm))
        for evm in ("pyrevm", "py-evm")
    )
    assert fast.results == slow.results
    assert fast.summary == "cases: 2 passed, 0 failed, 0 skipped"


def test_an_invalid_transaction_is_judged_by_the_input_step(state_tests: Path) -> None:
    invalid = [case for case in find_cases(state_tests) if case.expects_exception is not None]
    assert invalid
    name = invalid[0].name
    report = conformance(invalid[0].path, Options(match=name, cross_check=1))
    assert [(result.status, result.proven) for result in report.results if result.name == name] == [(Status.PASSED, 1)]


def test_a_long_case_gives_its_ends_and_a_drawn_middle(state_tests: Path) -> None:
    case = next(find_cases(state_tests))
    steps = select_steps(case, 50_000, Options(seed=3))
    assert len(steps) == len(set(steps)) == 4_500
    assert steps[:2_000] == list(range(2_000))
    assert steps[-500:] == list(range(49_500, 50_000))
    assert steps == select_steps(case, 50_000, Options(seed=3)) == sorted(steps)
    assert steps != select_steps(case, 50_000, Options(seed=4))
    assert len(select_steps(case, 50_000, Options(all_steps=True))) == 50_000
    assert len(select_steps(case, 10_000, Options())) == 10_000


def spoil(state_tests: Path, folder: Path, change: Any) -> Path:
    """A state test with something changed."""
    source = next(path for path in sorted((state_tests / "stExample").rglob("*.json")) if "Cancun" in path.read_text())
    document = json.loads(source.read_text())
    change(next(test for test in document.values() if "Cancun" in test["post"]))
    target = folder / "spoiled.json"
    target.write_text(json.dumps(document))
    return target


def test_a_wrong_state_root_fails_the_case(
    state_tests: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = spoil(state_tests, tmp_path, lambda test: test["post"]["Cancun"][0].update(hash="0x" + "11" * 32))
    assert main(["conformance", str(path), "--cross-check", "0", "--jobs", "1"]) == 1
    out = capsys.readouterr().out
    assert "expected 0x" + "11" * 32 in out
    last = out.strip().splitlines()[-1]
    assert last.startswith("cases: ") and " 1 failed, " in last


def test_a_failed_case_is_reported_with_the_line_that_proves_it_again(
    state_tests: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = spoil(state_tests, tmp_path, lambda test: test["post"]["Cancun"][0].update(hash="0x" + "11" * 32))
    assert main(["conformance", str(path), "--cross-check", "0", "--jobs", "1", "--seed", "5"]) == 1
    again = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("  again: harness "))
    assert main(shlex.split(again)[2:]) == 1
    assert "cases: 0 passed, 1 failed, 0 skipped" in capsys.readouterr().out


def test_an_interrupted_run_says_how_far_it_came(
    state_tests: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness.proofs import conformance as module

    proven = module._run_file
    calls: list[Path] = []

    def interrupted(path: Path, *rest: Any) -> Any:
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(path)
        return proven(path, *rest)

    monkeypatch.setattr(module, "_run_file", interrupted)
    assert main(["conformance", str(state_tests), "--match", "stEIP1", "--jobs", "1"]) == 130
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "interrupted: 2 of 5 cases were proven"


def test_the_command_ends_with_its_counts(state_tests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conformance", str(state_tests), "--match", "stEIP3607", "--cross-check", "2", "--jobs", "1"]) == 0
    lines = capsys.readouterr().out.strip().splitlines()
    assert lines[-1].startswith("cases: ") and lines[-1].endswith(" 0 failed, 0 skipped")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda test: test.update(surprise=1), "surprise"),
        (lambda test: test["env"].update(currentMood="good"), "currentMood"),
        (lambda test: test["transaction"].update(colour="red"), "colour"),
        (lambda test: test["post"]["Cancun"][0].pop("hash"), "lacks hash"),
        (lambda test: test.pop("pre"), "lacks pre"),
    ],
)
def test_a_state_test_with_unknown_or_missing_fields_is_refused(
    state_tests: Path, tmp_path: Path, change: Any, named: str
) -> None:
    path = spoil(state_tests, tmp_path, change)
    with pytest.raises(StateTestUnreadable, match=named) as caught:
        conformance(path, Options())
    assert caught.value.path == str(path)


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(StateTestUnreadable, match="no JSON"):
        conformance(tmp_path, Options())


def test_a_folder_without_cases_is_refused(tmp_path: Path, state_tests: Path) -> None:
    with pytest.raises(NoSuchCase):
        conformance(tmp_path, Options())
    with pytest.raises(NoSuchCase, match="no such test"):
        conformance(state_tests, Options(match="no such test"))
    with pytest.raises(StateTestUnreadable, match="no such file"):
        conformance(tmp_path / "nowhere", Options())
