"""Every mutant applies and names a test; some of each group, drawn by the seed, are tried. All: ``harness mutants``."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from harness.mutants import Mutant, PatchMismatch, Trials, Verdict, find

ROOT = Path(__file__).resolve().parents[2]
LEAST = {"bridge": 12, "channel": 20, "dispute": 30, "inbox": 20}
DRAWN = {"bridge": 1, "channel": 2, "dispute": 5, "inbox": 1}
FAMILIES = (
    "anchor",
    "assertion",
    "bond",
    "clock",
    "clone",
    "dispatch",
    "move",
    "precompile",
    "refund",
    "resolve",
    "step",
)
"""Kinds of faults in the game that at least one mutant's name begins with."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test its mutants: all, or those that the seed of this run draws. Each is a test of its own, so that
    workers share them.
    """
    if "mutant" in metafunc.fixturenames:
        mutants = find(ROOT)
    elif "drawn" in metafunc.fixturenames:
        random = Random(int(metafunc.config.getoption("--harness-seed")))
        mutants = [mutant for group, count in DRAWN.items() for mutant in random.sample(find(ROOT, group), count)]
    else:
        return
    name = "mutant" if "mutant" in metafunc.fixturenames else "drawn"
    metafunc.parametrize(name, mutants, ids=lambda mutant: mutant.name)


@pytest.mark.parametrize("group", LEAST)
def test_there_are_enough(group: str) -> None:
    assert len(find(ROOT, group)) >= LEAST[group]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_part_of_the_game_is_broken_somehow(family: str) -> None:
    assert any(mutant.name.startswith(f"dispute/{family}") for mutant in find(ROOT, "dispute"))


def test_a_mutant_applies_and_names_a_test_that_exists(mutant: Mutant, tmp_path: Path) -> None:
    for path in mutant.paths:
        copy = tmp_path / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text((ROOT / path).read_text(encoding="utf-8"), encoding="utf-8")
    mutant.apply(tmp_path)
    for path in mutant.paths:
        assert path.startswith("contracts/")
        assert (tmp_path / path).read_text(encoding="utf-8") != (ROOT / path).read_text(encoding="utf-8")
    file, *_, name = mutant.caught_by.split("::")
    assert f"def {name.split('[')[0]}(" in (ROOT / file).read_text(encoding="utf-8")
    with pytest.raises(PatchMismatch):
        mutant.apply(tmp_path)


def test_a_mutant_of_the_game_is_a_fault_of_one_line(mutant: Mutant) -> None:
    lines = [line for line in mutant.diff.splitlines() if not line.startswith(("---", "+++", "@@", " "))]
    if mutant.name.startswith("dispute/"):
        assert [line[0] for line in lines] in (["-"], ["-", "+"])


def test_a_drawn_mutant_is_caught(drawn: Mutant) -> None:
    """That the named test passes on sound contracts is seen where it stands in the suite, so it is not run here too."""
    trial = Trials(ROOT).judge(drawn.caught_by, drawn)
    assert trial.outcome is Verdict.CAUGHT, trial.reason


def test_a_known_mutant_is_caught_through_the_fixtures_of_the_plugin() -> None:
    """Its test asks for `contracts`: those of the project that the test lies in, which must be the changed copy."""
    (mutant,) = find(ROOT, "channel/settle-at-the-deadline")
    trials = Trials(ROOT)
    assert trials.judge(mutant.caught_by).outcome is Verdict.SURVIVED
    trial = trials.judge(mutant.caught_by, mutant)
    assert trial.outcome is Verdict.CAUGHT, trial.reason
    assert "WindowOpen" in trial.reason
