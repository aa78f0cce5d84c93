"""DisputeGame.step: guards in their order; which steps counter a claim, and which counter nothing."""

from __future__ import annotations

from typing import Any

import pytest

from harness import reverts
from harness.dispute.positions import Side
from harness.dispute.view import Outcome

from .conftest import RULES, Board, left, lie


def test_step_when_the_game_is_void_reverts(board: Board, leaf: bytes, accounts: Any, DisputeGame: Any) -> None:
    board.arena.table.orphan(board.assertion, sender=accounts.dave)
    board.game.void(sender=accounts.dave)
    with reverts(DisputeGame.GameOver, actual=Outcome.VOID, expected=Outcome.UNDECIDED):
        board.game.step(leaf, Side.ATTACK, board.trace.witness(0), sender=accounts.carol)


def test_step_against_a_missing_claim_reverts(board: Board, accounts: Any, DisputeGame: Any) -> None:
    with reverts(DisputeGame.MissingClaim, id=lie("x")):
        board.game.step(lie("x"), Side.ATTACK, b"", sender=accounts.carol)


def test_step_above_the_lowest_depth_reverts(board: Board, accounts: Any, DisputeGame: Any) -> None:
    with reverts(DisputeGame.TooShallow, depth=1, maxDepth=4):
        board.game.step(board.first, Side.ATTACK, b"", sender=accounts.carol)


def test_step_on_no_side_reverts(board: Board, leaf: bytes, accounts: Any, DisputeGame: Any) -> None:
    with reverts(DisputeGame.NoSide):
        board.game.step(leaf, Side.NONE, board.trace.witness(0), sender=accounts.carol)


def test_step_twice_reverts(board: Board, leaf: bytes, accounts: Any, DisputeGame: Any) -> None:
    board.game.step(leaf, Side.ATTACK, board.trace.witness(0), sender=accounts.erin)
    with reverts(DisputeGame.AlreadyStepped, id=leaf, stepper=accounts.erin.address):
        board.game.step(leaf, Side.ATTACK, board.trace.witness(0), sender=accounts.carol)


def test_step_in_the_last_second_succeeds(board: Board, leaf: bytes, accounts: Any) -> None:
    board.chain.warp(to=board.deadline(leaf) - 1)
    board.game.step(leaf, Side.ATTACK, board.trace.witness(0), sender=accounts.carol)


def test_step_a_second_late_reverts(board: Board, leaf: bytes, accounts: Any, DisputeGame: Any) -> None:
    board.chain.warp(to=board.deadline(leaf))
    with reverts(DisputeGame.ClockExpired, elapsed=RULES.max_clock, maxClock=RULES.max_clock):
        board.game.step(leaf, Side.ATTACK, board.trace.witness(0), sender=accounts.carol)


def test_step_with_the_witness_of_another_step_reverts(
    board: Board, leaf: bytes, accounts: Any, CountingProver: Any
) -> None:
    with reverts(CountingProver.WrongPrestate, actual=board.true(3), expected=board.true(0)):
        board.game.step(leaf, Side.ATTACK, board.trace.witness(3), sender=accounts.carol)


def test_step_into_a_wrong_state_from_the_prestate_succeeds(board: Board, leaf: bytes, accounts: Any) -> None:
    receipt = board.game.step(leaf, Side.ATTACK, board.trace.witness(0), sender=accounts.erin)
    claim = board.view().find(leaf)  # type: ignore[arg-type]
    assert claim is not None
    assert (claim.stepper, claim.step_index) == (accounts.erin.address, 0)
    assert [event.name for event in receipt.events] == ["Stepped"]
    board.finish()
    board.game.resolve([claim.id for claim in reversed(board.view().claims)], sender=accounts.dave)
    assert board.game.credit(accounts.erin.address) == left(board.game.bondAt(4))


def _leaf_at(board: Board, accounts: Any, path: tuple[tuple[Side, bytes], ...]) -> bytes:
    """Play down from the first attack, carol's, by turns of bob and carol."""
    parent = board.first
    for number, (side, value) in enumerate(path):
        parent = board.move(parent, side, value, accounts.carol if number % 2 else accounts.bob)
    return parent


@pytest.mark.parametrize(("first", "second", "third", "place"), [
    (Side.ATTACK, Side.DEFEND, Side.ATTACK, 5),
    (Side.ATTACK, Side.DEFEND, Side.DEFEND, 7),
    (Side.DEFEND, Side.ATTACK, Side.ATTACK, 9),
    (Side.DEFEND, Side.DEFEND, Side.ATTACK, 13),
    (Side.DEFEND, Side.DEFEND, Side.DEFEND, 15),
])  # fmt: skip
def test_step_into_a_wrong_state_from_a_claim_to_the_left_succeeds(
    first: Side, second: Side, third: Side, place: int, board: Board, accounts: Any
) -> None:
    places = {Side.ATTACK: 4, Side.DEFEND: 12}
    second_place = places[first] + (2 if second is Side.DEFEND else -2)
    leaf = _leaf_at(
        board, accounts, ((first, board.true(places[first])), (second, board.true(second_place)), (third, lie("leaf")))
    )
    view = board.view()
    assert view.state(view.claims[-1]) == place
    board.game.step(leaf, Side.ATTACK, board.trace.witness(place - 1), sender=accounts.carol)
    assert board.game.claim(leaf).counter == accounts.carol.address


def test_step_out_of_a_true_state_whose_mover_denies_the_next_succeeds(board: Board, accounts: Any) -> None:
    """Carol holds the state after 2 steps, bob the true one after 1: the step between them is as she says."""
    second = board.attack(board.first, lie("4"), accounts.bob)
    third = board.attack(second, board.true(2), accounts.carol)
    leaf = board.attack(third, board.true(1), accounts.bob)
    receipt = board.game.step(leaf, Side.DEFEND, board.trace.witness(1), sender=accounts.carol)
    assert receipt.events[0].traceIndex == 1
    assert board.game.claim(leaf).counter == accounts.carol.address


def test_step_out_of_a_true_state_whose_mover_holds_a_wrong_next_succeeds(board: Board, accounts: Any) -> None:
    """Bob holds the wrong root and the true state after 15 steps: the step from 15 to 16 ends elsewhere."""
    second = board.defend(board.first, board.true(12), accounts.bob)
    third = board.defend(second, board.true(14), accounts.carol)
    leaf = board.defend(third, board.true(15), accounts.bob)
    board.game.step(leaf, Side.DEFEND, board.trace.witness(15), sender=accounts.carol)
    assert board.game.claim(leaf).counter == accounts.carol.address


def test_step_into_a_true_state_reverts(board: Board, accounts: Any, DisputeGame: Any) -> None:
    second = board.attack(board.first, lie("4"), accounts.bob)
    third = board.attack(second, board.true(2), accounts.carol)
    leaf = board.attack(third, board.true(1), accounts.bob)
    with reverts(DisputeGame.StepCountersNothing, actual=board.true(1), claimed=board.true(1)):
        board.game.step(leaf, Side.ATTACK, board.trace.witness(0), sender=accounts.carol)


def test_step_out_of_a_true_state_whose_mover_holds_a_true_next_reverts(
    honest_board: Board, accounts: Any, DisputeGame: Any
) -> None:
    """Bob, honest, holds the true root and the true state after 15 steps."""
    board = honest_board
    second = board.defend(board.first, board.true(12), accounts.bob)
    third = board.defend(second, lie("14"), accounts.carol)
    leaf = board.defend(third, board.true(15), accounts.bob)
    with reverts(DisputeGame.StepCountersNothing, actual=board.true(16), claimed=board.true(16)):
        board.game.step(leaf, Side.DEFEND, board.trace.witness(15), sender=accounts.carol)


def test_step_out_of_a_true_state_whose_mover_denies_a_wrong_next_reverts(
    honest_board: Board, accounts: Any, DisputeGame: Any
) -> None:
    """Carol holds a wrong state after 2 steps; bob's leaf is the true one after 1, and he is right to deny hers."""
    board = honest_board
    second = board.attack(board.first, board.true(4), accounts.bob)
    third = board.attack(second, lie("2"), accounts.carol)
    leaf = board.attack(third, board.true(1), accounts.bob)
    with reverts(DisputeGame.StepCountersNothing, actual=board.true(2), claimed=lie("2")):
        board.game.step(leaf, Side.DEFEND, board.trace.witness(1), sender=accounts.carol)
