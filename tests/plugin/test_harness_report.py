"""``--harness-report`` writes the report of each failing test that uses a chain."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugin.conftest import Run

CALLS = """
def test_odd(l1, accounts, Counter):
    counter = l1.deploy(Counter, sender=accounts.alice)
    counter.set(4, sender=accounts.bob)
    l1.send(sender=accounts.carol, to=accounts.bob, value=3 * 10**18)
    counter.set(7, sender=accounts.bob)

def test_even(l1, accounts, Counter):
    l1.deploy(Counter, sender=accounts.alice).set(4, sender=accounts.bob)
"""

DISPUTE = """
from harness.agents import Proposer, faults

def test_the_liar_wins(rollup, l1):
    liar = rollup.join(Proposer(lie=faults.wrong_root()))
    accounts = l1.accounts
    rollup.l2.send(sender=accounts.alice, to=accounts.bob, value=5)
    liar.propose()
    rollup.challenger
    l1.send(sender=accounts.dave, to=accounts.erin, value=10**18)
    l1.reorg(1)
    rollup.run_until(lambda: rollup.latest_confirmed.end > 99)
"""

CHANNEL = """
def test_payment(channels, accounts, ether):
    channel = channels.open(accounts.alice, accounts.bob, deposit=ether(10))
    channel.pay(accounts.alice, ether(4))
    channel.close(by=accounts.bob)
    assert channel.balance(accounts.bob) == ether(5)
"""


def reports(folder: Path) -> dict[str, str]:
    """Return the reports in a folder by the names of their tests."""
    return {path.name.split(".py-")[1][:-14]: path.read_text(encoding="utf-8") for path in folder.glob("*.html")}


def words(page: str) -> str:
    """Return the words of a page without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_a_failing_test_has_a_report_and_a_passing_one_has_none(run: Run, pytester: pytest.Pytester) -> None:
    result = run({"tests/test_a.py": CALLS}, "--harness-report=out")
    result.assert_outcomes(passed=1, failed=1)
    found = reports(pytester.path / "out")
    assert list(found) == ["test_odd"]
    result.stdout.fnmatch_lines([f"report: {pytester.path}/out/*test_odd-*.html"])
    said = words(found["test_odd"])
    assert "bob calls Counter.set, which fails: reverted: Odd(actual=7)" in said
    assert "carol sends 3 ETH to bob" in said
    assert "carol has 3.00 ETH less, and bob has 3.00 ETH more." in said
    assert "1 of 4 expectations do not hold" in said
    assert "alice deploys Counter" in said
    assert "test_even" not in said


def test_without_the_option_nothing_is_written(run: Run, pytester: pytest.Pytester) -> None:
    result = run({"tests/test_a.py": CALLS})
    result.assert_outcomes(passed=1, failed=1)
    assert not list(pytester.path.rglob("*.html"))
    result.stdout.no_fnmatch_line("*report:*html")


def test_workers_of_xdist_write_into_the_same_folder(run: Run, pytester: pytest.Pytester) -> None:
    files = {f"tests/test_{name}.py": CALLS.replace("odd", f"odd_{name}") for name in "ab"}
    result = run(files, "--harness-report=out", "-n2")
    result.assert_outcomes(passed=2, failed=2)
    assert sorted(reports(pytester.path / "out")) == ["test_odd_a", "test_odd_b"]
    result.stdout.fnmatch_lines([f"report: {pytester.path}/out/*test_odd_?-*.html"])


def test_a_dispute_is_told_with_its_claims_decisions_and_reorgs(run: Run, pytester: pytest.Pytester) -> None:
    run({"tests/test_a.py": DISPUTE}, "--harness-report=out").assert_outcomes(failed=1)
    said = words(reports(pytester.path / "out")["test_the_liar_wins"])
    assert re.search(r"mallory lost [\d.]+ ETH because olivia proved", said)
    assert "dave sends 1 ETH to erin" in said and "L1 loses its newest 1 blocks" in said
    assert "alice calls bob" in said
    assert "olivia disputes 0x" in said
    assert "NeverHappened" in said


def test_a_channel_is_told_state_by_state(run: Run, pytester: pytest.Pytester) -> None:
    ether = "import pytest\n@pytest.fixture\ndef ether(): return lambda n: n * 10**18\n"
    run({"tests/conftest.py": ether, "tests/test_a.py": CHANNEL}, "--harness-report=out").assert_outcomes(failed=1)
    said = words(reports(pytester.path / "out")["test_payment"])
    assert "alice-bob" in said
    assert "closing" in said


def test_the_shortest_example_of_hypothesis_is_told(run: Run, pytester: pytest.Pytester) -> None:
    drawn = """
from hypothesis import given, settings, strategies as st

@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32))
def test_drawn(l1, accounts, Counter, number):
    counter = l1.deploy(Counter, sender=accounts.alice)
    counter.set(2 * number, sender=accounts.bob)
    assert counter.number() < 20
"""
    run({"tests/test_a.py": drawn}, "--harness-report=out").assert_outcomes(failed=1)
    page = reports(pytester.path / "out")["test_drawn"]
    assert re.findall(r"Counter. set \((value=\d+)\)", words(page)) == ["value=20"]


def test_a_scenario_that_does_not_hold_has_its_report(run: Run, pytester: pytest.Pytester) -> None:
    wrong = "name: Wrong\nsteps: [{send: {from: alice, to: bob, value: 1 ether}}]\nexpect: {gain: {bob: 2 ether}}"
    run({"tests/wrong.scenario.yaml": wrong}, "--harness-report=out").assert_outcomes(failed=1)
    (page,) = (pytester.path / "out").glob("*wrong*.html")
    assert "alice has 1.00 ETH less, and bob has 1.00 ETH more" in words(page.read_text(encoding="utf-8"))


def test_a_test_without_a_chain_has_no_report(run: Run, pytester: pytest.Pytester) -> None:
    run({"tests/test_a.py": "def test_it(): assert False"}, "--harness-report=out").assert_outcomes(failed=1)
    assert not (pytester.path / "out").exists()


def test_a_fixture_that_fails_is_told_too(run: Run, pytester: pytest.Pytester) -> None:
    broken = """
import pytest

@pytest.fixture
def counter(l1, accounts, Counter):
    made = l1.deploy(Counter, sender=accounts.alice)
    made.set(3, sender=accounts.bob)

def test_it(counter): pass
"""
    run({"tests/test_a.py": broken}, "--harness-report=out").assert_outcomes(errors=1)
    assert "bob calls Counter.set" in reports(pytester.path / "out")["test_it"]


def test_a_file_in_the_place_of_the_folder_is_refused(run: Run) -> None:
    result = run({"out": "a file", "tests/test_a.py": CALLS}, "--harness-report=out")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--harness-report is 'out', which is no folder*"])
