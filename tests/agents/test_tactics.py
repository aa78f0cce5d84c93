"""Dishonest tactics on a game over a counting machine: what they spend, when they act, what they leave alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.agents import faults
from harness.agents.faults import BondExhaustion, LastSecond, Poisoner, Repeater, Silent, Sound, Sybils
from harness.agents.lies.claims import TraceLie, WrongFrom
from harness.agents.tactics import Extra, Knowledge, Tactic
from harness.chain import Chain
from harness.dispute.actions import Move
from harness.dispute.counting_machine import CountingTrace
from harness.dispute.positions import Side
from harness.dispute.view import GameView, bond_total
from harness.fuzz.arena import Arena, Match, Seat
from harness.rollup.config import GameRules

RULES = GameRules(max_depth=4, max_clock=36_000, extension=600, step_extension=1_200)


def lie(truth: Any) -> WrongFrom:
    return WrongFrom(truth, 5)


@pytest.fixture
def sit(l1: Chain, accounts: Any) -> Callable[[Tactic], tuple[Match, Seat]]:
    """A game about bob's lie, which carol opened, and bob's seat in it."""

    def seated(tactic: Tactic) -> tuple[Match, Seat]:
        arena = Arena.deploy(l1, RULES)
        truth = CountingTrace(5, 3)
        told: TraceLie = lie
        match = Match(arena, arena.claim(told(truth), 3, accounts.bob), [], truth)
        match.open(match.seat(accounts.carol, Sound()))
        return match, match.seat(accounts.bob, tactic, told)

    return seated


def decide(match: Match, seat: Seat) -> list[Any]:
    return seat.tactic.decide(match.view(), seat.know)


def test_what_has_no_moves_of_its_own_is_no_tactic() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Extra(Sound())  # type: ignore[abstract]


def test_bond_exhaustion_spends_what_it_has_and_no_more(sit: Any) -> None:
    match, seat = sit(BondExhaustion(Silent(), wei=10**19))
    price = match.view().bonds[2]
    moves = decide(match, seat)
    assert [(move.bond, move.side) for move in moves] == [(price, Side.ATTACK), (price, Side.DEFEND)]
    for wei, count in ((2 * price, 2), (2 * price - 1, 1), (price - 1, 0)):
        assert len(BondExhaustion(Silent(), wei=wei).decide(match.view(), seat.know)) == count


def test_bond_exhaustion_counts_what_it_has_bonded(sit: Any) -> None:
    match, seat = sit(BondExhaustion(Silent(), wei=10**18))
    while moves := decide(match, seat):
        seat.player.perform(moves[0])
    mine = bond_total(match.view().claims[1:], seat.account.address)
    assert 0 < mine <= 10**18


def test_garbage_goes_along_with_a_last_second_move_and_never_alone(sit: Any, l1: Chain) -> None:
    match, seat = sit(LastSecond(Repeater(Sound())))
    assert decide(match, seat) == []
    when = seat.tactic.wakes(match.view(), seat.know)
    assert when is not None and when > l1.now
    l1.warp(to=when)
    moves = decide(match, seat)
    unknown = [move for move in moves if isinstance(move, Move) and match.view().find(move.parent) is None]
    assert len(unknown) == 1 and len(moves) > 1


@pytest.mark.parametrize("kind", [Poisoner, Sybils, BondExhaustion])
def test_a_budget_is_one_of_claims(kind: Callable[..., Extra], sit: Any) -> None:
    match, seat = sit(kind(Silent(), budget=1))
    view: GameView = match.view()
    made = sum(claim.claimant == seat.account.address for claim in view.claims)
    assert made == 1, "the root is its own"
    assert decide(match, seat) == []
    assert len(kind(Silent(), budget=2).decide(view, seat.know)) == 1


def test_a_tactic_names_the_account_that_plays_it(sit: Any) -> None:
    """Own claims are known by the identity, which is a wallet's for a player who has one."""
    match, seat = sit(Sybils(Silent()))
    stranger = Knowledge(seat.know.trace, seat.know.truth, "0x" + "77" * 20)
    assert len(seat.tactic.decide(match.view(), stranger)) > len(decide(match, seat))


def test_the_dishonest_go_by_name() -> None:
    named = {"BondExhaustion", "Censors", "ClockGriefer", "Freeloader", "LastSecond", "Poisoner", "ReentrantReceiver"}
    assert named | {"Repeater", "Stopped", "Sybils", "wrong_from", "accept_bad_signature"} <= set(faults.__all__)
    assert all(hasattr(faults, name) for name in faults.__all__)
