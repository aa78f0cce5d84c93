"""`harness mutants --by pack`: a pack alone finds a mutant, whatever test the patch names."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.mutants import Verdict, find
from harness.mutants.attacked import Packs, judged, kind_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("mutant", "kind"),
    [
        ("channel/pay-out-again", "channel"),
        ("channel/app-goes-back", "application"),
        ("channel/unlock-again", "channel"),
    ],
)
def test_a_mutant_is_attacked_by_the_pack_of_what_it_changes(mutant: str, kind: str) -> None:
    assert kind_of(find(ROOT, mutant)[0]) == kind


def test_a_pack_finds_a_mutant_and_says_what_broke() -> None:
    (mutant,) = find(ROOT, "channel/close-by-own-signature")
    trial = Packs(ROOT).attempt(mutant)
    assert trial.outcome is Verdict.CAUGHT
    assert trial.reason.startswith("honest-life: nothing stays stuck")


def test_a_mutant_of_a_kind_without_a_pack_is_missed_with_the_reason() -> None:
    trial = Packs(ROOT).attempt(find(ROOT, "channel/app-goes-back")[0])
    assert (trial.outcome, trial.reason) == (Verdict.BROKEN, "there is no pack of the kind application")


def test_a_pack_with_an_attack_that_failed_says_so_instead_of_holding() -> None:
    outcomes = [{"attack": "a", "verdict": "HELD"}, {"attack": "b", "verdict": "FAILED", "evidence": "KeyError: 43"}]
    trial = judged("channel", outcomes)
    assert (trial.outcome, trial.reason) == (Verdict.BROKEN, "b failed: KeyError: 43")
