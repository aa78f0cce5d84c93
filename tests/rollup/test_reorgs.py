"""A reorg of L1 takes L2 with it, and the agents continue from there."""

from __future__ import annotations

from typing import Any

import pytest

from harness import ether, reverts
from harness.agents.proposer import Status
from harness.rollup.node.node import RollupNode
from harness.testbed.rollup import Rollup

pytestmark = pytest.mark.needs("reorg")


def _agree(rollup: Rollup) -> None:
    """A node that never saw the reorg derives the same chain."""
    other = RollupNode(rollup.l1, rollup.contracts.addresses, rollup.contracts.genesis)
    other.sync()
    rollup.node.sync()
    assert other.idle.root == rollup.node.idle.root
    assert [block.hash for block in other.blocks] == [block.hash for block in rollup.node.blocks]


def test_a_removed_batch_is_posted_again(posted: Rollup, alice: Any, bob: Any) -> None:
    before = posted.l2.balance(bob)
    receipt = posted.l2.send(sender=alice, to=bob, value=5)
    posted.sequencer.post()
    safe = posted.l2.safe_head
    posted.l1.reorg(1)
    assert posted.l2.safe_head < safe
    assert posted.l2.balance(bob) == before + 5
    posted.sequencer.post()
    assert posted.l2.safe_head == posted.l2.unsafe_head
    assert posted.l2.receipt(receipt.hash).succeeded
    _agree(posted)


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
def test_several_removed_batches_are_posted_again_in_their_order(
    posted: Rollup, alice: Any, bob: Any, depth: int
) -> None:
    before = posted.l2.balance(bob)
    receipts = []
    for value in range(1, 6):
        receipts.append(posted.l2.send(sender=alice, to=bob, value=value))
        posted.sequencer.post()
    posted.node.sync()
    posted.l1.reorg(depth)
    posted.node.sync()
    assert len(posted.unsafe.drafts) == depth
    posted.settle()
    assert posted.l2.balance(bob) == before + 15
    numbers = [posted.l2.receipt(receipt.hash).block_number for receipt in receipts]
    assert numbers == sorted(numbers)
    _agree(posted)


def test_what_was_sequenced_at_a_time_that_a_reorg_took_back_is_posted_at_once(
    posted: Rollup, alice: Any, bob: Any
) -> None:
    """L1 has as many blocks as before, but its clock is behind that of the draft."""
    before, count = posted.l2.balance(bob), int(posted.contracts.sequencer_inbox.batchCount())
    posted.l1.warp(3_600)
    posted.l1.mine()
    receipt = posted.l2.send(sender=alice, to=bob, value=5)
    posted.l1.reorg(1)
    posted.l1.mine()
    while (last := posted.proposer.propose()).end <= count:
        pass  # batches from before may not be asserted yet
    assert last.end == count + 1
    assert posted.l2.safe_head == posted.l2.unsafe_head
    assert posted.l2.receipt(receipt.hash).succeeded
    assert posted.l2.balance(bob) == before + 5
    _agree(posted)


def test_a_removed_deposit_is_gone_from_l2(posted: Rollup, alice: Any, bob: Any) -> None:
    before = posted.l2.balance(bob)
    posted.deposit(ether(1), sender=alice, to=bob)
    assert posted.l2.balance(bob) == before + ether(1)
    removed = posted.l1.reorg(1)
    assert posted.l2.balance(bob) == before
    for raw in removed:
        posted.l1.resend(raw)
    assert posted.l2.balance(bob) == before + ether(1)
    posted.settle()
    _agree(posted)


def test_what_was_built_on_a_removed_deposit_is_dropped(posted: Rollup, alice: Any, accounts: Any) -> None:
    from harness.chain.values.accounts import Account

    newcomer = Account.from_key(0xBEEF)
    posted.deposit(ether(1), sender=alice, to=newcomer)
    posted.l2.send(sender=newcomer, to=accounts.carol, value=1)
    posted.l1.reorg(1)
    assert posted.l2.balance(newcomer) == 0
    (_, reason) = posted.unsafe.dropped[-1]
    assert reason.rule == 9
    posted.settle()
    _agree(posted)


def test_batches_that_come_back_in_another_order_revert(posted: Rollup, alice: Any, bob: Any) -> None:
    for value in (1, 2):
        posted.l2.send(sender=alice, to=bob, value=value)
        posted.sequencer.post()
    first, second = posted.l1.reorg(2)
    inbox = posted.contracts.sequencer_inbox
    with reverts(inbox.WrongBatchIndex):
        posted.l1.resend(_with_nonce_of(posted, second, first))
    posted.settle()
    _agree(posted)


def _with_nonce_of(rollup: Rollup, raw: bytes, other: bytes) -> bytes:
    """The sequencer's transaction, signed again to take another's place."""
    from dataclasses import replace

    from harness.chain.values.transactions import decode, sign

    tx = replace(decode(raw).tx, nonce=decode(other).tx.nonce)
    return sign(tx, rollup.sequencer.account.private_key).raw


def test_a_removed_assertion_is_made_again(posted: Rollup, alice: Any, bob: Any) -> None:
    posted.l2.send(sender=alice, to=bob, value=1)
    posted.sequencer.post()
    made = posted.proposer.propose()
    posted.l1.reorg(1)
    assert made.status is Status.UNKNOWN
    again = posted.proposer.propose()
    assert again.id == made.id
    posted.confirm_all()
    assert made.confirmed()


def test_an_assertion_does_not_survive_the_history_that_it_was_made_for(posted: Rollup, alice: Any, bob: Any) -> None:
    posted.l2.send(sender=alice, to=bob, value=1)
    posted.sequencer.post()
    posted.proposer.propose()
    batch, assertion = posted.l1.reorg(2)
    posted.l1.warp(60)
    posted.l1.resend(batch)
    # The batch is back, but in another block with other bounds: the root would be wrong, and the bond lost.
    with reverts(posted.assertions.AnotherL1):
        posted.l1.resend(assertion)


def test_a_confirmation_that_is_removed_takes_the_finalized_head_back(posted: Rollup, alice: Any, bob: Any) -> None:
    posted.confirm_all()
    start = posted.l2.finalized_head
    posted.l2.send(sender=alice, to=bob, value=1)
    posted.sequencer.post()
    made = posted.proposer.propose()
    posted.l1.warp(posted.config.period + 1)
    posted.assertions.confirm(made.id, sender=alice)
    assert posted.l2.finalized_head > start
    posted.l1.reorg(1)
    assert posted.l2.finalized_head == start


def test_a_reorg_of_every_batch_leaves_genesis(posted: Rollup) -> None:
    first = posted.node.inbox.batch(0).l1_block
    posted.l1.reorg(posted.l1.block_number - first + 1)
    posted.node.sync()
    assert posted.node.derived == []
    assert posted.l2.safe_head == 0
    assert posted.node.idle.root == posted.contracts.genesis.root
    posted.settle()
    _agree(posted)
