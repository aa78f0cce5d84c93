"""A failing test shows the Solidity part first."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Run

FAILING = """
def test_it(l1, accounts, Counter):
    counter = l1.deploy(Counter, sender=accounts.alice)
    counter.set(3, sender=accounts.alice)
"""


@pytest.mark.parametrize("arguments", [(), ("-n", "1")], ids=["one process", "xdist"])
def test_contract_function_error_and_line_come_ahead_of_python(run: Run, arguments: tuple[str, ...]) -> None:
    result = run({"test_a.py": FAILING}, *arguments)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*--- Solidity ---*",
            "Counter.set(value=3)*reverted: Odd(actual=3) at src/Counter.sol:9",
            "*--- Python ---*",
            ">*counter.set(3, sender=accounts.alice)",
            "E *RevertedWithError: reverted: Odd(actual=3)",
            "FAILED test_a.py::test_it - *RevertedWithError*",
        ]
    )
    result.stdout.no_fnmatch_line("*/harness/*.py:*")


def test_the_whole_traceback_is_there_on_demand(run: Run) -> None:
    result = run({"test_a.py": FAILING}, "--full-trace")
    result.stdout.fnmatch_lines(["*/harness/contracts/*.py:*"])


def test_a_revert_for_another_reason_shows_its_call_tree(run: Run) -> None:
    test = FAILING.replace("    counter.set", "    from harness import reverts\n    with reverts('full'): counter.set")
    result = run({"test_a.py": test})
    result.stdout.fnmatch_lines(
        ["*--- Solidity ---*", "Counter.set(value=3)*Odd(actual=3)*", "*expected message 'full'"]
    )


def test_a_failure_without_a_contract_is_pytests_own(run: Run) -> None:
    result = run({"test_a.py": "def test_it(l1): assert 1 == 2"})
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*Solidity*")


def test_a_failing_example_shows_its_calls_though_the_chain_is_restored(run: Run) -> None:
    test = """
from hypothesis import given, settings, strategies as st

@settings(database=None, deadline=None)
@given(value=st.integers(0, 5))
def test_it(l1, accounts, Counter, value):
    counter = l1.deploy(Counter, sender=accounts.alice)
    counter.set(value, sender=accounts.alice)

@settings(database=None, deadline=None)
@given(value=st.integers(0, 5))
def test_calls(l1, accounts, Counter, value):
    l1.deploy(Counter, sender=accounts.alice).check(value)
"""
    source = """
pragma solidity ^0.8.20;
contract Counter {
    error Odd(uint256 actual);
    function set(uint256 value) external { check(value); }
    function check(uint256 value) public pure {
        if (value % 2 == 1) revert Odd(value);
    }
}
"""
    result = run({"test_a.py": test, "src/Counter.sol": source})
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "*--- Solidity ---*",
            "Counter.set(value=1)*reverted: Odd(actual=1) at src/Counter.sol:7",
            "*--- Solidity ---*",
            "Counter.check(value=1)*reverted: Odd(actual=1) at src/Counter.sol:7",
        ]
    )


def test_a_fixture_that_fails_shows_its_calls_though_the_chain_is_restored(run: Run) -> None:
    test = """
import pytest

@pytest.fixture(scope="module")
def broken(l1, accounts, Counter):
    l1.deploy(Counter, sender=accounts.alice).set(3, sender=accounts.alice)

def test_first(broken): pass
def test_second(broken): pass
def test_left_nothing(l1): assert l1.block_number == 0
"""
    result = run({"test_a.py": test})
    result.assert_outcomes(errors=2, passed=1)
    result.stdout.fnmatch_lines(["Counter.set(value=3)*reverted: Odd(actual=3) at src/Counter.sol:9"] * 2)


MISTAKES = """
import pytest
from harness import ether, reverts

@pytest.fixture
def counter(l1, accounts, Counter):
    return l1.deploy(Counter, sender=accounts.alice)

@pytest.fixture
def wrong(counter, accounts):
    counter.set("three", sender=accounts.alice)  # the line

@pytest.fixture
def on_l2(rollup, accounts, Counter):
    return rollup.l2.deploy(Counter, sender=accounts.alice)

def helper(contract, sender):
    contract.set(1, 2, sender=sender)  # the line

def test_arguments(counter, accounts):
    counter.set(sender=accounts.alice)  # the line

def test_arguments_on_l2(on_l2, accounts):
    on_l2.set("three", sender=accounts.alice)  # the line

def test_in_a_helper(counter, accounts):
    helper(counter, accounts.alice)

def test_funds(l1, accounts):
    l1.send(sender=accounts.alice, to=accounts.bob, value=ether(10**9))  # the line

def test_funds_in_a_block(l1, accounts):
    with l1.block():
        l1.send(sender=accounts.alice, to=accounts.bob, value=ether(10**9))  # the line

def test_funds_on_l2(l2, accounts):
    l2.send(sender=accounts.alice, to=accounts.bob, value=ether(10**9))  # the line

def test_funds_of_a_deposit(rollup, accounts):
    rollup.deposit(ether(10**9), sender=accounts.alice)  # the line

def test_no_revert(counter, accounts):
    with reverts("no"):  # the line
        counter.set(2, sender=accounts.alice)

def test_name(counter, accounts):
    accounts.nobody  # the line

def test_words_of_python(l1):
    l1.warp()  # the line

def test_setup(wrong):
    pass

def test_subtests(subtests, counter, accounts):
    with subtests.test("one"):
        counter.set(1, 2, sender=accounts.alice)  # the line
    with subtests.test("other"):
        l1 = counter.set("x", sender=accounts.alice)  # the line

def test_callback(l1, accounts):
    def callback(chain, receipt):
        assert receipt.block_number == 7  # the line
    with l1.on_transaction(callback):
        l1.send(sender=accounts.alice, to=accounts.bob, value=1)
"""
WITH_SUBTESTS = int(pytest.__version__.split(".")[0]) >= 9


@pytest.mark.parametrize("style", ["auto", "long", "short", "native", "line"])
def test_the_users_own_mistake_ends_at_the_users_line(run: Run, style: str) -> None:
    text = MISTAKES if WITH_SUBTESTS else MISTAKES.replace("def test_subtests", "def subtests")
    result = run({"test_a.py": text}, f"--tb={style}")
    lines = [number for number, line in enumerate(text.splitlines(), 1) if "# the line" in line]
    shown = "\n".join(result.outlines)
    if style == "line":
        # pytest shows no place of errors in setup there, nor of subtests.
        lines = lines[2:-3] + lines[-1:]
        assert [number for number in lines if f"test_a.py:{number}: " not in shown] == []
    else:
        mark = ">.*# the line" if style in ("auto", "long") else "^ +.*# the line"
        assert len(re.findall(mark, shown, re.MULTILINE)) == len(lines)
    result.stdout.no_fnmatch_line("*/harness/*.py*")
    result.stdout.no_fnmatch_line("*site-packages*")
    result.stdout.no_fnmatch_line("*During handling of*")
    result.stdout.no_fnmatch_line("*direct cause of*")


def test_a_fault_within_the_harness_is_shown_whole(run: Run) -> None:
    test = "def test_it(harness_isolation):\n    harness_isolation.settle(None)"
    result = run({"test_a.py": test})
    result.stdout.fnmatch_lines(["*/harness/isolation.py:*: AttributeError"])


def test_an_error_without_a_line_of_the_users_is_its_message(run: Run) -> None:
    files = {"src/Broken.sol": "contract Broken { nonsense }", "test_a.py": "\n\ndef test_it(Broken): pass"}
    result = run(files)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["solc * refused src/Broken.sol:", "*--> src/Broken.sol:1:*", "ERROR test_a.py::test_it - *CompileFailed*"]
    )
    result.stdout.no_fnmatch_line("*/harness/*.py*")
    whole = run(files, "--full-trace")
    whole.stdout.fnmatch_lines(["*/harness/contracts/*.py:*"])


@pytest.mark.parametrize("where", ["test", "fixture", "l2"])
def test_the_debugger_stops_in_the_users_frame(run: Run, pytester: pytest.Pytester, where: str) -> None:
    test = """
import pytest

@pytest.fixture
def counter(l1, accounts, Counter):
    counter = l1.deploy(Counter, sender=accounts.alice)
    mine = "fixture" + " of mine"
    WRONG
    return counter

def test_fixture(counter):
    pass

def test_test(l1, accounts, Counter):
    mine = "test" + " of mine"
    l1.deploy(Counter, sender=accounts.alice).set(3, sender=accounts.alice)

def test_l2(l2, accounts):
    mine = "l2" + " of mine"
    l2.send(sender=accounts.alice, to=accounts.bob, value=10**30)
"""
    wrong = "counter.set(1, 2, sender=accounts.alice)"
    run({"test_a.py": test.replace("WRONG", wrong)}, "--collect-only")
    command = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--pdb", f"test_a.py::test_{where}")
    result = pytester.run(*command, stdin=b"p mine\nq\n")
    result.stdout.fnmatch_lines([f"*'{where} of mine'*"])
