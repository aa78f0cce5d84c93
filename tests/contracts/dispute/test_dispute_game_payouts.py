"""DisputeGame.withdraw, void and refund: pulled payouts, hostile receivers, and games that a rejected parent ends."""

from __future__ import annotations

from typing import Any

import pytest

from harness import reverts
from harness.dispute.view import Outcome
from harness.fuzz.arena import Arena

from .conftest import Board, left, lie, open_board
from .test_dispute_game_resolve import resolve_all


def test_withdraw_without_a_credit_reverts(board: Board, accounts: Any, DisputeGame: Any) -> None:
    with reverts(DisputeGame.NothingToWithdraw, account=accounts.dave.address):
        board.game.withdraw(accounts.dave.address, sender=accounts.dave)


def test_withdraw_pays_and_a_second_time_reverts(board: Board, accounts: Any, DisputeGame: Any) -> None:
    resolve_all(board, accounts.dave)
    bond = board.arena.bond
    had = board.chain.balance(accounts.frank)
    receipt = board.game.withdraw(accounts.frank.address, sender=accounts.carol)
    assert board.chain.balance(accounts.frank) == had + bond
    assert board.chain.balance(board.game.address) == 0 == board.game.credits()
    assert receipt.events[-1].name == "Withdrawn"
    with reverts(DisputeGame.NothingToWithdraw, account=accounts.carol.address):
        board.game.withdraw(accounts.frank.address, sender=accounts.carol)


def _player(board: Board, kind: Any, sender: Any) -> Any:
    """A contract that answers the first attack, and wins its bond."""
    bond = board.game.bondAt(2)
    player = kind.deploy(board.chain, board.game.address, sender=sender, value=bond)
    player.attack(board.first, lie("4"), bond, sender=sender)
    resolve_all(board, sender)
    assert board.game.credit(player.address) == bond + left(board.arena.bond)
    return player


def test_a_contract_wallet_is_paid(board: Board, accounts: Any, ContractWallet: Any) -> None:
    wallet = _player(board, ContractWallet, accounts.erin)
    wallet.withdraw(wallet.address, sender=accounts.erin)
    assert board.chain.balance(wallet.address) == left(board.arena.bond) + board.game.bondAt(2)


def test_an_owner_that_cannot_receive_is_paid_elsewhere(
    board: Board, accounts: Any, Unpayable: Any, DisputeGame: Any
) -> None:
    player = _player(board, Unpayable, accounts.erin)
    total = left(board.arena.bond) + board.game.bondAt(2)
    with reverts(DisputeGame.PayoutFailed, to=player.address, amount=total):
        player.withdraw(player.address, sender=accounts.erin)
    assert board.game.credit(player.address) == total
    had = board.chain.balance(accounts.frank)
    player.withdraw(accounts.frank.address, sender=accounts.erin)
    assert board.chain.balance(accounts.frank) == had + total


def test_a_receiver_that_asks_again_while_it_is_paid_gets_no_more(
    board: Board, accounts: Any, ReentrantPayee: Any
) -> None:
    player = _player(board, ReentrantPayee, accounts.erin)
    other = board.game.credits() - board.game.credit(player.address)
    player.withdraw(player.address, sender=accounts.erin)
    assert player.refused()
    assert board.chain.balance(board.game.address) - board.game.burnt() == other == board.game.credits()


def test_a_receiver_that_burns_all_gas_stops_nobody_else(board: Board, accounts: Any, GasBurner: Any) -> None:
    board.defend(board.first, lie("12"), accounts.dave)
    player = _player(board, GasBurner, accounts.erin)
    with pytest.raises(Exception, match=r"(?i)out of gas|PayoutFailed"):
        player.withdraw(player.address, sender=accounts.erin, gas=500_000)
    board.game.withdraw(accounts.dave.address, sender=accounts.dave)
    held = board.chain.balance(board.game.address) - board.game.burnt()
    assert board.game.credits() == held == board.game.credit(player.address)


def test_void_while_the_parent_stands_reverts(board: Board, accounts: Any, DisputeGame: Any) -> None:
    with reverts(DisputeGame.ParentNotRejected, assertionId=board.assertion):
        board.game.void(sender=accounts.dave)


def test_refund_of_a_game_that_is_not_void_reverts(board: Board, accounts: Any, DisputeGame: Any) -> None:
    with reverts(DisputeGame.GameOver, actual=Outcome.UNDECIDED, expected=Outcome.VOID):
        board.game.refund([board.first], sender=accounts.carol)


def test_void_ends_the_game_and_refunds_what_is_not_resolved(board: Board, accounts: Any, DisputeGame: Any) -> None:
    game = board.game
    second = board.attack(board.first, lie("4"), accounts.bob)
    board.chain.warp(to=board.deadline(second))
    game.resolve([second], sender=accounts.dave)
    board.arena.table.orphan(board.assertion, sender=accounts.dave)
    game.void(sender=accounts.dave)
    assert game.outcome() == Outcome.VOID
    with reverts(DisputeGame.GameOver, actual=Outcome.VOID, expected=Outcome.UNDECIDED):
        board.attack(board.first, lie("late"), accounts.bob)
    with reverts(DisputeGame.GameOver, actual=Outcome.VOID, expected=Outcome.UNDECIDED):
        game.void(sender=accounts.dave)
    game.refund([board.first, second], sender=accounts.dave)
    assert game.credit(accounts.carol.address) == board.arena.bond  # Whole: a void game counters nothing.
    assert game.credit(accounts.bob.address) == game.bondAt(2)
    assert game.credits() == board.chain.balance(game.address)
    with reverts(DisputeGame.AlreadyResolved, id=board.first):
        game.refund([board.first], sender=accounts.dave)


def test_games_pay_out_of_their_own_bonds(arena: Arena, accounts: Any) -> None:
    one, other = open_board(arena, accounts), open_board(arena, accounts)
    assert one.game.address != other.game.address
    resolve_all(one, accounts.dave)
    one.game.withdraw(accounts.carol.address, sender=accounts.carol)
    assert one.chain.balance(other.game.address) == arena.bond
