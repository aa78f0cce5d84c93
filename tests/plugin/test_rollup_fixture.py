"""A rollup where a test asks for one, and an untouched L1 where it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.plugin.conftest import Run

TESTS = """
import pytest

def test_before(l1):
    assert l1.block_number == 0

def test_with_one(rollup, l1, l2):
    assert rollup.l1 is l1 and rollup.l2 is l2
    assert l1.block_number > 0

def test_after(l1):
    assert l1.block_number == 0

@pytest.mark.rollup(window=77)
def test_with_another(rollup):
    assert rollup.config.window == 77

@pytest.mark.rollup(window=78)
class TestClass:
    def test_marked(self, rollup):
        assert rollup.config.window == 78
"""


def test_the_rollup_is_there_for_who_asks_and_no_one_else(run: Run) -> None:
    run({"test_a.py": TESTS}).assert_outcomes(passed=5)
    run({}, "-p", "no:randomly", "-n", "2").assert_outcomes(passed=5)


def test_parameters_come_from_the_table_and_the_marker_wins(run: Run) -> None:
    test = """
import pytest

def test_table(rollup):
    assert (rollup.config.window, rollup.config.period) == (99, 999)

@pytest.mark.rollup(window=77)
def test_marker(rollup):
    assert (rollup.config.window, rollup.config.period) == (77, 999)
"""
    settings = "[tool.harness.rollup]\nwindow = 99\nperiod = 999"
    run({"test_a.py": test}, settings=settings).assert_outcomes(passed=2)


def test_the_rules_of_games_are_a_table_of_which_the_marker_overrides_single_ones(run: Run) -> None:
    test = """
import pytest

@pytest.mark.rollup(games={"extension": 30})
def test_marker(rollup):
    games = rollup.config.games
    assert (games.max_clock, games.extension, games.step_extension) == (5000, 30, 21 * 60)
"""
    settings = "[tool.harness.rollup.games]\nmax-clock = 5000\nstep-extension = 1260"
    run({"test_a.py": test}, settings=settings).assert_outcomes(passed=1)


def test_a_parameter_that_there_is_not_is_named(run: Run) -> None:
    result = run({"test_a.py": "def test_it(rollup): pass"}, settings="[tool.harness.rollup]\nwindows = 99")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*windows*"])


def test_a_contract_of_genesis_comes_from_the_table_or_the_marker(run: Run) -> None:
    test = """
import pytest

AT, BESIDE = "0x" + "aa" * 20, "0x" + "bb" * 20

def test_table(rollup, Counter, accounts):
    counter = Counter.at(rollup.l2, AT)
    counter.increment(sender=accounts.alice)
    assert counter.number() == 8
    assert not rollup.l2.code(BESIDE)

@pytest.mark.rollup(genesis={BESIDE: "Counter"})
def test_marker(rollup, Counter, accounts):
    assert Counter.at(rollup.l2, AT).number() == 7
    assert Counter.at(rollup.l2, BESIDE).number() == 0
"""
    settings = f'[tool.harness.rollup.genesis]\n"0x{"aa" * 20}" = {{ contract = "Counter", storage = {{ 0 = 7 }} }}'
    run({"test_a.py": test}, settings=settings).assert_outcomes(passed=2)
