"""DisputeGameFactory.attack and defend, DisputeGame.move behind them: guards in order, then what a move leaves."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from harness import reverts
from harness.chain import Chain
from harness.dispute.positions import Side, depth, state
from harness.dispute.view import Outcome
from harness.fuzz.arena import Arena
from harness.rollup.config import GameRules
from harness.rollup.contracts import contract_type

from .conftest import RULES, SHARE, Board, lie

GAS_OF_A_MOVE = 250_000


def test_move_when_the_game_is_void_reverts(board: Board, accounts: Any, DisputeGame: Any) -> None:
    board.arena.table.orphan(board.assertion, sender=accounts.dave)
    board.game.void(sender=accounts.dave)
    with reverts(DisputeGame.GameOver, actual=Outcome.VOID, expected=Outcome.UNDECIDED):
        board.attack(board.first, lie("4"), accounts.bob)


def test_move_on_a_missing_claim_reverts(board: Board, accounts: Any, DisputeGame: Any) -> None:
    with reverts(DisputeGame.MissingClaim, id=lie("nowhere")):
        board.move(lie("nowhere"), Side.ATTACK, lie("4"), accounts.bob, 1)


def test_defend_of_the_root_reverts(board: Board, accounts: Any, DisputeGame: Any) -> None:
    with reverts(DisputeGame.RootCannotBeDefended):
        board.defend(board.root, lie("4"), accounts.bob)


def test_move_without_a_side_reverts(board: Board, l1: Any, DisputeGame: Any) -> None:
    factory = l1.impersonate(board.factory.address)
    l1.set_balance(factory.address, 10**18)
    with reverts(DisputeGame.NoSide):
        board.game.move(board.first, 0, lie("x"), factory.address, sender=factory)


@pytest.mark.parametrize("side", [Side.ATTACK, Side.DEFEND])
def test_move_below_the_lowest_depth_reverts(
    side: Side, board: Board, leaf: bytes, accounts: Any, DisputeGame: Any
) -> None:
    with reverts(DisputeGame.TooDeep, depth=5, maxDepth=4):
        board.move(leaf, side, lie("x"), accounts.carol)


@pytest.mark.parametrize("off", [-1, 1])
def test_move_with_a_wrong_bond_reverts(off: int, board: Board, accounts: Any, DisputeGame: Any) -> None:
    bond = board.game.bondAt(2)
    with reverts(DisputeGame.WrongBond, actual=bond + off, expected=bond):
        board.move(board.first, Side.ATTACK, lie("4"), accounts.bob, bond + off)


def test_move_with_the_bond_of_another_depth_reverts(board: Board, accounts: Any, DisputeGame: Any) -> None:
    with reverts(DisputeGame.WrongBond, actual=board.game.bondAt(1), expected=board.game.bondAt(2)):
        board.move(board.first, Side.ATTACK, lie("4"), accounts.bob, board.game.bondAt(1))


def test_move_in_the_last_second_succeeds(board: Board, accounts: Any) -> None:
    board.chain.warp(to=board.deadline(board.first) - 1)
    board.attack(board.first, lie("4"), accounts.bob)


def test_move_a_second_late_reverts(board: Board, accounts: Any, DisputeGame: Any) -> None:
    board.chain.warp(to=board.deadline(board.first))
    with reverts(DisputeGame.ClockExpired, elapsed=RULES.max_clock, maxClock=RULES.max_clock):
        board.attack(board.first, lie("4"), accounts.bob)


def test_move_made_before_reverts_whoever_makes_it(board: Board, accounts: Any, DisputeGame: Any) -> None:
    made = board.attack(board.first, lie("4"), accounts.bob)
    with reverts(DisputeGame.DuplicateClaim, id=made):
        board.attack(board.first, lie("4"), accounts.erin)


def test_the_same_value_on_the_other_side_is_another_claim(board: Board, accounts: Any) -> None:
    one = board.attack(board.first, lie("4"), accounts.bob)
    other = board.defend(board.first, lie("4"), accounts.bob)
    assert one != other
    assert [board.game.claim(id).number for id in (one, other)] == [0, 1]
    assert board.game.claim(board.first).children == 2


def test_move_after_a_reorg_cannot_land_on_another_claim(board: Board, accounts: Any, DisputeGame: Any) -> None:
    """The answer names its claim by content: when a reorg replaced the claim, the answer has nothing to land on."""
    made = board.attack(board.first, lie("4"), accounts.bob)
    board.chain.reorg(1)
    board.attack(board.first, lie("another"), accounts.bob)
    with reverts(DisputeGame.MissingClaim, id=made):
        board.move(made, Side.ATTACK, board.true(2), accounts.carol, board.game.bondAt(3))


@pytest.mark.parametrize(("side", "place"), [(Side.ATTACK, 4), (Side.DEFEND, 12)])
def test_move_succeeds(side: Side, place: int, board: Board, accounts: Any) -> None:
    held, had = board.chain.balance(board.game.address), board.chain.balance(accounts.erin)
    bond = board.game.bondAt(2)
    receipt = board.send(board.first, side, lie("v"), accounts.erin, bond)
    view = board.view()
    claim = view.claims[-1]
    assert (claim.number, claim.parent, claim.side, claim.value) == (2, 1, side, lie("v"))
    assert (claim.claimant, claim.bond, claim.depth) == (accounts.erin.address, bond, 2)
    assert view.state(claim) == place == state(claim.position, 4)
    assert board.chain.balance(board.game.address) == held + bond
    assert board.chain.balance(accounts.erin) == had - bond - receipt.cost
    stored = board.game.claim(claim.id)
    assert (stored.position, bytes(stored.parent), stored.openChildren) == (claim.position, board.first, 0)
    assert (stored.time, stored.elapsed) == (claim.time, claim.elapsed)
    assert board.game.claim(board.first).openChildren == 1
    assert receipt.events[-1].name == "Moved"
    assert receipt.gas_used <= GAS_OF_A_MOVE


def test_a_move_counts_the_time_of_its_own_side(board: Board, accounts: Any) -> None:
    first = board.view().claims[1]
    board.chain.warp(to=first.time + 1_000)
    second = board.attack(board.first, lie("4"), accounts.bob)
    made = board.view().find(second)  # type: ignore[arg-type]
    assert made is not None and made.elapsed == 1_000
    board.chain.warp(to=made.time + 70)
    third = board.attack(second, board.true(2), accounts.carol)
    answer = board.view().find(third)  # type: ignore[arg-type]
    assert answer is not None and answer.elapsed == 70
    board.chain.warp(to=answer.time + 500)
    fourth = board.attack(third, lie("1"), accounts.bob)
    leaf = board.view().find(fourth)  # type: ignore[arg-type]
    assert leaf is not None and leaf.elapsed == 1_500
    assert board.game.elapsed(third) == 1_500


@pytest.mark.parametrize(("before", "level", "kept"), [(100, 2, 100), (99, 2, 100), (1, 2, 100)])
def test_a_late_move_keeps_an_extension(before: int, level: int, kept: int, board: Board, accounts: Any) -> None:
    board.chain.warp(to=board.deadline(board.first) - before)
    made = board.attack(board.first, lie("4"), accounts.bob)
    claim = board.view().find(made)  # type: ignore[arg-type]
    assert claim is not None and (claim.depth, claim.elapsed) == (level, RULES.max_clock - kept)


def test_a_move_that_leaves_more_than_the_extension_gets_none(board: Board, accounts: Any) -> None:
    board.chain.warp(to=board.deadline(board.first) - 101)
    made = board.attack(board.first, lie("4"), accounts.bob)
    claim = board.view().find(made)  # type: ignore[arg-type]
    assert claim is not None and claim.elapsed == RULES.max_clock - 101


def test_the_last_move_before_a_step_keeps_the_longer_extension(board: Board, accounts: Any) -> None:
    second = board.attack(board.first, lie("4"), accounts.bob)
    board.chain.warp(to=board.deadline(second) - 1)
    third = board.attack(second, board.true(2), accounts.carol)
    claim = board.view().find(third)  # type: ignore[arg-type]
    assert claim is not None and claim.elapsed == RULES.max_clock - RULES.step_extension
    board.chain.warp(to=board.deadline(third) - 1)
    leaf = board.attack(third, lie("1"), accounts.bob)
    assert board.deadline(leaf) - board.chain.now == RULES.step_extension


def test_an_ally_cannot_burn_the_clock_of_another_path(board: Board, accounts: Any) -> None:
    one = board.attack(board.first, lie("4"), accounts.bob)
    board.chain.warp(to=board.deadline(one) - 10)
    board.attack(one, lie("ally"), accounts.dave)
    other = board.attack(board.first, lie("other 4"), accounts.bob)
    late = board.view().find(other)  # type: ignore[arg-type]
    assert late is not None
    assert board.deadline(other) == late.time + RULES.max_clock


@pytest.mark.parametrize("levels", [2, 4, 12, 40])
@pytest.mark.parametrize("share", [1, SHARE, 9_000])
def test_bonds_grow_by_at_most_a_tenth_and_cover_a_step_from_what_is_not_burnt(
    l1: Chain, levels: int, share: int
) -> None:
    """The first bond is the least one: with a hundred millionth less, some bond would not pay for what it is for."""
    arena = Arena.deploy(l1, GameRules(max_depth=levels), bond=10**20, burnt_share=share)
    game = contract_type("DisputeGame").at(l1, arena.factory.implementation())
    bonds = [game.bondAt(level) for level in range(levels + 1)]
    assert all(low < high <= low + low // 10 for low, high in pairwise(bonds))
    move, step = ((gas + 120_000) * arena.rules.gas_price_cap for gas in (250_000, 2**24))
    assert GAS_OF_A_MOVE <= 250_000

    def covers(bond: int) -> bool:
        deepest = bond * 11**levels // 10**levels
        return min(bond - bond * share // 10_000 - move, deepest - deepest * share // 10_000 - step) >= 0

    assert covers(bonds[0]) and not covers(bonds[0] - bonds[0] // 10**8)
    assert all(bond - bond * share // 10_000 >= move for bond in bonds)
    assert bonds[-1] - bonds[-1] * share // 10_000 >= step


def test_positions_agree_with_the_contract(board: Board, accounts: Any) -> None:
    sides = [Side.ATTACK, Side.DEFEND, Side.DEFEND]
    parent, places = board.first, []
    for number, side in enumerate(sides):
        parent = board.move(parent, side, lie(f"p{number}"), accounts.bob)
        places.append(board.game.claim(parent).position)
    view = board.view()
    assert places == [claim.position for claim in view.claims[2:]]
    assert [depth(place) for place in places] == [2, 3, 4]
    assert [view.state(claim) for claim in view.claims[2:]] == [4, 6, 7]
