from __future__ import annotations

import pytest

from harness.chain import open_chain
from harness.chain.errors import BlockOpen, TimeNotAhead
from tests.support.clocks import let_time_pass, times

pytestmark = pytest.mark.needs("time")


def test_warp_gives_the_next_block_exactly_that_time(chain, alice, probe):
    target = chain.warp(1_000)
    receipt = probe.record(sender=alice)
    assert receipt.timestamp == target == chain.head.timestamp == chain.now
    assert receipt.events[0].timestamp == target


def test_warp_counts_from_the_head(chain):
    before = chain.head.timestamp
    assert chain.warp(86_400) == before + 86_400
    chain.mine()
    assert chain.head.timestamp == before + 86_400


def test_warp_twice_adds_up(chain):
    before = chain.now
    chain.warp(10)
    chain.warp(5)
    chain.mine()
    assert chain.head.timestamp == before + 15


def test_warp_to_a_time(chain, alice, bob):
    chain.warp(to=2_000_000_000)
    assert chain.send(sender=alice, to=bob).timestamp == 2_000_000_000


def test_warp_backwards_is_refused(chain):
    now = chain.head.timestamp
    with pytest.raises(TimeNotAhead) as caught:
        chain.warp(to=now)
    assert (caught.value.requested, caught.value.earliest) == (now, now + 1)
    assert chain.now == now
    with pytest.raises(TimeNotAhead):
        chain.warp(0)


def test_warp_in_an_open_block_is_refused(chain):
    with chain.block(), pytest.raises(BlockOpen):
        chain.warp(10)


def test_a_call_sees_the_warped_time_before_a_block_has_it(chain, probe):
    assert probe.environment().timestamp == chain.now == chain.head.timestamp
    target = chain.warp(500)
    seen = probe.environment()
    assert seen.timestamp == target == chain.now
    assert seen.number == chain.block_number + 1
    assert chain.head.timestamp < target


def test_blocks_without_warp_are_a_second_apart(chain, alice, bob):
    first = chain.send(sender=alice, to=bob)
    second = chain.send(sender=bob, to=alice)
    chain.mine(3)
    assert second.timestamp == first.timestamp + 1
    assert chain.head.timestamp == second.timestamp + 3
    assert [chain.block_at(second.block_number + n).timestamp - second.timestamp for n in range(4)] == [0, 1, 2, 3]


@pytest.mark.only_anvil
def test_blocks_in_a_row_are_a_second_apart_however_busy_the_machine_is(monkeypatch):
    with open_chain("anvil") as anvil:
        let_time_pass(anvil, monkeypatch)
        anvil.mine(4)
        assert times(anvil, 4) == [1, 2, 3, 4]
        anvil.warp(50)
        anvil.mine(3)
        assert times(anvil, 3) == [50, 51, 52]
        anvil.send(sender=anvil.accounts.alice, to=anvil.accounts.bob)
        assert times(anvil, 1) == [1]
