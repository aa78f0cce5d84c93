"""`harness campaign`: each case has one result, whatever dies or is interrupted."""

from __future__ import annotations

import os
import re
import shlex
import signal
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.campaigns import cluster, scenarios
from harness.campaigns.case import Case, Outcome, Verdict
from harness.campaigns.drawn import cases
from harness.campaigns.report import Summary, interval, show
from harness.campaigns.store import CampaignUnreadable, Store, open_store
from harness.campaigns.worker import Stage
from harness.errors import UnknownScenario, UsageError

pytest.importorskip("distributed", reason="campaigns need the extra of that name")

COUNT = 30


def test_a_killed_worker_takes_no_case_with_it_and_none_counts_twice(tmp_path: Path) -> None:
    told = list(cases("channels", range(COUNT), "py-evm"))
    victim = ""
    with open_store(tmp_path / "results.sqlite", new=True) as store, cluster.local(2) as client:
        for case, outcome in cluster.outcomes(client, told):
            assert store.add(case, outcome), "a case came twice"
            if len(store) == 4:
                victim = outcome.worker
                os.kill(int(victim), signal.SIGKILL)
        results = list(store)
    assert {result.case.digest for result in results} == {case.digest for case in told}
    assert {result.outcome.verdict for result in results} == {Verdict.HELD}
    assert {result.outcome.worker for result in results} - {victim}, "the others did not go on"


def test_an_interrupted_campaign_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from harness.cli import main

    monkeypatch.chdir(tmp_path)
    add = Store.add

    def interrupted(self: Store, case: Case, outcome: Outcome) -> bool:
        if len(self) == 3:
            raise KeyboardInterrupt
        return add(self, case, outcome)

    monkeypatch.setattr(Store, "add", interrupted)
    words = ["campaign", "channels", "--seeds", "0..9", "--jobs", "1", "--results", "r.sqlite"]
    assert main(words) == 130
    line = capsys.readouterr().out.splitlines()[-1]
    monkeypatch.setattr(Store, "add", add)
    with open_store(Path("r.sqlite"), new=False) as store:
        before = list(store)
    assert len(before) == 3
    assert main(shlex.split(line.removeprefix("interrupted; to go on: harness "))) == 0
    assert "holds 3 results; 6 cases are left" in capsys.readouterr().out
    with open_store(Path("r.sqlite"), new=False) as store:
        after = list(store)
    assert len(after) == 9
    assert all(result in after for result in before), "a result was written twice"


def test_a_case_that_kills_its_workers_is_given_up_and_the_others_are_played() -> None:
    from contextlib import contextmanager

    @contextmanager
    def deadly(_: str):  # type: ignore[no-untyped-def]
        yield lambda case: os._exit(1) if case.data == "deadly" else Outcome(Verdict.HELD)

    told = [Case("k", "k", number, "py-evm", "deadly" if number == 1 else str(number)) for number in range(4)]
    with cluster.local(2) as client:
        found = {case.seed: outcome for case, outcome in cluster.outcomes(client, told, {"k": deadly})}
    assert found.keys() == {0, 1, 2, 3}
    assert found[1].verdict is Verdict.CRASHED
    assert "KilledWorker" in found[1].reason
    assert {found[seed].verdict for seed in (0, 2, 3)} == {Verdict.HELD}


def test_an_error_is_the_outcome_of_its_case_and_the_next_case_begins_anew() -> None:
    from contextlib import contextmanager

    opened = []

    @contextmanager
    def failing(_: str):  # type: ignore[no-untyped-def]
        opened.append(1)
        yield lambda case: Outcome(Verdict.HELD) if case.data == "good" else 1 / 0

    stage = Stage({"k": failing})
    verdicts = [stage.play(Case("k", "k", 0, "py-evm", data)).verdict for data in ("good", "bad", "good", "good")]
    assert verdicts == [Verdict.HELD, Verdict.CRASHED, Verdict.HELD, Verdict.HELD]
    assert len(opened) == 2


def test_a_case_keeps_its_first_result(tmp_path: Path) -> None:
    case = Case("k", "k", 0, "py-evm", "data")
    with open_store(tmp_path / "r.sqlite", new=True) as store:
        assert store.add(case, Outcome(Verdict.BROKEN, "first", {"days": 2.5}))
        assert not store.add(case, Outcome(Verdict.HELD))
    with open_store(tmp_path / "r.sqlite", new=False) as store:
        (only,) = store
    assert (only.case, only.outcome.verdict, only.outcome.reason) == (case, Verdict.BROKEN, "first")
    assert only.outcome.measures == {"days": 2.5}


def test_a_failure_gets_a_file_and_the_command_that_plays_just_that_case(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from rich.console import Console

    from harness.cli import main

    told = list(cases("channels", range(3), "py-evm"))
    stage = Stage()
    with open_store(tmp_path / "r.sqlite", new=True) as store:
        for case in told:
            outcome = stage.play(case)
            assert outcome.verdict is Verdict.HELD
            broken = case.seed == 1
            verdict, reason = (Verdict.BROKEN, "made up") if broken else (Verdict.HELD, "")
            store.add(case, Outcome(verdict, reason, outcome.measures, outcome.replay, outcome.command))
        summary = Summary.of(store)
    stage.close()
    show(summary, Console(), tmp_path / "replays")
    shown = capsys.readouterr().out
    assert "channels, seed 1: broken: made up" in shown
    assert "campaign: 3 played, 1 failed" in shown
    line = next(line for line in shown.splitlines() if "harness fuzz" in line)
    (replay,) = (tmp_path / "replays").iterdir()
    assert str(replay) in line
    assert replay.read_text() == told[1].data + "\n"
    assert main(shlex.split(line)[1:]) == 0
    assert "channels: 1 played, 0 lost" in capsys.readouterr().out


SWEPT = """
name: A payment
agents: {peggy: {role: proposer}}
steps: [{send: {to: bob, value: 1 ether, from: alice}}]
expect: {gain: {bob: "> 2 ether"}}
sweep: {steps.0.send.value: [1 ether, 3 ether]}
"""


class TestScenarios:
    def test_each_case_of_a_sweep_with_each_seed_is_a_case(self, tmp_path: Path) -> None:
        file = tmp_path / "paid.scenario.yaml"
        file.write_text(SWEPT)
        told = list(scenarios.cases(str(file), range(3), "py-evm"))
        assert [(case.point, case.seed) for case in told] == [
            (f"steps.0.send.value = {value} ether", seed) for value in (1, 3) for seed in range(3)
        ]
        assert len({case.digest for case in told}) == 6

    def test_a_broken_expectation_is_a_failure_whose_file_harness_replay_plays(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        from rich.console import Console

        from harness.cli import main

        file = tmp_path / "paid.scenario.yaml"
        file.write_text(SWEPT)
        stage = Stage()
        with open_store(tmp_path / "r.sqlite", new=True) as store:
            for case in scenarios.cases(str(file), range(1), "py-evm"):
                store.add(case, stage.play(case))
            summary = Summary.of(store)
        assert [result.outcome.verdict for result in summary.failures] == [Verdict.BROKEN]
        assert summary.failures[0].case.point == "steps.0.send.value = 1 ether"
        assert "gain of bob" in summary.failures[0].outcome.reason
        show(summary, Console(width=200), tmp_path / "replays")
        line = next(line for line in capsys.readouterr().out.splitlines() if "harness replay" in line)
        assert main(shlex.split(line)[1:]) == 0
        assert "equal to the byte" in capsys.readouterr().out

    def test_a_changed_scenario_is_not_taken_for_the_one_that_the_case_was_made_of(self, tmp_path: Path) -> None:
        file = tmp_path / "paid.scenario.yaml"
        file.write_text(SWEPT)
        (case, *_) = scenarios.cases(str(file), range(1), "py-evm")
        file.write_text(SWEPT.replace("> 2 ether", "> 0 ether"))
        outcome = Stage().play(case)
        assert outcome.verdict is Verdict.CRASHED
        assert "ScenarioChanged" in outcome.reason
        (changed, *_) = scenarios.cases(str(file), range(1), "py-evm")
        assert changed.digest != case.digest

    def test_a_scenario_of_the_library_is_named_so_that_another_machine_finds_it(self) -> None:
        (case,) = scenarios.cases("lie-at-an-opcode", range(7, 8), "py-evm")
        assert '"file": "lie-at-an-opcode"' in case.data


@given(st.integers(1, 10**6).flatmap(lambda count: st.tuples(st.integers(0, count), st.just(count))))
def test_a_rate_lies_as_many_deviations_from_both_ends_of_its_interval(drawn: tuple[int, int]) -> None:
    """By Wilson's definition, a bound is the true rate from which the observed one is 1.96 standard deviations away."""
    failed, count = drawn
    rate, bounds = failed / count, interval(failed, count)
    assert bounds[0] <= rate <= bounds[1]
    for bound, trivial in zip(bounds, (0.0, 1.0), strict=True):
        if bound != trivial:
            assert (rate - bound) ** 2 == pytest.approx(1.96**2 * bound * (1 - bound) / count, rel=1e-3)
        else:
            assert rate == trivial


def test_nothing_is_known_of_a_rate_without_cases() -> None:
    assert interval(0, 0) == (0.0, 1.0)


class TestBadInput:
    def test_a_report_of_no_file(self, tmp_path: Path) -> None:
        with (
            pytest.raises(CampaignUnreadable, match=r"none.sqlite: there is no such file"),
            open_store(tmp_path / "none.sqlite", new=False),
        ):
            pass
        assert not list(tmp_path.iterdir())

    def test_a_file_of_text(self, tmp_path: Path) -> None:
        path = tmp_path / "notes.txt"
        path.write_text("no database\n" * 100)
        with pytest.raises(CampaignUnreadable, match="no file of results"), open_store(path, new=True):
            pass
        assert path.read_text() == "no database\n" * 100

    @pytest.mark.parametrize("content", [b"", b"x"], ids=["empty", "one byte"])
    def test_a_report_of_a_file_that_holds_nothing(self, content: bytes, tmp_path: Path) -> None:
        path = tmp_path / "r.sqlite"
        path.write_bytes(content)
        with (
            pytest.raises(CampaignUnreadable, match=r"it holds no results|no file of results"),
            open_store(path, new=False),
        ):
            pass
        assert path.read_bytes() == content

    def test_a_database_of_another_program(self, tmp_path: Path) -> None:
        path = tmp_path / "other.sqlite"
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE mine (x)")
        with pytest.raises(CampaignUnreadable, match="another program"), open_store(path, new=True):
            pass

    def test_results_of_another_version(self, tmp_path: Path) -> None:
        path = tmp_path / "old.sqlite"
        with open_store(path, new=True):
            pass
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA user_version = 99")
        with pytest.raises(CampaignUnreadable, match="its version is 99, expected 1"), open_store(path, new=False):
            pass

    @pytest.mark.parametrize(
        ("words", "reason"),
        [
            (["nothing-like-it"], "'nothing-like-it' is no file, no folder and no scenario"),
            (["games", "--l1", "anvil"], "games are played on py-evm only, not on anvil"),
            (["games", "--seeds", "7"], "'7' is no range of seeds"),
            (["games", "--seeds", "7..7"], "'7..7' holds no seed"),
            (["games", "--seeds", "a..7"], "'a..7' is no range of seeds"),
            (["games", "--jobs", "0"], "out of range"),
            (["games", "--jobs", "2", "--scheduler", "tcp://127.0.0.1:1"], "not allowed with"),
        ],
    )
    def test_words_that_name_no_campaign(
        self, words: list[str], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from harness.cli import _parser

        monkeypatch.chdir(tmp_path)
        with pytest.raises((UsageError, UnknownScenario), match=reason):
            chosen = _parser().parse_args(["campaign", *words])
            chosen.run(chosen)

    def test_a_scheduler_that_does_not_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cluster, "PATIENCE", 0.5)
        with (
            pytest.raises(cluster.SchedulerUnreachable, match=r"at tcp://127\.0\.0\.1:1: "),
            cluster.remote("tcp://127.0.0.1:1"),
        ):
            pass


def test_a_case_that_crashed_is_played_again_and_counts_once(tmp_path: Path) -> None:
    case = Case("scenario", "x", 0, "py-evm", "{}")
    with open_store(tmp_path / "results.sqlite", new=True) as store:
        assert store.add(case, Outcome(Verdict.CRASHED, "no anvil"))
        assert not store.has(case)
        assert store.add(case, Outcome(Verdict.HELD))
        assert store.has(case)
        assert not store.add(case, Outcome(Verdict.BROKEN)), "the first result that counts stays"
        assert [each.outcome.verdict for each in store] == [Verdict.HELD]


def test_a_changed_scenario_has_a_rate_of_its_own(tmp_path: Path) -> None:
    with open_store(tmp_path / "results.sqlite", new=True) as store:
        for digest, verdict in (("a" * 16, Verdict.BROKEN), ("b" * 16, Verdict.HELD)):
            store.add(Case("scenario", "x", 0, "py-evm", f'{{"made of": "{digest}"}}'), Outcome(verdict))
        groups = Summary.of(store).groups
    assert {name: (group.total, group.failed) for (name, _, _), group in groups.items()} == {
        "x (aaaaaaaa)": (1, 1),
        "x (bbbbbbbb)": (1, 0),
    }


def test_a_measure_that_no_seed_moves_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    with open_store(tmp_path / "results.sqlite", new=True) as store:
        for seed in range(4):
            measures = {"days": 7.5, "moves": float(10 + (seed == 2))}
            store.add(Case("scenario", "x", seed, "py-evm", str(seed)), Outcome(Verdict.HELD, "", measures))
        show(Summary.of(store), Console(width=200), None)
    shown = {" ".join(line.split()) for line in capsys.readouterr().out.splitlines()}
    assert "x: days 7.5 in all cases" in shown
    assert "x: moves 11 (seed 2), 10 (seed 0), 10 (seed 1)" in shown


def test_a_changed_scenario_does_not_fail_for_what_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from harness.cli import main

    monkeypatch.chdir(tmp_path)
    file, words = tmp_path / "x.scenario.yaml", ["campaign", "x.scenario.yaml", "--seeds", "0..1", "--jobs", "1"]
    text = "name: x\nsteps: [{send: {to: bob, value: 2 ether}}]\nexpect: {gain: {bob: 3 ether}}\n"
    file.write_text(text)
    assert main(words) == 1
    file.write_text(text.replace("3 ether", "2 ether"))
    capsys.readouterr()
    assert main(words) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "campaign: 1 played, 0 failed"
    assert main(["campaign", "report"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "campaign: 2 played, 1 failed"
    (failure,) = [line for line in lines if ", seed 0: broken" in line]
    assert re.match(r"\S+ \([0-9a-f]{8}\), seed 0: broken", failure)


def test_a_wrong_name_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.cli import UNABLE, main

    monkeypatch.chdir(tmp_path)
    assert main(["campaign", "no-such-scenario", "--seeds", "0..1"]) == UNABLE
    assert list(tmp_path.iterdir()) == []


def test_the_line_that_goes_on_keeps_the_folder_of_replays() -> None:
    import argparse

    from harness.campaigns import commands

    chosen = argparse.Namespace(
        what=["channels"],
        seeds=range(3),
        l1=None,
        results=Path("r.sqlite"),
        jobs=None,
        scheduler=None,
        replays=Path("out"),
    )
    assert commands._again(chosen).endswith("--results r.sqlite --replays out")
