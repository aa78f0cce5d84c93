"""The oracles of money: each sees the broken copies of contracts, and the losses, that it is there for."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.mutants import find
from harness.scenarios import Result, parse, run
from harness.scenarios.finding import LIBRARY, library
from harness.scenarios.loading import load
from harness.scenarios.running import play
from harness.scenarios.sources import Sources

ROOT = Path(__file__).resolve().parents[2]
SEEN = {
    "dispute/bond-back-though-countered": ("DisputeGame", "lie-about-a-fee", "liars-pay"),
    "dispute/bonds-without-the-share": ("DisputeGame", "lie-about-a-fee", "liars-pay"),
    "dispute/bond-to-who-resolves": ("DisputeGame", "lie-about-a-fee", "liars-pay"),
    "dispute/burn-nothing": ("DisputeGame", "lie-about-a-fee", "liars-pay"),
    "dispute/burn-everything": ("DisputeGame", "lie-about-a-fee", "liars-pay"),
    "dispute/burn-on-paper": ("DisputeGame", "lie-about-a-fee", "conserved"),
    "dispute/burn-unaccounted": ("DisputeGame", "lie-about-a-fee", "conserved"),
    "bridge/executed-twice": ("Portal", "withdrawal-executed-twice", "conserved"),
    "bridge/any-root-proves": ("Portal", "forged-withdrawal", "step 6, prove"),
}
"""Broken copies: the contract, a scenario that shows the fault, and what breaks in it."""


def played(text: str) -> Result:
    return run(parse(text), root=LIBRARY)


def broken(result: Result) -> dict[str, str]:
    return {row.what: row.actual for row in result.expectations if not row.holds}


@pytest.mark.parametrize("mutant", SEEN)
def test_an_oracle_sees_a_broken_copy(mutant: str, tmp_path: Path) -> None:
    contract, name, oracle = SEEN[mutant]
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    shutil.copy(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    (patch,) = find(ROOT, mutant)
    patch.apply(tmp_path)
    scenario = load(library()[name]).model_copy(update={"contracts": {contract: contract}})
    assert oracle in broken(play(scenario, Sources([tmp_path]), root=tmp_path))


def test_a_withdrawal_that_is_paid_twice_is_told_as_stolen(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    shutil.copy(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    find(ROOT, "bridge/executed-twice")[0].apply(tmp_path)
    text = """
name: twice
contracts: {Portal: Portal}
steps:
  - batch: {transactions: [{to: bob, value: 1 ether, from: alice}]}
  - withdraw: {value: 3 ether, from: bob, as: out}
  - run: confirmed
  - prove: {withdrawal: out, from: bob}
  - warp: 8 days
  - finalize: {withdrawal: out, from: bob}
  - finalize: {withdrawal: out, from: bob}
"""
    result = play(parse(text), Sources([tmp_path]), root=tmp_path)
    assert result.headline.startswith("bob stole 3 ether from those who have ether on L2.")
    (theft,) = result.thefts
    assert (theft.thief, theft.contract, theft.amount) == ("bob", "portal", 3 * 10**18)
    assert "bob stole 3 ether" in broken(result)["honest-lose-nothing"]


# -- honest-lose-nothing

CHANNEL = """
name: channel
steps:
  - open: {parties: [alice, bob], as: ab, deposit: 10 ether}
  - keep: {channel: ab, as: old}
  - pay: {channel: ab, from: alice, value: 8 ether}
  - take-out: {channel: ab, by: bob, value: 4 ether}
  - keep: {channel: ab, as: before}
  - pay: {channel: ab, from: alice, value: 1 ether}
"""


def test_what_a_party_took_out_before_does_not_hide_what_it_loses_later() -> None:
    stale = """  - offline: bob
  - close: {channel: ab, by: alice, state: before}
  - deadline: {channel: ab, after: 1 s}
  - settle: ab
"""
    result = played(CHANNEL + stale)
    assert broken(result) == {"honest-lose-nothing": "bob lost 1 ether"}
    assert [(each.thief, each.victim, each.amount) for each in result.thefts] == [("alice", "bob", 10**18)]


def test_after_the_window_the_posted_state_is_what_is_owed() -> None:
    """Nobody settles: the money is in the contract, and the newest state no longer counts."""
    stale = """  - offline: bob
  - close: {channel: ab, by: alice, state: before}
  - deadline: {channel: ab, after: 30 days}
  - mine: 1
"""
    assert broken(played(CHANNEL + stale)) == {"honest-lose-nothing": "bob lost 1 ether"}


def test_within_the_window_the_newest_state_is_what_is_owed() -> None:
    assert broken(played(CHANNEL + "  - close: {channel: ab, by: alice, state: before}\n")) == {}


def test_a_deposit_on_its_way_is_owed_too() -> None:
    """The portal has the ether of a deposit that no batch has brought to L2; a thief takes some of it."""
    text = """
name: cap
agents:
  mallory: {role: proposer, lie: {kind: forge_withdrawal, to: mallory, wei: 5 ether}}
  olivia: {role: challenger, away: [{for: forever}]}
  peggy: {role: proposer, away: [{for: forever}]}
steps:
  - batch: {number: 2}
  - propose: mallory
  - run: quiet
  - censor: {everything: true}
  - deposit: {value: 50 ether, from: alice}
  - cash-out: mallory
  - run: {for: 1 h}
expect: {stolen: 5 ether, always: [honest-lose-nothing]}
"""
    assert broken(played(text)) == {
        "honest-lose-nothing": "mallory stole 5 ether from those who have ether on L2; "
        "the portal lacks 4.99999979 ether that L2 owes"
    }


# -- nothing-stuck

STUCK = {
    "a settled channel that has not paid": (
        """
  - open: {parties: [alice, bob], as: ab, deposit: 10 ether}
  - close: {channel: ab, together: true}
  - settle: {channel: ab, pays: false}
""",
        "channels owes alice 10 ether",
    ),
    "a game of a state channel that never ends": (
        """
  - game: {app: CountingRace, players: [alice, bob], as: race, stake: 2 ether}
  - warp: 300 days
""",
        "race is not over",
    ),
    "an assertion that nobody confirms": (
        """
  - batch: {number: 1}
  - propose: peggy
  - run: {for: 1 h}
""",
        "assertions owes peggy 1 ether",
    ),
    "a withdrawal that nobody executes": (
        """
  - withdraw: {value: 5 ether, from: bob, as: out}
  - run: confirmed
""",
        "nobody has executed withdrawals of 5 ether to bob",
    ),
    "a deposit that the sequencer censors": (
        """
  - censor: {delayed: true}
  - deposit: {value: 3 ether, from: alice}
  - run: {for: 1 h}
""",
        "no batch has brought deposits of 3 ether of alice to L2",
    ),
    "a game that is never decided": (
        """
  - batch: {number: 1, transactions: [{to: bob, value: 1 ether}]}
  - propose: mallory
  - run: claim 5
""",
        "game 1 is undecided",
    ),
}


@pytest.mark.parametrize("what", STUCK)
def test_nothing_stuck_sees(what: str) -> None:
    steps, said = STUCK[what]
    agents = "agents: {mallory: {role: proposer, lie: wrong_fee}}\n" if "mallory" in steps else ""
    result = played(f"name: stuck\n{agents}steps:{steps}expect: {{always: [nothing-stuck]}}\n")
    assert said in broken(result)["nothing-stuck"], broken(result)
    assert any(entry.category == "stuck" for entry in result.ledger) or said.startswith(("race", "no"))


# -- the outcome

LIARS = """
name: liars
agents:
  mallory: {role: proposer, lie: wrong_fee}
  ivan: {role: proposer, account: dave, lie: {kind: made_up_from, index: 5, salt: 9}}
  olivia: {role: challenger, opens: false}
steps:
  - batch: {number: 1, transactions: [{to: bob, value: 1 ether}]}
  - propose: mallory
  - dispute: olivia
  - propose: ivan
  - run: decided
expect: {outcome: rejected, always: [conserved]}
"""


def test_an_outcome_is_rejected_only_if_every_false_assertion_is() -> None:
    assert broken(played(LIARS)) == {"outcome": "dave's false assertion is pending"}


def test_a_scenario_without_agents_is_played_to_its_end_too() -> None:
    """The honest crew posts, asserts and confirms after the last step."""
    result = played("name: plain\nsteps:\n  - {deposit: {value: 1 ether}}\nexpect: {always: [nothing-stuck]}\n")
    assert broken(result) == {}
    assert [each.status for each in result.assertions] == ["confirmed"]
