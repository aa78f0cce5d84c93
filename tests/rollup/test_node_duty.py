"""The work that a node must be able to do: deposits, queued and sequenced transactions of the same L1 blocks."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import pytest

from harness.rollup.codec.batch import Item
from harness.testbed.rollup import Rollup

LARGEST = 2**23
PER_BLOCK, CAP, DELAYED_CAP = 2**23, 2**27, 2**23
BLOCKS = 5
"""L1 blocks in which everything that is for sale is bought: more, and its price takes more gas than L1 has."""

BURNS_ALL = b"\xfe"
"""Initcode whose first instruction fails, with all gas gone."""


@dataclass
class Work:
    """L2 gas by L1 block: what sequenced transactions used, and delayed ones of the block that queued them; and what
    delayed ones left to the budget in the block whose batch has them.
    """

    sequenced: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    delayed: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    left: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    @classmethod
    def of(cls, rollup: Rollup, first: int) -> Work:
        """The work in the batches from ``first`` on."""
        made = cls()
        for index in range(first, len(rollup.node.derived)):
            block = rollup.node.derived[index].batch.l1_block
            for taken in rollup.node.inputs(index):
                if taken.outcome is None:
                    continue
                if taken.message is None:
                    made.sequenced[block] += taken.outcome.gas_used
                else:
                    made.delayed[taken.message.l1_block] += taken.outcome.gas_used
                    made.left[block] += taken.outcome.gas_left
        return made

    def within(self, counted: dict[int, int], first: int, last: int) -> int:
        return sum(gas for block, gas in counted.items() if first <= block <= last)


@dataclass
class Adversary:
    """A sequencer and a spammer that are one: each L1 block they buy and post all that the rules let them."""

    rollup: Rollup
    sequences: Any
    burns: Any
    saves: Any

    def buy(self) -> None:
        """Buy all of the block's delayed gas: half of it burnt by deposits, half left over by queued transactions."""
        rollup, part = self.rollup, LARGEST // 4
        inbox, nonce = rollup.contracts.delayed_inbox, rollup.l2.nonce(self.saves)
        gas = inbox.burnFor(part) * 5 // 4 + 200_000
        for number in range(2):
            rollup.portal.depositTransaction(bytes(20), 0, part, True, BURNS_ALL, sender=self.burns, gas=gas)
            raw = rollup.sign_l2(self.saves, to=self.burns, value=1, gas=part, nonce=nonce + number)
            inbox.queueTransaction(raw, part, sender=self.burns, gas=gas)

    def post(self, delayed: bool, nonce: int) -> None:
        """Post more items than any budget pays for, each of which burns the gas of the largest transaction."""
        inbox = self.rollup.contracts.sequencer_inbox
        before = inbox.delayedCount()
        count = self.rollup.contracts.delayed_inbox.messageCount() if delayed else before
        items = (
            Item(self.rollup.sign_l2(self.sequences, data=BURNS_ALL, gas=LARGEST, nonce=nonce + number))
            for number in range(60)
        )
        data = b"".join(item.encode() for item in items)
        sequencer = self.rollup.sequencer.account
        inbox.postBatch(inbox.batchCount(), before, count, data, sender=sequencer)


@pytest.mark.parametrize("held_back", [False, True], ids=["included at once", "all in the last batch"])
def test_all_that_is_bought_and_sequenced_at_once_stays_within_the_stated_bound(
    held_back: bool, rollup: Rollup, accounts: Any
) -> None:
    """At ff042e3 an L1 block held 7,314,866,176 gas of deposits, or batches of 4,286,578,688 for 1,853,730 gas of L1.

    Now five blocks hold 205,730,896 of the 218,103,808 that the bound gives. It holds for each n consecutive blocks.
    """
    rollup.sequencer.post()
    rollup.l1.mine(20)
    rollup.node.sync()
    first, start = len(rollup.node.derived), rollup.l1.block_number + 1
    adversary = Adversary(rollup, accounts.alice, accounts.mallory, accounts.sybil)
    nonce, seen = rollup.l2.nonce(accounts.alice), 0
    for number in range(BLOCKS):
        is_last = number == BLOCKS - 1
        with rollup.l1.block():
            adversary.buy()
            adversary.post(not held_back or is_last, nonce + seen)
        assert rollup.l1.block_number == start + number
        rollup.node.sync()
        seen += rollup.node.derived[-1].items
        bought = [message.gas_limit for message in rollup.node.inbox.messages if message.l1_block == start + number]
        assert sum(bought) == DELAYED_CAP, "there is nothing left to buy"
    work, end = Work.of(rollup, first), start + BLOCKS - 1
    for low in range(start, end + 1):
        for high in range(low, end + 1):
            n = high - low + 1
            assert work.within(work.delayed, low, high) <= n * DELAYED_CAP
            left = work.within(work.left, low, high)
            assert work.within(work.sequenced, low, high) <= CAP + n * PER_BLOCK + left
    total = sum(work.sequenced.values()) + sum(work.delayed.values())
    bound = CAP + BLOCKS * (PER_BLOCK + DELAYED_CAP)
    assert sum(work.left.values()) > BLOCKS * DELAYED_CAP * 2 // 5, "what was bought and not used is sequenced as well"
    assert bound * 9 // 10 < total <= bound
