"""SequencerInbox.postBatch, guard by guard."""

from __future__ import annotations

from typing import Any

import pytest

from harness import ether, reverts
from harness.rollup.codec.messages import MAX_BATCH_BYTES, Batch
from harness.rollup.contracts import NO_DISPUTES
from harness.rollup.node.inbox import batch_of
from harness.testbed.rollup import Rollup
from tests.support.rollups import seen_by


@pytest.fixture
def inbox(rollup: Rollup) -> Any:
    """The inbox after everything pending was posted."""
    rollup.sequencer.post()
    return rollup.contracts.sequencer_inbox


def test_post_batch_by_a_stranger_reverts(rollup: Rollup, inbox: Any, alice: Any) -> None:
    count, delayed = inbox.batchCount(), inbox.delayedCount()
    with reverts(inbox.NotSequencer, actual=alice, expected=rollup.sequencer.account):
        inbox.postBatch(count, delayed, delayed, b"", sender=alice)
    assert inbox.batchCount() == count


@pytest.mark.parametrize("offset", [-1, 1])
def test_post_batch_at_another_index_reverts(rollup: Rollup, inbox: Any, offset: int) -> None:
    count, delayed = inbox.batchCount(), inbox.delayedCount()
    with reverts(inbox.WrongBatchIndex, actual=count + offset, expected=count):
        inbox.postBatch(count + offset, delayed, delayed, b"", sender=rollup.sequencer.account)


@pytest.mark.parametrize("offset", [-1, 1])
def test_post_batch_after_another_delayed_count_reverts(rollup: Rollup, inbox: Any, offset: int) -> None:
    count, delayed = inbox.batchCount(), inbox.delayedCount()
    with reverts(inbox.WrongDelayedCount, actual=delayed + offset, expected=delayed):
        inbox.postBatch(count, delayed + offset, delayed, b"", sender=rollup.sequencer.account)


def test_post_batch_above_96_kib_reverts(rollup: Rollup, inbox: Any) -> None:
    count, delayed = inbox.batchCount(), inbox.delayedCount()
    data = bytes(MAX_BATCH_BYTES + 1)
    with reverts(inbox.BatchTooLong, actual=len(data), maximum=MAX_BATCH_BYTES):
        inbox.postBatch(count, delayed, delayed, data, sender=rollup.sequencer.account)


def test_post_batch_that_consumes_fewer_messages_reverts(rollup: Rollup, inbox: Any) -> None:
    count, delayed = inbox.batchCount(), inbox.delayedCount()
    with reverts(inbox.DelayedCountGoesBack, actual=delayed - 1, minimum=delayed):
        inbox.postBatch(count, delayed, delayed - 1, b"", sender=rollup.sequencer.account)


def test_post_batch_with_512_delayed_messages_reverts(rollup: Rollup, inbox: Any) -> None:
    count, delayed = inbox.batchCount(), inbox.delayedCount()
    with reverts(inbox.TooManyDelayedMessages, actual=512, maximum=511):
        inbox.postBatch(count, delayed, delayed + 512, b"", sender=rollup.sequencer.account)


def test_post_batch_with_a_message_that_is_not_there_reverts(rollup: Rollup, inbox: Any) -> None:
    count, delayed = inbox.batchCount(), inbox.delayedCount()
    with reverts(inbox.DelayedMessageMissing, actual=delayed + 1, available=delayed):
        inbox.postBatch(count, delayed, delayed + 1, b"", sender=rollup.sequencer.account)


@pytest.mark.parametrize("data", [b"", b"\x00", bytes(range(256)), b"\xff" * 1_000], ids=len)
def test_post_batch_stores_the_hash_and_emits_the_bytes(rollup: Rollup, inbox: Any, alice: Any, data: bytes) -> None:
    count, delayed = inbox.batchCount(), inbox.delayedCount()
    rollup.portal.depositTransaction(alice.address, 0, 21_000, False, b"", sender=alice, value=ether(1))
    receipt = inbox.postBatch(count, delayed, delayed + 1, data, sender=rollup.sequencer.account)

    (event,) = receipt.events
    time = receipt.timestamp
    expected = Batch(
        index=count,
        data=data,
        min_timestamp=time - rollup.config.window,
        max_timestamp=time + rollup.config.lead,
        l1_block=receipt.block_number,
        delayed_count=delayed + 1,
        l1=seen_by(rollup.l1, receipt.block_number),
    )
    assert (event.name, event.index, event.data, event.forced) == ("BatchPosted", count, data, False)
    assert (event.minTimestamp, event.maxTimestamp) == (expected.min_timestamp, expected.max_timestamp)
    assert (event.l1Block, event.delayedCount) == (expected.l1_block, expected.delayed_count)
    assert batch_of(event) == expected
    assert inbox.batchHash(count) == expected.hash
    assert (inbox.batchCount(), inbox.delayedCount()) == (count + 1, delayed + 1)
    assert inbox.batchHash(count + 1) == bytes(32)


def test_post_batch_of_96_kib_succeeds(rollup: Rollup, inbox: Any) -> None:
    count, delayed = inbox.batchCount(), inbox.delayedCount()
    receipt = inbox.postBatch(count, delayed, delayed, bytes(MAX_BATCH_BYTES), sender=rollup.sequencer.account)
    assert receipt.gas_used < 2**24


def test_post_batch_from_a_contract_succeeds(rollup: Rollup, contracts: Any, alice: Any) -> None:
    forwarder = contracts["Forwarder"].deploy(rollup.l1, sender=alice)
    other = Rollup.deploy(rollup.l1, sequencer=forwarder, disputes=NO_DISPUTES)
    inbox = other.contracts.sequencer_inbox
    call = inbox.functions["postBatch"].encode(0, 0, 0, b"from a contract")
    forwarder.forward(inbox.address, call, sender=alice)
    other.node.sync()
    assert other.node.inbox.batch(0).data == b"from a contract"
