"""The bound of the guide "disputes": how long a game lasts, and what many liars make the honest side lock."""

from __future__ import annotations

import pytest

from harness.agents.faults import BondExhaustion, Sound
from harness.chain import Chain
from harness.dispute.actions import Move
from harness.dispute.view import Outcome
from harness.fuzz.arena import BOND
from harness.fuzz.many_liars import ManyLiarsGame, play_many
from harness.rollup.config import GameRules

RULES = GameRules(max_depth=4, max_clock=36_000, extension=600, step_extension=1_200)
LONGEST = 2 * 36_000 + 4 * 600 + 1_200
"""The guide's formula, in numbers."""


def check(game: ManyLiarsGame, honest_root: bool) -> None:
    """What the bound promises of any game."""
    assert game.view.outcome is (Outcome.UPHELD if honest_root else Outcome.REJECTED)
    assert game.decided <= game.seconds <= LONGEST
    bond = game.view.bonds
    assert game.honest <= game.others * 11 // 10 + max(bond[1], game.view.claims[1].bond)
    assert game.lost <= 0


@pytest.mark.parametrize("honest_root", [False, True], ids=["lying proposer", "lying challenger"])
@pytest.mark.parametrize("late", [False, True], ids=["prompt", "late"])
@pytest.mark.parametrize("allies", [1, 2, 5])
def test_time_and_capital_stay_within_the_bound(allies: int, late: bool, honest_root: bool, l1: Chain) -> None:
    game = play_many(l1, RULES, allies, late=late, honest_root=honest_root)
    check(game, honest_root)
    bond = game.view.bonds
    # Each account of the liar's plays one path to the end, where the honest player answers every second claim.
    assert game.honest == BOND * (not honest_root) + allies * (bond[2] + bond[4] if honest_root else bond[3])


@pytest.mark.parametrize("honest_root", [False, True], ids=["lying proposer", "lying challenger"])
def test_a_game_in_which_everybody_is_late_lasts_nearly_as_long_as_the_bound_says(honest_root: bool, l1: Chain) -> None:
    game = play_many(l1, RULES, 2, late=True, honest_late=True, honest_root=honest_root)
    check(game, honest_root)
    assert game.view.rules.longest == LONGEST
    assert game.seconds > LONGEST * 96 // 100


def test_more_liars_take_no_more_time(l1: Chain) -> None:
    """All paths run at once, so ten liars hold the honest side up as long as one does, but for their blocks."""
    mark = l1.snapshot()
    alone = play_many(l1, RULES, 1, late=True).seconds
    l1.restore(mark)
    together = play_many(l1, RULES, 10, late=True).seconds
    assert abs(together - alone) < RULES.extension


def test_the_numbers_of_a_rollups_games(l1: Chain) -> None:
    """What the guide "costs" says of depth 40 at 50 gwei: 12.25 days, 6.4 ether a path, 150,500 gas a move."""
    game = play_many(l1, GameRules(), 1)
    rules = game.view.rules
    assert rules.longest == 294 * 3_600
    assert 63 * 10**17 < sum(game.view.bonds[2::2]) < 64 * 10**17
    assert game.honest == BOND + sum(game.view.bonds[3::2])
    assert max(receipt.gas_used for action, receipt in game.receipts if isinstance(action, Move)) <= 150_500


@pytest.mark.parametrize("honest_root", [False, True], ids=["lying proposer", "lying challenger"])
@pytest.mark.parametrize("wei", [2 * 10**17, 10**18])
def test_a_liar_that_spends_all_its_money_on_claims_locks_no_more_than_the_bound(
    wei: int, honest_root: bool, l1: Chain
) -> None:
    """It spends nearly all of what it has, and the honest side a tenth more than that at most."""
    game = play_many(l1, RULES, 1, tactic=BondExhaustion(Sound(), wei=wei), honest_root=honest_root)
    check(game, honest_root)
    assert game.honest <= game.capital_bound
    # Its own path comes on top, and what is left does not pay for one more claim.
    bonds = game.view.bonds
    assert wei - bonds[-1] < game.others <= wei + sum(bonds) + BOND * honest_root
    assert game.honest > game.others // 2
