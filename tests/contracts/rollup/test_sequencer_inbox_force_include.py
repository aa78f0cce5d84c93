"""SequencerInbox.forceInclude, guard by guard, and the races around it."""

from __future__ import annotations

from typing import Any

import pytest

from harness import ether, reverts
from harness.agents.sequencer import Censors, Stopped
from harness.rollup.codec.messages import DelayedMessage
from harness.testbed.rollup import Rollup
from tests.support.rollups import seen_by


@pytest.fixture
def inbox(rollup: Rollup) -> Any:
    """The inbox of a sequencer that has posted everything and censors delayed messages from now on."""
    rollup.sequencer.post()
    rollup.sequencer.become(Censors())
    return rollup.contracts.sequencer_inbox


@pytest.fixture
def message(rollup: Rollup, inbox: Any, alice: Any, bob: Any) -> DelayedMessage:
    """A deposit of one ether for bob that the sequencer ignores."""
    return rollup.queue_deposit(ether(1), sender=alice, to=bob.address_bytes, call_value=ether(1))


def test_force_include_of_nothing_new_reverts(rollup: Rollup, inbox: Any, message: DelayedMessage, alice: Any) -> None:
    consumed = inbox.delayedCount()
    with reverts(inbox.NothingToForce, actual=consumed, minimum=consumed + 1):
        inbox.forceInclude(consumed, message.record, sender=alice)


@pytest.mark.parametrize("field", range(6))
def test_force_include_of_another_record_reverts(
    rollup: Rollup, inbox: Any, message: DelayedMessage, alice: Any, field: int
) -> None:
    rollup.l1.warp(rollup.config.window)
    forged: list[Any] = list(message.record)
    forged[field] = [1, rollup.portal.address, forged[2] + 1, 0, forged[4] - 1, bytes(32)][field]
    with reverts(inbox.WrongDelayedMessage, expected=message.hash):
        inbox.forceInclude(message.index + 1, tuple(forged), sender=alice)


def test_force_include_of_a_message_that_is_not_there_reverts(
    rollup: Rollup, inbox: Any, message: DelayedMessage, alice: Any
) -> None:
    rollup.l1.warp(rollup.config.window)
    with reverts(inbox.WrongDelayedMessage, expected=bytes(32)):
        inbox.forceInclude(message.index + 2, message.record, sender=alice)


def test_force_include_a_second_too_early_reverts(
    rollup: Rollup, inbox: Any, message: DelayedMessage, alice: Any
) -> None:
    opens = message.l1_timestamp + rollup.config.window
    rollup.l1.warp(to=opens - 1)
    with reverts(inbox.TooEarlyToForce, actual=opens - 1, expected=opens):
        rollup.force_include(message, sender=alice)


def test_force_include_on_time_succeeds(
    rollup: Rollup, inbox: Any, message: DelayedMessage, alice: Any, bob: Any
) -> None:
    before, count = rollup.l2.balance(bob), inbox.batchCount()
    rollup.l1.warp(to=message.l1_timestamp + rollup.config.window)
    receipt = rollup.force_include(message, sender=alice)

    (event,) = receipt.events
    assert (event.index, event.forced, event.data) == (count, True, b"")
    assert event.minTimestamp == event.maxTimestamp == receipt.timestamp
    rollup.node.sync()
    assert rollup.node.inbox.batch(count).l1 == seen_by(rollup.l1, receipt.block_number)
    assert inbox.batchHash(count) == rollup.node.inbox.batch(count).hash
    assert inbox.delayedCount() == message.index + 1
    assert rollup.l2.balance(bob) == before + ether(1)
    assert rollup.l2.head.timestamp == receipt.timestamp


def test_force_include_three_in_a_row_succeeds(rollup: Rollup, inbox: Any, alice: Any, bob: Any) -> None:
    before = rollup.l2.balance(bob)
    for wei in (1, 10, 100):
        message = rollup.queue_deposit(wei, sender=alice, to=bob.address_bytes, call_value=wei)
        rollup.l1.warp(rollup.config.window)
        rollup.force_include(message, sender=bob)
    assert rollup.l2.balance(bob) == before + 111


def test_force_include_takes_the_earlier_messages_along(rollup: Rollup, inbox: Any, alice: Any, bob: Any) -> None:
    before, count = rollup.l2.balance(bob), inbox.batchCount()
    messages = [rollup.queue_deposit(wei, sender=alice, to=bob.address_bytes, call_value=wei) for wei in (1, 10, 100)]
    rollup.l1.warp(rollup.config.window)
    rollup.force_include(messages[-1], sender=bob)
    assert inbox.batchCount() == count + 1
    assert rollup.l2.balance(bob) == before + 111


def test_a_batch_that_a_forced_inclusion_beat_reverts_and_is_drafted_again(
    rollup: Rollup, inbox: Any, message: DelayedMessage, alice: Any, bob: Any
) -> None:
    rollup.l2.send(sender=bob, to=alice, value=5)
    (post,) = rollup.sequencer.agent.decide(rollup.sequencer.view())
    rollup.l1.warp(rollup.config.window)
    rollup.force_include(message, sender=alice)
    with reverts(inbox.WrongBatchIndex, actual=post.index, expected=post.index + 1):
        rollup.sequencer.perform(post)

    rollup.sequencer.post()
    rollup.node.sync()
    assert [batch.forced for batch in rollup.node.inbox.batches[post.index :]] == [True, False]
    assert rollup.l2.safe_head == rollup.l2.unsafe_head


def test_a_forced_inclusion_that_a_batch_beat_reverts(
    rollup: Rollup, inbox: Any, message: DelayedMessage, alice: Any
) -> None:
    rollup.l1.warp(rollup.config.window)
    rollup.sequencer.become(None)
    rollup.sequencer.post()
    with reverts(inbox.NothingToForce, actual=message.index + 1, minimum=message.index + 2):
        rollup.force_include(message, sender=alice)


def test_more_than_511_messages_take_two_forced_inclusions(
    rollup: Rollup, inbox: Any, contracts: Any, alice: Any, bob: Any
) -> None:
    first = inbox.delayedCount()
    delayed = rollup.contracts.delayed_inbox
    relay = contracts["Forwarder"].deploy(rollup.l1, sender=alice)
    message = delayed.functions["queueTransaction"].encode(b"", 21_000)
    for _ in range(4):
        relay.forwardOften(128, delayed.address, message, sender=alice)
    rollup.node.sync()
    messages = rollup.node.inbox.messages
    rollup.l1.warp(rollup.config.window)
    with reverts(inbox.TooManyDelayedMessages, actual=512, maximum=511):
        rollup.force_include(messages[first + 511], sender=bob)
    rollup.force_include(messages[first + 510], sender=bob)
    rollup.force_include(messages[first + 511], sender=bob)
    assert inbox.delayedCount() == first + 512
    assert rollup.l2.safe_head == rollup.l2.unsafe_head


def test_a_stopped_sequencer_stops_neither_deposits_nor_withdrawals(rollup: Rollup, alice: Any, bob: Any) -> None:
    rollup.sequencer.post()
    rollup.sequencer.become(Stopped())
    # Alice leaves without the sequencer: a signed transaction through the delayed inbox sends her ether to L1.
    call = rollup.passer.functions["initiateWithdrawal"].encode(alice.address, 0, b"")
    raw = rollup.sign_l2(alice, to=rollup.passer.address, data=call, value=ether(7), gas=200_000)
    message = rollup.message_of(rollup.contracts.delayed_inbox.queueTransaction(raw, 200_000, sender=bob))
    rollup.l1.warp(rollup.config.window)
    rollup.force_include(message, sender=bob)
    withdrawal = rollup.withdrawal_in(raw)
    rollup.confirm_all()
    before = rollup.l1.balance(alice)
    rollup.execute(withdrawal, sender=bob)
    assert rollup.l1.balance(alice) == before + ether(7)
