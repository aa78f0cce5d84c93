"""AssertionChain with a stand-in for the factory, whose word decides: a contract of the test's own."""

from __future__ import annotations

from typing import Any

import pytest

from harness import reverts
from harness.agents.proposer import Proposer, Status, WrongRoot
from harness.primitives.hashing import Tag, tagged_hash
from harness.testbed.rollup import Rollup

from .proposing import ROOT, propose


@pytest.fixture
def judge(rollup: Rollup, contracts: Any, alice: Any) -> Any:
    return contracts["Judge"].deploy(rollup.l1, sender=alice)


@pytest.fixture
def judged(rollup: Rollup, judge: Any) -> Rollup:
    made = Rollup.deploy(rollup.l1, rollup.config, disputes=judge.address)
    made.sequencer.post_data(b"")
    return made


def test_a_dispute_stops_confirmation_until_it_is_upheld(judged: Rollup, judge: Any, alice: Any) -> None:
    chain = judged.assertions
    id = judged.proposer.propose().id
    answer = judge.open(chain.address, id, sender=alice)
    assert [event.name for event in answer.events] == ["Disputed"]
    with reverts(chain.AlreadyInDispute, id=id):
        judge.open(chain.address, id, sender=alice)
    judged.l1.warp(judged.config.period + 1)
    with reverts(chain.InDispute, id=id):
        chain.confirm(id, sender=alice)
    judge.uphold(chain.address, id, sender=alice)
    chain.confirm(id, sender=alice)
    assert chain.latestConfirmed() == id


def test_a_dispute_opened_too_late_reverts(judged: Rollup, judge: Any, alice: Any) -> None:
    id = judged.proposer.propose().id
    judged.l1.warp(judged.config.period + 1)
    with reverts(judged.assertions.NotDisputable, id=id):
        judge.open(judged.assertions.address, id, sender=alice)


def test_the_loser_pays_the_winner_and_the_rival_is_confirmed(judged: Rollup, judge: Any, alice: Any) -> None:
    chain = judged.assertions
    honest = judged.proposer.propose()
    liar = judged.join(Proposer(lie=WrongRoot()))
    lie = liar.propose()
    judge.open(chain.address, lie.id, sender=alice)
    judge.reject(chain.address, lie.id, alice.address, sender=alice)
    assert (lie.status, liar.bond) == (Status.REJECTED, 0)
    burnt = judged.config.bond * judged.config.burnt_share // 10_000
    assert (chain.credit(alice.address), chain.burnt()) == (judged.config.bond - burnt, burnt)
    judged.l1.warp(judged.config.period + 1)
    chain.confirm(honest.id, sender=alice)
    with reverts(chain.ParentRejected, parent=lie.id):
        propose(judged, lie.id, ROOT, alice)


def test_the_window_for_rivals_reopens_when_all_are_rejected(judged: Rollup, judge: Any, alice: Any) -> None:
    chain = judged.assertions
    lie = judged.join(Proposer(lie=WrongRoot())).propose()
    judge.open(chain.address, lie.id, sender=alice)
    judged.l1.warp(3 * judged.config.period)
    judge.reject(chain.address, lie.id, alice.address, sender=alice)
    right = judged.proposer.propose()
    assert chain.assertion(right.record.parent).firstChildAt == right.record.createdAt


def test_a_child_of_the_loser_is_lost_too(judged: Rollup, judge: Any, alice: Any, bob: Any) -> None:
    chain = judged.assertions
    lie = judged.join(Proposer(lie=WrongRoot())).propose()
    judged.sequencer.post_data(b"")
    child = propose(judged, lie.id, ROOT, bob)
    judge.open(chain.address, lie.id, sender=alice)
    judge.reject(chain.address, lie.id, alice.address, sender=alice)
    assert chain.parentRejected(child)
    chain.rejectChild(child, sender=alice)
    assert chain.assertion(child).status == Status.REJECTED
    burnt = judged.config.bond * judged.config.burnt_share // 10_000
    assert (chain.credit(alice.address), chain.burnt()) == (2 * (judged.config.bond - burnt), 2 * burnt)
    with reverts(chain.NotPending, id=child, actual=Status.REJECTED):
        chain.rejectChild(child, sender=alice)


def test_a_rejected_assertion_is_settled_once_by_its_game(judged: Rollup, judge: Any, alice: Any, bob: Any) -> None:
    chain, bond = judged.assertions, judged.config.bond
    lie = judged.join(Proposer(lie=WrongRoot())).propose()
    judge.open(chain.address, lie.id, sender=alice)
    with reverts(chain.NotRejected, id=lie.id, actual=Status.PENDING):
        judge.settle(chain.address, lie.id, alice.address, sender=alice)
    decided = judge.rejectOnly(chain.address, lie.id, sender=alice)
    assert [event.name for event in decided.events] == ["Rejected"]
    assert (lie.status, chain.burnt(), int(lie.record.beneficiary, 16)) == (Status.REJECTED, 0, 0)
    (event,) = judge.settle(chain.address, lie.id, alice.address, sender=alice).events
    lost = bond * judged.config.burnt_share // 10_000
    assert (event.name, event.beneficiary, event.paid, event.burnt) == ("Settled", alice, bond - lost, lost)
    with reverts(chain.AlreadySettled, id=lie.id, beneficiary=alice):
        judge.settle(chain.address, lie.id, bob.address, sender=alice)
    assert (chain.credit(alice.address), chain.credit(bob.address)) == (bond - lost, 0)


def test_a_rejected_assertion_stops_its_rivals_no_longer_though_it_is_not_settled(
    judged: Rollup, judge: Any, alice: Any
) -> None:
    chain = judged.assertions
    right, lie = judged.proposer.propose(), judged.join(Proposer(lie=WrongRoot())).propose()
    judge.open(chain.address, lie.id, sender=alice)
    judge.rejectOnly(chain.address, lie.id, sender=alice)
    judged.l1.warp(judged.config.period + 1)
    chain.confirm(right.id, sender=alice)
    assert chain.latestConfirmed() == right.id


def test_a_child_is_rejected_when_its_parents_bond_is_settled(judged: Rollup, judge: Any, alice: Any, bob: Any) -> None:
    chain = judged.assertions
    lie = judged.join(Proposer(lie=WrongRoot())).propose()
    judged.sequencer.post_data(b"")
    child = propose(judged, lie.id, ROOT, bob)
    judge.open(chain.address, lie.id, sender=alice)
    judge.rejectOnly(chain.address, lie.id, sender=alice)
    assert chain.parentRejected(child)
    with reverts(chain.NotSettled, id=lie.id):
        chain.rejectChild(child, sender=alice)
    judge.settle(chain.address, lie.id, alice.address, sender=alice)
    chain.rejectChild(child, sender=alice)
    assert chain.assertion(child).beneficiary == alice.address


def test_a_true_root_that_was_wrongly_rejected_is_asserted_again_and_confirmed(
    judged: Rollup, judge: Any, alice: Any
) -> None:
    """At ff042e3 its second assertion reverted with AssertionExists, whoever sent it: the range was never final."""
    chain = judged.assertions
    first = judged.proposer.propose()
    judge.open(chain.address, first.id, sender=alice)
    judge.reject(chain.address, first.id, alice.address, sender=alice)
    assert (first.status, chain.attemptOf(first.record.parent, first.record.root)) == (Status.REJECTED, 1)
    second = judged.proposer.propose()
    parent, end, root = first.record.parent, first.record.end, first.record.root
    assert second.id == tagged_hash(Tag.ASSERTION, parent, end, root, 1)
    assert (second.record.root, second.record.end) == (root, end)
    judge.open(chain.address, second.id, sender=alice)  # It has a game of its own.
    judge.uphold(chain.address, second.id, sender=alice)
    judged.l1.warp(judged.config.period + 1)
    chain.confirm(second.id, sender=alice)
    assert (chain.latestConfirmed(), first.status) == (second.id, Status.REJECTED)


def test_the_honest_proposer_asserts_again_by_itself_and_a_liar_does_not(
    judged: Rollup, judge: Any, alice: Any
) -> None:
    chain = judged.assertions
    lie = judged.join(Proposer(lie=WrongRoot()))
    fallen = [lie.propose(), judged.proposer.propose()]
    for assertion in fallen:
        judge.open(chain.address, assertion.id, sender=alice)
        judge.reject(chain.address, assertion.id, alice.address, sender=alice)
    judged.settle()
    attempts = [chain.attemptOf(each.record.parent, each.record.root) for each in fallen]
    assert attempts == [1, 1]
    assert (len(lie.made), len(judged.proposer.made)) == (1, 2)
    assert chain.assertion(judged.proposer.made[1]).status == Status.PENDING
    assert chain.assertion(lie.propose().id).status == Status.PENDING  # It lies again if a test tells it to.


@pytest.mark.parametrize("rejections", [0, 1, 2])
@pytest.mark.parametrize("off", [-1, 1, 2**64])
def test_propose_with_an_attempt_that_skips_or_repeats_reverts(
    judged: Rollup, judge: Any, alice: Any, rejections: int, off: int
) -> None:
    chain, parent = judged.assertions, judged.assertions.latestConfirmed()
    for _ in range(rejections):
        id = propose(judged, parent, ROOT, alice)
        judge.open(chain.address, id, sender=alice)
        judge.reject(chain.address, id, alice.address, sender=alice)
    wrong, head = (rejections + off) % 2**256, judged.l1.head
    with reverts(chain.WrongAttempt, actual=wrong, expected=rejections):
        chain.propose(parent, ROOT, wrong, head.number, head.hash, sender=alice, value=judged.config.bond)
    assert chain.assertion(parent).liveChildren == 0


def test_an_attempt_counts_the_rejections_of_its_own_root_alone(judged: Rollup, judge: Any, alice: Any) -> None:
    chain, parent = judged.assertions, judged.assertions.latestConfirmed()
    id = propose(judged, parent, ROOT, alice)
    judge.open(chain.address, id, sender=alice)
    judge.reject(chain.address, id, alice.address, sender=alice)
    assert [chain.attemptOf(parent, root) for root in (ROOT, b"\x08" * 32)] == [1, 0]
    with reverts(chain.UnknownAssertion, id=ROOT):
        chain.attemptOf(ROOT, ROOT)


def test_a_new_attempt_revives_no_child_of_the_old_one(judged: Rollup, judge: Any, alice: Any, bob: Any) -> None:
    chain, parent = judged.assertions, judged.assertions.latestConfirmed()
    first = propose(judged, parent, ROOT, alice)
    judged.sequencer.post_data(b"")
    child = propose(judged, first, ROOT, bob)
    judge.open(chain.address, first, sender=alice)
    judge.reject(chain.address, first, alice.address, sender=alice)
    second = propose(judged, parent, ROOT, alice)
    assert chain.parentRejected(child)
    assert (chain.assertion(second).liveChildren, chain.attemptOf(second, ROOT)) == (0, 0)
    with reverts(chain.ParentRejected, parent=first):
        propose(judged, first, b"\x09" * 32, bob)
    chain.rejectChild(child, sender=bob)
    assert chain.assertion(child).status == Status.REJECTED


def test_a_new_attempt_opens_no_window_beside_a_rival_that_is_alive(
    judged: Rollup, judge: Any, alice: Any, bob: Any
) -> None:
    """As the specification says: rejected after the window, with a false rival alive, the truth is lost."""
    chain, parent = judged.assertions, judged.assertions.latestConfirmed()
    right, rival = propose(judged, parent, ROOT, alice), propose(judged, parent, b"\x08" * 32, bob)
    deadline = chain.assertion(parent).firstChildAt + judged.config.period
    for id in (right, rival):
        judge.open(chain.address, id, sender=alice)
    judged.l1.warp(to=deadline)
    judge.reject(chain.address, right, alice.address, sender=alice)
    with reverts(chain.TooLateForRival, deadline=deadline):
        propose(judged, parent, ROOT, alice)
    judge.reject(chain.address, rival, alice.address, sender=alice)
    assert chain.assertion(propose(judged, parent, ROOT, alice)).status == Status.PENDING
