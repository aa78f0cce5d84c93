"""The pack of games holds the built-in contracts, and its oracle sees each way in which a game can break a promise."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from harness.adapters.choosing import Chosen, KnownContracts
from harness.adapters.counting_game import CountingGame
from harness.adapters.game import ClaimId, Game, Money, Rules, Side
from harness.attack import search
from harness.attack.attack import Attack, Outcome, Verdict
from harness.attack.game import resolving
from harness.attack.game.pack import PACK
from harness.attack.runner import run_pack
from harness.attack.stage import Stage
from harness.chain.values.accounts import Account
from harness.dispute import view

QUICK = (
    "moves that are none", "bonds that are none", "bonds that do not pay", "parents first", "junk beside the truth",
    "late answers left of a counter", "a bond before its time", "answers after the outcome",
    "two games with the same claims",
    "credit taken twice", "a contract is paid", "a game that becomes void", "a leaf of a void game",
    "a decided game whose parent falls", "further promises", "two answers stand", "copied answers", "the longest game",
    "an ally burns the clock",
)  # fmt: skip


def run(adapter: type[Game], *names: str, **options: Any) -> dict[str, Outcome]:
    """Play attacks of the pack against an adapter; what came of each, by name."""
    found = run_pack(PACK, Chosen("it", adapter, KnownContracts(None)), only=names, **options)
    return {each.attack: each for each in found}


@pytest.mark.parametrize("name", QUICK)
def test_the_built_in_games_hold(name: str) -> None:
    (outcome,) = run(CountingGame, name).values()
    assert (outcome.verdict, outcome.broke, outcome.evidence) == (Verdict.HELD, "", outcome.evidence)


def test_every_attack_of_the_pack_has_a_name_of_its_own() -> None:
    names = [attack.name for attack in PACK.attacks]
    assert len(names) == len(set(names)) >= 20
    assert set(QUICK) <= set(names)


class BurnsLess(CountingGame):
    """Contracts that burn less than they promise."""

    def rules(self) -> Rules:
        return replace(super().rules(), burnt_share=self.share + 100)


class TakesLate(CountingGame):
    """Contracts whose clocks run a second longer than they promise."""

    def rules(self) -> Rules:
        return replace(super().rules(), max_clock=self.games.max_clock - 1)


class PaysTwice(CountingGame):
    """A game that pays whoever collects again."""

    def deploy(self) -> None:
        super().deploy()
        self.collected: set[str] = set()

    def collect(self, sender: Account) -> None:
        if sender.name not in self.collected:
            super().collect(sender)
        self.collected.add(sender.name)


class KeepsAWei(CountingGame):
    """A game whose payouts are a wei short."""

    def collect(self, sender: Account) -> None:
        super().collect(sender)
        self.chain.send(sender=sender, to=self.owner, value=1)


class OwesNobody(CountingGame):
    """A game that owes nothing to anybody, and pays nothing."""

    def owed(self, account: str) -> int:
        return 0

    def collect(self, sender: Account) -> None:
        self.game.withdraw(self.owner.address, sender=sender)


class LosesMoney(CountingGame):
    """A game that holds a wei less than its bonds."""

    def money(self) -> Money:
        found = super().money()
        return replace(found, held=found.held - bool(self.opened_games))


class RefusesSteps(CountingGame):
    """A game that takes no step."""

    def step(self, claim: ClaimId, side: Side, witness: bytes, sender: Account) -> None:
        super().step(claim, side, b"", sender)


class HidesTheOutcome(CountingGame):
    """A game that is never decided."""

    def outcome(self) -> view.Outcome:
        return view.Outcome.UNDECIDED


class ForgetsAnswers(CountingGame):
    """A game that shows its claims but the last."""

    def claims(self) -> Sequence[Any]:
        return super().claims()[:2]


@pytest.mark.parametrize(
    ("adapter", "name", "broke"),
    [
        (BurnsLess, "copied answers", "the payouts"),
        (TakesLate, "a boundary of a clock", "the resolution"),
        (PaysTwice, "credit taken twice", "the payouts"),
        (KeepsAWei, "credit taken twice", "the payouts"),
        (OwesNobody, "credit taken twice", "the payouts"),
        (LosesMoney, "parents first", "the money"),
        (RefusesSteps, "a false root", "the steps"),
        (HidesTheOutcome, "a false root", "the outcome"),
        (ForgetsAnswers, "parents first", "the claims"),
    ],
)
def test_the_oracle_names_what_broke(adapter: type[Game], name: str, broke: str) -> None:
    (outcome,) = run(adapter, name).values()
    assert (outcome.verdict, outcome.broke) == (Verdict.FOUND, broke)
    assert outcome.moves


class DearAnswers(CountingGame):
    """A game in which each answer makes the next one dearer."""

    def move(self, parent: ClaimId, side: Side, value: bytes, sender: Account, bond: int) -> None:
        self.chain.send(sender=sender, to=sender.address, data=b"\xff" * 100 * len(self.ids))
        super().move(parent, side, value, sender, bond)


class DearResolution(CountingGame):
    """A game in which each resolution makes the next one dearer."""

    resolved = 0

    def resolve(self, claims: Sequence[ClaimId], sender: Account) -> None:
        self.resolved += len(claims)
        self.chain.send(sender=sender, to=sender.address, data=b"\xff" * 100 * self.resolved)
        super().resolve(claims, sender)


class ReadsAll(CountingGame):
    """Reads all claims to know the newest one."""

    newest = Game.newest


@pytest.mark.parametrize(
    ("adapter", "verdict", "said"),
    [
        (CountingGame, Verdict.HELD, "60 claims"),
        (ReadsAll, Verdict.HELD, "12 claims"),
        (DearAnswers, Verdict.FOUND, "an answer costs"),
        (DearResolution, Verdict.FOUND, "the resolution of 10 claims costs"),
    ],
)
def test_claims_that_make_others_dearer_are_found(
    monkeypatch: pytest.MonkeyPatch, adapter: type[Game], verdict: Verdict, said: str
) -> None:
    monkeypatch.setattr(resolving, "COUNT", 60)
    monkeypatch.setattr(resolving, "FEW", 12)
    monkeypatch.setattr(resolving, "PAGES", 6)
    (outcome,) = run(adapter, "thousands of claims").values()
    assert (outcome.verdict, outcome.broke) == (verdict, "the costs" if verdict is Verdict.FOUND else "")
    assert outcome.evidence.startswith(said)


def test_the_search_finds_a_broken_promise_and_its_moves_break_it_again() -> None:
    found = run(BurnsLess, "moves combined")["moves combined"]
    assert (found.verdict, found.broke) == (Verdict.FOUND, "the payouts")
    again = PACK.search(found.moves) if PACK.search is not None else None
    assert again is not None
    outcomes = run_pack(replace(PACK, attacks=(again,), search=None), Chosen("it", BurnsLess, KnownContracts(None)))
    assert [each.broke for each in outcomes] == ["the payouts"]


class Lacking(CountingGame):
    """Contracts without anything that a game may lack."""

    guarded = ()

    def doom(self) -> int:
        return Game.doom(self)

    def promises(self) -> Any:
        return Game.promises(self)

    def player(self, account: Account, mood: str, wei: int) -> Any:
        return Game.player(self, account, mood, wei)


def test_what_a_game_lacks_is_not_applicable() -> None:
    names = ("a game that becomes void", "further promises", "a contract is paid", "strangers call guarded functions")
    assert {each.verdict for each in run(Lacking, *names).values()} == {Verdict.NOT_APPLICABLE}


def test_a_search_has_its_whole_budget_whatever_was_played_before(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = itertools.count()

    def slow(stage: Stage) -> str:
        return f"it took until {[next(seconds) for _ in range(1_000)][-1]}"

    monkeypatch.setattr(search, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    pack = replace(PACK, attacks=(Attack("slow", "", slow),))
    _, last = run_pack(pack, Chosen("it", CountingGame, KnownContracts(None)), budget=3)
    assert (last.verdict, last.evidence.partition(",")[0]) == (Verdict.HELD, "2 games")
