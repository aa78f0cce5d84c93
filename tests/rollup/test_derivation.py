"""What L2 derives from good, bad, late and empty batches, and from a sequencer that breaks its promise."""

from __future__ import annotations

from typing import Any

import pytest

from harness import ether, reverts
from harness.agents.sequencer import Censors, Stopped
from harness.rollup.codec.batch import Item, encode
from harness.rollup.codec.messages import MAX_ITEMS
from harness.rollup.errors import NotSequenced
from harness.testbed.rollup import Rollup


def _safe_balance(rollup: Rollup, account: Any) -> int:
    rollup.node.sync()
    return rollup.node.idle.state.balance(account.address_bytes)


def _agree(rollup: Rollup) -> None:
    """Every batch of the node has the hash that L1 stores."""
    inbox = rollup.contracts.sequencer_inbox
    rollup.node.sync()
    assert [bytes(inbox.batchHash(batch.index)) for batch in rollup.node.inbox.batches] == [
        batch.hash for batch in rollup.node.inbox.batches
    ]
    assert len(rollup.node.derived) == inbox.batchCount()


GOOD = 3
BAD_TAILS = {
    "nothing": b"",
    "an unknown kind": b"\x02\x00\x00\x00",
    "garbage": bytes(range(2, 200)),
    "a cut length": b"\x00\x00",
    "a cut timestamp": b"\x01\x00\x00\x00",
    "a length beyond the end": b"\x00\xff\xff\xff\x01",
}


@pytest.mark.parametrize("tail", BAD_TAILS.values(), ids=BAD_TAILS)
def test_what_follows_a_malformed_item_is_lost_and_nothing_else(
    posted: Rollup, alice: Any, bob: Any, tail: bytes
) -> None:
    before = _safe_balance(posted, bob)
    now = posted.l1.now
    nonce = posted.l2.nonce(alice)
    items = [
        Item(posted.sign_l2(alice, to=bob, value=1, nonce=nonce + i), now if i == 0 else None) for i in range(GOOD)
    ]
    lost = Item(posted.sign_l2(alice, to=bob, value=100, nonce=nonce + GOOD), None).encode() if tail else b""
    posted.sequencer.post_data(encode(items) + tail + lost)
    assert _safe_balance(posted, bob) == before + GOOD
    _agree(posted)


def test_a_broken_batch_does_not_censor_a_deposit(posted: Rollup, alice: Any, bob: Any) -> None:
    before = _safe_balance(posted, bob)
    message = posted.queue_deposit(ether(1), sender=alice, to=bob.address_bytes, call_value=ether(1))
    posted.sequencer.post_data(b"\xff" * 100, message.index + 1)
    assert _safe_balance(posted, bob) == before + ether(1)


def test_an_empty_batch_makes_a_block(posted: Rollup) -> None:
    height = posted.l2.safe_head
    posted.sequencer.post_data(b"")
    assert posted.l2.safe_head == height + 1


def test_invalid_transactions_are_skipped(posted: Rollup, alice: Any, bob: Any, accounts: Any) -> None:
    before = _safe_balance(posted, bob)
    nonce = posted.l2.nonce(alice)
    good = posted.sign_l2(alice, to=bob, value=1)
    invalid = [
        b"",
        b"\xc0",
        good[:-1],
        good + b"\x00",
        posted.sign_l2(alice, to=bob, value=2, chain_id=1),
        posted.sign_l2(alice, to=bob, value=2, chain_id=posted.l1.chain_id),
        posted.sign_l2(alice, to=bob, value=2, nonce=nonce + 1),
        posted.sign_l2(alice, to=bob, value=2, gas=20_999),
        posted.sign_l2(alice, to=bob, value=2, gas=2**23 + 1),
        posted.sign_l2(alice, to=bob, value=10**30),
        b"\x03" + good[1:],
        bytes([good[0]]) + b"\xf8\x00" + good[2:],
    ]
    now = posted.l1.now
    posted.sequencer.post_data(encode([Item(raw, now) for raw in (*invalid, good, good)]))
    assert _safe_balance(posted, bob) == before + 1
    assert posted.l2.nonce(alice) == nonce + 1


def test_what_follows_511_items_is_ignored(posted: Rollup, alice: Any, bob: Any) -> None:
    before = _safe_balance(posted, bob)
    raw = posted.sign_l2(alice, to=bob, value=1)
    posted.sequencer.post_data(Item(b"").encode() * MAX_ITEMS + Item(raw).encode())
    assert _safe_balance(posted, bob) == before
    posted.sequencer.post_data(Item(b"").encode() * (MAX_ITEMS - 1) + Item(raw).encode())
    assert _safe_balance(posted, bob) == before + 1


@pytest.mark.parametrize("claimed", [0, 1, 2**64 - 1])
def test_a_timestamp_out_of_bounds_is_clamped(posted: Rollup, claimed: int) -> None:
    previous = posted.node.idle.env.timestamp
    posted.sequencer.post_data(Item(b"", claimed).encode())
    posted.node.sync()
    batch = posted.node.inbox.batches[-1]
    found = posted.node.idle.env.timestamp
    assert found == (max(batch.min_timestamp, previous) if claimed < 2 else batch.max_timestamp)


def test_time_never_goes_back(posted: Rollup) -> None:
    ahead = posted.l1.now + posted.config.lead
    posted.sequencer.post_data(Item(b"", ahead).encode() + Item(b"", 0).encode())
    posted.sequencer.post_data(Item(b"", 0).encode())
    posted.node.sync()
    times = [block.env.timestamp for block in posted.node.blocks]
    assert times == sorted(times)
    assert times[-1] >= ahead


def test_a_sequencer_that_posts_in_another_order_rewrites_its_promises(
    posted: Rollup, alice: Any, bob: Any, accounts: Any
) -> None:
    first = posted.l2.send(sender=alice, to=accounts.carol, value=1)
    second = posted.l2.send(sender=bob, to=accounts.carol, value=1)
    assert first.block_number < second.block_number
    (draft,) = posted.unsafe.drafts
    posted.sequencer.post_data(encode(tuple(reversed(draft.items))))
    posted.node.sync()
    found = [posted.l2.receipt(receipt.hash).block_number for receipt in (first, second)]
    assert found[0] > found[1]
    assert posted.l2.safe_head == posted.l2.unsafe_head
    _agree(posted)


def test_a_promise_that_a_posted_batch_makes_invalid_is_dropped(posted: Rollup, alice: Any, bob: Any) -> None:
    promised = posted.l2.send(sender=alice, to=bob, value=1)
    conflicting = posted.sign_l2(alice, to=bob, value=7, nonce=posted.l2.nonce(alice) - 1)
    before = _safe_balance(posted, bob)
    posted.sequencer.post_data(Item(conflicting, posted.l1.now).encode())
    assert posted.l2.balance(bob) == before + 7
    with pytest.raises(Exception, match="is in no block"):
        posted.l2.receipt(promised.hash)
    (_, reason) = posted.unsafe.dropped[-1]
    assert reason.rule == 8


def test_a_censored_user_gets_in_by_force(posted: Rollup, alice: Any, bob: Any, accounts: Any) -> None:
    posted.sequencer.become(Censors(senders=frozenset([alice.address_bytes])))
    with pytest.raises(NotSequenced):
        posted.l2.send(sender=alice, to=bob, value=1)
    posted.l2.send(sender=bob, to=alice, value=1)
    before = _safe_balance(posted, accounts.carol)
    raw = posted.sign_l2(alice, to=accounts.carol, value=3)
    message = posted.message_of(posted.contracts.delayed_inbox.queueTransaction(raw, 21_000, sender=alice))
    posted.settle()
    posted.node.sync()
    assert posted.node.idle.cursor.delayed == message.index
    posted.l1.warp(posted.config.window)
    posted.force_include(message, sender=alice)
    assert _safe_balance(posted, accounts.carol) == before + 3


def test_a_sequencer_that_comes_back_finds_the_queue(posted: Rollup, alice: Any, bob: Any) -> None:
    posted.sequencer.become(Stopped())
    with pytest.raises(NotSequenced):
        posted.l2.send(sender=alice, to=bob, value=1)
    before = posted.l2.balance(bob)
    posted.queue_deposit(ether(1), sender=alice, to=bob.address_bytes, call_value=ether(1))
    posted.l1.warp(2 * posted.config.window)
    posted.l1.mine()
    assert posted.sequencer.play() == 0
    assert posted.l2.balance(bob) == before
    posted.sequencer.become(None)
    posted.settle()
    assert posted.l2.balance(bob) == before + ether(1)
    assert posted.l2.safe_head == posted.l2.unsafe_head


def test_the_inbox_takes_no_batch_of_the_past(posted: Rollup, alice: Any, bob: Any) -> None:
    posted.l2.send(sender=alice, to=bob, value=1)
    (post,) = posted.sequencer.agent.decide(posted.sequencer.view())
    posted.sequencer.perform(post)
    with reverts(posted.contracts.sequencer_inbox.WrongBatchIndex):
        posted.sequencer.perform(post)


def test_the_safe_chain_needs_no_sequencer_to_be_what_it_is(posted: Rollup, alice: Any, bob: Any) -> None:
    from harness.rollup.node.node import RollupNode

    for value in range(5):
        posted.l2.send(sender=alice, to=bob, value=value)
        posted.deposit(value, sender=bob, to=alice)
        posted.sequencer.post()
    other = RollupNode(posted.l1, posted.contracts.addresses, posted.contracts.genesis)
    other.sync()
    posted.node.sync()
    assert other.idle.root == posted.node.idle.root
    assert [block.hash for block in other.blocks] == [block.hash for block in posted.node.blocks]
