"""What the sequencer and the proposer decide, from plain views."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.agents.proposer import (
    AssertionView,
    Confirm,
    Propose,
    Proposer,
    ProposerView,
    Status,
    WithdrawBonds,
    WrongRoot,
)
from harness.agents.sequencer import Censors, DraftView, PostBatch, Sequencer, SequencerView, Stopped

DRAFTS = tuple(DraftView(3 + i, 10 + i, 11 + i, bytes([i]), 1_000 + i) for i in range(3))
VIEW = SequencerView(now=1_002, batch_count=3, delayed_count=10, drafts=DRAFTS)


def test_drafts_are_posted_in_order() -> None:
    posts = Sequencer().decide(VIEW)
    assert posts == [PostBatch(3, 10, 11, b"\0"), PostBatch(4, 11, 12, b"\x01"), PostBatch(5, 12, 13, b"\x02")]


def test_nothing_is_posted_behind_a_forced_inclusion() -> None:
    assert list(Sequencer().decide(replace(VIEW, batch_count=4))) == []
    assert list(Sequencer().decide(replace(VIEW, delayed_count=11))) == []


def test_a_patient_sequencer_waits_and_knows_for_how_long() -> None:
    agent = Sequencer(patience=2)
    assert [post.index for post in agent.decide(VIEW)] == [3]
    assert list(agent.decide(replace(VIEW, now=1_001))) == []
    assert agent.wakes_at(VIEW) == 1_002
    assert agent.wakes_at(replace(VIEW, drafts=())) is None


@pytest.mark.parametrize(("fault", "posts", "delayed"), [(None, 3, True), (Censors(), 3, False), (Stopped(), 0, False)])
def test_faults(fault: Censors | Stopped | None, posts: int, delayed: bool) -> None:
    agent = Sequencer(fault)
    assert len(agent.decide(VIEW)) == posts
    assert agent.takes_delayed is delayed
    assert (agent.wakes_at(VIEW) is None) is (posts == 0)


def _entry(number: int, status: Status = Status.PENDING, at: int = 100, contested: bool = False) -> AssertionView:
    return AssertionView(bytes([number]) * 32, number, status, at, contested)


GENESIS = _entry(0, Status.CONFIRMED)
HELD = ProposerView(50, 7, b"\x07" * 32, (GENESIS,), 1, b"\xaa" * 32, 0)


def test_the_next_range_is_asserted_on_the_last_of_the_path() -> None:
    view = replace(HELD, path=(GENESIS, _entry(1)), next_end=2)
    assert list(Proposer().decide(view)) == [Propose(b"\x01" * 32, b"\xaa" * 32, 2, 7, b"\x07" * 32)]
    assert list(Proposer().decide(replace(view, next_root=None))) == []


def test_confirmations_go_from_the_oldest_to_the_first_that_must_wait() -> None:
    path = (GENESIS, _entry(1, at=40), _entry(2, at=50), _entry(3, at=51), _entry(4, at=40))
    view = replace(HELD, path=path, next_root=None)
    assert list(Proposer().decide(view)) == [Confirm(b"\x01" * 32), Confirm(b"\x02" * 32)]
    assert list(Proposer(confirms=False).decide(view)) == []
    assert Proposer().wakes_at(replace(view, path=(GENESIS, path[3]))) == 51


def test_what_is_contested_is_not_confirmed() -> None:
    path = (GENESIS, _entry(1, at=40, contested=True), _entry(2, at=40))
    view = replace(HELD, path=path, next_root=None)
    assert list(Proposer().decide(view)) == []
    assert Proposer().wakes_at(view) is None


def test_a_root_that_was_rejected_is_asserted_again_by_the_honest_proposer_alone() -> None:
    view = replace(HELD, attempt=2)
    again = Propose(GENESIS.id, b"\xaa" * 32, 1, 7, b"\x07" * 32, 2)
    assert list(Proposer().decide(view)) == [again]
    assert list(Proposer(lie=WrongRoot()).decide(view)) == []
    assert Proposer(lie=WrongRoot()).proposal(view) == again


def test_credit_is_taken_back() -> None:
    assert list(Proposer().decide(replace(HELD, next_root=None, credit=5))) == [WithdrawBonds()]
