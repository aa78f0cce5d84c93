"""What a node reads of delayed messages: the portal's events, compared with the hashes that the delayed inbox keeps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness import ether
from harness.chain.logs import LogReader
from harness.errors import UnknownTransaction
from harness.rollup.codec.batch import Item
from harness.rollup.codec.messages import DEPOSIT, SIGNED, Deposit
from harness.rollup.errors import L1Unsettled, MessageDiffers
from harness.rollup.node.inbox import InboxReader
from harness.rollup.node.node import RollupNode
from harness.testbed.rollup import Rollup


def opaque(deposit: Deposit) -> bytes:
    numbers = (
        deposit.mint.to_bytes(32, "big") + deposit.value.to_bytes(32, "big") + deposit.gas_limit.to_bytes(8, "big")
    )
    return numbers + bytes([deposit.to is None]) + deposit.data


@pytest.fixture
def forged(alice: Any, bob: Any) -> Deposit:
    """A deposit that nobody made: bob gets alice's ether."""
    return Deposit(alice.address_bytes, bob.address_bytes, 0, ether(1), 100_000, b"")


@pytest.fixture
def lone(l1: Any) -> Rollup:
    """A rollup whose books nobody checks."""
    return Rollup.deploy(l1)


def silently(rollup: Rollup, deposit: Deposit) -> None:
    """Queue a deposit that no event tells of, as a faulty portal would."""
    rollup.l1.set_balance(rollup.portal.address, ether(9))
    portal = rollup.l1.impersonate(rollup.portal.address)
    rollup.contracts.delayed_inbox.queueDeposit(
        deposit.sender, False, deposit.to, deposit.mint, deposit.value, deposit.gas_limit, deposit.data, sender=portal
    )


def fresh(rollup: Rollup) -> RollupNode:
    return RollupNode(rollup.l1, rollup.contracts.addresses, rollup.contracts.genesis)


def test_messages_stand_in_the_order_in_which_l1_queued_them(posted: Rollup, contracts: Any, alice: Any) -> None:
    """Several in a transaction, several in a block, of both kinds."""
    queue, portal = posted.contracts.delayed_inbox, posted.portal
    first, held = int(queue.messageCount()), posted.l2.balance(alice)
    relay = contracts["Forwarder"].deploy(posted.l1, sender=alice)
    call = portal.functions["depositTransaction"].encode(alice.address, 0, 21_000, False, b"")
    raw = posted.sign_l2(alice, to=alice)
    with posted.l1.block():
        queue.queueTransaction(raw, 30_000, sender=alice, gas=500_000)
        relay.forwardOften(3, portal.address, call, sender=alice, gas=900_000)
        portal.depositTransaction(alice.address, 0, 50_000, False, b"", sender=alice, value=7, gas=500_000)
        queue.queueTransaction(raw, 21_000, sender=alice, gas=500_000)
    node = fresh(posted)
    node.sync()
    found = node.inbox.messages[first:]
    assert [message.kind for message in found] == [SIGNED, *4 * [DEPOSIT], SIGNED]
    assert [message.gas_limit for message in found] == [30_000, 21_000, 21_000, 21_000, 50_000, 21_000]
    assert [message.hash for message in found] == [queue.messageHash(message.index) for message in found]
    assert len({message.source for message in found}) == 6
    assert {(message.l1_block, message.l1_timestamp) for message in found} == {(posted.l1.block_number, posted.l1.now)}
    assert posted.l2.balance(alice) < held + 7


def test_deposits_that_a_stranger_tells_of_are_none(
    posted: Rollup, contracts: Any, alice: Any, bob: Any, forged: Deposit
) -> None:
    stranger = contracts["OpenPortal"].deploy(posted.l1, sender=bob)
    count, held = len(posted.node.inbox.messages), posted.l2.balance(bob)
    stranger.tell(forged.sender, forged.to, opaque(forged), sender=bob)
    made = posted.deposit(5, sender=alice)
    posted.settle()
    assert made.succeeded and len(posted.node.inbox.messages) == count + 1
    assert posted.l2.balance(bob) == held
    node = fresh(posted)
    node.sync()
    assert node.idle.root == posted.node.idle.root


@pytest.mark.needs("edits", "reorg")
def test_a_deposit_that_the_portal_tells_but_does_not_queue_is_refused(
    lone: Rollup, contracts: Any, alice: Any, forged: Deposit
) -> None:
    model = contracts["OpenPortal"].deploy(lone.l1, sender=alice)
    node = fresh(lone)
    node.sync()
    count, known = len(node.inbox.messages), lone.l1.code(lone.portal)
    lone.l1.mine()
    lone.l1.set_code(lone.portal.address, lone.l1.code(model))
    model.type.at(lone.l1, lone.portal.address).tell(forged.sender, forged.to, opaque(forged), sender=alice)
    for _ in range(2):
        with pytest.raises(MessageDiffers, match=f"delayed message {count} hashes to 0x") as caught:
            node.sync()
        assert (caught.value.index, caught.value.expected) == (count, bytes(32))
    lone.l1.reorg(1)
    lone.l1.set_code(lone.portal.address, known)
    node.sync()
    assert len(node.inbox.messages) == count


@pytest.mark.needs("edits", "reorg")
@pytest.mark.parametrize("part", ["sender", "to", "mint", "value", "gas_limit", "data"])
def test_a_deposit_told_otherwise_than_it_was_queued_is_refused(
    lone: Rollup, contracts: Any, alice: Any, forged: Deposit, part: str
) -> None:
    model = contracts["OpenPortal"].deploy(lone.l1, sender=alice)
    node = fresh(lone)
    node.sync()
    silently(lone, forged)
    value = getattr(forged, part)
    told = replace(forged, **{part: value + 1 if isinstance(value, int) else value[:-1] + b"\x55"})
    lone.l1.set_code(lone.portal.address, lone.l1.code(model))
    model.type.at(lone.l1, lone.portal.address).tell(told.sender, told.to, opaque(told), sender=alice)
    with pytest.raises(MessageDiffers):
        node.sync()


@pytest.mark.needs("impersonate", "edits")
def test_a_batch_that_counts_a_message_without_an_event_is_refused(lone: Rollup, forged: Deposit) -> None:
    node, inbox = fresh(lone), lone.contracts.sequencer_inbox
    node.sync()
    batches, count = len(node.inbox.batches), len(node.inbox.messages)
    silently(lone, forged)
    node.sync()
    inbox.postBatch(batches, count, count + 1, b"", sender=lone.sequencer.account)
    held = lone.contracts.delayed_inbox.messageHash(count)
    with pytest.raises(MessageDiffers, match=f"delayed message {count} stands in no event of L1") as caught:
        node.sync()
    assert (caught.value.actual, caught.value.expected) == (None, held)
    assert len(node.derived) == batches


@pytest.mark.needs("reorg")
def test_a_deposit_in_another_l1_block_is_another_transaction(posted: Rollup, alice: Any) -> None:
    first = posted.deposit(7, sender=alice)
    before = posted.l2.balance(alice)
    (removed,) = posted.l1.reorg(1)
    posted.l1.warp(5)
    posted.l1.resend(removed)
    posted.node.sync()
    again = posted.node.inbox.messages[-1]
    assert again.transaction_hash != first.hash
    assert posted.l2.receipt(again.transaction_hash).succeeded
    with pytest.raises(UnknownTransaction):
        posted.l2.receipt(first.hash)
    assert posted.l2.balance(alice) == before


@pytest.mark.needs("reorg")
@pytest.mark.parametrize("deep", [False, True])
def test_a_reorg_while_events_are_read_is_followed(
    posted: Rollup, alice: Any, monkeypatch: pytest.MonkeyPatch, deep: bool
) -> None:
    """The events are those of blocks that L1 has no more when their messages are checked."""
    node = fresh(posted)
    node.sync()
    count = len(node.inbox.messages)
    posted.portal.depositTransaction(alice.address, 0, 21_000, False, b"", sender=alice, value=3)
    posted.l1.mine()
    posted.portal.depositTransaction(alice.address, 0, 21_000, False, b"", sender=alice, value=4)
    read = LogReader.read

    def late(self: Any, *arguments: Any) -> Any:
        found = read(self, *arguments)
        monkeypatch.setattr(LogReader, "read", read)
        posted.l1.reorg(3 if deep else 1)
        if not deep:
            posted.portal.depositTransaction(alice.address, 0, 21_000, False, b"", sender=alice, value=5)
        return found

    kept: list[int] = []
    node.on_change.append(lambda _: kept.append(node.inbox.kept_messages))
    monkeypatch.setattr(LogReader, "read", late)
    node.sync()
    assert [message.payload[52] for message in node.inbox.messages[count:]] == ([] if deep else [3, 5])
    assert kept == ([] if deep else [count])


@pytest.mark.needs("reorg")
def test_a_connection_that_breaks_in_the_midst_of_a_reorg_leaves_no_removed_batch(
    lone: Rollup, alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The node has read the batch that came in the other's place when the connection breaks."""
    inbox, node, sequencer = lone.contracts.sequencer_inbox, fresh(lone), lone.sequencer.account
    count, delayed = int(inbox.batchCount()), inbox.delayedCount()
    inbox.postBatch(count, delayed, delayed, b"", sender=sequencer)
    node.sync()
    removed = node.idle.root
    lone.l1.reorg(1)
    inbox.postBatch(count, delayed, delayed, Item(b"", timestamp=0).encode() * 3, sender=sequencer)
    lone.portal.depositTransaction(alice.address, 0, 21_000, False, b"", sender=alice, value=3)
    check = InboxReader._check

    def broken(self: Any, known: int, last: Any) -> None:
        if self.messages[known:]:
            monkeypatch.setattr(InboxReader, "_check", check)
            raise ConnectionError
        check(self, known, last)

    monkeypatch.setattr(InboxReader, "_check", broken)
    with pytest.raises(ConnectionError):
        node.sync()
    node.sync()
    other = fresh(lone)
    other.sync()
    assert node.idle.root == other.idle.root != removed


@pytest.mark.needs("reorg")
def test_a_follower_that_breaks_off_hears_of_the_change_again(lone: Rollup) -> None:
    inbox, node = lone.contracts.sequencer_inbox, fresh(lone)
    node.sync()
    told: list[int] = []

    def once(kept: int) -> None:
        told.append(kept)
        if len(told) == 1:
            raise KeyboardInterrupt

    node.on_change.append(once)
    count, delayed = int(inbox.batchCount()), inbox.delayedCount()
    inbox.postBatch(count, delayed, delayed, b"", sender=lone.sequencer.account)
    with pytest.raises(KeyboardInterrupt):
        node.sync()
    assert node.sync()
    assert not node.sync()
    assert told == [count, count]


@pytest.mark.needs("reorg")
def test_what_l1_lost_while_it_was_read_does_not_stay(
    lone: Rollup, alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L1 goes back to just the block that was read last, after it gave the logs of a later one."""
    inbox, node = lone.contracts.sequencer_inbox, fresh(lone)
    lone.deposit(10**18, sender=alice)
    node.sync()
    batches, messages, delayed = len(node.inbox.batches), len(node.inbox.messages), inbox.delayedCount()
    with lone.l1.block():
        inbox.postBatch(batches, delayed, delayed, b"", sender=lone.sequencer.account, gas=500_000)
        lone.portal.depositTransaction(alice.address, 0, 21_000, False, b"", sender=alice, value=3, gas=200_000)
    read = LogReader.read

    def late(self: Any, *arguments: Any) -> Any:
        found = read(self, *arguments)
        monkeypatch.setattr(LogReader, "read", read)
        lone.l1.reorg(1)
        return found

    monkeypatch.setattr(LogReader, "read", late)
    assert not node.sync()
    assert (len(node.inbox.batches), len(node.inbox.messages), len(node.derived)) == (batches, messages, batches)


@pytest.mark.needs("reorg")
def test_a_reorg_between_event_and_hash_is_not_taken_for_a_faulty_portal(
    lone: Rollup, alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = fresh(lone)
    node.sync()
    count = len(node.inbox.messages)
    lone.portal.depositTransaction(alice.address, 0, 21_000, False, b"", sender=alice, value=3)
    check = InboxReader._check

    def late(self: Any, known: int, last: Any) -> None:
        monkeypatch.setattr(InboxReader, "_check", check)
        lone.l1.reorg(1)
        check(self, known, last)

    monkeypatch.setattr(InboxReader, "_check", late)
    node.sync()
    assert len(node.inbox.messages) == count


@pytest.mark.needs("reorg")
def test_an_l1_that_never_settles_is_given_up(lone: Rollup, alice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that gives logs of one chain and blocks of another would be read for ever."""
    node = fresh(lone)
    node.sync()
    lone.portal.depositTransaction(alice.address, 0, 21_000, False, b"", sender=alice, value=3)
    read = LogReader.read

    def foreign(self: Any, *arguments: Any) -> Any:
        return [replace(log, block_hash=bytes(32)) for log in read(self, *arguments)]

    monkeypatch.setattr(LogReader, "read", foreign)
    with pytest.raises(L1Unsettled, match="8 times"):
        node.sync()
    monkeypatch.setattr(LogReader, "read", read)
    assert node.sync()
