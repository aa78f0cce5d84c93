"""A wrong assertion that is upheld beside a right rival, because the honest side was away for a game."""

from __future__ import annotations

from typing import Any

import pytest

from harness import reverts
from harness.agents import Challenger, faults
from harness.agents.proposer import Status
from harness.chain.chain import Chain
from harness.dispute.view import Outcome
from harness.rollup.config import DAY
from harness.rollup.contracts import contract_type
from harness.testbed.assertions import AssertionHandle
from tests.support.rollups import busy, upheld_fraud


def _anchor(l1: Chain) -> tuple[int, bytes]:
    return l1.head.number, l1.head.hash


@pytest.fixture
def stuck(rollup: Any, accounts: Any) -> tuple[Any, Any]:
    """A wrong assertion that won its game, and the right one beside it, with the window for rivals closed."""
    wrong, _ = upheld_fraud(rollup, accounts)
    right = rollup.proposer.made[0]
    rollup.runner.leave(*rollup.runner.members)
    rollup.l1.warp(rollup.config.period + 1)
    return wrong, right


def test_neither_can_be_confirmed_disputed_again_or_asserted_again_however_long_it_takes(
    stuck: tuple[Any, Any], rollup: Any, accounts: Any
) -> None:
    """A deadlock: finality stops for good, and no fraud is confirmed."""
    (wrong, right), chain = stuck, rollup.assertions
    factory = contract_type("DisputeGameFactory").at(rollup.l1, chain.disputes())
    record, bond = chain.assertion(right), rollup.config.bond
    for _ in range(2):
        for id in (wrong.id, right):
            with reverts(chain.UndecidedRivals, actual=2, expected=1):
                chain.confirm(id, sender=accounts.bob)
        with reverts(factory.AlreadyDisputed, assertionId=wrong.id):
            factory.open(wrong.id, b"\x01" * 32, *_anchor(rollup.l1), sender=accounts.bob, value=bond)
        assert chain.attemptOf(record.parent, record.root) == 0
        with reverts(chain.AssertionExists, id=right):
            chain.propose(record.parent, record.root, 0, *_anchor(rollup.l1), sender=accounts.bob, value=bond)
        with reverts(chain.WrongAttempt, actual=1, expected=0):
            chain.propose(record.parent, record.root, 1, *_anchor(rollup.l1), sender=accounts.bob, value=bond)
        with reverts(chain.TooLateForRival):
            chain.propose(record.parent, b"\x02" * 32, 0, *_anchor(rollup.l1), sender=accounts.bob, value=bond)
        rollup.l1.warp(365 * DAY)
    assert chain.latestConfirmed() == record.parent


def test_what_is_built_on_the_right_one_waits_with_it(stuck: tuple[Any, Any], rollup: Any, accounts: Any) -> None:
    (_, right), chain = stuck, rollup.assertions
    busy(rollup, accounts)
    rollup.join(rollup.proposer)
    child = rollup.proposer.propose()
    assert child.record.parent == right
    rollup.l1.warp(rollup.config.period + 1)
    with reverts(chain.ParentNotConfirmed, parent=right, actual=Status.PENDING):
        chain.confirm(child.id, sender=accounts.bob)


def test_a_game_that_the_right_one_wins_changes_nothing(stuck: tuple[Any, Any], rollup: Any, accounts: Any) -> None:
    (wrong, right), chain = stuck, rollup.assertions
    game = _attack(rollup, accounts, right)
    rollup.join(rollup.proposer)
    rollup.run_until(game.resolved)
    assert game.outcome is Outcome.UPHELD and game.winner is rollup.proposer
    for id in (wrong.id, right):
        with reverts(chain.UndecidedRivals, actual=2, expected=1):
            chain.confirm(id, sender=accounts.bob)


def test_a_true_root_that_is_rejected_after_the_window_beside_a_false_rival_stays_lost(
    stuck: tuple[Any, Any], rollup: Any, accounts: Any
) -> None:
    """Nobody defends it: then the fraud is confirmed, and no attempt of the truth is accepted."""
    (wrong, right), chain = stuck, rollup.assertions
    record = chain.assertion(right)
    game = _attack(rollup, accounts, right)
    rollup.run_until(game.resolved)
    assert game.outcome is Outcome.REJECTED
    assert chain.attemptOf(record.parent, record.root) == 1
    anchor, bond = _anchor(rollup.l1), rollup.config.bond
    with reverts(chain.TooLateForRival):
        chain.propose(record.parent, record.root, 1, *anchor, sender=accounts.bob, value=bond)
    chain.confirm(wrong.id, sender=accounts.bob)
    with reverts(chain.TooLateForRival):
        chain.propose(record.parent, record.root, 1, *_anchor(rollup.l1), sender=accounts.bob, value=bond)
    assert chain.latestConfirmed() == wrong.id


def _attack(rollup: Any, accounts: Any, right: bytes) -> Any:
    """The game that a lying challenger opens about the right one, and plays."""
    liar = rollup.join(Challenger(lie=faults.wrong_fee(), about=frozenset({right}), confirms=False), accounts.sybil)
    return liar.dispute(AssertionHandle(rollup, right))
