"""What `harness fuzz` finds is a scenario, shrunk: it shows the loss while the fault is there, and holds without."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.contracts.project import built_in_copy
from harness.fuzz import channels, games
from harness.fuzz.cases import line_of
from harness.fuzz.counting_games import ITSELF, GameCase
from harness.fuzz.disturbances import Crowd, Disturbances, Reorg
from harness.fuzz.pack_games import PackCase
from harness.fuzz.rollup_games import RollupCase
from harness.mutants import find
from harness.scenarios import Result, load, parse, read, run
from harness.scenarios.errors import ScenarioInvalid

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a copy of the built-in contracts, one of which has a fault."""

    def copy(mutant: str) -> Path:
        folder = tmp_path_factory.mktemp("planted")
        shutil.copytree(ROOT / "contracts", folder / "contracts")
        shutil.copy(ROOT / "pyproject.toml", folder)
        (found,) = find(ROOT, mutant)
        found.apply(folder)
        return folder

    return copy


@pytest.fixture(scope="module")
def with_broken_games(planted: Callable[[str], Path]) -> Path:
    return planted("dispute/open-children-uncounted")


def found_by(what: str, case: Any, planted: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Fuzz one case on contracts with a fault; return the scenario that is written, and see it show the loss."""
    cases = folder / "cases"
    cases.write_text(line_of(case) + "\n", encoding="utf-8")
    monkeypatch.chdir(planted)
    with built_in_copy(planted):
        assert main(["fuzz", what, "--cases", str(cases), "--found", str(folder / "found")]) == 1
        (path,) = (folder / "found").glob("*.scenario.yaml")
        (kept,) = (folder / "found").glob("*.result.json")
        broken = run(load(path))
        assert main(["replay", str(kept)]) == 0
    assert shown(read(kept)) == shown(broken) != []
    monkeypatch.chdir(folder)
    assert shown(run(load(path))) == []
    return path


def shown(result: Result) -> list[str]:
    return [f"{row.what}: {row.actual}" for row in result.expectations if not row.holds]


def test_a_lost_life_of_a_channel_is_a_scenario(
    planted: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = found_by("channels", channels.draw(0), planted("channel/pay-out-again"), tmp_path, monkeypatch)
    assert f"written: {path} and its result" in capsys.readouterr().err
    (step,) = load(path).steps
    assert (step.verb.kind, step.verb.case["moves"]) == ("ChannelCase", [])
    assert load(path).shows.startswith("AssertionError: the contract holds")


@pytest.mark.parametrize(
    "case",
    [
        GameCase(3, 3, False, "random", ("poisoner",), Disturbances(reorgs=(Reorg(2, 1, "shuffled"),)), 3, ITSELF, 7),
        RollupCase(
            7, 3, (("transfer",),), False, True, "sender", "", ("freeloader",), False,
            Disturbances(crowds=(Crowd(2, 1),)),
        ),
    ],
    ids=["counting", "rollup"],
)  # fmt: skip
def test_a_lost_game_is_a_scenario(
    case: GameCase | RollupCase, with_broken_games: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = found_by("games", case, with_broken_games, tmp_path, monkeypatch)
    (step,) = load(path).steps
    less = step.verb.case
    assert (step.verb.kind, less["seed"]) == (type(case).__name__, 7)
    assert less["disturbances"] == {"offline": [], "reorgs": [], "crowds": []}
    assert len(less["tactics"]) <= 1
    assert load(path).shows.endswith("(0x11)")


def test_combined_moves_that_break_a_promise_are_an_attack_of_few_moves(
    with_broken_games: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = next(each for index in range(60) if isinstance(each := games.draw(0, index), PackCase))
    path = found_by("games", case, with_broken_games, tmp_path, monkeypatch)
    (step,) = load(path).steps
    assert step.verb.word == "attack"
    assert step.verb.adapter == "built-in"


def test_a_case_that_cannot_be_played_is_found_on_load() -> None:
    case = json.loads(line_of(next(each for i in range(9) if isinstance(each := games.draw(0, i), GameCase))))
    kind = case.pop("kind")
    text = json.dumps({"name": "n", "steps": [{"drawn": {"kind": kind, "case": {**case, "lie": "zeroo"}}}]}, indent=1)
    with pytest.raises(
        ScenarioInvalid, match=r"scenario:5:\d+: steps\[0\]\.drawn: .*no lie 'zeroo'; did you mean zero"
    ):
        parse(text)
