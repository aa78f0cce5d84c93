from __future__ import annotations

import pytest

from harness.chain import ether, open_chain
from harness.chain.errors import ReorgTooDeep, UnknownSnapshot, UnknownTransaction

pytestmark = pytest.mark.needs("snapshot")


def _state(chain, probe):
    return chain.head, chain.now, probe.count(), chain.balance(chain.accounts.alice), chain.nonce(chain.accounts.alice)


def test_restore_brings_everything_back(chain, alice, bob, probe):
    before = _state(chain, probe)
    snapshot = chain.snapshot()
    probe.increment(sender=alice)
    chain.set_balance(alice, ether(3))
    chain.warp(1_000)
    chain.mine(4)
    chain.restore(snapshot)
    assert _state(chain, probe) == before
    assert chain.backend.next_base_fee() < before[0].base_fee


def test_restore_works_any_number_of_times(chain, alice, probe):
    snapshot = chain.snapshot()
    for _ in range(3):
        assert probe.increment(sender=alice).events[0].count == 6
        chain.restore(snapshot)
    assert probe.count() == 5


def test_restore_keeps_edits_made_before_the_snapshot(chain, probe):
    chain.set_storage(probe, 0, 99)
    snapshot = chain.snapshot()
    chain.set_storage(probe, 0, 100)
    chain.mine()
    chain.restore(snapshot)
    assert probe.count() == 99


def test_restore_keeps_a_time_set_before_the_snapshot(chain):
    target = chain.warp(500)
    snapshot = chain.snapshot()
    chain.mine(2)
    chain.restore(snapshot)
    assert chain.now == target
    chain.mine()
    assert chain.head.timestamp == target


def test_restore_forgets_transactions(chain, alice, bob):
    snapshot = chain.snapshot()
    receipt = chain.send(sender=alice, to=bob)
    chain.restore(snapshot)
    with pytest.raises(UnknownTransaction):
        chain.receipt(receipt.hash)


def test_restore_to_the_same_height_takes_another_branch(chain, alice, bob, probe):
    snapshot = chain.snapshot()
    probe.increment(sender=alice)
    chain.restore(snapshot)
    chain.send(sender=alice, to=bob, value=1)
    assert probe.count() == 5
    assert chain.nonce(alice) == 2


def test_restore_of_an_earlier_snapshot_ends_the_later_one(chain):
    first = chain.snapshot()
    chain.mine()
    second = chain.snapshot()
    chain.restore(first)
    with pytest.raises(UnknownSnapshot):
        chain.restore(second)
    chain.restore(first)


def test_restore_of_another_chains_snapshot_is_refused(chain):
    with open_chain("py-evm") as other, pytest.raises(UnknownSnapshot) as caught:
        chain.restore(other.snapshot())
    assert caught.value.chain == chain.name


def test_gas_after_restore_is_as_before(chain, alice, probe):
    snapshot = chain.snapshot()
    first = probe.increment(sender=alice)
    chain.restore(snapshot)
    second = probe.increment(sender=alice)
    assert (first.gas_used, first.gas_price, first.timestamp) == (second.gas_used, second.gas_price, second.timestamp)


@pytest.mark.needs("reorg")
def test_reorg_removes_the_newest_blocks_and_their_effects(chain, alice, probe):
    kept = probe.increment(sender=alice)
    gone = [probe.increment(sender=alice) for _ in range(3)]
    removed = chain.reorg(3)
    assert len(removed) == 3
    assert chain.block_number == kept.block_number
    assert chain.head.hash == kept.block_hash
    assert probe.count() == 6
    with pytest.raises(UnknownTransaction):
        chain.receipt(gone[0].hash)


@pytest.mark.needs("reorg")
def test_reorged_transactions_can_be_sent_again_in_another_order(chain, alice, bob, probe):
    first = probe.increment(sender=alice)
    second = probe.increment(sender=bob)
    removed = chain.reorg(2)
    chain.warp(100)
    with chain.block():
        again = [chain.resend(raw) for raw in reversed(removed)]
    assert [receipt.hash for receipt in again] == [second.hash, first.hash]
    assert [receipt.events[0].by for receipt in again] == [bob.address, alice.address]
    assert again[0].block_number == first.block_number
    assert again[0].block_hash != first.block_hash


@pytest.mark.needs("reorg")
def test_reorged_transactions_can_be_replaced(chain, alice, bob):
    before = chain.balance(bob)
    chain.send(sender=alice, to=bob, value=5)
    chain.reorg(1)
    chain.send(sender=alice, to=bob, value=7)
    assert chain.balance(bob) == before + 7
    assert chain.nonce(alice) == 1


@pytest.mark.needs("reorg")
def test_reorg_keeps_edits_made_before_the_removed_blocks(chain, alice, probe):
    chain.set_storage(probe, 0, 50)
    probe.increment(sender=alice)
    chain.set_storage(probe, 0, 70)
    chain.reorg(1)
    assert probe.count() == 50
    probe.increment(sender=alice)
    assert probe.count() == 51


@pytest.mark.needs("reorg", "impersonate")
def test_reorged_transaction_of_an_impersonated_sender_can_be_sent_again(chain, bob):
    ghost = chain.impersonate("0x00000000000000000000000000000000000000A1")
    chain.set_balance(ghost, ether(1))
    before = chain.balance(bob)
    chain.send(sender=ghost, to=bob, value=9)
    (raw,) = chain.reorg(1)
    assert chain.balance(bob) == before
    receipt = chain.resend(raw)
    assert receipt.sender == ghost.address
    assert chain.balance(bob) == before + 9
    assert chain.nonce(ghost) == 1


@pytest.mark.needs("reorg")
def test_reorg_of_more_blocks_than_there_are_is_refused(chain):
    chain.mine(2)
    height = chain.block_number
    with pytest.raises(ReorgTooDeep) as caught:
        chain.reorg(height + 1)
    assert (caught.value.depth, caught.value.available) == (height + 1, height)
    assert chain.block_number == height


@pytest.mark.needs("reorg")
def test_reorg_of_nothing_changes_nothing(chain):
    chain.mine()
    head = chain.head
    assert chain.reorg(0) == []
    assert chain.head == head


@pytest.mark.needs("reorg")
def test_blocks_after_a_reorg_go_on_a_second_apart(chain):
    chain.mine(5)
    chain.reorg(3)
    kept = chain.head
    chain.mine(2)
    assert chain.head.timestamp == kept.timestamp + 2
    assert chain.block_at(kept.number + 1).parent_hash == kept.hash
