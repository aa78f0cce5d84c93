"""Hooks that later layers add to every transaction, such as the conservation of value."""

from __future__ import annotations

import pytest

from harness.errors import Reverted


@pytest.fixture
def heard(chain):
    seen = []
    remove = chain.on_transaction(lambda chain, receipt: seen.append((receipt.hash, receipt.succeeded)))
    yield seen
    remove()


def test_hook_hears_each_transaction_once(chain, alice, bob, probe, heard):
    first = chain.send(sender=alice, to=bob)
    second = probe.increment(sender=bob)
    probe.count()
    chain.mine()
    assert heard == [(first.hash, True), (second.hash, True)]


def test_hook_hears_a_failed_transaction_before_its_revert_is_raised(chain, alice, probe, heard):
    with pytest.raises(Reverted) as caught:
        probe.failWithError(1, sender=alice)
    assert heard == [(caught.value.receipt.hash, False)]


@pytest.mark.needs("mining")
def test_hook_hears_a_block_in_order_when_it_is_mined(chain, alice, bob, heard):
    with chain.block():
        first = chain.send(sender=bob, to=alice)
        second = chain.send(sender=alice, to=bob)
        assert heard == []
    assert heard == [(first.hash, True), (second.hash, True)]


def test_hook_hears_what_web3_sends(chain, alice, bob, heard):
    tx_hash = chain.w3.eth.send_transaction({"from": alice.address, "to": bob.address, "value": 1})
    assert heard == [(bytes(tx_hash), True)]


@pytest.mark.needs("mining")
def test_hook_hears_what_web3_sends_into_an_open_block(chain, alice, bob, heard):
    request = {"from": alice.address, "to": bob.address, "value": 1, "gas": 21_000}
    with chain.block():
        first = chain.send(sender=bob, to=alice)
        second = chain.w3.eth.send_transaction(request)
        assert heard == []
    assert heard == [(first.hash, True), (bytes(second), True)]
    assert chain.receipt(bytes(second)).index == 1


def test_hook_that_raises_fails_the_test_that_sent(chain, alice, bob):
    def conserve(chain, receipt):
        raise AssertionError(f"value was lost in block {receipt.block_number}")

    with chain.on_transaction(conserve), pytest.raises(AssertionError, match="value was lost in block 1"):
        chain.send(sender=alice, to=bob)
    assert chain.send(sender=alice, to=bob).succeeded


def test_removed_hook_hears_nothing(chain, alice, bob):
    seen = []
    remove = chain.on_transaction(lambda chain, receipt: seen.append(receipt))
    remove()
    remove()
    chain.send(sender=alice, to=bob)
    assert seen == []
