"""A dispute from one test file in a user's own project."""

from __future__ import annotations

import pytest

from harness.tools import cache_dir

CACHE = cache_dir()
"""Where the built-in contracts are compiled already; the inner pytest has a home of its own."""

COUNTER = """
pragma solidity ^0.8.20;
contract Counter {
    uint256 public number;
    function increment() external { number += 1; }
}
"""

TEST = """
from harness.agents import Proposer, faults

def test_a_lying_proposer_loses_its_bond(rollup, accounts, Counter):
    counter = rollup.l2.deploy(Counter, sender=accounts.alice)
    counter.increment(sender=accounts.alice)

    liar = rollup.join(Proposer(lie=faults.flip_storage(opcode="SSTORE")))
    game = rollup.challenger.dispute(liar.propose())
    rollup.run_until(game.resolved)

    assert game.winner is rollup.challenger
    assert game.disputed_step.opcode == "SSTORE"
    assert liar.bond == 0
"""


def test_a_lying_proposer_loses_its_bond_in_a_users_project(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(CACHE))
    (pytester.path / "src").mkdir()
    (pytester.path / "src/Counter.sol").write_text(COUNTER)
    (pytester.path / "pyproject.toml").write_text('[tool.harness]\ncontracts = "src"\n')
    (pytester.path / "test_lie.py").write_text(TEST)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)
