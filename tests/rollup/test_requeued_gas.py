"""Deposits and queued transactions that a reorg of L1 cut off buy their gas again on the new L1."""

from __future__ import annotations

from typing import Any

import pytest

from harness import ether, reverts
from harness.rollup.node.node import RollupNode
from harness.testbed.rollup import Rollup

pytestmark = pytest.mark.needs("reorg")

LARGEST = 2**23
NEED = 100_000


def _agree(rollup: Rollup) -> None:
    """A node that never saw the reorg derives the same chain, and counts the same gas."""
    other = RollupNode(rollup.l1, rollup.contracts.addresses, rollup.contracts.genesis)
    other.sync()
    rollup.node.sync()
    assert other.idle.root == rollup.node.idle.root
    assert other.idle.cursor == rollup.node.idle.cursor


def _price(rollup: Rollup) -> int:
    """Thousandths of L1's gas for one of L2's, in the L1 block of the last sale."""
    return rollup.l1.storage(rollup.contracts.delayed_inbox.address, 1) % 2**64


def _queue(rollup: Rollup, sender: Any, to: Any, value: int) -> Any:
    """Queue a transfer with much more gas than it takes; the L1 receipt."""
    raw = rollup.sign_l2(sender, to=to, value=value, gas=NEED)
    return rollup.contracts.delayed_inbox.queueTransaction(raw, NEED, sender=sender)


def _buy_all(rollup: Rollup, sender: Any) -> None:
    """Buy all of an L1 block's gas: the price rises by three eighths."""
    inbox, left = rollup.contracts.delayed_inbox, LARGEST
    with rollup.l1.block():
        gas = inbox.burnFor(LARGEST // 2) * 11 // 10 + 200_000
        for _ in range(2):
            inbox.queueTransaction(b"", LARGEST // 2, sender=sender, gas=gas)
            left -= LARGEST // 2
    assert left == 0


@pytest.mark.parametrize("batches", [0, 1], ids=["not in a batch", "in a batch that is lost as well"])
def test_what_a_reorg_cut_off_is_sent_again_and_executed_once(batches: int, posted: Rollup, accounts: Any) -> None:
    alice, bob, carol = accounts.alice, accounts.bob, accounts.carol
    before = posted.l2.balance(bob), posted.l2.balance(carol)
    transfer = _queue(posted, alice, bob, 7)
    posted.deposit(ether(1), sender=bob, to=carol)
    for _ in range(batches):
        posted.sequencer.post()
    removed = posted.l1.reorg(2 + batches)
    assert (posted.l2.balance(bob), posted.l2.balance(carol)) == before
    posted.l1.warp(3)
    for raw in reversed(removed[:2]):
        posted.l1.resend(raw)
    deposit, queued = posted.node.inbox.messages[-2:]
    assert (deposit.kind, queued.kind, queued.index) == (0, 1, posted.contracts.delayed_inbox.messageCount() - 1)
    assert queued.l1_block == deposit.l1_block + 1 == posted.l1.block_number
    assert (queued.gas_limit, _price(posted)) == (NEED, 1_000)
    posted.settle()
    assert posted.l2.balance(bob) == before[0] + 7 and posted.l2.balance(carol) == before[1] + ether(1)
    assert posted.l1.receipt(transfer.hash).gas_used >= NEED, "it was paid for again"
    _agree(posted)


def test_a_sale_that_a_reorg_cut_off_neither_raises_the_price_nor_uses_up_the_block(
    posted: Rollup, accounts: Any
) -> None:
    alice, bob, mallory = accounts.alice, accounts.bob, accounts.mallory
    _buy_all(posted, mallory)
    _queue(posted, alice, bob, 1)
    assert _price(posted) == 1_375
    posted.l1.reorg(2)
    _queue(posted, alice, bob, 1)
    assert _price(posted) == 1_000
    posted.settle()
    _agree(posted)


def test_what_is_sent_again_behind_a_rise_of_the_price_reverts_whole_and_succeeds_with_more_gas(
    posted: Rollup, accounts: Any
) -> None:
    """Its gas paid for the price of the L1 that is gone. Nothing is minted, and nothing of the value is kept."""
    alice, carol, mallory = accounts.alice, accounts.carol, accounts.mallory
    inbox, portal = posted.contracts.delayed_inbox, posted.portal
    gas = inbox.burnFor(LARGEST // 4) * 21 // 20 + 60_000
    arguments = (carol.address_bytes, 5, LARGEST // 4, False, b"")
    portal.depositTransaction(*arguments, sender=alice, value=ether(1), gas=gas)
    (raw,) = posted.l1.reorg(1)
    for _ in range(3):
        _buy_all(posted, mallory)
    held, count, ether_of_portal = posted.l1.balance(alice), inbox.messageCount(), posted.l1.balance(portal.address)
    before = posted.l2.balance(carol)
    with reverts(inbox.TooLittleGasToBurn):
        posted.l1.resend(raw)
    assert (inbox.messageCount(), posted.l1.balance(portal.address)) == (count, ether_of_portal)
    assert held - posted.l1.balance(alice) < ether(1) // 100, "gas only"
    gas = inbox.burnFor(LARGEST // 4) * 11 // 10 + 100_000
    receipt = portal.depositTransaction(*arguments, sender=alice, value=ether(1), gas=gas)
    assert receipt.gas_used > LARGEST // 4 * 2
    posted.settle()
    assert posted.l2.balance(carol) == before + 5
    _agree(posted)


def test_what_is_sent_again_into_a_block_that_is_sold_out_waits_for_the_next(posted: Rollup, accounts: Any) -> None:
    alice, bob, mallory = accounts.alice, accounts.bob, accounts.mallory
    inbox = posted.contracts.delayed_inbox
    raw_l2 = posted.sign_l2(alice, to=bob, value=9, gas=NEED)
    before = posted.l2.balance(bob)
    inbox.queueTransaction(raw_l2, NEED, sender=bob)
    (raw,) = posted.l1.reorg(1)
    with posted.l1.block():
        for _ in range(2):
            inbox.queueTransaction(b"", LARGEST // 2, sender=mallory)
        lost = posted.l1.resend(raw, check=False)
    with reverts(inbox.GasSoldOut, actual=NEED, available=0):
        lost.raise_if_reverted()
    inbox.queueTransaction(raw_l2, NEED, sender=bob)
    posted.settle()
    assert posted.l2.balance(bob) == before + 9
    _agree(posted)


def test_a_batch_that_counts_a_message_which_a_reorg_cut_off_is_refused_and_made_anew(
    posted: Rollup, accounts: Any
) -> None:
    """What the lost message left to the budget is lost with it: the new draft counts on none of it."""
    alice, bob = accounts.alice, accounts.bob
    inbox = posted.contracts.sequencer_inbox
    _queue(posted, alice, bob, 3)
    posted.l2.send(sender=bob, to=alice, value=1)
    posted.sequencer.post()
    _, batch = posted.l1.reorg(2)
    with reverts(inbox.DelayedMessageMissing, available=posted.contracts.delayed_inbox.messageCount()):
        posted.l1.resend(batch)
    posted.settle()
    assert posted.l2.safe_head == posted.l2.unsafe_head
    _agree(posted)
