"""Who stole what: a thief's stake in one contract does not pay for what it takes out of another."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.scenarios import Result, parse
from harness.scenarios.running import play
from harness.scenarios.sources import Sources

SOURCE = """
// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
contract Pot {
    function put() external payable {}
    function take(uint256 wei_) external { payable(msg.sender).transfer(wei_); }
}
contract Router {
    function put(Pot pot) external payable { pot.put{value: msg.value}(); }
}
"""
BOB_PUTS = "  - call: {call: two.put(), from: bob, value: 10 ether}\n"
MALLORY_TAKES = "  - call: {call: two.take(10000000000000000000), from: mallory}\n"
STOLEN = {
    "a payment to somebody else": "  - send: {to: carol, value: 10 ether, from: mallory}\n" + BOB_PUTS + MALLORY_TAKES,
    "a stake in another contract": "  - call: {call: one.put(), from: mallory, value: 10 ether}\n"
    + BOB_PUTS
    + MALLORY_TAKES,
    "a stake that stays in a contract through which others pay": """
  - call: {call: router.put(two), from: bob, value: 10 ether}
  - call: {call: one.put(), from: mallory, value: 10 ether}
"""
    + MALLORY_TAKES,
}
OWN = {
    "a loan that is paid back": BOB_PUTS
    + MALLORY_TAKES
    + "  - call: {call: two.put(), from: mallory, value: 10 ether}\n",
    "a stake that is taken out again": BOB_PUTS
    + "  - call: {call: two.put(), from: mallory, value: 10 ether}\n"
    + MALLORY_TAKES,
    "a stake that came through a router": BOB_PUTS
    + "  - call: {call: router.put(two), from: bob, value: 3 ether}\n"
    + "  - call: {call: router.put(two), from: mallory, value: 10 ether}\n"
    + MALLORY_TAKES,
}


def played(steps: str, folder: Path, thief: str = "mallory") -> Result:
    (folder / "Pots.sol").write_text(SOURCE)
    text = f"""
name: pots
thief: {thief}
steps:
  - deploy: {{contract: Pot, as: one, from: alice}}
  - deploy: {{contract: Pot, as: two, from: alice}}
  - deploy: {{contract: Router, as: router, from: alice}}
{steps}
expect: {{always: [conserved, honest-lose-nothing]}}
"""
    return play(parse(text), Sources([folder]), root=folder)


@pytest.mark.parametrize("what", STOLEN)
def test_what_is_taken_is_not_made_up_for_by(what: str, tmp_path: Path) -> None:
    result = played(STOLEN[what], tmp_path)
    assert {row.what: row.actual for row in result.expectations if not row.holds} == {
        "honest-lose-nothing": "mallory stole 10 ether from bob"
    }
    assert [(each.victim, each.contract, each.amount) for each in result.thefts] == [("bob", "two", 10**19)]


@pytest.mark.parametrize("what", OWN)
def test_nothing_is_stolen_by(what: str, tmp_path: Path) -> None:
    result = played(OWN[what], tmp_path)
    assert (result.thefts, result.holds) == ((), True)


def test_what_is_due_to_a_thief_is_left_to_it_once(tmp_path: Path) -> None:
    """And not in each contract again."""
    steps = "  - call: {call: one.put(), from: bob, value: 10 ether}\n" + BOB_PUTS + MALLORY_TAKES
    both = steps + MALLORY_TAKES.replace("two", "one")
    due = "{account: mallory, due: 4 ether}"
    assert sum(each.amount for each in played(both, tmp_path, due).thefts) == 16 * 10**18
