"""DisputeGame.resolve: guards in their order, and who gets which bond."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from harness import reverts
from harness.dispute.positions import Side
from harness.dispute.view import Outcome

from .conftest import RULES, Board, left, lie

UPHELD, REJECTED = 3, 4


def resolve_all(board: Board, sender: Any) -> Any:
    board.finish()
    ids = [claim.id for claim in reversed(board.view().claims) if not claim.settled]
    return board.game.resolve(ids, sender=sender)


def test_resolve_of_a_missing_claim_reverts(board: Board, accounts: Any, DisputeGame: Any) -> None:
    with reverts(DisputeGame.MissingClaim, id=lie("x")):
        board.game.resolve([lie("x")], sender=accounts.dave)


def test_resolve_while_the_clock_runs_reverts(board: Board, accounts: Any, DisputeGame: Any) -> None:
    board.chain.warp(to=board.deadline(board.first) - 1)
    with reverts(DisputeGame.ClockRunning, elapsed=RULES.max_clock - 1, maxClock=RULES.max_clock):
        board.game.resolve([board.first], sender=accounts.dave)


def test_resolve_as_the_clock_runs_out_succeeds(board: Board, accounts: Any) -> None:
    board.chain.warp(to=board.deadline(board.first))
    board.game.resolve([board.first], sender=accounts.dave)
    assert board.game.claim(board.first).resolved


def test_resolve_of_a_parent_before_its_children_reverts(board: Board, accounts: Any, DisputeGame: Any) -> None:
    board.attack(board.first, lie("4"), accounts.bob)
    board.finish()
    with reverts(DisputeGame.OpenChildren, id=board.first, actual=1, expected=0):
        board.game.resolve([board.first], sender=accounts.dave)


def test_resolve_twice_reverts(board: Board, accounts: Any, DisputeGame: Any) -> None:
    board.finish()
    board.game.resolve([board.first], sender=accounts.dave)
    with reverts(DisputeGame.AlreadyResolved, id=board.first):
        board.game.resolve([board.first], sender=accounts.dave)


def test_resolve_of_the_root_when_the_parent_is_rejected_reverts(board: Board, accounts: Any, DisputeGame: Any) -> None:
    board.arena.table.orphan(board.assertion, sender=accounts.dave)
    board.finish()
    with reverts(DisputeGame.ParentRejected, assertionId=board.assertion):
        board.game.resolve([board.first, board.root], sender=accounts.dave)


def test_resolve_of_a_settled_root_reverts(board: Board, accounts: Any, DisputeGame: Any) -> None:
    resolve_all(board, accounts.dave)
    with reverts(DisputeGame.AlreadyResolved, id=board.root):
        board.game.resolve([board.root], sender=accounts.dave)


def test_resolve_when_the_game_is_void_reverts(board: Board, accounts: Any, DisputeGame: Any) -> None:
    board.arena.table.orphan(board.assertion, sender=accounts.dave)
    board.game.void(sender=accounts.dave)
    board.finish()
    with reverts(DisputeGame.GameOver, actual=Outcome.VOID, expected=Outcome.UNDECIDED):
        board.game.resolve([board.first], sender=accounts.dave)


def test_resolve_passes_over_what_somebody_else_resolved(board: Board, accounts: Any) -> None:
    board.attack(board.first, lie("4"), accounts.bob)
    board.finish()
    ids = [claim.id for claim in reversed(board.view().claims)]
    board.game.resolve(ids[:1], sender=accounts.erin)
    board.game.resolve(ids, sender=accounts.dave)
    assert board.game.outcome() == Outcome.UPHELD


def test_an_unanswered_attack_rejects_the_assertion(board: Board, accounts: Any) -> None:
    receipt = resolve_all(board, accounts.dave)
    assert board.game.outcome() == Outcome.REJECTED
    assert board.game.winner() == accounts.carol.address
    entry = board.arena.table.entries(board.assertion)
    assert (entry.status, entry.winner) == (REJECTED, accounts.carol.address)
    assert board.game.credit(accounts.carol.address) == board.arena.bond
    assert [event.name for event in receipt.events] == ["Resolved", "Settled", "Resolved", "Decided", "Settled"]


def test_an_answered_attack_upholds_the_assertion(board: Board, accounts: Any) -> None:
    board.attack(board.first, lie("4"), accounts.bob)
    resolve_all(board, accounts.dave)
    assert board.game.outcome() == Outcome.UPHELD
    assert int(board.game.winner(), 16) == 0
    assert board.arena.table.entries(board.assertion).status == UPHELD
    assert board.game.credit(accounts.bob.address) == left(board.arena.bond) + board.game.bondAt(2)
    assert board.game.credit(accounts.carol.address) == 0


def test_both_clocks_run_out_and_the_last_mover_wins(board: Board, accounts: Any) -> None:
    board.chain.warp(to=board.deadline(board.first) - 1)
    second = board.attack(board.first, lie("4"), accounts.bob)
    board.chain.warp(to=board.deadline(second) - 1)
    board.attack(second, board.true(2), accounts.carol)
    resolve_all(board, accounts.dave)
    assert board.game.outcome() == Outcome.REJECTED


def test_a_bond_goes_to_an_attack_before_a_defence(board: Board, accounts: Any) -> None:
    board.defend(board.first, lie("12"), accounts.erin)
    board.attack(board.first, lie("4"), accounts.dave)
    resolve_all(board, accounts.bob)
    bond = board.game.bondAt(2)
    assert board.game.credit(accounts.dave.address) == bond + left(board.arena.bond)
    assert board.game.credit(accounts.erin.address) == bond


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_ties_go_to_the_earliest_in_whatever_order_claims_resolve(
    order: tuple[int, ...], board: Board, accounts: Any
) -> None:
    movers = (accounts.dave, accounts.erin, accounts.frank)
    ids = [board.attack(board.first, lie(f"tie {number}"), mover) for number, mover in enumerate(movers)]
    board.finish()
    for number in order:
        board.game.resolve([ids[number]], sender=accounts.bob)
    board.game.resolve([board.first, board.root], sender=accounts.bob)
    assert [board.game.credit(mover.address) for mover in movers] == [
        left(board.arena.bond) + board.game.bondAt(2), board.game.bondAt(2), board.game.bondAt(2),
    ]  # fmt: skip


def test_a_countered_claim_counters_nothing(board: Board, accounts: Any) -> None:
    early = board.attack(board.first, lie("early"), accounts.dave)
    board.attack(early, board.true(2), accounts.carol)
    board.attack(board.first, lie("late"), accounts.erin)
    resolve_all(board, accounts.bob)
    assert board.game.credit(accounts.dave.address) == 0
    assert board.game.credit(accounts.erin.address) == left(board.arena.bond) + board.game.bondAt(2)


def test_a_move_on_a_resolved_ancestor_reverts(board: Board, accounts: Any, DisputeGame: Any) -> None:
    """A late claim below an expired one can still be answered, but nothing is added to what is resolved."""
    board.chain.warp(to=board.deadline(board.first))
    board.game.resolve([board.first], sender=accounts.dave)
    with reverts(DisputeGame.ClockExpired):
        board.move(board.first, Side.ATTACK, lie("4"), accounts.bob)


def test_nobody_has_won_before_the_root_is_resolved(board: Board, accounts: Any) -> None:
    board.finish()
    board.game.resolve([board.first], sender=accounts.dave)
    assert board.game.claim(board.root).counter == accounts.carol.address
    assert (board.game.outcome(), int(board.game.winner(), 16)) == (Outcome.UNDECIDED, 0)
    board.game.resolve([board.root], sender=accounts.dave)
    assert board.game.winner() == accounts.carol.address


def test_an_upheld_root_resolves_for_its_proposer(board: Board, accounts: Any) -> None:
    board.attack(board.first, lie("4"), accounts.erin)
    root = resolve_all(board, accounts.dave).events[-1]
    assert (root.name, bytes(root.id), root.paid, root.burnt) == ("Settled", board.root, 0, 0)
    assert (int(root.counter, 16), root.winner) == (0, accounts.bob.address)
