"""Every mutant of the channel contracts applies; some, drawn by the seed, are tried. All: ``harness mutants``."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from harness.mutants import Mutant, Outcome, PatchMismatch, Trials, find

ROOT = Path(__file__).resolve().parents[2]
MUTANTS = find(ROOT, "channel")
DRAWN = 2


def test_there_are_at_least_twenty() -> None:
    assert len(MUTANTS) >= 20


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.rsplit("/", 1)[-1])
def test_a_mutant_applies_and_names_a_test_that_exists(mutant: Mutant, tmp_path: Path) -> None:
    path = mutant.diff.splitlines()[0].split()[1]
    copy = tmp_path / "copy" / path
    copy.parent.mkdir(parents=True)
    copy.write_text((ROOT / path).read_text(encoding="utf-8"), encoding="utf-8")
    mutant.apply(tmp_path / "copy")
    assert copy.read_text(encoding="utf-8") != (ROOT / path).read_text(encoding="utf-8")
    file, name = mutant.caught_by.split("::")
    assert f"def {name.split('[')[0]}(" in (ROOT / file).read_text(encoding="utf-8")
    with pytest.raises(PatchMismatch):
        mutant.apply(tmp_path / "copy")


def test_drawn_mutants_are_caught(request: pytest.FixtureRequest) -> None:
    drawn = Random(int(request.config.getoption("--harness-seed"))).sample(MUTANTS, DRAWN)
    assert {mutant.name: Trials(ROOT).judge(mutant.caught_by, mutant).outcome for mutant in drawn} == {
        mutant.name: Outcome.CAUGHT for mutant in drawn
    }
