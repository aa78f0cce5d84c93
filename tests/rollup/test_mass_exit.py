"""Everyone withdraws at once, while others fill L1's blocks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from harness import ether
from harness.chain.values.transactions import TX_GAS_CAP
from harness.testbed.conservation import Conservation
from harness.testbed.rollup import Rollup

SLOT = 12
EXIT_GAS = 200_000
PROVE_GAS = 280_000
PER_BLOCK = 4


@contextmanager
def _full_block(rollup: Rollup, crowd: Any, room: int) -> Iterator[None]:
    """A block, one slot later, of which others burn all but ``room``: half before what is sent inside, half after."""
    l1 = rollup.l1
    limit = l1.head.gas_limit
    l1.warp(SLOT)
    with l1.block():
        _burn(rollup, crowd, (limit - room) // 2)
        yield
        _burn(rollup, crowd, limit - room - (limit - room) // 2)
    assert limit - room <= l1.head.gas_used <= limit
    assert l1.head.gas_used > limit * 97 // 100
    assert l1.backend.next_base_fee() > l1.head.base_fee


def _burn(rollup: Rollup, crowd: Any, gas: int) -> None:
    """Burn exactly this gas, by creations that fail at their first instruction, none above the cap."""
    while gas:
        # What is left for the last one must pay for its own bytes.
        part = gas if gas <= TX_GAS_CAP else min(TX_GAS_CAP, gas - 100_000)
        rollup.l1.send(sender=crowd, data=b"\xfe", gas=part, check=False)
        gas -= part


def test_everyone_leaves_in_one_period_while_l1_is_full(rollup: Rollup, accounts: Any, books: Conservation) -> None:
    """Every message is of one period and in one assertion; everyone proves and claims for himself, in what room the
    crowd leaves, and is paid to the last wei before a period is over.
    """
    crowd, leavers = accounts.victor, list(accounts)[:18]
    l1, period = rollup.l1, rollup.config.period
    began = l1.now
    sent = [rollup.withdraw(ether(500) + number, sender=who) for number, who in enumerate(leavers)]
    for _ in range(3):
        with _full_block(rollup, crowd, 0):
            pass
    rollup.sequencer.post()
    assertion = rollup.proposer.propose()
    assert l1.now - began < period

    rollup.confirm_all()
    assert rollup.latest_confirmed.id == assertion.id
    began, checks = l1.now, books.checks
    held = l1.balance(rollup.portal)
    before = [l1.balance(who) for who in leavers]
    receipts: list[Any] = []
    costs: dict[int, Any] = {}
    index = rollup.open_root(sender=crowd)
    for first in range(0, len(leavers), PER_BLOCK):
        with _full_block(rollup, crowd, 0):
            pass  # nobody gets in
        group = range(first, min(first + PER_BLOCK, len(leavers)))
        with _full_block(rollup, crowd, PROVE_GAS * len(group)):
            for number in group:
                claim = rollup.proof(sent[number]).arguments(sent[number], index)
                proven = rollup.portal.proveWithdrawalTransaction(*claim, sender=leavers[number], gas=PROVE_GAS)
                costs[number] = proven
        with _full_block(rollup, crowd, EXIT_GAS * len(group)):
            for number in group:
                portal = rollup.portal
                left = portal.finalizeWithdrawalTransaction(sent[number].struct, sender=leavers[number], gas=EXIT_GAS)
                receipts.append(left)

    after = [l1.balance(who) for who in leavers]
    spent = [costs[number].cost + receipts[number].cost for number in range(len(leavers))]
    paid = [new - old + cost for new, old, cost in zip(after, before, spent, strict=True)]
    assert paid == [each.value for each in sent] == [ether(500) + number for number in range(len(leavers))]
    assert all(rollup.portal.finalizedWithdrawals(each.hash) for each in sent)
    assert l1.balance(rollup.portal) == held - sum(paid)
    assert l1.now - began <= period
    assert books.checks - checks >= 2 * len(range(0, len(leavers), PER_BLOCK))
    books.check()
