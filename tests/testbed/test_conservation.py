"""The books of a rollup: what passes for a gift, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from harness import ether
from harness.rollup import withdrawals
from harness.rollup.withdrawals import SentMessages, sent_in
from harness.testbed.conservation import Conservation, NotConserved
from harness.testbed.rollup import Rollup


@pytest.fixture
def watched(rollup: Rollup, books: Conservation) -> Conservation:
    """The books that watch the rollup."""
    return books


def force(rollup: Rollup, sender: Any, value: int) -> None:
    """Send ether that the portal is not asked about: a contract destroys itself while it is created."""
    rollup.l1.send(
        sender=sender, to=None, data=b"\x73" + bytes.fromhex(rollup.portal.address[2:]) + b"\xff", value=value
    )


def test_a_donation_is_no_value_from_nowhere(rollup: Rollup, watched: Conservation, alice: Any, bob: Any) -> None:
    with rollup.l1.block():
        rollup.portal.donateETH(sender=alice, value=7, gas=100_000)
        rollup.portal.depositTransaction(bob.address, 0, 21_000, False, b"", sender=bob, value=5, gas=500_000)
    rollup.portal.donateETH(sender=bob, value=7)
    rollup.deposit(5, sender=bob)
    assert watched.checks >= 3


def test_ether_that_is_forced_on_the_portal_is_a_gift(rollup: Rollup, watched: Conservation, alice: Any) -> None:
    force(rollup, alice, 7)
    sent = rollup.withdraw(ether(1), sender=alice)
    rollup.confirm_all()
    rollup.execute(sent, sender=alice)
    force(rollup, alice, 1)
    rollup.deposit(5, sender=alice)


@pytest.mark.needs("reorg")
def test_a_gift_that_a_reorg_takes_back_is_none(rollup: Rollup, watched: Conservation, alice: Any) -> None:
    force(rollup, alice, 3)
    rollup.l1.mine()
    force(rollup, alice, 7)
    rollup.l1.reorg(1)
    watched.check()
    rollup.deposit(5, sender=alice)
    rollup.l1.reorg(3)
    watched.check()


@pytest.mark.needs("edits")
@pytest.mark.parametrize(("off", "moves"), [(-1, False), (-1, True), (1, True)])
def test_ether_that_the_portal_lacks_or_did_not_pay_is_missed(
    rollup: Rollup, watched: Conservation, alice: Any, off: int, moves: bool
) -> None:
    """A surplus is a gift only if the portal did nothing else."""
    watched.stop()
    mark = rollup.l1.snapshot()
    rollup.l1.set_balance(rollup.portal.address, rollup.l1.balance(rollup.portal) + off)
    if moves:
        rollup.portal.depositTransaction(alice.address, 0, 21_000, False, b"", sender=alice, value=3)
    with pytest.raises(NotConserved, match="the portal's ether"):
        watched.check()
    rollup.l1.restore(mark)


def test_messages_of_l2_are_read_once_and_follow_a_reorg(
    rollup: Rollup, alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = rollup.withdraw(3, sender=alice)
    second = rollup.withdraw(4, sender=alice)
    rollup.sequencer.post()
    rollup.node.sync()
    blocks, read = list(rollup.node.blocks), []
    monkeypatch.setattr(withdrawals, "sent_in", lambda block: read.append(block.number) or sent_in(block))
    sent = SentMessages()
    for length in range(1, len(blocks) + 1):
        sent.in_blocks(blocks[:length])
    assert dict(sent.in_blocks(blocks)) == {first.hash: 3, second.hash: 4}
    assert read == [block.number for block in blocks]
    assert dict(sent.in_blocks(blocks[:1])) == {}
    assert second.hash in sent.in_blocks(blocks)
