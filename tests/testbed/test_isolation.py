"""Each test and each Hypothesis example starts from the same rollup: chains, node, drafts and agents."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import ether
from harness.agents.sequencer import Stopped
from harness.testbed.conservation import Conservation, NotConserved
from harness.testbed.rollup import FUNDS, Rollup

_seen: dict[int, tuple[bytes, int, bytes]] = {}


@pytest.mark.parametrize("turn", range(3))
def test_what_one_test_does_the_next_does_not_see(rollup: Rollup, alice: Any, bob: Any, turn: int) -> None:
    state = (rollup.l1.head.hash, rollup.l2.block_number, rollup.l2.head.state_root)
    assert _seen.setdefault(id(rollup), state)[1:] == state[1:]
    assert rollup.l2.balance(alice) == FUNDS
    assert rollup.sequencer.agent.fault is None
    assert rollup.proposer.made == []

    rollup.l2.send(sender=alice, to=bob, value=ether(1))
    rollup.confirm_all()
    rollup.deposit(ether(1), sender=alice)
    rollup.sequencer.become(Stopped())
    rollup.l1.warp(10**6)


@given(values=st.lists(st.integers(0, 10**18), min_size=1, max_size=3))
@settings(max_examples=8, deadline=None)
def test_each_example_starts_afresh(rollup: Rollup, accounts: Any, values: list[int]) -> None:
    carol = accounts.carol
    assert rollup.l2.balance(carol) == FUNDS
    for value in values:
        rollup.deposit(value, sender=accounts.alice, to=carol)
    assert rollup.l2.balance(carol) == FUNDS + sum(values)
    rollup.sequencer.post()


@pytest.mark.rollup(period=600, window=60, bond=2 * 10**17)
def test_a_marker_gives_parameters(rollup: Rollup) -> None:
    assert (rollup.config.period, rollup.config.window, rollup.config.bond) == (600, 60, 2 * 10**17)
    assert rollup.assertions.period() == 600
    assert rollup.contracts.sequencer_inbox.window() == 60
    assert rollup.assertions.bond() == 2 * 10**17


def test_without_a_marker_parameters_are_the_usual_ones(rollup: Rollup) -> None:
    assert rollup.config.period == 7 * 24 * 3600


@pytest.mark.needs("edits")
def test_the_books_notice_value_from_nowhere(rollup: Rollup, books: Conservation, alice: Any, bob: Any) -> None:
    books.stop()
    watched = Conservation(rollup).watch()
    rollup.l1.send(sender=alice, to=bob, value=1)
    assert watched.checks == 1
    snapshot = rollup.l1.snapshot()
    rollup.l1.set_balance(rollup.portal, rollup.l1.balance(rollup.portal) + 1)
    with pytest.raises(NotConserved, match="off by 1"):
        rollup.portal.depositTransaction(alice.address, 0, 21_000, False, b"", sender=alice, value=1)
    watched.stop()
    rollup.l1.restore(snapshot)
