"""The pack of applications holds for the built-in adjudicator, and finds what is wrong with broken copies of it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, ClassVar

import pytest

from harness.adapters.app_adjudicator import AppAdjudicatorAdapter
from harness.adapters.application import Application, Rulebook
from harness.adapters.choosing import Chosen, KnownContracts
from harness.adapters.errors import NotApplicable
from harness.attack.application.pack import PACK
from harness.attack.attack import Outcome, Verdict
from harness.attack.runner import run_pack
from harness.chain.values.accounts import Account
from harness.contracts.project import built_in_copy
from harness.errors import Reverted
from harness.mutants import find

ROOT = Path(__file__).resolve().parents[2]


def played(*only: str, adapter: type[Application] = AppAdjudicatorAdapter) -> list[Outcome]:
    return run_pack(PACK, Chosen("it", adapter, KnownContracts(None)), only=only)


def test_games_of_the_built_in_applications_hold() -> None:
    outcomes = played(
        "agreed-end", "every-end", "move-taken-back", "illegal-moves", "claim-early", "split", "overdrawn"
    )
    assert {outcome.attack: outcome.verdict for outcome in outcomes if outcome.verdict is not Verdict.HELD} == {}


@pytest.mark.parametrize(
    ("mutant", "attack"),
    [
        ("app-takes-a-move-back", "move-taken-back"),
        ("app-gone-and-forfeit", "broken-afterwards"),
    ],
)
def test_a_broken_copy_is_found(mutant: str, attack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    shutil.copy(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    (found,) = find(ROOT, f"channel/{mutant}")
    found.apply(tmp_path)
    monkeypatch.setenv("HARNESS_CONTRACTS", str(tmp_path))
    with built_in_copy(tmp_path):
        (outcome,) = played(attack)
    assert outcome.verdict is Verdict.FOUND


def test_what_an_adjudicator_lacks_is_not_attacked() -> None:
    class Bare(AppAdjudicatorAdapter):
        """Cannot break its application, close together, or take an offer back."""

        failures: ClassVar[tuple[str, ...]] = ()
        agree = Application.agree  # type: ignore[assignment]
        offer = Application.offer

    names = ("told-before", "split", "never-joined")
    assert [outcome.verdict for outcome in played(*names, adapter=Bare)] == [Verdict.NOT_APPLICABLE] * 3


def test_an_attack_of_which_nothing_reached_the_contract_has_not_held() -> None:
    class Apart(AppAdjudicatorAdapter):
        """Cannot close together."""

        agree = Application.agree  # type: ignore[assignment]

    (outcome,) = played("overdrawn", adapter=Apart)
    assert (outcome.verdict, outcome.evidence) == (Verdict.NOT_APPLICABLE, "the parties cannot close together")


def test_a_position_that_no_way_takes_has_not_held() -> None:
    class Ours(AppAdjudicatorAdapter):
        """Has a form for positions of the other seat alone."""

        def _form(self, sender: Account) -> None:
            if sender.name in ("mallory", "bob", "sybil"):
                raise NotApplicable("no position of theirs can be written")

        def challenge(self, game: Any, position: Any, signatures: Any, move: Any, sender: Any) -> Any:
            self._form(sender)
            return super().challenge(game, position, signatures, move, sender)

        def checkpoint(self, game: Any, position: Any, signatures: Any, sender: Any) -> Any:
            self._form(sender)
            return super().checkpoint(game, position, signatures, sender)

        def conclude(self, game: Any, position: Any, signatures: Any, sender: Any) -> Any:
            self._form(sender)
            return super().conclude(game, position, signatures, sender)

    for outcome in played("forged-position", "exchanged", adapter=Ours):
        assert (outcome.verdict, outcome.evidence) == (
            Verdict.NOT_APPLICABLE,
            "no position of theirs can be written",
        )


def test_every_position_is_tried_in_the_last_second() -> None:
    class StartsAnew(AppAdjudicatorAdapter):
        """Starts the clock anew for the position that is on chain already, as long as it runs."""

        more = 0

        def deadline(self, game: Any) -> int | None:
            until = super().deadline(game)
            return None if until is None else until + self.more

        def checkpoint(self, game: Any, position: Any, signatures: Any, sender: Any) -> Any:
            until, on_chain = super().deadline(game), self.adjudicator.channelInfo(game.terms.channel)
            try:
                return super().checkpoint(game, position, signatures, sender)
            except Reverted:
                if until is None or self.chain.head.timestamp > until or position.turn != on_chain[2]:
                    raise
            self.more += 100

    (outcome,) = played("draw-out", adapter=StartsAnew)
    assert outcome.verdict is Verdict.FOUND
    assert "what is on chain already moves the deadline" in outcome.evidence


def test_an_adapter_without_rules_is_not_attacked() -> None:
    class Ruleless(AppAdjudicatorAdapter):
        """Names no application."""

        assets = ("ether", "erc20")
        rulebooks: ClassVar[tuple[Rulebook, ...]] = ()

    (outcome,) = played("idler", adapter=Ruleless)
    assert outcome.verdict is Verdict.NOT_APPLICABLE
    assert outcome.evidence == "the adapter has no rulebook of an application"


def test_an_adapter_that_names_a_player_wrongly_fails() -> None:
    class Confused(AppAdjudicatorAdapter):
        """Returns an account where a number is expected."""

        def mover(self, game: Any, position: Any) -> Any:
            return "alice"

    (outcome,) = played("idler", adapter=Confused)
    assert outcome.verdict is Verdict.FAILED
    assert outcome.evidence == "WrongAnswer: Confused: mover returned 'alice', expected int"
