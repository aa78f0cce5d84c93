"""Honest agents beside others: who acts first, on what they build, and an L1 that changes under decisions."""

from __future__ import annotations

from typing import Any

import pytest

from harness.agents import Challenger, Proposer, faults
from harness.agents.proposer import Status
from harness.dispute.actions import Move, Resolve, Step, Withdraw
from harness.dispute.player import Overtaken, Player
from harness.rollup.config import GameRules
from harness.testbed.challenger import ChallengerHandle
from harness.testbed.proposer import ParentLost
from tests.support.rollups import busy


@pytest.fixture
def attacked(rollup: Any, accounts: Any) -> tuple[bytes, ChallengerHandle]:
    """A right assertion that mallory makes and leaves alone, and her ally, who attacks it with a lie."""
    busy(rollup, accounts)
    mallory = rollup.join(Proposer())
    parent = mallory.propose().id
    mallory.leave()
    ally = rollup.join(Challenger(lie=faults.wrong_fee(), about=frozenset({parent})), accounts.sybil)
    busy(rollup, accounts)
    return parent, ally


def test_the_proposer_defends_what_it_builds_on(
    attacked: tuple[bytes, ChallengerHandle], rollup: Any, spending: Any
) -> None:
    parent, ally = attacked
    honest = spending(rollup.proposer.account)
    mine = rollup.proposer.propose()
    assert bytes(mine.record.parent) == parent
    ally.open(parent)
    rollup.run_until(mine.confirmed)
    assert rollup.assertions.assertion(parent).status == Status.CONFIRMED
    rollup.settle()
    assert honest.kept() > 0


def test_the_proposer_builds_on_nothing_that_is_lost(attacked: tuple[bytes, ChallengerHandle], rollup: Any) -> None:
    """It comes back when nobody can answer the attack any more."""
    parent, ally = attacked
    ally.open(parent)
    rollup.l1.warp(GameRules().max_clock + 60)
    rollup.l1.mine()
    with pytest.raises(ParentLost):
        rollup.proposer.propose()
    assert rollup.proposer.view().next_root is None
    before = rollup.l1.balance(rollup.proposer.account)
    rollup.run_until(lambda: rollup.assertions.assertion(parent).status == Status.REJECTED)
    lost = before - rollup.l1.balance(rollup.proposer.account) - rollup.proposer.bond
    assert lost < rollup.config.bond, "it asserts the range again, and had nothing at stake on what fell"


def test_a_liar_defends_its_own_assertions_only(rollup: Any, accounts: Any) -> None:
    busy(rollup, accounts)
    liar = rollup.join(Proposer(lie=faults.wrong_fee()))
    right, wrong = rollup.proposer.propose(), liar.propose()
    assert [liar.stands_for(each.id) for each in (right, wrong)] == [False, True]
    assert [rollup.proposer.stands_for(each.id) for each in (right, wrong)] == [True, False]


@pytest.mark.parametrize("kind", [Move, Step, Resolve, Withdraw])
def test_a_reorg_overtakes_an_action(kind: type, rollup: Any, accounts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    busy(rollup, accounts)
    challenger, hit = rollup.challenger, []
    game = challenger.dispute(rollup.join(Proposer(lie=faults.wrong_fee())).propose())
    perform = challenger.player.perform

    def slow(action: Any) -> Any:
        if isinstance(action, kind) and not hit:
            hit.append(action)
            rollup.l1.reorg(2)
            rollup.l1.mine(2)
        return perform(action)

    monkeypatch.setattr(challenger.player, "perform", slow)
    rollup.run_until(game.resolved)
    assert hit and game.winner is challenger


@pytest.mark.parametrize("kind", [Move, Step, Resolve])
def test_somebody_else_does_it_first(
    kind: type, rollup: Any, accounts: Any, spending: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy(rollup, accounts)
    challenger, hit = rollup.challenger, []
    honest = spending(challenger.account)
    game = challenger.dispute(rollup.join(Proposer(lie=faults.wrong_fee())).propose())
    perform = challenger.player.perform
    faster = Player(rollup.l1, str(rollup.assertions.disputes()), accounts.bob)

    def slow(action: Any) -> Any:
        if isinstance(action, kind) and not hit:
            hit.append(action)
            faster.perform(action)
        return perform(action)

    monkeypatch.setattr(challenger.player, "perform", slow)
    rollup.run_until(game.resolved)
    assert hit and game.winner is challenger
    assert honest.kept() >= 0


def test_somebody_else_opens_the_game_first(rollup: Any, accounts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    busy(rollup, accounts)
    challenger, hit = rollup.challenger, []
    wrong = rollup.join(Proposer(lie=faults.wrong_fee())).propose()
    perform = challenger.player.perform
    faster = Player(rollup.l1, str(rollup.assertions.disputes()), accounts.bob)

    def slow(action: Any) -> Any:
        if not hit:
            hit.append(action)
            faster.perform(action)
        return perform(action)

    monkeypatch.setattr(challenger.player, "perform", slow)
    rollup.run_until(wrong.rejected)
    assert hit


def test_a_move_names_the_block_of_the_view_that_decided_it(
    rollup: Any, accounts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever looks at the game in between, on another L1, does not move it on."""
    busy(rollup, accounts)
    challenger, refused, hit = rollup.challenger, [], []
    game = challenger.dispute(rollup.join(Proposer(lie=faults.wrong_fee())).propose())
    perform = challenger.player.perform

    def slow(action: Any) -> Any:
        if isinstance(action, Move) and not hit:
            hit.append(action)
            lost = rollup.l1.reorg(1)
            rollup.l1.warp(3)
            for raw in lost:
                rollup.l1.resend(raw)
            assert game.view.claims
            try:
                return perform(action)
            except Overtaken:
                refused.append(action)
                raise
        return perform(action)

    monkeypatch.setattr(challenger.player, "perform", slow)
    rollup.run_until(lambda: hit)
    assert refused == hit


def test_no_root_of_another_history_is_bonded(rollup: Any, accounts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """L1 changes between what the proposer derives and what it reads of assertions."""
    rollup.confirm_all()
    rollup.queue_deposit(10**18, sender=accounts.alice, to=accounts.alice.address_bytes, call_value=0)
    rollup.sequencer.post()
    follow, seen = rollup.l2.backend.follow, []

    def slow() -> Any:
        """Follow L1 once, and then see nothing of what becomes of it."""
        if not seen:
            seen.append(follow())
            (batch,) = rollup.l1.reorg(1)
            rollup.l1.warp(12)
            rollup.l1.resend(batch)
        return seen[0]

    monkeypatch.setattr(rollup.l2.backend, "follow", slow)
    rollup.proposer.play()
    monkeypatch.undo()
    follow()
    assert seen
    assert rollup.pending_assertions() == []
    rollup.confirm_all()
