"""What a game shows: `print(game)`, its disputed step, and a failed assertion about it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from harness.agents import Challenger, Proposer, faults
from harness.agents.faults import Silent
from harness.dispute.view import bond_total
from harness.tools import cache_dir

CACHE = cache_dir()
"""Where the built-in contracts are compiled already; the inner pytest has a home of its own."""


def busy(rollup: Any, accounts: Any) -> Any:
    """A token with one transfer, posted."""
    from harness.rollup.contracts import contract_type

    token = rollup.l2.deploy(contract_type("DemoToken"), "Gold", "GLD", 100, sender=accounts.alice)
    token.transfer(accounts.bob, 5, sender=accounts.alice)
    rollup.sequencer.post()
    return token


def lines_of(game: Any) -> list[str]:
    return str(game).splitlines()


def test_a_game_shows_stakes_places_and_the_reason_of_its_outcome(rollup: Any, accounts: Any) -> None:
    busy(rollup, accounts)
    liar = rollup.join(Proposer(lie=faults.flip_storage(nth=5)))
    game = rollup.challenger.dispute(liar.propose())
    rollup.run_until(game.resolved)
    shown = lines_of(game)
    assert re.fullmatch(
        rf"game {game.address} about the assertion 0x\w{{8}}… on batch 0 by mallory: rejected", shown[0]
    )
    assert re.match(r" 0 root   mallory  1\.0000 ETH 0x\w{8}… end of the range; countered by olivia", shown[1])
    assert re.match(r" 1 attack olivia   \d\.\d{4} ETH \+0:00:00 0x", shown[2])
    place = (
        r"batch 0, tx 0x\w{8}…, before step \d+: \w+ in DemoToken at contracts/demo/\w+\.sol:\d+; disproven by olivia"
    )
    assert re.search(place, shown[41])
    assert shown[42].startswith("outcome:"), "one line for each claim"
    told = "\n".join(shown[42:])
    assert "mallory's root is rejected: olivia's attack on it stands" in told
    assert "olivia disproved mallory's claim at level 40 by one step on L1: SSTORE in DemoToken" in told
    assert re.search(r" at contracts/demo/Erc20\.sol:\d+ \(batch 0, tx 0x\w{8}…, step \d+\)", told)
    for who in ("olivia", "mallory"):
        assert re.search(rf"{who} made 20 moves in up to 0:0\d:\d\d of 84:00:00", told)
    assert re.search(r"bonds: +mallory \d\.\d{4} ETH, olivia \d\.\d{4} ETH \(the assertion's own included\)", told)
    own, won = bond_total(game.view.claims, accounts.olivia.address), re.search(r"olivia took (\d+\.\d{4}) ETH", told)
    assert won is not None and float(won[1]) > own / 1e18
    assert re.search(r"\d\.\d{4} ETH of the bonds that were countered are burnt", told)
    assert re.search(r"olivia is credited [01]\.\d{4} ETH of the assertion's bond", told)
    assert "absences" not in told and "reorgs" not in told


def test_the_disputed_step_names_contract_and_line(rollup: Any, accounts: Any) -> None:
    token = busy(rollup, accounts)
    liar = rollup.join(Proposer(lie=faults.flip_storage(nth=5)))
    game = rollup.challenger.dispute(liar.propose())
    rollup.run_until(game.resolved)
    step = game.disputed_step
    assert (step.opcode, step.name, step.batch) == ("SSTORE", "DemoToken", 0)
    assert step.contract == token.address.lower()
    file, line = step.line.split(":")
    assert file == "contracts/demo/Erc20.sol" and int(line) > 0
    assert str(step).startswith(
        f"SSTORE in DemoToken at {step.line} ({step.contract}): step {step.step} of transaction"
    )


def test_a_step_of_a_constructor_has_its_line_too(rollup: Any, accounts: Any) -> None:
    busy(rollup, accounts)
    liar = rollup.join(Proposer(lie=faults.flip_storage(nth=0)))
    game = rollup.challenger.dispute(liar.propose())
    rollup.run_until(game.resolved)
    assert game.disputed_step.opcode == "SSTORE"
    if game.disputed_step.name is not None:
        assert ".sol:" in game.disputed_step.line


def test_a_game_that_nobody_answered_says_so(rollup: Any, accounts: Any) -> None:
    busy(rollup, accounts)
    right = rollup.proposer.propose()
    liar = rollup.join(Challenger(lie=faults.wrong_fee(), tactic=Silent()), accounts.sybil)
    game = liar.dispute(right)
    assert "left to answer" in str(game) and "open; unless somebody answers" in str(game)
    rollup.run_until(game.resolved)
    assert "peggy's root is upheld: no attack on it stands" in str(game)
    assert "nobody answered peggy's claim at level 2 in its time" in str(game)
    assert "no step" not in str(game) and game.disputed_step is None


def test_absences_are_reported_with_who_was_away(rollup: Any, accounts: Any) -> None:
    busy(rollup, accounts)
    liar = rollup.join(Proposer(lie=faults.wrong_fee()))
    game = rollup.challenger.dispute(liar.propose())
    liar.leave()
    rollup.l1.warp(40 * 3_600)
    rollup.join(liar)
    rollup.run_until(game.resolved)
    told = [line for line in lines_of(game) if "only after" in line]
    assert len(told) == 1
    assert re.match(r"absences: mallory answered olivia's claim at level 1 only after 40:00:\d\d", told[0])


@pytest.mark.needs("reorg")
def test_reorgs_are_reported_with_what_they_took(rollup: Any, accounts: Any) -> None:
    busy(rollup, accounts)
    liar = rollup.join(Proposer(lie=faults.wrong_fee()))
    game = rollup.challenger.dispute(liar.propose())
    for _ in range(3):
        rollup.step()
    before = len(game.view.claims)
    mark = rollup.snapshot()
    rollup.l1.reorg(2)
    lost = before - len(game.view.claims)
    assert lost > 0
    assert re.search(rf"reorgs: +a reorg, noticed at \+0:00:\d\d: {lost} of {before} claims lost", str(game))
    rollup.restore(mark)
    assert "reorgs" not in str(game), "what a test did is not told in the next"


def test_a_game_that_is_gone_and_one_to_come_are_reported(rollup: Any, accounts: Any) -> None:
    busy(rollup, accounts)
    liar = rollup.join(Proposer(lie=faults.wrong_fee()))
    start, mark = rollup.l1.snapshot(), rollup.snapshot()
    game = rollup.challenger.dispute(liar.propose())
    rollup.l1.restore(start)
    rollup.restore(mark)
    assert "is not on L1" in str(game)


TEST = """
import pytest
from harness.agents import Proposer, faults

@pytest.fixture
def game(rollup, accounts, Counter):
    counter = rollup.l2.deploy(Counter, sender=accounts.alice)
    counter.increment(sender=accounts.alice)
    liar = rollup.join(Proposer(lie=faults.flip_storage()))
    game = rollup.challenger.dispute(liar.propose())
    game.liar = liar
    rollup.run_until(game.resolved)
    return game

def test_winner(game):
    liar = game.liar
    assert game.winner is liar

class Holder:
    pass

def test_held(game):
    holder = Holder()
    holder.game = game
    assert holder.game.disputed_step.opcode == "ADD"

def test_something_else(game):
    assert 1 == 2
"""


def test_a_failed_assertion_about_a_game_shows_it(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(CACHE))
    (pytester.path / "src").mkdir()
    (pytester.path / "src/Counter.sol").write_text(
        "pragma solidity ^0.8.20;\ncontract Counter {\n    uint256 public number;\n"
        "    function increment() external {\n        number += 1;\n    }\n}\n"
    )
    (pytester.path / "pyproject.toml").write_text('[tool.harness]\ncontracts = "src"\n')
    (pytester.path / "test_lie.py").write_text(TEST)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:randomly")
    result.assert_outcomes(failed=3)
    told = result.stdout.str()
    assert told.count("mallory's root is rejected: olivia's attack on it stands") == 2, "by each that names the game"
    assert told.count("SSTORE in Counter at src/Counter.sol:5") >= 2
    assert "assert <Challenger olivia, honest> is <Proposer mallory, lies by flip_storage(" in told
