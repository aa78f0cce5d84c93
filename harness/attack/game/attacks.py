"""The attacks on a dispute game that are played by hand, with what each of them shows."""

from __future__ import annotations

from collections.abc import Iterator

from harness.attack.attack import Attack
from harness.attack.game.lies import WAYS, a_false_root, a_true_root, freeloaders, the_copied_answer
from harness.attack.game.payouts import (
    a_decided_game_whose_parent_falls,
    a_game_that_becomes_void,
    a_leaf_of_a_void_game,
    a_paid_contract,
    credit_taken_twice,
)
from harness.attack.game.refusals import (
    bonds_pay_for_the_answer,
    bonds_that_are_none,
    further_promises,
    in_use,
    moves_that_are_none,
    two_games_with_the_same_claims,
)
from harness.attack.game.resolving import (
    TIES,
    a_bond_before_its_time,
    a_tie,
    answers_after_the_outcome,
    junk_beside_the_truth,
    late_answers_left_of_a_counter,
    parents_first,
    thousands_of_claims,
)
from harness.attack.game.stepping import ROOTS, leaves_on_both_sides
from harness.attack.strangers import strangers


def named() -> Iterator[Attack]:
    """Yield the attacks that are played by hand, the quickest first."""
    yield Attack("moves that are none", "a claim is made that answers nothing", moves_that_are_none)
    yield Attack("bonds that are none", "a claim is made for less than it costs", bonds_that_are_none)
    yield Attack("further promises", "the contracts break what they promise beside the game's rules", further_promises)
    yield strangers(in_use)
    yield Attack("bonds that do not pay", "whoever answers a claim loses money", bonds_pay_for_the_answer)
    yield Attack("parents first", "claims resolve before their answers", parents_first)
    yield Attack("junk beside the truth", "junk claims delay the outcome", junk_beside_the_truth)
    yield Attack("late answers left of a counter", "a bond is paid too early", late_answers_left_of_a_counter)
    yield Attack("a bond before its time", "a bond is paid while somebody can still win it", a_bond_before_its_time)
    yield Attack("answers after the outcome", "bonds cannot be won any more", answers_after_the_outcome)
    yield Attack(
        "leaves on both sides", "a step counters what it must not, or counters nothing", leaves_on_both_sides, ROOTS
    )
    yield Attack(
        "two games with the same claims", "claims of one game count in another", two_games_with_the_same_claims
    )
    yield Attack("credit taken twice", "money is paid twice", credit_taken_twice)
    moods = ("takes", "refuses", "re-enters", "burns")
    yield Attack("a contract is paid", "it is paid twice, or stops others from being paid", a_paid_contract, moods)
    yield Attack("a game that becomes void", "bonds of a void game are lost or paid twice", a_game_that_becomes_void)
    yield Attack("a leaf of a void game", "a void game goes on", a_leaf_of_a_void_game)
    yield Attack("a decided game whose parent falls", "a decided game is undone", a_decided_game_whose_parent_falls)
    yield Attack("two answers stand", "the bond goes to the wrong one, or depends on who resolves first", a_tie, TIES)
    yield Attack("a false root", "a lie pays, or an honest challenger loses", a_false_root, WAYS)
    yield Attack("a true root", "a true root falls, or its proposer pays", a_true_root, WAYS)
    yield Attack("copied answers", "a liar that counters itself loses nothing", the_copied_answer, ROOTS)
    yield Attack("freeloaders", "a claim beside the truth earns money", freeloaders)
    yield Attack("thousands of claims", "claims make others dearer", thousands_of_claims)
