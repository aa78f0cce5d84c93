"""The marker ``walkaway``: after a test that has passed everybody leaves, and who cannot makes it fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.plugin.conftest import Run

VAULT = """
// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
contract Vault {
    mapping(address => uint256) public held;
    function put() external payable { held[msg.sender] += msg.value; }
    function take() external {
        uint256 amount = held[msg.sender];
        held[msg.sender] = 0;
        payable(msg.sender).transfer(amount);
    }
}
"""

TESTS = """
import pytest
from harness import ether
from harness.testing import ExitCall

@pytest.fixture
def vault(rollup, accounts, Vault):
    made = rollup.l2.deploy(Vault, sender=accounts.alice)
    made.put(sender=accounts.bob, value=ether(3))
    rollup.post()
    return made

@pytest.mark.walkaway
def test_nobody_takes_it(vault):
    pass

@pytest.mark.walkaway(days=10, gas=2_500_000)
def test_bob_takes_it(vault, accounts, walkaway):
    walkaway.plan(ExitCall(accounts.bob, vault, "take"))

@pytest.mark.walkaway(days=1)
def test_it_takes_too_long(rollup):
    pass

@pytest.mark.walkaway(gas=1000)
def test_it_costs_too_much(rollup):
    pass

@pytest.mark.walkaway
def test_that_fails(vault):
    assert vault.held(vault.address) == 1
"""


def test_a_marked_test_passes_only_if_everybody_gets_everything_out(run: Run) -> None:
    result = run({"src/Vault.sol": VAULT, "test_exits.py": TESTS}, "-rf")
    result.assert_outcomes(passed=1, failed=4)
    said = result.stdout.str()
    assert "Vault at 0x" in said
    assert "still has 3000000000000000000 wei: expected everybody to get everything out" in said
    assert "expected at most 1 days" in said
    assert "expected at most 1,000 gas for one" in said
    assert "test_that_fails - AssertionError: assert 0 == 1" in said


def test_a_bound_that_is_none_stops_the_run(run: Run) -> None:
    test = "import pytest\n@pytest.mark.walkaway(day=3)\ndef test_x(rollup):\n    pass\n"
    result = run({"test_x.py": test})
    assert result.ret == 4
    assert "the marker walkaway takes days= and gas=, not day" in result.stderr.str() + result.stdout.str()
