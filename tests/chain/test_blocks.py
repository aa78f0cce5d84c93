from __future__ import annotations

import pytest

from harness.chain.errors import BlockOpen, GasAboveCap, NonceTooLow, RevertedWithError, UnknownTransaction

pytestmark = pytest.mark.needs("mining")


@pytest.mark.needs("order")
def test_block_holds_transactions_in_the_order_sent(chain, alice, bob, probe):
    carol = chain.accounts.carol
    with chain.block():
        receipts = [
            probe.increment(sender=bob),
            probe.increment(sender=alice, priority_fee=5 * 10**9),
            probe.increment(sender=carol),
            probe.increment(sender=alice),
        ]
    assert [receipt.index for receipt in receipts] == [0, 1, 2, 3]
    assert len({receipt.block_hash for receipt in receipts}) == 1
    assert [receipt.events[0].count for receipt in receipts] == [6, 7, 8, 9]
    assert [receipt.events[0].by for receipt in receipts] == [bob.address, alice.address, carol.address, alice.address]


def test_block_holds_many_transactions_of_one_sender(chain, alice, bob):
    before = chain.block_number
    with chain.block():
        receipts = [chain.send(sender=alice, to=bob, value=n) for n in range(40)]
    assert chain.block_number == before + 1
    assert [receipt.index for receipt in receipts] == list(range(40))
    assert all(receipt.succeeded and receipt.gas_used == 21_000 for receipt in receipts)
    assert chain.balance(bob) - 10_000 * 10**18 == sum(range(40))


def test_block_shows_its_state_so_far_to_calls(chain, alice, probe):
    with chain.block():
        probe.increment(sender=alice)
        assert probe.count() == 6
        probe.increment(sender=alice)
        assert probe.count() == 7
        assert chain.nonce(alice) == 3
    assert probe.count() == 7


def test_block_has_the_warped_time(chain, alice, probe):
    target = chain.warp(77)
    with chain.block():
        first = probe.record(sender=alice)
        assert chain.now == target
        second = probe.record(sender=alice)
    assert first.timestamp == second.timestamp == target
    assert first.events[0].timestamp == target


def test_block_with_nothing_in_it_is_mined(chain):
    before = chain.block_number
    with chain.block():
        pass
    assert chain.block_number == before + 1


def test_receipt_in_an_open_block_cannot_be_read_yet(chain, alice, bob):
    with chain.block():
        receipt = chain.send(sender=alice, to=bob)
        with pytest.raises(UnknownTransaction):
            _ = receipt.gas_used
    assert receipt.gas_used == 21_000


def test_block_raises_the_first_revert_after_it_is_mined(chain, alice, probe):
    with pytest.raises(RevertedWithError) as caught, chain.block():
        probe.increment(sender=alice)
        failed = probe.failWithError(3, sender=alice)
        last = probe.increment(sender=alice)
    assert caught.value.actual == 3
    assert not failed.succeeded
    assert last.succeeded
    assert probe.count() == 7


def test_block_leaves_unchecked_failures_to_the_test(chain, alice, probe):
    with chain.block():
        failed = probe.failWithError(3, sender=alice, check=False)
    assert not failed.succeeded


def test_block_left_by_an_exception_keeps_what_was_accepted(chain, alice, bob):
    with pytest.raises(ZeroDivisionError), chain.block():
        chain.send(sender=alice, to=bob, value=1)
        _ = 1 // 0
    assert chain.nonce(alice) == 1
    assert chain.send(sender=alice, to=bob).index == 0


def test_block_left_by_an_exception_keeps_that_exception(chain, alice, probe):
    with pytest.raises(ZeroDivisionError), chain.block():
        failed = probe.failWithError(3, sender=alice)
        _ = 1 // 0
    assert not failed.succeeded


def test_block_goes_on_after_a_refused_transaction(chain, alice, bob):
    with chain.block():
        chain.send(sender=alice, to=bob)
        with pytest.raises(NonceTooLow):
            chain.send(sender=alice, to=bob, nonce=0)
        last = chain.send(sender=alice, to=bob)
    assert last.index == 1


def test_block_refuses_what_does_not_fit_into_it(chain, alice, probe):
    limit = chain.head.gas_limit
    with chain.block():
        for _ in range(3):
            probe.failInvalid.transact(sender=alice, gas=16_000_000, check=False)
        with pytest.raises(GasAboveCap) as caught:
            chain.send(sender=alice, to=probe.address, gas=16_700_000)
    assert caught.value.what != "transaction"
    assert caught.value.cap < limit


def test_blocks_do_not_nest(chain):
    with chain.block(), pytest.raises(BlockOpen), chain.block():
        raise AssertionError("not reached")


def test_blockhash_is_that_of_the_chain(chain, alice, probe):
    chain.mine(3)
    number = chain.block_number - 2
    assert probe.hashOf(number) == chain.block_at(number).hash
    assert probe.hashOf(number) != bytes(32)


@pytest.mark.needs("history")
def test_history_contract_serves_the_parent_hash(chain, alice):
    chain.mine(2)
    number = chain.block_number - 1
    answer = chain.call(to="0x0000F90827F1C53a10cb7A02335B175320002935", data=number.to_bytes(32, "big"))
    assert answer == chain.block_at(number).hash


@pytest.mark.needs("beacon-roots")
def test_beacon_roots_contract_answers_for_the_head(chain):
    chain.mine()
    answer = chain.call(to="0x000F3df6D732807Ef1319fB7B8bB8522d0Beac02", data=chain.head.timestamp.to_bytes(32, "big"))
    assert len(answer) == 32
