"""A game opened within its assertion's challenge period: nobody shortens that period by opening the game early."""

from __future__ import annotations

from typing import Any

import pytest

from harness import reverts
from harness.dispute.view import Outcome
from harness.fuzz.arena import Arena
from harness.rollup.contracts import contract_type

from .conftest import END_BATCH, RULES, Board, anchor, lie

PERIOD = 25_000
"""Two and a half clocks."""


def open_within(arena: Arena, accounts: Any, until: int) -> Board:
    """A game of bob's wrong assertion, which its own proposer opens with junk."""
    from harness.dispute.counting_machine import CountingTrace

    assertion = lie(f"period until {until}")
    trace = CountingTrace(5, END_BATCH)
    arena.table.assert_(assertion, trace.hash_at(0), lie("root"), END_BATCH, sender=accounts.bob, value=10**18)
    arena.table.setUntil(assertion, until, sender=accounts.bob)
    bond = contract_type("DisputeGame").at(arena.chain, arena.factory.functions["implementation"]()).openingBond()
    arena.factory.open(assertion, lie("junk"), *anchor(arena.chain), sender=accounts.bob, value=bond)
    game = contract_type("DisputeGame").at(arena.chain, arena.factory.gameOf(assertion))
    return Board(arena, trace, assertion, game, accounts)


@pytest.fixture
def early(arena: Arena, accounts: Any) -> Board:
    """Opened as soon as it was asserted; the junk is answered at once by an ally."""
    board = open_within(arena, accounts, arena.chain.now + PERIOD)
    board.attack(board.first, lie("answer"), accounts.mallory)
    return board


def until(board: Board) -> int:
    return int(board.arena.table.until(board.assertion))


def test_a_root_does_not_stand_before_the_period_is_over(early: Board, accounts: Any, DisputeGame: Any) -> None:
    first, second = (claim.id for claim in early.view().claims[1:])
    early.chain.warp(to=until(early) - 1)
    early.game.resolve([second, first], sender=accounts.bob)
    early.chain.warp(to=until(early))
    with reverts(DisputeGame.ClockRunning, elapsed=RULES.max_clock - 1, maxClock=RULES.max_clock):
        early.game.resolve([early.root], sender=accounts.bob)
    early.chain.warp(to=until(early) + 1)
    early.game.resolve([early.root], sender=accounts.bob)
    assert early.game.outcome() == Outcome.UPHELD


def test_the_root_is_answered_until_the_challenge_period_is_over(early: Board, accounts: Any, DisputeGame: Any) -> None:
    root = early.root
    early.chain.warp(to=until(early))
    sound = early.attack(root, early.true(8), accounts.carol)
    assert early.view().find(sound).elapsed == RULES.max_clock - RULES.extension  # type: ignore[arg-type,union-attr]
    early.chain.warp(to=until(early) + 1)
    with reverts(DisputeGame.ClockExpired, elapsed=RULES.max_clock, maxClock=RULES.max_clock):
        early.attack(root, lie("late"), accounts.carol)


def test_an_answer_before_the_last_clock_of_the_period_has_used_nothing(early: Board, accounts: Any) -> None:
    early.chain.warp(to=until(early) - RULES.max_clock)
    sound = early.attack(early.root, early.true(8), accounts.carol)
    assert early.view().find(sound).elapsed == 0  # type: ignore[arg-type,union-attr]
    assert early.view().root.time == until(early) + 1 - RULES.max_clock


def test_a_countered_root_is_rejected_before_the_period_is_over(arena: Arena, accounts: Any) -> None:
    board = open_within(arena, accounts, arena.chain.now + PERIOD)
    view = board.view()
    assert view.ends == view.deadline(view.claims[1]) < until(board)
    board.chain.warp(to=view.ends)
    board.game.resolve([board.first, board.root], sender=accounts.dave)
    assert board.game.outcome() == Outcome.REJECTED
    assert board.chain.now < until(board)


def test_a_countered_claim_below_the_root_is_resolved_at_once_and_settled_when_its_clock_is_over(
    arena: Arena, accounts: Any, DisputeGame: Any
) -> None:
    """Its first counter need not be the last word: an attack outranks a defence."""
    board = open_within(arena, accounts, arena.chain.now + PERIOD)
    board.chain.warp(to=board.chain.now + 5_000)
    middle = board.defend(board.first, lie("12"), accounts.dave)
    third = board.attack(middle, lie("10"), accounts.carol)
    view = board.view()
    late = view.find(third)  # type: ignore[arg-type]
    assert late is not None and view.deadline(late) < view.deadline(view.claims[2])
    board.chain.warp(to=view.deadline(late))
    board.game.resolve([third], sender=accounts.bob)
    board.game.resolve([middle], sender=accounts.bob)
    stored = board.game.claim(middle)
    assert (stored.resolved, stored.settled) == (True, False)
    with reverts(DisputeGame.ClockRunning):
        board.game.resolve([middle], sender=accounts.bob)
    better = board.attack(middle, lie("better"), accounts.erin)
    board.chain.warp(to=board.deadline(better))
    board.game.resolve([better, middle], sender=accounts.bob)
    assert board.game.claim(middle).counter == accounts.carol.address  # As far left, and earlier.


def test_a_game_opened_late_has_its_whole_clock(arena: Arena, accounts: Any) -> None:
    board = open_within(arena, accounts, arena.chain.now + 100)
    view = board.view()
    assert view.root.time == view.claims[1].time
    assert view.deadline(view.root) == view.root.time + RULES.max_clock
