"""The parties of the fixture ``channels`` are restored along with the chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.plugin.conftest import Run

TEST = """
import pytest
from harness import ether
from hypothesis import HealthCheck, given, settings, strategies as st

@pytest.fixture
def opened(channels, accounts):
    channel = channels.open(accounts.alice, accounts.bob, deposit=ether(10))
    channel.pay(accounts.alice, 5)
    return channel

@settings(max_examples=8, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amount=st.integers(1, 30), together=st.booleans())
def test_each_example(channels, accounts, opened, l1, amount, together):
    assert opened.balance(accounts.bob) == 5 and len(channels.channels) == 1
    assert channels.node(accounts.alice).end(opened.id).state.version == opened.state.version
    opened.pay(accounts.alice, amount)
    assert opened.balance(accounts.bob) == 5 + amount
    other = channels.open(accounts.carol, accounts.dave, deposit=ether(1))
    hashlock, _ = channels.pay_route(accounts.carol, accounts.dave, amount)
    assert channels.node(accounts.dave).is_paid(hashlock)
    if together:
        opened.close_together()
    else:
        opened.close(by=accounts.bob)
        opened.settle()
    opened.collect(accounts.bob)
    channels.resume(accounts.carol)
    assert other.balance(accounts.dave) == amount

def test_a_session_fixture_asked_for_after_a_channel_was_opened(request, opened, accounts):
    assert request.getfixturevalue("late").number() == 2
    opened.pay(accounts.alice, 1)

def test_it_stands(late):
    assert late.number() == 2
"""
CONFTEST = """
import pytest

@pytest.fixture(scope="session")
def late(l1, accounts, Counter):
    counter = l1.deploy(Counter, sender=accounts.alice)
    counter.set(2, sender=accounts.alice)
    return counter
"""


def test_an_example_starts_with_the_channels_as_the_test_opened_them(run: Run) -> None:
    files = {"test_a.py": TEST, "conftest.py": CONFTEST}
    run(files, "-W", "error::harness.isolation.StaysUntilLater").assert_outcomes(passed=3)
