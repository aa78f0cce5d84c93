"""Ethereum's state tests: a sample drawn by seed, proven step by step; the whole of them is `harness conformance`."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.errors import NativeLibraryMissing
from harness.primitives.opcodes import Fork
from harness.proofs import conformance as judge
from harness.proofs import hosts
from harness.proofs.conformance import conformance, select_steps
from harness.proofs.errors import NoSuchCase, StateTestUnreadable
from harness.proofs.statetests import find_cases
from harness.proofs.verdicts import BLOB, LIMIT, RANGE, Options, Status
from harness.proofs.workers import run_jobs


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


@pytest.mark.parametrize("limit", ["0", "60"], ids=["in this process", "in a worker"])
def test_an_interrupted_run_says_how_far_it_came(
    state_tests: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    from harness.proofs import conformance as module

    def interrupted(*arguments: Any) -> Any:
        answers = run_jobs(*arguments)
        yield next(answers)
        yield next(answers)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "run_jobs", interrupted)
    command = ["conformance", str(state_tests), "--match", "stEIP1", "--jobs", "1", "--limit", limit]
    assert main(command) == 130
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "interrupted: 2 of 5 cases were proven"
    assert lines[-2] == "cases: 2 passed, 0 failed, 0 skipped"


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


def test_l1_leads_every_state_test_of_its_forks_to_the_published_state(state_tests: Path) -> None:
    report = conformance(state_tests, Options(layer="l1"))
    assert [(r.path, r.name, r.reason) for r in report.results if r.status is not Status.PASSED] == []
    assert len(report.results) > 90
    assert not report.proven


@pytest.mark.parametrize("fork", [Fork.PRAGUE, Fork.OSAKA], ids=lambda fork: fork.name.lower())
def test_a_fork_selects_its_results(state_tests: Path, fork: Fork) -> None:
    report = conformance(state_tests, Options(layer="l1", forks=(fork,)))
    assert {result.directory.partition("/")[0] for result in report.results} == {fork.name.title()}


def test_l2_too_refuses_a_transaction_above_osakas_cap_of_gas(state_tests: Path) -> None:
    report = conformance(state_tests, Options(match="transaction_gas_limit_cap", forks=(Fork.OSAKA,), cross_check=0))
    assert {(r.status, r.reason) for r in report.results} == {(Status.PASSED, ""), (Status.SKIPPED, BLOB)}
    assert report.proven > 8


def spoil_of(state_tests: Path, target: Path, fork: str, change: Any) -> Path:
    """A state test of a fork with something changed, written to ``target``."""
    source = next(path for path in sorted((state_tests / fork).rglob("*.json")) if "eip7951" in path.as_posix())
    document = json.loads(source.read_text())
    change(next(iter(document.values())))
    target.write_text(json.dumps(document))
    return target


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda post: post.update(hash="0x" + "11" * 32), "expected 0x" + "11" * 32),
        (lambda post: post.update(logs="0x" + "22" * 32), "expected 0x" + "22" * 32),
        (
            lambda post: post.update(expectException="Some.Exception"),
            "executed, expected Some.Exception",
        ),
        (lambda post: post.update(txbytes="0x00"), "refused: .*, expected no refusal"),
    ],
    ids=["root", "logs", "executed", "refused"],
)
def test_an_outcome_of_l1_that_differs_fails_the_case(
    state_tests: Path, tmp_path: Path, change: Any, reason: str
) -> None:
    path = spoil_of(state_tests, tmp_path / "a.json", "Osaka", lambda test: change(test["post"]["Osaka"][0]))
    failed = conformance(path, Options(layer="l1")).of(Status.FAILED)
    assert len(failed) == 1
    assert re.search(reason, failed[0].reason)


def test_a_failed_case_of_l1_is_reported_with_the_line_that_judges_it_again(
    state_tests: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def change(test: Any) -> None:
        test["post"]["Osaka"][0]["hash"] = "0x" + "11" * 32

    path = spoil_of(state_tests, tmp_path / "a.json", "Osaka", change)
    assert main(["conformance", str(path), "--layer", "l1", "--fork", "osaka", "--jobs", "1"]) == 1
    again = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("  again: harness "))
    assert "--layer l1 --fork osaka" in again
    assert main(shlex.split(again)[2:]) == 1
    assert "cases: 0 passed, 1 failed, 0 skipped" in capsys.readouterr().out


def test_a_test_with_results_for_unknown_forks_alone_is_refused(state_tests: Path, tmp_path: Path) -> None:
    path = spoil_of(
        state_tests, tmp_path / "a.json", "Osaka", lambda test: test.update(post={"Glamsterdam": test["post"]["Osaka"]})
    )
    with pytest.raises(StateTestUnreadable, match="'Glamsterdam' alone, expected one of Cancun, Prague, Osaka"):
        conformance(path, Options(layer="l1"))


def test_a_fork_that_the_layer_does_not_speak_is_refused(state_tests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conformance", str(state_tests), "--layer", "l1", "--fork", "london"]) == 2
    assert "--fork is 'london', expected one of prague, osaka on l1" in capsys.readouterr().err


def test_a_case_above_the_limit_of_time_is_skipped(state_tests: Path, tmp_path: Path) -> None:
    """A loop that would take minutes stands where a precompile's caller stood."""

    def change(test: Any) -> None:
        for account in test["pre"].values():
            account["code"] = "0x5b600056" if len(account["code"]) > 2 else account["code"]
        test["transaction"]["gasLimit"] = ["0x7fffffffffff"]
        test["env"]["currentGasLimit"] = "0x7fffffffffffffff"
        test["pre"][test["transaction"]["sender"]]["balance"] = "0x" + "f" * 60
        del test["post"]["Prague"][0]["txbytes"]

    source = next(path for path in sorted((state_tests / "Prague").rglob("*.json")) if "eip7702" in path.as_posix())
    document = json.loads(source.read_text())
    name, test = next(iter(document.items()))
    change(test)
    (tmp_path / "a.json").write_text(json.dumps({name: test}))
    (found,) = conformance(tmp_path, Options(layer="l1", limit=0.5)).results
    assert (found.status, found.reason) == (Status.SKIPPED, f"{LIMIT}, 0.5 s")


def test_the_others_go_on_after_a_case_above_the_limit_of_time(
    state_tests: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel's alarm comes to the first file's cases at once, and to no other, however busy the machine is."""
    fault_on_l1 = judge.fault_on_l1

    def late(case: Any) -> str:
        if case.path.name == "a.json":
            os.kill(os.getpid(), signal.SIGALRM)
        return fault_on_l1(case)

    monkeypatch.setattr(judge, "fault_on_l1", late)
    for name in ("a.json", "b.json"):
        spoil_of(state_tests, tmp_path / name, "Osaka", lambda test: None)
    report = conformance(tmp_path, Options(layer="l1", limit=300.0))
    found = {(Path(result.path).name, result.status, result.reason) for result in report.results}
    assert found == {("a.json", Status.SKIPPED, f"{LIMIT}, 300 s"), ("b.json", Status.PASSED, "")}


def test_a_cross_check_that_takes_too_long_is_said(
    state_tests: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel's alarm ends the process that proves on py-evm; the case has passed on pyrevm, and stays so."""

    def hang(fork: Fork) -> Any:
        os.kill(os.getpid(), signal.SIGALRM)

    monkeypatch.setattr(judge, "_l1_of", hang)
    command = ["conformance", str(state_tests), "--match", "stEIP3607", "--sample", "1", "--cross-check", "2"]
    assert main([*command, "--jobs", "1"]) == 0
    shown = capsys.readouterr().out.splitlines()
    late = shown.index(f"not proven on py-evm for {LIMIT}, 300 s: 1")
    assert shown[late + 1].startswith("  stEIP3607/")
    assert shown[late - 1].endswith("on py-evm as well: 0")
    assert shown[-1] == "cases: 1 passed, 0 failed, 0 skipped"


def test_the_table_names_the_evm_that_proved(
    state_tests: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["conformance", str(state_tests), "--match", "stEIP3607", "--sample", "1", "--cross-check", "0"]
    command += ["--jobs", "1", "--limit", "0"]
    assert main(command) == 0
    assert "steps proven on pyrevm" in capsys.readouterr().out
    monkeypatch.setattr(hosts, "find_spec", lambda name: None)
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert "steps proven on py-evm" in shown.splitlines()[0]
    assert re.search(r"steps proven on py-evm: \d+, as pyrevm is not installed", shown)
    assert "pyrevm" not in shown.replace("as pyrevm is not installed", "")


def test_pyrevm_asked_for_and_not_installed_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyrevm", None)
    with pytest.raises(NativeLibraryMissing, match="proving on pyrevm needs the package pyrevm"):
        hosts.open_host("pyrevm")
