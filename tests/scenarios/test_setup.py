"""What a scenario sets up: purses, parameters of the rollup, and contracts in the place of built-in ones."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.chain.capabilities import capability
from harness.chain.opening import open_chain
from harness.scenarios import again, differences, parse, run
from harness.scenarios.errors import ScenarioInvalid
from harness.scenarios.finding import LIBRARY, cases_of

ROOT = Path(__file__).resolve().parents[2]

POOR = """
name: A challenger with an empty purse
rollup: {bond: 2 ether, period: 5 days, games: {max_clock: 40 h}}
agents:
  mallory: {role: proposer, lie: wrong_fee, purse: 10 ether}
  olivia: {role: challenger, purse: 1 ether}
  peggy: {role: proposer, away: [{for: forever}]}
steps:
  - batch: {number: 1, transactions: [{to: bob, value: 1 wei}]}
  - propose: mallory
expect: {outcome: undisputed, gain: {mallory: 0 ether}}
"""


def test_a_purse_is_what_an_agent_has_to_the_wei() -> None:
    result = run(parse(POOR), root=LIBRARY)
    purses = {party.name: party.before["l1"] for party in result.parties if party.kind == "account"}
    assert (purses["mallory"], purses["olivia"]) == (10 * 10**18, 10**18)


def test_who_cannot_pay_a_bond_disputes_nothing() -> None:
    result = run(parse(POOR), root=LIBRARY)
    assert [row for row in result.expectations if not row.holds] == []
    assert result.assertions[-1].status == "confirmed"
    richer = run(parse(POOR.replace("purse: 1 ether", "purse: 50 ether")), root=LIBRARY)
    assert next(row for row in richer.expectations if row.what == "outcome").actual == "rejected"


def test_the_parameters_of_the_rollup_have_units() -> None:
    scenario = parse(POOR)
    assert scenario.rollup_parameters == {"bond": 2 * 10**18, "period": 5 * 86_400, "games": {"max_clock": 144_000}}
    result = run(scenario, root=LIBRARY)
    assert result.assertions[-1].bond == 2 * 10**18


@pytest.mark.parametrize(
    ("right", "wrong", "line"),
    [
        ("bond: 2 ether", "bond: 2 wei", "f.yaml:3:10: rollup.bond: rollup parameter bond is 2, expected "),
        ("period: 5", "perod: 5", "f.yaml:3:25: rollup.perod: rollup parameter perod is 432000, expected one of "),
        ("max_clock: 40 h", "max_clok: 40 h", "f.yaml:3:49: rollup.games.max_clok: "),
        (
            "rollup:",
            "contracts: {DisputeGam: Loop}\nrollup:",
            "f.yaml:3:13: contracts.DisputeGam: no built-in contract",
        ),
        (
            "rollup:",
            "l1: anvl\nrollup:",
            "f.yaml:3:1: l1.backend: it is 'anvl', expected py-evm, anvil, hardhat or the URL",
        ),
        ("- propose: mallory", "- {at: claim 3, run: quiet}", "f.yaml:10:6: steps[1].at: a run does not wait"),
    ],
)
def test_a_wrong_set_up_is_found_on_load(right: str, wrong: str, line: str) -> None:
    with pytest.raises(ScenarioInvalid) as caught:
        parse(POOR.replace(right, wrong), "f.yaml")
    assert any(each.startswith(line) for each in str(caught.value).splitlines()), str(caught.value)


def test_a_moment_that_nobody_brings_about_is_found_on_load() -> None:
    with pytest.raises(ScenarioInvalid, match="nobody acts in this scenario"):
        parse("name: x\nsteps: [{at: 2 days, mine: 1}]\n")


BRIDGE = """
// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
contract Quiet { constructor(address) {} function hello() external pure returns (uint256) { return 5; } }
"""
REPLACED = """
name: Another bridge
contracts: {token_bridge: Quiet}
steps: [{deposit: {value: 1 ether}}]
expect: {reads: [{call: token_bridge.hello(), gives: 5}]}
"""


def test_a_contract_of_the_project_takes_the_place_of_a_built_in_one(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.harness]\ncontracts = "."\n')
    (tmp_path / "Quiet.sol").write_text(BRIDGE)
    result = run(parse(REPLACED), root=tmp_path)
    assert result.holds, result.expectations
    (replaced,) = [record for record in result.contracts if record.replaces]
    assert (replaced.replaces, replaced.full_name) == ("TokenBridge", "Quiet.sol:Quiet")
    assert differences(result, again(result)) == []


SWEPT = """
name: Swept
agents: {mallory: {role: proposer, lie: wrong_fee}, olivia: {role: challenger, away: [{after: claim 3, for: 1 h}]}}
steps: [{batch: {number: 1, transactions: [{to: bob, value: 1 wei}]}}, {propose: mallory}]
expect: {outcome: rejected}
"""


def test_a_sweep_is_every_combination_or_a_list_of_cases() -> None:
    both = parse(SWEPT + "sweep: {agents.olivia.away.0.for: [1 h, 2 h], agents.mallory.lie: [wrong_fee, wrong_root]}\n")
    assert [case for case, _ in cases_of(both)] == [
        {"agents.olivia.away.0.for": hours, "agents.mallory.lie": lie}
        for hours in ("1 h", "2 h")
        for lie in ("wrong_fee", "wrong_root")
    ]
    listed = parse(SWEPT + "sweep: [{seed: 4}, {agents.olivia.away.0.for: 85 h, expect.outcome: undecided}]\n")
    seeds = [(one.seed, one.expect.outcome, one.sweep) for _, one in cases_of(listed)]
    assert seeds == [(4, "rejected", ()), (0, "undecided", ())]


@pytest.mark.parametrize(("hours", "outcome"), [(83, "rejected"), (170, "upheld")])
def test_a_challenger_that_is_away_too_long_loses(hours: int, outcome: str) -> None:
    result = run(parse(SWEPT.replace("for: 1 h", f"for: {hours} h")), root=LIBRARY)
    assert next(row for row in result.expectations if row.what == "outcome").actual == outcome


def test_two_processes_give_the_same_blocks_whatever_the_order_of_their_hashes(tmp_path: Path) -> None:
    files = []
    for number in ("0", "1"):
        folder = tmp_path / number
        subprocess.run(
            [sys.executable, "-m", "harness", "play", "lie-at-an-opcode", "--results", str(folder)],
            env={**os.environ, "PYTHONHASHSEED": number, "PYTHONPATH": str(ROOT)},
            check=True,
            capture_output=True,
        )
        files.append((folder / "lie-at-an-opcode.result.json").read_bytes())
    assert files[0] == files[1]


@pytest.mark.only_anvil
@pytest.mark.parametrize("name", ["lie-at-an-opcode", "stale-close-answered"])
def test_anvil_gives_equal_outcomes_and_equal_gas(name: str, played: object) -> None:
    assert capability("trace").of("anvil")
    one, other = played(name), played(name, "anvil")  # type: ignore[operator]
    assert other.backend == "anvil"
    assert differences(one, other) == []


@pytest.mark.only_anvil
def test_the_head_of_a_private_anvil_follows_what_this_process_writes() -> None:
    with open_chain("anvil", is_private=True) as chain:
        alice, bob = chain.accounts.alice, chain.accounts.bob
        assert chain.block_number == 0
        chain.send(sender=alice, to=bob, value=1)
        sent = chain.head
        chain.warp(100)
        chain.mine(2)
        assert (chain.block_number, chain.block_at(1).hash) == (3, sent.hash)
        chain.reorg(2)
        assert chain.head == sent
        mark = chain.snapshot()
        with chain.block():
            chain.send(sender=alice, to=bob, value=1)
        assert chain.block_number == 2
        chain.restore(mark)
        assert chain.head == sent
