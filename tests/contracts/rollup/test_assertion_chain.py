"""AssertionChain: propose and confirm, guard by guard, and what rivals do to each other."""

from __future__ import annotations

from typing import Any

import pytest

from harness import reverts
from harness.agents.proposer import Proposer, Status, WrongRoot
from harness.primitives.hashing import Tag, tagged_hash
from harness.rollup.errors import UnknownBatch
from harness.testbed.rollup import Rollup

ROOT = bytes(31) + b"\x07"


@pytest.fixture
def chain(rollup: Rollup) -> Any:
    """The assertion chain with one batch posted that nobody asserted yet."""
    rollup.confirm_all()
    rollup.sequencer.post_data(b"")
    return rollup.assertions


def _propose(rollup: Rollup, parent: bytes, root: bytes, sender: Any, **options: Any) -> bytes:
    head = rollup.l1.head
    end = rollup.assertions.childEnd(parent)
    chain, attempt = rollup.assertions, rollup.assertions.attemptOf(parent, root)
    chain.propose(parent, root, attempt, head.number, head.hash, sender=sender, value=rollup.config.bond, **options)
    return tagged_hash(Tag.ASSERTION, parent, end, root, attempt)


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
        _propose(rollup, chain.latestConfirmed(), bytes(32), alice)


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
    first = _propose(rollup, chain.latestConfirmed(), ROOT, alice)
    posted = rollup.contracts.sequencer_inbox.batchCount()
    with reverts(chain.NothingToAssert, actual=posted, expected=posted + 1):
        _propose(rollup, first, ROOT, alice)
    with pytest.raises(UnknownBatch):
        rollup.proposer.propose()
        rollup.proposer.propose()


def test_propose_twice_reverts(rollup: Rollup, chain: Any, alice: Any, bob: Any) -> None:
    parent = chain.latestConfirmed()
    id = _propose(rollup, parent, ROOT, alice)
    with reverts(chain.AssertionExists, id=id):
        _propose(rollup, parent, ROOT, bob)


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
    first = _propose(rollup, chain.latestConfirmed(), ROOT, alice)
    start = chain.assertion(first).end
    assert chain.childEnd(first) == start + 1
    for _ in range(4):
        rollup.sequencer.post_data(b"")
    assert chain.childEnd(first) == start + 1
    second = _propose(rollup, first, ROOT, alice)
    assert chain.assertion(second).end == start + 1
    assert chain.childEnd(second) == start + 4
    with rollup.l1.block():
        inbox = rollup.contracts.sequencer_inbox
        index, delayed = inbox.batchCount(), inbox.delayedCount()
        for offset in range(100):
            inbox.postBatch(index + offset, delayed, delayed, b"", sender=rollup.sequencer.account, gas=200_000)
    third = _propose(rollup, second, ROOT, alice)
    assert chain.childEnd(third) == start + 4 + 64


def test_confirm_of_an_unknown_assertion_reverts(rollup: Rollup, chain: Any, alice: Any) -> None:
    with reverts(chain.UnknownAssertion, id=ROOT):
        chain.confirm(ROOT, sender=alice)


def test_confirm_before_the_period_is_over_reverts(rollup: Rollup, chain: Any, alice: Any, bob: Any) -> None:
    id = _propose(rollup, chain.latestConfirmed(), ROOT, alice)
    over = chain.assertion(id).createdAt + rollup.config.period
    rollup.l1.warp(to=over)
    with reverts(chain.PeriodNotOver, actual=over, expected=over + 1):
        chain.confirm(id, sender=bob)


def test_confirm_returns_the_bond_to_the_proposer(rollup: Rollup, chain: Any, alice: Any, bob: Any) -> None:
    id = _propose(rollup, chain.latestConfirmed(), ROOT, alice)
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
    id = _propose(rollup, chain.latestConfirmed(), ROOT, alice)
    rollup.l1.warp(rollup.config.period + 1)
    chain.confirm(id, sender=alice)
    target = contracts["Forwarder"].deploy(rollup.l1, sender=alice)
    target.setMood(1, sender=alice)
    with reverts(chain.WithdrawalRefused, to=target, amount=rollup.config.bond):
        chain.withdraw(target.address, sender=alice)
    assert chain.credit(alice.address) == rollup.config.bond


def test_confirm_of_a_child_before_its_parent_reverts(rollup: Rollup, chain: Any, alice: Any) -> None:
    parent = _propose(rollup, chain.latestConfirmed(), ROOT, alice)
    rollup.sequencer.post_data(b"")
    child = _propose(rollup, parent, ROOT, alice)
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
    first = _propose(rollup, parent, ROOT, alice)
    deadline = chain.assertion(first).createdAt + rollup.config.period
    rollup.l1.warp(to=deadline)
    snapshot = rollup.l1.snapshot()
    _propose(rollup, parent, ROOT[:-1] + b"\x08", alice)
    rollup.l1.restore(snapshot)
    rollup.l1.warp(to=deadline + 1)
    with reverts(chain.TooLateForRival, actual=deadline + 1, deadline=deadline):
        _propose(rollup, parent, ROOT[:-1] + b"\x08", alice)


def test_an_assertion_is_disputable_while_its_period_runs(rollup: Rollup, chain: Any, alice: Any) -> None:
    id = _propose(rollup, chain.latestConfirmed(), ROOT, alice)
    assert chain.disputable(id)
    rollup.l1.warp(rollup.config.period + 1)
    assert not chain.disputable(id)
    assert not chain.disputable(ROOT)


def test_nobody_but_the_factory_and_the_games_decides(rollup: Rollup, chain: Any, alice: Any) -> None:
    id = _propose(rollup, chain.latestConfirmed(), ROOT, alice)
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


class TestWithGames:
    """With a stand-in for the factory, whose word decides: a contract of the test's own."""

    @pytest.fixture
    def judge(self, rollup: Rollup, contracts: Any, alice: Any) -> Any:
        return contracts["Judge"].deploy(rollup.l1, sender=alice)

    @pytest.fixture
    def judged(self, rollup: Rollup, judge: Any) -> Rollup:
        made = Rollup.deploy(rollup.l1, rollup.config, disputes=judge.address)
        made.sequencer.post_data(b"")
        return made

    def test_a_dispute_stops_confirmation_until_it_is_upheld(self, judged: Rollup, judge: Any, alice: Any) -> None:
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

    def test_a_dispute_opened_too_late_reverts(self, judged: Rollup, judge: Any, alice: Any) -> None:
        id = judged.proposer.propose().id
        judged.l1.warp(judged.config.period + 1)
        with reverts(judged.assertions.NotDisputable, id=id):
            judge.open(judged.assertions.address, id, sender=alice)

    def test_the_loser_pays_the_winner_and_the_rival_is_confirmed(self, judged: Rollup, judge: Any, alice: Any) -> None:
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
            _propose(judged, lie.id, ROOT, alice)

    def test_the_window_for_rivals_reopens_when_all_are_rejected(self, judged: Rollup, judge: Any, alice: Any) -> None:
        chain = judged.assertions
        lie = judged.join(Proposer(lie=WrongRoot())).propose()
        judge.open(chain.address, lie.id, sender=alice)
        judged.l1.warp(3 * judged.config.period)
        judge.reject(chain.address, lie.id, alice.address, sender=alice)
        right = judged.proposer.propose()
        assert chain.assertion(right.record.parent).firstChildAt == right.record.createdAt

    def test_a_child_of_the_loser_is_lost_too(self, judged: Rollup, judge: Any, alice: Any, bob: Any) -> None:
        chain = judged.assertions
        lie = judged.join(Proposer(lie=WrongRoot())).propose()
        judged.sequencer.post_data(b"")
        child = _propose(judged, lie.id, ROOT, bob)
        judge.open(chain.address, lie.id, sender=alice)
        judge.reject(chain.address, lie.id, alice.address, sender=alice)
        assert chain.parentRejected(child)
        chain.rejectChild(child, sender=alice)
        assert chain.assertion(child).status == Status.REJECTED
        burnt = judged.config.bond * judged.config.burnt_share // 10_000
        assert (chain.credit(alice.address), chain.burnt()) == (2 * (judged.config.bond - burnt), 2 * burnt)
        with reverts(chain.NotPending, id=child, actual=Status.REJECTED):
            chain.rejectChild(child, sender=alice)

    def test_a_rejected_assertion_is_settled_once_by_its_game(
        self, judged: Rollup, judge: Any, alice: Any, bob: Any
    ) -> None:
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
        self, judged: Rollup, judge: Any, alice: Any
    ) -> None:
        chain = judged.assertions
        right, lie = judged.proposer.propose(), judged.join(Proposer(lie=WrongRoot())).propose()
        judge.open(chain.address, lie.id, sender=alice)
        judge.rejectOnly(chain.address, lie.id, sender=alice)
        judged.l1.warp(judged.config.period + 1)
        chain.confirm(right.id, sender=alice)
        assert chain.latestConfirmed() == right.id

    def test_a_child_is_rejected_when_its_parents_bond_is_settled(
        self, judged: Rollup, judge: Any, alice: Any, bob: Any
    ) -> None:
        chain = judged.assertions
        lie = judged.join(Proposer(lie=WrongRoot())).propose()
        judged.sequencer.post_data(b"")
        child = _propose(judged, lie.id, ROOT, bob)
        judge.open(chain.address, lie.id, sender=alice)
        judge.rejectOnly(chain.address, lie.id, sender=alice)
        assert chain.parentRejected(child)
        with reverts(chain.NotSettled, id=lie.id):
            chain.rejectChild(child, sender=alice)
        judge.settle(chain.address, lie.id, alice.address, sender=alice)
        chain.rejectChild(child, sender=alice)
        assert chain.assertion(child).beneficiary == alice.address

    def test_a_true_root_that_was_wrongly_rejected_is_asserted_again_and_confirmed(
        self, judged: Rollup, judge: Any, alice: Any
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
        self, judged: Rollup, judge: Any, alice: Any
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
        self, judged: Rollup, judge: Any, alice: Any, rejections: int, off: int
    ) -> None:
        chain, parent = judged.assertions, judged.assertions.latestConfirmed()
        for _ in range(rejections):
            id = _propose(judged, parent, ROOT, alice)
            judge.open(chain.address, id, sender=alice)
            judge.reject(chain.address, id, alice.address, sender=alice)
        wrong, head = (rejections + off) % 2**256, judged.l1.head
        with reverts(chain.WrongAttempt, actual=wrong, expected=rejections):
            chain.propose(parent, ROOT, wrong, head.number, head.hash, sender=alice, value=judged.config.bond)
        assert chain.assertion(parent).liveChildren == 0

    def test_an_attempt_counts_the_rejections_of_its_own_root_alone(
        self, judged: Rollup, judge: Any, alice: Any
    ) -> None:
        chain, parent = judged.assertions, judged.assertions.latestConfirmed()
        id = _propose(judged, parent, ROOT, alice)
        judge.open(chain.address, id, sender=alice)
        judge.reject(chain.address, id, alice.address, sender=alice)
        assert [chain.attemptOf(parent, root) for root in (ROOT, b"\x08" * 32)] == [1, 0]
        with reverts(chain.UnknownAssertion, id=ROOT):
            chain.attemptOf(ROOT, ROOT)

    def test_a_new_attempt_revives_no_child_of_the_old_one(
        self, judged: Rollup, judge: Any, alice: Any, bob: Any
    ) -> None:
        chain, parent = judged.assertions, judged.assertions.latestConfirmed()
        first = _propose(judged, parent, ROOT, alice)
        judged.sequencer.post_data(b"")
        child = _propose(judged, first, ROOT, bob)
        judge.open(chain.address, first, sender=alice)
        judge.reject(chain.address, first, alice.address, sender=alice)
        second = _propose(judged, parent, ROOT, alice)
        assert chain.parentRejected(child)
        assert (chain.assertion(second).liveChildren, chain.attemptOf(second, ROOT)) == (0, 0)
        with reverts(chain.ParentRejected, parent=first):
            _propose(judged, first, b"\x09" * 32, bob)
        chain.rejectChild(child, sender=bob)
        assert chain.assertion(child).status == Status.REJECTED

    def test_a_new_attempt_opens_no_window_beside_a_rival_that_is_alive(
        self, judged: Rollup, judge: Any, alice: Any, bob: Any
    ) -> None:
        """As the specification says: rejected after the window, with a false rival alive, the truth is lost."""
        chain, parent = judged.assertions, judged.assertions.latestConfirmed()
        right, rival = _propose(judged, parent, ROOT, alice), _propose(judged, parent, b"\x08" * 32, bob)
        deadline = chain.assertion(parent).firstChildAt + judged.config.period
        for id in (right, rival):
            judge.open(chain.address, id, sender=alice)
        judged.l1.warp(to=deadline)
        judge.reject(chain.address, right, alice.address, sender=alice)
        with reverts(chain.TooLateForRival, deadline=deadline):
            _propose(judged, parent, ROOT, alice)
        judge.reject(chain.address, rival, alice.address, sender=alice)
        assert chain.assertion(_propose(judged, parent, ROOT, alice)).status == Status.PENDING


def test_the_subject_of_a_game_is_the_assertion_after_its_parents_root(rollup: Rollup, chain: Any, alice: Any) -> None:
    parent = chain.latestConfirmed()
    id = _propose(rollup, parent, ROOT, alice)
    prestate, root, end, proposer = chain.subjectOf(id)
    assert (bytes(prestate), bytes(root)) == (chain.assertion(parent).root, ROOT)
    assert (end, proposer) == (chain.assertion(id).end, alice.address)
    prestate, root, end, proposer = chain.subjectOf(ROOT)
    assert (bytes(prestate), bytes(root), end, int(proposer, 16)) == (bytes(32), bytes(32), 0, 0)
