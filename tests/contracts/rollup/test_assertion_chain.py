"""AssertionChain: propose and confirm, guard by guard, and what rivals do to each other."""

from __future__ import annotations

from typing import Any

import pytest

from harness import reverts
from harness.agents.proposer import Proposer, Status, WrongRoot
from harness.primitives.hashing import Tag, tagged_hash
from harness.rollup.errors import UnknownBatch
from harness.testbed.rollup import Rollup

from .proposing import ROOT, propose


@pytest.fixture
def chain(rollup: Rollup) -> Any:
    """The assertion chain with one batch posted that nobody asserted yet."""
    rollup.confirm_all()
    rollup.sequencer.post_data(b"")
    return rollup.assertions


def test_genesis_is_confirmed(rollup: Rollup) -> None:
    genesis = rollup.assertions.genesis()
    record = rollup.assertions.assertion(genesis)
    assert (record.root, record.end, record.status) == (rollup.contracts.genesis.root, 0, Status.CONFIRMED)
    assert genesis == tagged_hash(Tag.ASSERTION, bytes(32), 0, rollup.contracts.genesis.root, 0)


@pytest.mark.parametrize("off", [-1, 1])
def test_propose_with_another_bond_reverts(rollup: Rollup, chain: Any, alice: Any, off: int) -> None:
    head, bond = rollup.l1.head, rollup.config.bond
    with reverts(chain.WrongBond, actual=bond + off, expected=bond):
        chain.propose(chain.latestConfirmed(), ROOT, 0, head.number, head.hash, sender=alice, value=bond + off)


def test_propose_of_the_zero_root_reverts(rollup: Rollup, chain: Any, alice: Any) -> None:
    with reverts(chain.ZeroRoot):
        propose(rollup, chain.latestConfirmed(), bytes(32), alice)


def test_propose_for_another_l1_reverts(rollup: Rollup, chain: Any, alice: Any) -> None:
    head = rollup.l1.head
    for number, block_hash in ((head.number, ROOT), (head.number - 1, head.hash), (head.number + 5, bytes(32))):
        with reverts(chain.AnotherL1, actual=block_hash):
            chain.propose(chain.latestConfirmed(), ROOT, 0, number, block_hash, sender=alice, value=rollup.config.bond)


def test_propose_on_an_unknown_parent_reverts(rollup: Rollup, chain: Any, alice: Any) -> None:
    head = rollup.l1.head
    with reverts(chain.UnknownAssertion, id=ROOT):
        chain.propose(ROOT, ROOT, 0, head.number, head.hash, sender=alice, value=rollup.config.bond)


def test_propose_beyond_the_posted_batches_reverts(rollup: Rollup, chain: Any, alice: Any) -> None:
    first = propose(rollup, chain.latestConfirmed(), ROOT, alice)
    posted = rollup.contracts.sequencer_inbox.batchCount()
    with reverts(chain.NothingToAssert, actual=posted, expected=posted + 1):
        propose(rollup, first, ROOT, alice)
    with pytest.raises(UnknownBatch):
        rollup.proposer.propose()
        rollup.proposer.propose()


def test_propose_twice_reverts(rollup: Rollup, chain: Any, alice: Any, bob: Any) -> None:
    parent = chain.latestConfirmed()
    id = propose(rollup, parent, ROOT, alice)
    with reverts(chain.AssertionExists, id=id):
        propose(rollup, parent, ROOT, bob)


def test_propose_stores_and_emits(rollup: Rollup, chain: Any, alice: Any) -> None:
    parent = chain.latestConfirmed()
    end, held = chain.childEnd(parent), rollup.l1.balance(chain)
    head = rollup.l1.head
    receipt = chain.propose(parent, ROOT, 0, head.number, head.hash, sender=alice, value=rollup.config.bond)
    (event,) = receipt.events
    id = tagged_hash(Tag.ASSERTION, parent, end, ROOT, 0)
    assert (event.name, event.id, event.parent, event.proposer) == ("Asserted", id, parent, alice.address)
    record = chain.assertion(id)
    assert (record.parent, record.root, record.end, record.status) == (parent, ROOT, end, Status.PENDING)
    assert (record.createdAt, record.proposer, record.liveChildren) == (receipt.timestamp, alice.address, 0)
    assert record.batches == rollup.contracts.sequencer_inbox.batchCount()
    assert chain.assertion(parent).liveChildren == 1
    assert rollup.l1.balance(chain) == held + rollup.config.bond


def test_the_range_is_what_was_posted_when_the_parent_was_asserted(rollup: Rollup, chain: Any, alice: Any) -> None:
    # Nothing new when the parent was made: one batch. Three more by then: three. A hundred: at most 64.
    first = propose(rollup, chain.latestConfirmed(), ROOT, alice)
    start = chain.assertion(first).end
    assert chain.childEnd(first) == start + 1
    for _ in range(4):
        rollup.sequencer.post_data(b"")
    assert chain.childEnd(first) == start + 1
    second = propose(rollup, first, ROOT, alice)
    assert chain.assertion(second).end == start + 1
    assert chain.childEnd(second) == start + 4
    with rollup.l1.block():
        inbox = rollup.contracts.sequencer_inbox
        index, delayed = inbox.batchCount(), inbox.delayedCount()
        for offset in range(100):
            inbox.postBatch(index + offset, delayed, delayed, b"", sender=rollup.sequencer.account, gas=200_000)
    third = propose(rollup, second, ROOT, alice)
    assert chain.childEnd(third) == start + 4 + 64


def test_confirm_of_an_unknown_assertion_reverts(rollup: Rollup, chain: Any, alice: Any) -> None:
    with reverts(chain.UnknownAssertion, id=ROOT):
        chain.confirm(ROOT, sender=alice)


def test_confirm_before_the_period_is_over_reverts(rollup: Rollup, chain: Any, alice: Any, bob: Any) -> None:
    id = propose(rollup, chain.latestConfirmed(), ROOT, alice)
    over = chain.assertion(id).createdAt + rollup.config.period
    rollup.l1.warp(to=over)
    with reverts(chain.PeriodNotOver, actual=over, expected=over + 1):
        chain.confirm(id, sender=bob)


def test_confirm_returns_the_bond_to_the_proposer(rollup: Rollup, chain: Any, alice: Any, bob: Any) -> None:
    id = propose(rollup, chain.latestConfirmed(), ROOT, alice)
    rollup.l1.warp(rollup.config.period + 1)
    receipt = chain.confirm(id, sender=bob)
    assert [event.name for event in receipt.events] == ["Confirmed"]
    assert (chain.latestConfirmed(), chain.statusOf(id)) == (id, 2)
    assert chain.credit(alice.address) == rollup.config.bond
    before = rollup.l1.balance(bob)
    chain.withdraw(bob.address, sender=alice)
    assert rollup.l1.balance(bob) == before + rollup.config.bond
    with reverts(chain.NothingToWithdraw, account=alice):
        chain.withdraw(bob.address, sender=alice)
    with reverts(chain.NotPending, id=id, actual=Status.CONFIRMED):
        chain.confirm(id, sender=bob)


def test_withdraw_to_somebody_who_refuses_reverts_and_keeps_the_credit(
    rollup: Rollup, chain: Any, alice: Any, contracts: Any
) -> None:
    id = propose(rollup, chain.latestConfirmed(), ROOT, alice)
    rollup.l1.warp(rollup.config.period + 1)
    chain.confirm(id, sender=alice)
    target = contracts["Forwarder"].deploy(rollup.l1, sender=alice)
    target.setMood(1, sender=alice)
    with reverts(chain.WithdrawalRefused, to=target, amount=rollup.config.bond):
        chain.withdraw(target.address, sender=alice)
    assert chain.credit(alice.address) == rollup.config.bond


def test_confirm_of_a_child_before_its_parent_reverts(rollup: Rollup, chain: Any, alice: Any) -> None:
    parent = propose(rollup, chain.latestConfirmed(), ROOT, alice)
    rollup.sequencer.post_data(b"")
    child = propose(rollup, parent, ROOT, alice)
    rollup.l1.warp(rollup.config.period + 1)
    with reverts(chain.ParentNotConfirmed, parent=parent, actual=Status.PENDING):
        chain.confirm(child, sender=alice)
    chain.confirm(parent, sender=alice)
    chain.confirm(child, sender=alice)
    assert chain.latestConfirmed() == child


def test_rivals_stop_each_other(rollup: Rollup, chain: Any) -> None:
    honest = rollup.proposer.propose()
    liar = rollup.join(Proposer(lie=WrongRoot())).propose()
    assert honest.record.parent == liar.record.parent
    assert honest.end == liar.end
    rollup.l1.warp(rollup.config.period + 1)
    for each in (honest, liar):
        with reverts(chain.UndecidedRivals, actual=2, expected=1):
            chain.confirm(each.id, sender=rollup.proposer.account)
        assert chain.disputable(each.id)


def test_a_rival_is_accepted_up_to_the_last_second_and_no_later(rollup: Rollup, chain: Any, alice: Any) -> None:
    parent = chain.latestConfirmed()
    first = propose(rollup, parent, ROOT, alice)
    deadline = chain.assertion(first).createdAt + rollup.config.period
    rollup.l1.warp(to=deadline)
    snapshot = rollup.l1.snapshot()
    propose(rollup, parent, ROOT[:-1] + b"\x08", alice)
    rollup.l1.restore(snapshot)
    rollup.l1.warp(to=deadline + 1)
    with reverts(chain.TooLateForRival, actual=deadline + 1, deadline=deadline):
        propose(rollup, parent, ROOT[:-1] + b"\x08", alice)


def test_an_assertion_is_disputable_while_its_period_runs(rollup: Rollup, chain: Any, alice: Any) -> None:
    id = propose(rollup, chain.latestConfirmed(), ROOT, alice)
    assert chain.disputable(id)
    rollup.l1.warp(rollup.config.period + 1)
    assert not chain.disputable(id)
    assert not chain.disputable(ROOT)


def test_nobody_but_the_factory_and_the_games_decides(rollup: Rollup, chain: Any, alice: Any) -> None:
    id = propose(rollup, chain.latestConfirmed(), ROOT, alice)
    with reverts(chain.NotDisputes, actual=alice):
        chain.openDispute(id, sender=alice)
    with reverts(chain.NotGameOf, id=id, actual=alice):
        chain.rejectAssertion(id, sender=alice)
    with reverts(chain.NotGameOf, id=id, actual=alice):
        chain.settleAssertion(id, alice.address, sender=alice)
    with reverts(chain.NotGameOf, id=id, actual=alice):
        chain.upholdAssertion(id, sender=alice)
    with reverts(chain.ParentNotRejected, actual=Status.CONFIRMED):
        chain.rejectChild(id, sender=alice)


@pytest.mark.parametrize(
    ("name", "value", "bound"),
    [
        ("bond", 0, 10**17), ("bond", 10**17 - 1, 10**17), ("bond", 2**96, 2**96 - 1), ("bond", 2**256 - 1, 2**96 - 1),
        ("burntShare", 0, 1), ("burntShare", 10_000, 9_999), ("burntShare", 2**256 - 1, 9_999), ("period", 0, 1),
    ],
)  # fmt: skip
def test_bonds_and_shares_out_of_bounds_are_refused(
    name: str, value: int, bound: int, rollup: Rollup, contracts: Any, alice: Any
) -> None:
    kind = contracts["AssertionChain"]
    good = {"bond": 10**17, "burntShare": 1, "period": 1}
    words = (rollup.contracts.sequencer_inbox.address, alice.address, ROOT)
    with reverts(kind.WrongParameter, name=name, actual=value, expected=bound):
        kind.deploy(rollup.l1, *words, *(good | {name: value}).values(), sender=alice)


@pytest.mark.parametrize(("bond", "share"), [(10**17, 1), (10**17 + 1, 9_999), (2**96 - 1, 5_000)])
def test_bonds_and_shares_at_their_bounds_are_taken(
    bond: int, share: int, rollup: Rollup, contracts: Any, alice: Any
) -> None:
    words = (rollup.contracts.sequencer_inbox.address, alice.address, ROOT, bond, share, 1)
    made = contracts["AssertionChain"].deploy(rollup.l1, *words, sender=alice)
    assert (made.bond(), made.burntShare(), made.burnt()) == (bond, share, 0)


def test_two_honest_proposers_do_not_quarrel(rollup: Rollup, chain: Any) -> None:
    second = rollup.join(Proposer())
    before = len(rollup.proposer.made)
    rollup.settle()
    assert (len(rollup.proposer.made) - before, len(second.made)) == (1, 0)


def test_the_proposer_follows_what_another_asserted(rollup: Rollup, chain: Any, alice: Any, bob: Any) -> None:
    other = rollup.join(Proposer())
    first = other.propose()
    rollup.l2.send(sender=alice, to=bob, value=1)
    rollup.sequencer.post()
    second = rollup.proposer.propose()
    assert second.record.parent == first.id


def test_the_subject_of_a_game_is_the_assertion_after_its_parents_root(rollup: Rollup, chain: Any, alice: Any) -> None:
    parent = chain.latestConfirmed()
    id = propose(rollup, parent, ROOT, alice)
    prestate, root, end, proposer = chain.subjectOf(id)
    assert (bytes(prestate), bytes(root)) == (chain.assertion(parent).root, ROOT)
    assert (end, proposer) == (chain.assertion(id).end, alice.address)
    prestate, root, end, proposer = chain.subjectOf(ROOT)
    assert (bytes(prestate), bytes(root), end, int(proposer, 16)) == (bytes(32), bytes(32), 0, 0)
