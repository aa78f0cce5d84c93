"""From a user's transaction to a settled withdrawal, on the real contracts."""

from __future__ import annotations

from typing import Any

from harness import ether
from harness.agents.proposer import Status
from harness.testbed.rollup import Rollup


def test_a_deposit_is_minted_on_l2(rollup: Rollup, alice: Any, bob: Any) -> None:
    before = rollup.l2.balance(bob)
    receipt = rollup.deposit(ether(3), sender=alice, to=bob)
    assert receipt.succeeded
    assert rollup.l2.balance(bob) == before + ether(3)


def test_a_users_contract_lives_on_l2_as_on_l1(rollup: Rollup, alice: Any, bob: Any, contracts: Any) -> None:
    counter = rollup.l2.deploy(contracts["Counter"], 3, sender=alice)
    receipt = counter.increment(sender=bob)
    assert counter.number() == 1
    assert [event.name for event in receipt.events] == ["Incremented"]


def test_ether_goes_there_and_back(rollup: Rollup, alice: Any, bob: Any) -> None:
    rollup.deposit(ether(5), sender=alice)
    withdrawal = rollup.withdraw(ether(5), sender=alice, to=bob)
    rollup.confirm_all()
    before = rollup.l1.balance(bob)
    rollup.execute(withdrawal, sender=alice)
    assert rollup.l1.balance(bob) == before + ether(5)
    assert rollup.portal.finalizedWithdrawals(withdrawal.hash)


def test_the_heads_move_one_after_the_other(rollup: Rollup, alice: Any, bob: Any) -> None:
    l2 = rollup.l2
    rollup.confirm_all()
    start = l2.unsafe_head
    assert (l2.safe_head, l2.finalized_head) == (start, start)

    l2.send(sender=alice, to=bob, value=1)
    assert (l2.unsafe_head > start, l2.safe_head, l2.finalized_head) == (True, start, start)

    rollup.sequencer.post()
    assert (l2.safe_head, l2.finalized_head) == (l2.unsafe_head, start)

    assertion = rollup.proposer.propose()
    assert (assertion.status, l2.finalized_head) == (Status.PENDING, start)

    rollup.run_until(assertion.confirmed)
    assert l2.finalized_head == l2.safe_head == l2.unsafe_head


def test_the_proposer_gets_its_bond_back(rollup: Rollup, alice: Any, bob: Any) -> None:
    rollup.l2.send(sender=alice, to=bob, value=1)
    rollup.sequencer.post()
    rollup.proposer.propose()
    assert rollup.proposer.bond == rollup.config.bond
    rollup.confirm_all()
    rollup.settle()
    assert rollup.proposer.bond == 0
    assert rollup.l1.balance(rollup.assertions) == 0
