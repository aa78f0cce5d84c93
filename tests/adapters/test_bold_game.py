"""Challenges of Arbitrum's BoLD as npm publishes it, attacked by the pack of games."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.adapters.choosing import choose
from harness.adapters.published import ARBITRUM
from harness.attack.attack import Outcome, Verdict
from harness.attack.game.pack import PACK
from harness.attack.runner import run_pack
from tests.support.published import EVERYTHING, home_of

ENOUGH = (
    "bonds that are none", "further promises", "strangers call guarded functions", "two games with the same claims",
    "credit taken twice", "a true root", "copied answers", "the longest game",
)  # fmt: skip
"""The attacks that the suite plays. `harness attack game bold` plays all, in half a minute of CPU."""

KNOWN = {"a false root", "moves combined"}
"""What the pack finds in the original: the last step of an odd big step cannot be proven, so that a lie about it stands
as long as the truth. `test_bold_challenge.py` says why."""


@pytest.fixture(scope="module", autouse=True)
def home() -> Path:
    return home_of(ARBITRUM)


def run(root: Path, *names: str) -> dict[str, Outcome]:
    chosen = choose("game", "bold", PACK.built_in, PACK.protocol, root=root)
    return {each.attack: each for each in run_pack(PACK, chosen, only=names)}


def test_the_challenges_hold_against_lies_late_moves_and_refunds(tmp_path: Path) -> None:
    outcomes = run(tmp_path, *(() if EVERYTHING else ENOUGH))
    bad = {each for each in outcomes.values() if each.verdict in (Verdict.FOUND, Verdict.FAILED)}
    assert {each.attack for each in bad} == (KNOWN if EVERYTHING else set()), bad
    assert {outcomes[name].verdict for name in ENOUGH} == {Verdict.HELD}


def test_a_lie_about_the_last_step_of_an_odd_big_step_cannot_be_proven_wrong(tmp_path: Path) -> None:
    (found,) = run(tmp_path, "a false root").values()
    assert (found.verdict, found.broke, found.variant) == (Verdict.FOUND, "the steps", "at the end alone")
    assert "Invalid inclusion proof" in found.evidence
