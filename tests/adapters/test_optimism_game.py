"""The OP Stack's dispute games as npm publishes them, attacked by the pack of games."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.adapters import optimism_game
from harness.adapters.choosing import Chosen, choose
from harness.adapters.published import OPTIMISM
from harness.attack.attack import Outcome, Verdict
from harness.attack.game import resolving
from harness.attack.game.pack import PACK
from harness.attack.runner import run_pack
from tests.support.published import EVERYTHING, home_of

ENOUGH = (
    "moves that are none", "bonds that are none", "parents first", "a bond before its time", "credit taken twice",
    "a contract is paid", "the longest game", "an ally burns the clock",
)  # fmt: skip
"""The attacks that the suite plays. `harness attack game optimism` plays all, in half a minute of CPU."""

KNOWN = {"copied answers"}
"""What the pack finds in the original: nothing is burnt, so a liar that sends each honest answer or step first wins its
own bonds back."""


@pytest.fixture(scope="module", autouse=True)
def home() -> Path:
    return home_of(OPTIMISM)


def chosen(root: Path) -> Chosen:
    return choose("game", "optimism", PACK.built_in, PACK.protocol, root=root)


def run(root: Path, *names: str) -> dict[str, Outcome]:
    return {each.attack: each for each in run_pack(PACK, chosen(root), only=names)}


def test_the_games_hold_against_attacks_on_moves_clocks_and_bonds(tmp_path: Path) -> None:
    outcomes = run(tmp_path, *(() if EVERYTHING else ENOUGH))
    bad = {each for name, each in outcomes.items() if each.verdict in (Verdict.FOUND, Verdict.FAILED)}
    assert {each.attack for each in bad} == (KNOWN if EVERYTHING else set()), bad
    assert {outcomes[name].verdict for name in ENOUGH} == {Verdict.HELD}


def test_an_answer_or_a_step_that_is_copied_wins_the_bond_and_the_liar_pays_nothing(tmp_path: Path) -> None:
    (found,) = run(tmp_path, *KNOWN).values()
    assert (found.verdict, found.broke) == (Verdict.FOUND, "the liar pays")
    assert "loses nothing" in found.evidence
    assert any("steps against" in move for move in found.moves)


def test_a_claim_of_more_children_than_one_transaction_resolves_is_resolved_in_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optimism_game, "PAGE", 8)
    monkeypatch.setattr(resolving, "COUNT", 20)
    (held,) = run(tmp_path, "thousands of claims").values()
    assert held.verdict is Verdict.HELD, held
