"""Every test and every example starts with the same chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Run

ISOLATED = """
import pytest
from hypothesis import given, settings, strategies as st

@pytest.fixture(scope="module")
def shared(l1, accounts, Counter):
    counter = l1.deploy(Counter, sender=accounts.alice)
    counter.increment(sender=accounts.alice)
    return counter

@pytest.fixture
def twice(shared, accounts):
    shared.increment(sender=accounts.alice)
    return shared

def test_one(shared, accounts):
    assert shared.number() == 1
    shared.increment(sender=accounts.alice)

def test_two(shared, accounts):
    assert shared.number() == 1
    shared.increment(sender=accounts.alice)

def test_three(twice):
    assert twice.number() == 2

def test_four(twice):
    assert twice.number() == 2

@settings(max_examples=10, deadline=None, database=None)
@given(times=st.integers(0, 3))
def test_each_example(shared, accounts, times):
    for _ in range(times):
        shared.increment(sender=accounts.bob)
    assert shared.number() == 1 + times

class TestMethods:
    @settings(max_examples=5, deadline=None, database=None)
    @given(times=st.integers(0, 3))
    def test_each_example(self, twice_in_class, times):
        pass

    @pytest.fixture(scope="class")
    def twice_in_class(self, shared, accounts):
        shared.increment(sender=accounts.alice)

    def test_class_fixture_holds(self, shared, twice_in_class):
        assert shared.number() == 2

def test_after_the_class(shared):
    assert shared.number() == 1

def test_late_request(request):
    l1 = request.getfixturevalue("l1")
    before = l1.block_number
    l1.mine(3)
    assert l1.block_number == before + 3
"""

AFTER = """
def test_the_module_fixture_of_another_file_is_gone(l1):
    assert l1.block_number == 0
"""


@pytest.mark.parametrize("backend", ["py-evm", pytest.param("anvil", marks=pytest.mark.only_anvil)])
def test_tests_fixtures_and_examples_leave_nothing_behind(run: Run, backend: str) -> None:
    result = run({"test_a.py": ISOLATED, "test_b.py": AFTER}, f"--l1={backend}")
    result.assert_outcomes(passed=10)


HASHES = """
import pytest

@pytest.mark.parametrize("n", range(4))
def test_hash(l1, accounts, n, record_property):
    l1.send(sender=accounts.alice, to=accounts.bob.address, value=n)
    print("HASH", n, l1.w3.eth.get_block("latest")["hash"].hex())
"""


def hashes(result: pytest.RunResult) -> list[str]:
    return sorted(line[line.index("HASH") :] for line in result.outlines if "HASH" in line)


def test_block_hashes_depend_on_seed_and_test_and_on_nothing_else(run: Run) -> None:
    all_in_order = hashes(run({"test_a.py": HASHES}, "-rP"))
    assert len(set(all_in_order)) == 4
    assert hashes(run({}, "-rP", "-n", "2")) == all_in_order
    assert hashes(run({}, "-rP", "test_a.py::test_hash[3]", "test_a.py::test_hash[1]")) == all_in_order[1::2]
    other = hashes(run({}, "-rP", "--harness-seed=1"))
    assert not set(other) & set(all_in_order)


def test_the_search_for_garbage_is_left_on_and_spared_what_was_imported(run: Run) -> None:
    test = """
import gc

def test_first(rollup):
    assert gc.isenabled() and gc.get_freeze_count() > 100_000

def test_one_that_chose_otherwise(request):
    gc.disable()
    request.getfixturevalue("channels")
    assert not gc.isenabled()
    gc.enable()
"""
    run({"test_a.py": test}, anew=True).assert_outcomes(passed=2)


def test_other_stateful_things_can_join(run: Run) -> None:
    test = """
import pytest

class Tally:
    def __init__(self): self.count = 0
    def snapshot(self): return self.count
    def restore(self, mark): self.count = mark

@pytest.fixture(scope="session")
def tally(harness_isolation):
    found = Tally()
    harness_isolation.add(found)
    yield found
    harness_isolation.remove(found)

@pytest.mark.parametrize("n", range(3))
def test_it(tally, n):
    assert tally.count == 0
    tally.count += 1
"""
    run({"test_a.py": test}).assert_outcomes(passed=3)
