"""DisputeGameFactory.open, setImplementation; DisputeGame.open."""

from __future__ import annotations

from typing import Any

import pytest

from harness import reverts
from harness.dispute.positions import Side
from harness.dispute.view import Outcome, claim_id
from harness.fuzz.arena import Arena
from harness.rollup.config import GameRules
from harness.rollup.contracts import contract_type

from .conftest import END_BATCH, RULES, SHARE, Board, anchor, lie, open_board


def test_open_without_an_implementation_reverts(l1: Any, accounts: Any, DisputeGameFactory: Any) -> None:
    factory = DisputeGameFactory.deploy(l1, accounts.alice.address, sender=accounts.alice)
    with reverts(DisputeGameFactory.NoImplementation):
        factory.open(lie("a"), lie("b"), *anchor(l1), sender=accounts.carol)


def test_open_of_an_assertion_in_dispute_reverts(board: Board, accounts: Any, DisputeGameFactory: Any) -> None:
    with reverts(DisputeGameFactory.AlreadyDisputed, assertionId=board.assertion, game=board.game.address):
        board.factory.open(board.assertion, lie("b"), *board.anchor, sender=accounts.dave)


def test_open_of_an_unknown_assertion_reverts(arena: Arena, accounts: Any, AssertionTable: Any) -> None:
    with reverts(AssertionTable.NotDisputable, assertionId=lie("a"), actual=0):
        arena.factory.open(lie("a"), lie("b"), *anchor(arena.chain), sender=accounts.carol)


@pytest.mark.parametrize("off", [-1, 1])
def test_open_with_a_wrong_bond_reverts(off: int, arena: Arena, accounts: Any, DisputeGame: Any) -> None:
    trace_root = lie("root")
    arena.table.assert_(lie("x"), lie("pre"), trace_root, 1, sender=accounts.bob)
    bond = contract_type("DisputeGame").at(arena.chain, arena.factory.functions["implementation"]()).openingBond()
    with reverts(DisputeGame.WrongBond, actual=bond + off, expected=bond):
        arena.factory.open(lie("x"), lie("b"), *anchor(arena.chain), sender=accounts.carol, value=bond + off)
    assert arena.factory.gameOf(lie("x")) == "0x" + "00" * 20


def test_open_makes_a_game_with_the_root_and_the_first_attack(board: Board, accounts: Any) -> None:
    game, view = board.game, board.view()
    assert bytes(game.assertionId()) == board.assertion
    assert bytes(game.prestate()) == board.true(0)
    assert bytes(game.root()) == lie("root")
    assert game.endBatch() == END_BATCH
    assert game.proposer() == accounts.bob.address
    assert game.factory() == board.arena.factory.address
    assert game.assertions() == board.arena.table.address
    assert game.outcome() == Outcome.UNDECIDED
    root, first = view.claims
    assert (root.value, root.claimant, root.bond, root.side) == (lie("root"), accounts.bob.address, 0, Side.NONE)
    assert (first.value, first.claimant, first.side) == (board.true(8), accounts.carol.address, Side.ATTACK)
    assert first.bond == game.openingBond() == board.arena.bond == board.chain.balance(game.address)
    assert (root.elapsed, first.elapsed) == (0, 0)
    assert view.rules.max_depth == RULES.max_depth
    assert tuple(game.rules()) == RULES.words()


def test_open_emits_where_the_game_is(arena: Arena, accounts: Any) -> None:
    board = open_board(arena, accounts)
    names = [event.name for event in arena.chain.receipt(_last_tx(arena)).events]
    assert names == ["GameOpened", "Moved", "Moved"]
    assert arena.factory.gameOf(board.assertion) == board.game.address


def _last_tx(arena: Arena) -> bytes:
    block = arena.chain.w3.eth.get_block("latest")
    return bytes(block["transactions"][0])


def test_open_of_the_game_itself_is_for_the_factory(board: Board, accounts: Any, DisputeGame: Any) -> None:
    with reverts(DisputeGame.OnlyFactory, actual=accounts.dave.address, expected=board.arena.factory.address):
        board.game.open(lie("root"), accounts.bob.address, 0, accounts.dave.address, lie("x"), sender=accounts.dave)


def test_open_twice_reverts(board: Board, l1: Any, DisputeGame: Any) -> None:
    factory = l1.impersonate(board.arena.factory.address)
    l1.set_balance(factory.address, 10**18)
    with reverts(DisputeGame.AlreadyOpened):
        board.game.open(
            lie("root"), board.accounts.bob.address, 0, board.accounts.dave.address, lie("x"), sender=factory
        )


def test_claim_ids_are_the_ones_of_the_specification(board: Board) -> None:
    root, first = board.view().claims
    assert root.id == claim_id(board.game.address, bytes(32), Side.NONE, lie("root"))  # type: ignore[arg-type]
    assert first.id == claim_id(board.game.address, root.id, Side.ATTACK, board.true(8))
    assert bytes(board.game.rootId()) == root.id


def test_set_implementation_by_another_reverts(arena: Arena, accounts: Any, DisputeGameFactory: Any) -> None:
    game = arena.factory.functions["implementation"]()
    with reverts(DisputeGameFactory.NotOwner, actual=accounts.dave.address, expected=accounts.alice.address):
        arena.factory.setImplementation(game, sender=accounts.dave)


def test_set_implementation_of_another_factory_reverts(
    arena: Arena, accounts: Any, DisputeGame: Any, DisputeGameFactory: Any
) -> None:
    other = DisputeGame.deploy(
        arena.chain,
        accounts.dave.address,
        arena.table.address,
        accounts.dave.address,
        RULES.words(),
        sender=accounts.alice,
    )
    with reverts(DisputeGameFactory.WrongFactory, actual=accounts.dave.address, expected=arena.factory.address):
        arena.factory.setImplementation(other.address, sender=accounts.alice)


def test_set_implementation_for_another_chain_of_assertions_reverts(
    arena: Arena, accounts: Any, DisputeGame: Any, DisputeGameFactory: Any
) -> None:
    table = contract_type("AssertionTable").deploy(
        arena.chain, arena.factory.address, arena.bond, SHARE, sender=accounts.alice
    )
    other = DisputeGame.deploy(
        arena.chain, arena.factory.address, table.address, accounts.dave.address, RULES.words(),
        sender=accounts.alice,
    )  # fmt: skip
    with reverts(DisputeGameFactory.WrongAssertions, actual=table.address, expected=arena.table.address):
        arena.factory.setImplementation(other.address, sender=accounts.alice)


def test_new_parameters_leave_open_games_alone(board: Board, accounts: Any) -> None:
    bond = board.game.bondAt(3)
    board.attack(board.first, lie("4"), accounts.bob)
    board.arena.use(GameRules(max_depth=6, max_clock=50, extension=2, step_extension=3, gas_price_cap=1))
    assert tuple(board.game.rules()) == RULES.words()
    assert board.game.bondAt(3) == bond
    later = open_board(board.arena, accounts)
    assert later.view().rules.max_clock == 50


def test_set_implementation_that_forgets_a_fork_reverts(arena: Arena, accounts: Any, DisputeGameFactory: Any) -> None:
    """Also one that follows an implementation which knows more and does not decide games yet."""
    arena.factory.setImplementation(_other(arena, OTHER, newest=2).address, sender=accounts.alice)
    with reverts(DisputeGameFactory.ForkForgotten, actual=1, expected=2):
        arena.factory.setImplementation(_other(arena, OTHER, newest=1).address, sender=accounts.alice)
    arena.factory.setImplementation(_other(arena, OTHER, newest=2).address, sender=accounts.alice)


def _other(arena: Arena, rules: GameRules, newest: int = 0) -> Any:
    """An implementation of other rules, which nobody has set; its prover knows the forks up to ``newest``."""
    prover = contract_type("CountingProver").deploy(arena.chain, newest, sender=arena.chain.accounts[0])
    return contract_type("DisputeGame").deploy(
        arena.chain, arena.factory.address, arena.table.address, prover.address, rules.words(),
        sender=arena.chain.accounts[0],
    )  # fmt: skip


OTHER = GameRules(max_depth=4, max_clock=50, extension=2, step_extension=3, gas_price_cap=1)
DELAY = 7 * 86_400 + 2 * RULES.max_clock + 4 * RULES.extension + RULES.step_extension + 1
"""One second more than a challenge period and the longest game."""


def test_a_new_implementation_waits_longer_than_a_period_and_a_game(arena: Arena, accounts: Any) -> None:
    """At ff042e3 it was there at once: an owner could install a lying prover for the games of what stood already."""
    old, later = arena.factory.functions["implementation"](), _other(arena, OTHER)
    receipt = arena.factory.setImplementation(later.address, sender=accounts.alice)
    (event,) = receipt.events
    at = receipt.timestamp + DELAY
    assert (event.name, event.actual, event.previous, event.at) == ("ImplementationSet", later, old, at)
    assert (arena.factory.delay(), arena.factory.nextAt(), arena.factory.next()) == (DELAY, at, later.address)
    assert arena.factory.functions["implementation"]() == old
    arena.chain.warp(to=at - 10)
    before = open_board(arena, accounts)
    arena.chain.warp(to=at - 1)
    arena.chain.mine()
    assert arena.factory.functions["implementation"]() == old
    arena.chain.warp(to=at)
    arena.chain.mine()
    assert arena.factory.functions["implementation"]() == later.address
    after = open_board(arena, accounts)
    assert [board.view().rules.max_clock for board in (before, after)] == [RULES.max_clock, OTHER.max_clock]


def test_what_is_still_to_come_can_be_replaced_and_waits_anew(arena: Arena, accounts: Any) -> None:
    old, bad, good = arena.factory.functions["implementation"](), _other(arena, OTHER), _other(arena, RULES)
    arena.factory.setImplementation(bad.address, sender=accounts.alice)
    arena.chain.warp(DELAY - 60)
    at = arena.factory.setImplementation(good.address, sender=accounts.alice).timestamp + DELAY
    arena.chain.warp(to=at - 1)
    arena.chain.mine()
    assert arena.factory.functions["implementation"]() == old
    arena.chain.warp(to=at)
    arena.chain.mine()
    assert arena.factory.functions["implementation"]() == good.address


def test_the_first_implementation_is_there_at_once(l1: Any, accounts: Any, DisputeGameFactory: Any) -> None:
    factory = DisputeGameFactory.deploy(l1, accounts.alice.address, sender=accounts.alice)
    assert (factory.delay(), factory.nextAt()) == (0, 0)
    assert Arena.deploy(l1, RULES).factory.nextAt() <= l1.now


def test_a_rule_out_of_bounds_reverts(arena: Arena, accounts: Any, DisputeGame: Any) -> None:
    wrong = {
        b"maxDepth": [(1, 100, 1, 1, 1, 2), (63, 100, 1, 1, 1, 62)],
        b"extension": [(4, 100, 0, 1, 1, 1), (4, 100, 3, 2, 1, 2)],
        b"stepExtension": [(4, 100, 1, 101, 1, 100)],
        b"maxClock": [(4, 2**32, 1, 1, 1, 2**32 - 1)],
        b"gasPriceCap": [(4, 100, 1, 1, 0, 1), (4, 100, 1, 1, 2**64, 2**64 - 1)],
    }
    index = {b"maxDepth": 0, b"maxClock": 1, b"extension": 2, b"stepExtension": 3, b"gasPriceCap": 4}
    for rule, cases in wrong.items():
        for *words, bound in cases:
            with reverts(DisputeGame.BadRule, rule=rule.ljust(32, b"\0"), actual=words[index[rule]], bound=bound):
                DisputeGame.deploy(
                    arena.chain, arena.factory.address, arena.table.address, accounts.dave.address, tuple(words),
                    sender=accounts.alice,
                )  # fmt: skip


@pytest.mark.parametrize("wrong", ["another", "zero", "to come", "too old"])
def test_open_on_another_l1_reverts(wrong: str, arena: Arena, accounts: Any, DisputeGameFactory: Any) -> None:
    board = open_board(arena, accounts)
    number, hash_ = anchor(arena.chain)
    if wrong == "too old":
        for _ in range(256):
            arena.chain.mine()
    given = {
        "another": (number, lie("another")),
        "zero": (number + 99, bytes(32)),
        "to come": (number + 99, hash_),
        "too old": (number, hash_),
    }[wrong]
    expected = hash_ if wrong == "another" else bytes(32)
    for send in (board.factory.attack, board.factory.defend):
        with reverts(DisputeGameFactory.AnotherL1, actual=given[1], expected=expected):
            send(board.assertion, board.first, lie("4"), *given, sender=accounts.bob, value=board.game.bondAt(2))
    with reverts(DisputeGameFactory.AnotherL1, actual=given[1], expected=expected):
        board.factory.open(lie("x"), lie("b"), *given, sender=accounts.carol)


@pytest.mark.parametrize("side", ["attack", "defend"])
def test_move_without_a_game_reverts_and_keeps_the_bond(
    side: str, arena: Arena, accounts: Any, DisputeGameFactory: Any
) -> None:
    """A move that a reorg leaves without its game: sent to the clone's address, the bond would be gone."""
    board = open_board(arena, accounts)
    seen, bond = anchor(arena.chain), board.game.bondAt(2)
    arena.chain.reorg(1)
    arena.chain.mine()
    had = arena.chain.balance(accounts.bob)
    with reverts(DisputeGameFactory.AnotherL1):
        getattr(board.factory, side)(board.assertion, lie("1"), lie("4"), *seen, sender=accounts.bob, value=bond)
    with reverts(DisputeGameFactory.NoGame, assertionId=board.assertion):
        getattr(board.factory, side)(
            board.assertion, lie("1"), lie("4"), *anchor(arena.chain), sender=accounts.bob, value=bond
        )
    assert arena.chain.balance(accounts.bob) > had - bond
    assert arena.chain.balance(board.game.address) == 0


def test_move_in_the_game_itself_is_for_the_factory(board: Board, accounts: Any, DisputeGame: Any) -> None:
    with reverts(DisputeGame.OnlyFactory, actual=accounts.dave.address, expected=board.factory.address):
        board.game.move(board.first, int(Side.ATTACK), lie("x"), accounts.dave.address, sender=accounts.dave)


def test_open_costs_no_more_than_a_move_may(arena: Arena, accounts: Any) -> None:
    open_board(arena, accounts)
    assert arena.chain.receipt(_last_tx(arena)).gas_used <= 250_000


def test_the_root_is_shown_with_what_the_assertion_says(board: Board, accounts: Any) -> None:
    root = board.game.claim(board.game.rootId())
    assert (bytes(root.value), root.claimant, root.bond) == (lie("root"), accounts.bob.address, 0)
    assert (root.position, root.children, root.openChildren, root.elapsed) == (1, 1, 1, 0)
    assert bytes(root.parent) == bytes(32)
