"""DisputeGame: what is decided at once, what is settled later, and what is burnt."""

from __future__ import annotations

from typing import Any

import pytest

from harness import reverts
from harness.dispute.positions import Side
from harness.dispute.view import Outcome
from harness.fuzz.arena import Arena
from harness.rollup.config import GameRules
from harness.rollup.contracts import contract_type

from .conftest import RULES, SHARE, Board, anchor, left, lie, open_board
from .test_dispute_game_resolve import resolve_all

REJECTED = 4
GWEI = 10**9
STEP, MOVE, RESOLVE = 1 << 24, 250_000, 120_000
"""Gas that a bond pays for."""


@pytest.fixture
def contested(board: Board, accounts: Any) -> tuple[Board, bytes]:
    """Carol's sound attack on the root, and junk of dave's beside it that was made just before hers stands."""
    board.chain.warp(to=board.deadline(board.first) - 1)
    junk = board.attack(board.root, lie("junk"), accounts.dave)
    board.chain.warp(to=board.deadline(board.first))
    return board, junk


# -- decided at once


def test_a_root_with_an_answer_that_stands_is_decided_whatever_else_is_open(
    contested: tuple[Board, bytes], accounts: Any
) -> None:
    """At ff042e3 this reverted with OpenChildren: two such claims, one after the other, bought 7 days for nothing."""
    board, junk = contested
    board.game.resolve([board.first, board.root], sender=accounts.bob)
    assert board.game.outcome() == Outcome.REJECTED
    assert board.arena.table.entries(board.assertion).status == REJECTED
    root, open_ = board.game.claim(board.root), board.game.claim(junk)
    assert (root.resolved, root.settled, root.openChildren) == (True, False, 1)
    assert (open_.resolved, open_.settled) == (False, False)


def test_a_claim_below_the_root_is_decided_at_once_too(board: Board, accounts: Any) -> None:
    """Bob's answer is countered by carol's; his junk beside hers keeps her first claim from standing no longer."""
    second = board.attack(board.first, lie("4"), accounts.bob)
    third = board.attack(second, board.true(2), accounts.carol)
    board.chain.warp(to=board.deadline(third) - 1)
    board.attack(second, lie("junk"), accounts.bob)
    board.chain.warp(to=board.deadline(third))
    board.game.resolve([third, second, board.first, board.root], sender=accounts.dave)
    assert board.game.outcome() == Outcome.REJECTED
    assert not board.game.claim(second).settled


def test_a_stepped_leaf_is_decided_at_once(board: Board, leaf: bytes, accounts: Any) -> None:
    board.game.step(leaf, Side.ATTACK, board.trace.witness(0), sender=accounts.erin)
    receipt = board.game.resolve([leaf], sender=accounts.dave)
    assert [(event.name, event.counter) for event in receipt.events] == [("Resolved", accounts.erin.address)]
    stored = board.game.claim(leaf)
    assert (stored.resolved, stored.settled) == (True, False)  # Its clock runs on.


def test_a_claim_without_a_counter_waits_for_its_clock_and_for_each_answer(
    board: Board, accounts: Any, DisputeGame: Any
) -> None:
    answers = [board.attack(board.first, lie(text), accounts.bob) for text in ("4", "5")]
    sound = [board.attack(answer, board.true(2), accounts.carol) for answer in answers]
    with reverts(DisputeGame.ClockRunning):
        board.game.resolve([board.first], sender=accounts.dave)
    board.finish()
    board.game.resolve([sound[0], answers[0]], sender=accounts.dave)
    with reverts(DisputeGame.OpenChildren, id=board.first, actual=1, expected=0):
        board.game.resolve([board.first], sender=accounts.dave)
    board.game.resolve([sound[1], answers[1], board.first], sender=accounts.dave)
    assert board.game.claim(board.first).resolved


# -- settled later


def test_the_game_is_played_on_for_the_bonds_after_its_outcome(contested: tuple[Board, bytes], accounts: Any) -> None:
    board, junk = contested
    board.game.resolve([board.first, board.root], sender=accounts.bob)
    answer = board.attack(junk, board.true(4), accounts.carol)
    board.finish()
    board.game.resolve([answer, junk, board.root], sender=accounts.bob)
    assert board.game.winner() == accounts.carol.address
    junk_bond = board.game.bondAt(1)
    assert board.game.credit(accounts.carol.address) == board.arena.bond + left(junk_bond) + board.game.bondAt(2)
    assert (board.game.credit(accounts.dave.address), board.game.burnt()) == (0, junk_bond - left(junk_bond))


def test_who_is_paid_for_the_root_is_known_when_no_answer_is_open(
    contested: tuple[Board, bytes], accounts: Any, DisputeGame: Any
) -> None:
    board, junk = contested
    board.game.resolve([board.first, board.root], sender=accounts.bob)
    assert int(board.game.winner(), 16) == 0
    assert int(board.arena.table.entries(board.assertion).winner, 16) == 0
    with reverts(DisputeGame.OpenChildren, id=board.root, actual=1, expected=0):
        board.game.resolve([board.root], sender=accounts.bob)
    board.finish()
    receipt = board.game.resolve([junk, board.root], sender=accounts.bob)
    assert [event.name for event in receipt.events] == ["Resolved", "Settled", "Settled"]
    # Dave's junk stands as well, for nobody answered it; carol's attack came first.
    assert board.arena.table.entries(board.assertion).winner == accounts.carol.address
    assert board.game.credit(accounts.dave.address) == board.game.bondAt(1)


def test_a_better_answer_that_stands_later_is_paid(board: Board, accounts: Any) -> None:
    """A defence stands first; the attack beside it outranks it, and its clock runs longer."""
    defence = board.defend(board.first, lie("12"), accounts.dave)
    board.chain.warp(to=board.chain.now + 1_000)
    second = board.attack(board.first, lie("4"), accounts.erin)
    board.chain.warp(to=board.deadline(defence))
    board.game.resolve([defence, board.first], sender=accounts.bob)
    first = board.game.claim(board.first)
    assert (first.resolved, first.settled, first.counter) == (True, False, accounts.dave.address)
    board.finish()
    resolve = board.game.resolve([second, board.first], sender=accounts.bob)
    settled = resolve.events[-1]
    assert (settled.name, settled.winner, settled.paid) == ("Settled", accounts.erin.address, left(board.arena.bond))


def test_a_settled_root_takes_no_more_answers(arena: Arena, accounts: Any, DisputeGame: Any) -> None:
    """Its clock may run still: one more answer would be a bond that nobody plays for."""
    board = open_board(arena, accounts)
    late = lie("period")
    trace_root = lie("root")
    arena.table.assert_(late, board.true(0), trace_root, 3, sender=accounts.bob, value=arena.bond)
    arena.table.setUntil(late, arena.chain.now + 3 * RULES.max_clock, sender=accounts.bob)
    arena.factory.open(late, board.true(8), *anchor(arena.chain), sender=accounts.carol, value=arena.bond)
    game = contract_type("DisputeGame").at(arena.chain, arena.factory.gameOf(late))
    early = Board(arena, board.trace, late, game, accounts)
    early.chain.warp(to=early.deadline(early.first))
    game.resolve([early.first, early.root], sender=accounts.dave)
    assert game.claim(early.root).settled and early.chain.now < early.deadline(early.root)
    with reverts(DisputeGame.AlreadyResolved, id=early.root):
        early.attack(early.root, lie("late"), accounts.dave)


def test_a_decided_game_is_not_voided(board: Board, accounts: Any, DisputeGame: Any) -> None:
    resolve_all(board, accounts.dave)
    board.arena.table.orphan(board.assertion, sender=accounts.dave)
    with reverts(DisputeGame.GameOver, actual=Outcome.REJECTED, expected=Outcome.UNDECIDED):
        board.game.void(sender=accounts.dave)


# -- burnt


def test_a_share_of_every_countered_bond_is_burnt(board: Board, leaf: bytes, accounts: Any) -> None:
    """Nobody takes it out: what the game still holds when everybody is paid is what it says is burnt."""
    board.game.step(leaf, Side.ATTACK, board.trace.witness(0), sender=accounts.erin)
    receipt = resolve_all(board, accounts.dave)
    bonds = [board.game.bondAt(level) for level in (2, 4)]
    lost = [event.burnt for event in receipt.events if event.name == "Settled" and event.burnt]
    assert sorted(lost) == [bond - left(bond) for bond in bonds]
    assert board.game.burnt() == sum(lost)
    for account in (accounts.carol, accounts.erin):
        board.game.withdraw(account.address, sender=account)
    assert board.game.credits() == 0
    assert board.chain.balance(board.game.address) == sum(lost)


def test_who_counters_its_own_claim_loses_the_share(board: Board, accounts: Any) -> None:
    """At ff042e3 it got all of it back, and paid gas only."""
    junk = board.attack(board.root, lie("junk"), accounts.mallory)
    board.attack(junk, board.true(4), accounts.mallory)
    resolve_all(board, accounts.dave)
    bonded = board.game.bondAt(1) + board.game.bondAt(2)
    assert board.game.credit(accounts.mallory.address) == bonded - board.game.bondAt(1) * SHARE // 10_000


@pytest.mark.parametrize("share", [1, 2_500, 5_000, 9_999])
def test_what_is_left_of_a_bond_pays_for_countering_it(share: int, l1: Any, accounts: Any) -> None:
    price = RULES.gas_price_cap
    arena = Arena.deploy(l1, RULES, bond=10**23, burnt_share=share)
    game = contract_type("DisputeGame").at(l1, arena.factory.functions["implementation"]())
    assert game.burntShare() == share
    bonds = [game.bondAt(level) for level in range(RULES.max_depth + 1)]
    rest = [bond - bond * share // 10_000 for bond in bonds]
    assert rest[0] >= (MOVE + RESOLVE) * price and rest[-1] >= (STEP + RESOLVE) * price
    # And no more than that, but for what the growth of a tenth rounds.
    assert rest[-1] < (STEP + RESOLVE) * price * 1_001 // 1_000


# -- bad input


@pytest.mark.parametrize(("share", "bound"), [(0, 1), (10_000, 9_999), (10_001, 9_999), (2**256 - 1, 9_999)])
def test_a_share_of_nothing_or_of_the_whole_reverts(
    share: int, bound: int, arena: Arena, accounts: Any, DisputeGame: Any
) -> None:
    table = contract_type("AssertionTable").deploy(
        arena.chain, arena.factory.address, arena.bond, share, sender=accounts.alice
    )
    with reverts(DisputeGame.BadRule, rule=b"burntShare".ljust(32, b"\0"), actual=share, bound=bound):
        DisputeGame.deploy(
            arena.chain, arena.factory.address, table.address, accounts.dave.address, RULES.words(),
            sender=accounts.alice,
        )  # fmt: skip


@pytest.mark.parametrize("off", [-1, 0])
def test_a_bond_of_an_assertion_below_that_of_an_attack_on_its_root_reverts(
    off: int, arena: Arena, accounts: Any, DisputeGame: Any
) -> None:
    first = contract_type("DisputeGame").at(arena.chain, arena.factory.functions["implementation"]()).bondAt(1)
    table = contract_type("AssertionTable").deploy(
        arena.chain, arena.factory.address, first + off, SHARE, sender=accounts.alice
    )
    words = (arena.factory.address, table.address, accounts.dave.address, RULES.words())
    if off:
        with reverts(DisputeGame.BadRule, rule=b"bond".ljust(32, b"\0"), actual=first + off, bound=first):
            DisputeGame.deploy(arena.chain, *words, sender=accounts.alice)
    else:
        assert DisputeGame.deploy(arena.chain, *words, sender=accounts.alice).openingBond() == first


def test_a_bond_that_a_claim_cannot_store_reverts(arena: Arena, accounts: Any, DisputeGame: Any) -> None:
    most = 2**96 - 1
    huge = contract_type("AssertionTable").deploy(
        arena.chain, arena.factory.address, most + 1, SHARE, sender=accounts.alice
    )
    with reverts(DisputeGame.BadRule, rule=b"bond".ljust(32, b"\0"), actual=most + 1, bound=most):
        DisputeGame.deploy(
            arena.chain, arena.factory.address, huge.address, accounts.dave.address, RULES.words(),
            sender=accounts.alice,
        )  # fmt: skip
    nearly_all = contract_type("AssertionTable").deploy(
        arena.chain, arena.factory.address, most, 9_999, sender=accounts.alice
    )
    dear = GameRules(40, 10_000, 100, 300, 2**64 - 1)
    with reverts(DisputeGame.BadRule, rule=b"gasPriceCap".ljust(32, b"\0"), bound=most):
        DisputeGame.deploy(
            arena.chain, arena.factory.address, nearly_all.address, accounts.dave.address, dear.words(),
            sender=accounts.alice,
        )  # fmt: skip


@pytest.mark.parametrize("off", [-1, 1])
def test_a_game_is_opened_with_the_bond_of_its_assertion(
    off: int, arena: Arena, accounts: Any, DisputeGame: Any
) -> None:
    """At ff042e3 it took 0.0205 ether at depth 40, whatever the assertion was bonded with."""
    arena.table.assert_(lie("x"), lie("pre"), lie("root"), 1, sender=accounts.bob, value=arena.bond)
    with reverts(DisputeGame.WrongBond, actual=arena.bond + off, expected=arena.bond):
        arena.factory.open(
            lie("x"), lie("b"), *anchor(arena.chain), sender=accounts.carol, value=arena.bond + off
        )  # fmt: skip
    board = open_board(arena, accounts)
    with reverts(DisputeGame.WrongBond, actual=arena.bond, expected=board.game.bondAt(1)):
        board.move(board.root, Side.ATTACK, lie("second"), accounts.dave, bond=arena.bond)
    board.attack(board.root, lie("second"), accounts.dave)
