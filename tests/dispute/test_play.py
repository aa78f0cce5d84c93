"""Games of tactics over a counting machine: what the honest side keeps whatever the others do."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness.agents.faults import GasBurningReceiver, ReentrantReceiver, UnpayableReceiver
from harness.agents.lies.claims import AllZero, TraceLie, WrongAtRandom, WrongFrom, WrongLevel
from harness.agents.receivers import WalletPlayer
from harness.agents.tactics import (
    ClockGriefer,
    Freeloader,
    LastSecond,
    Poisoner,
    Repeater,
    Silent,
    Sound,
    Sybils,
    Tactic,
)
from harness.chain import Chain
from harness.dispute.counting_machine import CountingTrace
from harness.dispute.view import GameView, Outcome, bond_total
from harness.fuzz import counting_games as game_cases
from harness.fuzz import disturbances
from harness.fuzz.arena import Arena, Match, Seat
from harness.rollup.config import BURNT_SHARE, WHOLE, GameRules

RULES = GameRules(max_depth=4, max_clock=36_000, extension=600, step_extension=1_200)
END = 16


def match(l1: Chain, accounts: Any, *, lie: TraceLie | None = None, rules: GameRules = RULES) -> Match:
    """A game about bob's assertion, a lie if one is given."""
    arena = Arena.deploy(l1, rules)
    truth = CountingTrace(5, 3)
    claimed = truth if lie is None else lie(truth)
    made = Match(arena, arena.claim(claimed, 3, accounts.bob), [], truth)
    stop = l1.on_transaction(lambda *_: made.check_conserved() if made.game else None)
    made.after_turn = lambda _: None
    made.stop = stop
    return made


def honest(made: Match, account: Any, **options: Any) -> Seat:
    seat = made.seat(account, Sound(), **options)
    seat.honest = True
    return seat


def gain(made: Match, account: Any, before: int) -> int:
    """What an account won or lost, gas not counted."""
    return int(made.chain.balance(account)) - before + made.paid(account)


def lie_from(last: int) -> TraceLie:
    return lambda truth: WrongFrom(truth, last)


@pytest.mark.parametrize(
    "lie",
    [lie_from(0), lie_from(7), lie_from(8), lie_from(END - 1), AllZero,
     lambda truth: WrongAtRandom(truth, 3, END), lambda truth: WrongFrom(WrongLevel(truth, 4), END - 1)],
    ids=["first step", "middle", "behind the middle", "last step", "all zero", "at random", "one level"],
)  # fmt: skip
@pytest.mark.parametrize("tactic", [Sound(), Silent(), LastSecond(Sound())], ids=["stubborn", "silent", "last second"])
def test_a_lying_proposer_loses(lie: TraceLie, tactic: Tactic, l1: Chain, accounts: Any) -> None:
    made = match(l1, accounts, lie=lie)
    honest(made, accounts.carol)
    before = l1.balance(accounts.carol)
    made.seat(accounts.bob, tactic, lie)
    view = made.run()
    made.stop()
    assert view.outcome is Outcome.REJECTED and view.root.counter == accounts.carol.address
    assert gain(made, accounts.carol, before) >= 0
    assert l1.balance(view.address) == view.burnt


@pytest.mark.parametrize("tactic", [Sound(), LastSecond(Sound()), Sybils(Sound()), Poisoner(Sound())], ids=str)
def test_an_honest_proposer_that_is_attacked_loses_nothing(tactic: Tactic, l1: Chain, accounts: Any) -> None:
    made = match(l1, accounts)
    attacker = made.seat(accounts.mallory, tactic, lie_from(4))
    made.open(attacker)
    before = l1.balance(accounts.bob)
    honest(made, accounts.bob)
    view = made.run()
    made.stop()
    assert view.outcome is Outcome.UPHELD
    opening = view.claims[1].bond
    assert gain(made, accounts.bob, before) >= opening - opening * BURNT_SHARE // WHOLE


def test_a_correct_root_attacked_with_the_truth_stands(l1: Chain, accounts: Any) -> None:
    """The attack is true as a state, and says nothing against the root: the proposer defends it, and the attack
    fails.
    """
    made = match(l1, accounts)
    attacker = made.seat(accounts.mallory, Poisoner(Silent()))
    made.open(attacker)
    honest(made, accounts.bob)
    view = made.run()
    made.stop()
    assert view.outcome is Outcome.UPHELD
    assert view.claims[1].counter == accounts.bob.address


@pytest.mark.parametrize("shape", range(9))
@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
def test_freeloaders_earn_nothing(shape: int, first: bool, l1: Chain, accounts: Any) -> None:
    """In each shape, and moving ahead of the honest side or behind it; unless what it plays is the sound answer
    itself.
    """
    lie = lie_from(6)
    made = match(l1, accounts, lie=lie)
    good = made.seat(accounts.carol, Sound())
    good.honest = True
    made.seat(accounts.bob, Sound(), lie)
    made.seat(accounts.mallory, Freeloader(Silent(), shape=shape), lambda truth: WrongFrom(truth, 2, b"mine"))
    made.open(good)
    if first:
        made.seats.reverse()
    before = {account: l1.balance(account) for account in (accounts.carol, accounts.mallory)}
    view = made.run()
    made.stop()
    assert view.outcome is Outcome.REJECTED
    assert gain(made, accounts.carol, before[accounts.carol]) >= 0
    sound = made.sound().sound
    false = [claim for claim in view.claims if claim.claimant == accounts.mallory.address and claim.id not in sound]
    assert all(claim.counter != accounts.mallory.address for claim in _countered_by(view, false))


def _countered_by(view: GameView, children: list[Any]) -> list[Any]:
    """Parents that have one of these claims as their only answers by that mover."""
    return [
        view.parent(child)
        for child in children
        if all(other in children for other in view.children(view.parent(child)) if other.claimant == child.claimant)
        and view.parent(child).claimant != child.claimant
    ]


@pytest.mark.parametrize("name", sorted(game_cases.TACTICS))
def test_no_tactic_wins(name: str, l1: Chain, accounts: Any) -> None:
    wrap: Callable[[Tactic], Tactic] = game_cases.TACTICS[name]
    lie = lie_from(5)
    made = match(l1, accounts, lie=lie)
    honest(made, accounts.carol)
    before = l1.balance(accounts.carol)
    made.seat(accounts.bob, wrap(Sound()), lie)
    made.seat(accounts.dave, wrap(Sound()), lambda truth: WrongFrom(truth, 9, b"ally"))
    view = made.run()
    made.stop()
    assert view.outcome is Outcome.REJECTED
    assert gain(made, accounts.carol, before) >= 0
    assert l1.now - made.opened <= view.rules.longest


def test_duplicates_and_garbage_are_refused(l1: Chain, accounts: Any) -> None:
    lie = lie_from(5)
    made = match(l1, accounts, lie=lie)
    honest(made, accounts.carol)
    liar = made.seat(accounts.bob, Repeater(Sound()), lie)
    view = made.run()
    made.stop()
    assert liar.refused >= 3
    assert len(view.claims) == 5


@pytest.mark.parametrize("kind", [ReentrantReceiver, UnpayableReceiver, GasBurningReceiver])
def test_a_hostile_receiver_of_payouts_gets_what_is_due_once_or_not_at_all(
    kind: type[WalletPlayer], l1: Chain, accounts: Any
) -> None:
    """It knows the truth and moves ahead of the honest challenger; nobody else's payout depends on its own."""
    stake = 10**19
    made = match(l1, accounts, lie=lie_from(5))
    good = honest(made, accounts.carol)
    made.seat(accounts.bob, Sound(), lie_from(5))
    before = l1.balance(accounts.carol)
    made.open(good)
    seat = made.seat(accounts.mallory, Sound())
    made.seats.append(made.seats.pop(0))
    wallet = kind(l1, made.arena.factory.address, accounts.mallory, made.game, stake, made.readers)
    seat.player, seat.know = wallet, replace(seat.know, account=wallet.identity)
    view = made.run()
    made.stop()
    bonded = bond_total(view.claims, wallet.identity)
    assert view.outcome is Outcome.REJECTED and bonded > 0
    assert gain(made, accounts.carol, before) >= 0
    paid = l1.balance(wallet.identity) - (stake - bonded)
    owed = view.credits[wallet.identity]
    if kind is ReentrantReceiver:
        assert wallet.wallet.refused() and owed == 0 and paid > 0
    else:
        assert paid == 0 and owed > 0
    # Its account makes the steps, which a wallet cannot.
    assert l1.balance(view.address) == view.burnt + owed + view.credits.get(accounts.mallory.address, 0)


@pytest.mark.parametrize("start", [0, 9_000, 17_000])
def test_a_challenger_offline_for_half_of_its_clock_wins(start: int, l1: Chain, accounts: Any) -> None:
    lie = lie_from(5)
    made = match(l1, accounts, lie=lie)
    seat = honest(made, accounts.carol, offline=((start + 1, start + 18_000),))
    made.seat(accounts.bob, ClockGriefer(LastSecond(Sound())), lie)
    before = l1.balance(accounts.carol)
    view = made.run()
    made.stop()
    assert seat.refused == 0
    assert view.outcome is Outcome.REJECTED and gain(made, accounts.carol, before) >= 0


def test_a_restarted_player_goes_on_from_l1_alone(l1: Chain, accounts: Any) -> None:
    """After every turn each player forgets everything; the game is the same as without, to the last block."""
    outcomes = []
    for forgets in (False, True):
        mark = l1.snapshot()
        lie = lie_from(5)
        made = match(l1, accounts, lie=lie)
        honest(made, accounts.carol)
        made.seat(accounts.bob, Sound(), lie)
        made.after_turn = lambda now, forgets=forgets: now.readers.clear() if forgets else None
        view = made.run()
        made.stop()
        outcomes.append((view.outcome, view.claims, l1.head.hash))
        l1.restore(mark)
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("order", disturbances.ORDERS)
@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("turn", [2, 3, 4])
def test_a_reorg_in_mid_game_changes_nothing_about_the_end(
    turn: int, depth: int, order: str, l1: Chain, accounts: Any
) -> None:
    lie = lie_from(5)
    made = match(l1, accounts, lie=lie)
    honest(made, accounts.carol)
    made.seat(accounts.bob, Sound(), lie)
    before = l1.balance(accounts.carol)
    removed = []

    def strike(now: Match) -> None:
        if now.turns == turn:
            removed.append(disturbances.reorganise(l1, depth, order, random.Random(turn)))

    made.after_turn = strike
    view = made.run()
    made.stop()
    assert removed == [depth]
    assert view.outcome is Outcome.REJECTED
    assert gain(made, accounts.carol, before) >= 0


def test_two_honest_players_never_make_a_move_twice(l1: Chain, accounts: Any) -> None:
    lie = lie_from(11)
    made = match(l1, accounts, lie=lie)
    honest(made, accounts.carol)
    honest(made, accounts.erin)
    made.seat(accounts.bob, Sound(), lie)
    view = made.run()
    made.stop()
    assert len(view.claims) == 5
    assert view.outcome is Outcome.REJECTED


def test_resolution_in_pages_in_any_order_gives_the_same_payouts(l1: Chain, accounts: Any) -> None:
    made = match(l1, accounts, lie=lie_from(5))
    honest(made, accounts.carol)
    made.seat(accounts.bob, Sybils(Sound()), lie_from(5))
    for seat in made.seats:
        seat.slots = 1
    view = made.run()
    made.stop()
    assert view.outcome is Outcome.REJECTED and l1.balance(view.address) == view.burnt
