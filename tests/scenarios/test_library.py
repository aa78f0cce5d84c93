"""The library: its scenarios say what they show, hold as they are written, and its incidents steal and are mended."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from harness.scenarios import Result
from harness.scenarios.finding import cases_of, library, opened
from harness.scenarios.report import money
from harness.scenarios.running import play

NAMES = sorted(library())
INCIDENTS = [name for name in NAMES if name.startswith("incident-")]
SAMPLE = sorted(random.Random(20_261_126).sample([name for name in NAMES if name not in INCIDENTS], 12))
"""Those that the suite plays; `harness campaign` plays all, and `.ci/run` does."""


def played_cases(name: str) -> list[Result]:
    scenario, sources, root = opened(library()[name])
    return [play(one, sources, root=root, case=case) for case, one in cases_of(scenario)]


def test_there_are_fifty_scenarios_and_twelve_incidents() -> None:
    assert len(NAMES) >= 50
    assert len(INCIDENTS) >= 12


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_says_in_a_paragraph_what_it_shows(name: str) -> None:
    scenario, _, _ = opened(library()[name])
    assert len(scenario.shows.split()) >= 15
    assert scenario.expect.gain or scenario.expect.outcome


@pytest.mark.parametrize("name", SAMPLE)
def test_every_case_of_a_scenario_holds(name: str) -> None:
    for result in played_cases(name):
        assert [row for row in result.expectations if not row.holds] == [], result.case


def test_no_two_files_about_a_tactic_play_the_same_transactions(played: Any) -> None:
    """Those are alike but for the tactic, so equal transactions mean that it does nothing."""
    names = [name for name in NAMES if "tactic" in opened(library()[name])[0].tags and name != "two-thousand-claims"]
    sent = {name: tuple(each.hash for each in played(name).transactions) for name in (*names, "lie-about-storage")}
    same = [(one, other) for one in sent for other in sent if one < other and sent[one] == sent[other]]
    assert len(names) >= 8
    assert same == []


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("liar-")])
def test_a_scenario_of_a_tactic_breaks_without_it(name: str) -> None:
    """Each expects what its tactic alone shows: counts of claims, of failed transactions, or a time."""
    scenario, sources, root = opened(library()[name])
    honestly = scenario.model_copy(
        update={"agents": {**scenario.agents, "mallory": scenario.agents["mallory"].model_copy(update={"tactic": ()})}}
    )
    broken = {row.what.split(" ")[0] for row in play(honestly, sources, root=root).expectations if not row.holds}
    assert broken & {"claims", "reverted", "lasts"}


@pytest.mark.parametrize("name", INCIDENTS)
def test_an_incident_moves_money_and_the_mended_contract_stops_it(name: str) -> None:
    broken, mended = played_cases(name)
    for result in (broken, mended):
        assert [row for row in result.expectations if not row.holds] == [], result.case
    stolen = sum(theft.amount for theft in broken.thefts)
    assert stolen >= 5 * 10**18
    assert stolen == sum(entry.amount for entry in broken.ledger if entry.category == "stolen" and entry.amount > 0)
    assert {theft.victim for theft in broken.thefts} <= {"alice", "bob"}, "the robbed are people, not contracts"
    assert (mended.thefts, mended.headline) == ((), "Nothing was stolen.")
    assert result.case, "the second case names the mended contract"


@pytest.mark.parametrize("name", ["incident-zero-root", "incident-keeper-takeover"])
def test_the_report_of_an_incident_says_who_lost_what_to_whom(name: str) -> None:
    from harness.scenarios.report.page import page

    broken, mended = played_cases(name)
    source = page([broken, mended])
    victims = {"incident-zero-root": "alice (30 ether) and bob (20 ether)", "incident-keeper-takeover": "alice"}
    sums = {"incident-zero-root": 50, "incident-keeper-takeover": 60}
    assert broken.headline == f"mallory stole {sums[name]} ether from {victims[name]}."
    assert broken.headline in source.replace("&#39;", "'")
    assert money.ledger(broken).total == 0
    robbed = dict(re.findall(r"<td><strong>mallory</strong></td><td>(\w+)</td>.*?([\d.]+ ETH)</td>", source))
    assert robbed == {theft.victim: money.amount(theft.amount) for theft in broken.thefts}


def test_a_scenario_without_its_theft_would_be_noticed(played: Any) -> None:
    """The expectations of an incident are about money: with a contract that holds they break."""
    scenario, sources, root = opened(library()["incident-zero-root"])
    mended = scenario.with_case({"steps.0.deploy.contract": "ZeroRootBridgeMended"})
    result = play(mended, sources, root=root)
    assert {row.what for row in result.expectations if not row.holds} >= {"gain of mallory"}
