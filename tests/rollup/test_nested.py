"""A rollup whose L1 is another rollup's L2: what happens on it lasts when the outer rollup is posted and confirmed."""

from __future__ import annotations

from typing import Any

import pytest

from harness.agents import faults
from harness.agents.proposer import Proposer, Status
from harness.rollup.config import RollupConfig
from harness.rollup.errors import NotSequenced
from harness.testbed.rollup import Rollup

CONFIGS = [RollupConfig(chain_id=902), RollupConfig(chain_id=902, period=3_600, window=600, lead=60)]


@pytest.fixture
def inner(request: pytest.FixtureRequest, rollup: Rollup, alice: Any, bob: Any) -> Rollup:
    nested = Rollup.deploy(rollup.l2, getattr(request, "param", CONFIGS[0]))
    nested.fund([alice, bob], 10**18)
    return nested


def confirm_both(inner: Rollup, outer: Rollup) -> None:
    """Afterwards the inner head stands on an outer head that is final on L1."""
    inner.confirm_all()
    outer.confirm_all()
    assert inner.l2.finalized_head == inner.l2.unsafe_head > 0
    assert outer.l2.finalized_head == outer.l2.unsafe_head


@pytest.mark.parametrize("inner", CONFIGS, ids=["long periods", "short periods"], indirect=True)
def test_a_nested_rollup_confirms_and_pays(rollup: Rollup, inner: Rollup, contracts: Any, alice: Any, bob: Any) -> None:
    counter = inner.l2.deploy(contracts["Counter"], 2, sender=alice)
    counter.increment(sender=alice)
    withdrawal = inner.withdraw(10**17, sender=alice, to="0x" + "77" * 20)
    confirm_both(inner, rollup)
    inner.execute(withdrawal, sender=bob)
    assert rollup.l2.balance("0x" + "77" * 20) == 10**17
    inner.deposit(5, sender=alice, to=bob)
    counter.increment(sender=alice)
    confirm_both(inner, rollup)
    assert counter.number() == 2
    assert inner.portal.finalizedWithdrawals(withdrawal.hash)


def test_a_liar_on_a_nested_rollup_loses(rollup: Rollup, inner: Rollup, alice: Any, bob: Any) -> None:
    inner.confirm_all()
    inner.l2.send(sender=alice, to=bob, value=5)
    inner.sequencer.post()
    game = inner.challenger.dispute(inner.join(Proposer(lie=faults.wrong_fee())).propose())
    inner.run_until(game.resolved)
    confirm_both(inner, rollup)
    assert game.winner is inner.challenger


def test_what_a_move_names_of_its_l1_is_settled(rollup: Rollup, inner: Rollup, alice: Any, bob: Any) -> None:
    """An unsafe block's hash changes when it is posted: an assertion that named one would revert then."""
    inner.l2.send(sender=alice, to=bob, value=5)
    inner.sequencer.post()
    assertion = inner.proposer.propose()
    assert assertion.end == 1
    rollup.sequencer.post()
    assert rollup.l2.safe_head == rollup.l2.unsafe_head
    assert assertion.status is Status.PENDING


def test_a_batch_is_no_larger_than_the_outer_rollup_carries(
    rollup: Rollup, inner: Rollup, alice: Any, bob: Any
) -> None:
    data = bytes(20_000)
    sent = [inner.l2.send(sender=alice, to=bob, data=data, gas=300_000) for _ in range(5)]
    assert inner.sequencer.post() == 3
    rollup.sequencer.post()
    assert inner.l2.safe_head == inner.l2.unsafe_head
    assert all(inner.l2.receipt(each.hash).succeeded for each in sent)
    with pytest.raises(NotSequenced):
        inner.l2.send(sender=alice, to=bob, data=bytes(49_000), gas=600_000)


def test_a_reorg_of_the_lowest_chain_takes_both_with_it(rollup: Rollup, inner: Rollup) -> None:
    rollup.confirm_all()
    floor = rollup.l1.block_number
    confirm_both(inner, rollup)
    rollup.l1.reorg(rollup.l1.block_number - floor)
    assert inner.l2.finalized_head == 0
    confirm_both(inner, rollup)


def test_what_was_undone_on_all_three_is_forgotten(rollup: Rollup, inner: Rollup, alice: Any, bob: Any) -> None:
    marks = rollup.l1.snapshot(), rollup.snapshot(), inner.snapshot()
    before = inner.l2.head, rollup.l2.head
    inner.l2.send(sender=alice, to=bob, value=5)
    confirm_both(inner, rollup)
    for chain, mark in zip((rollup.l1, rollup, inner), marks, strict=True):
        chain.restore(mark)
    assert (inner.l2.head, rollup.l2.head) == before
    confirm_both(inner, rollup)


def test_three_levels_confirm(rollup: Rollup, alice: Any, bob: Any) -> None:
    middle = Rollup.deploy(rollup.l2, RollupConfig(chain_id=902))
    middle.fund(value=10**20)
    top = Rollup.deploy(middle.l2, RollupConfig(chain_id=903))
    top.fund([alice, bob], 10**18)
    top.l2.send(sender=alice, to=bob, value=5)
    for each in (top, middle, rollup):
        each.confirm_all()
    assert top.l2.finalized_head == top.l2.unsafe_head > 0
