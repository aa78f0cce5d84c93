"""Copied transactions: what a watcher of the mempool gains from another's move or step, and what it cannot gain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.agents.lies.claims import WrongFrom
from harness.agents.tactics import Copier, LastSecond, Silent, Sound, Tactic
from harness.chain import Chain
from harness.chain.errors import RevertedWithError
from harness.dispute.counting_machine import CountingTrace
from harness.dispute.positions import Side
from harness.dispute.view import Outcome, bond_total
from harness.fuzz.arena import Arena, Match
from harness.primitives.hashing import keccak256
from harness.rollup.config import GameRules
from harness.rollup.contracts import contract_type

RULES = GameRules(max_depth=2, max_clock=36_000, extension=600, step_extension=1_200)
TRUTH = CountingTrace(5, 3)
JUNK = keccak256(b"junk")
REFUSED_MOVE = 75_000
REFUSED_STEP = 15_000
"""Gas above the 21,000 of any transaction and its calldata."""


class Table:
    """A wrong assertion of bob's, and transactions of two people in one block."""

    def __init__(self, l1: Chain, accounts: Any) -> None:
        self.l1, self.accounts = l1, accounts
        self.arena = Arena.deploy(l1, RULES)
        self.assertion = self.arena.claim(WrongFrom(TRUTH, 0), 3, accounts.bob)

    @property
    def game(self) -> Any:
        return contract_type("DisputeGame").at(self.l1, self.arena.factory.gameOf(self.assertion))

    def send(self, name: str, *words: Any, value: int, **options: Any) -> Any:
        head = self.l1.head
        method = self.arena.factory.functions[name]
        return method(self.assertion, *words, head.number, head.hash, value=value, **options)

    def race(self, send: Callable[[Any, int, bytes], Any]) -> tuple[Any, Any]:
        """Mallory's copy and carol's original, in one block and in this order; their receipts."""
        head = self.l1.head
        with self.l1.block():
            copy = send(self.accounts.mallory, head.number, head.hash)
            original = send(self.accounts.carol, head.number, head.hash)
        return copy, original


@pytest.fixture
def table(l1: Chain, accounts: Any) -> Table:
    return Table(l1, accounts)


def refused(l1: Chain, receipt: Any) -> str:
    """The error with which L1 refused a transaction."""
    with pytest.raises(RevertedWithError) as caught:
        l1.receipt(receipt.hash).raise_if_reverted()
    return caught.value.name


def check_race(table: Table, send: Callable[[Any, int, bytes], Any], error: str, most: int) -> None:
    before = table.l1.balance(table.accounts.carol)
    copy, original = table.race(send)
    l1 = table.l1
    copied, late = l1.receipt(copy.hash), l1.receipt(original.hash)
    assert copied.status == 1 and late.status == 0
    assert refused(l1, original) == error
    assert late.gas_used <= most
    assert before - l1.balance(table.accounts.carol) == late.cost  # Gas, and nothing of a bond.


def test_a_copied_opening_costs_the_original_its_gas(table: Table) -> None:
    def send(account: Any, number: int, hash_: bytes) -> Any:
        value = table.arena.bond
        return table.arena.factory.open(
            table.assertion, TRUTH.hash_at(2), number, hash_, sender=account, value=value, gas=400_000, check=False
        )

    check_race(table, send, "AlreadyDisputed", REFUSED_MOVE)


@pytest.mark.parametrize("side", [Side.ATTACK, Side.DEFEND])
def test_a_copied_move_costs_the_original_its_gas(side: Side, table: Table) -> None:
    table.send("open", JUNK, value=table.arena.bond, sender=table.accounts.dave)
    game = table.game
    first, bond = game.idOf(game.rootId(), int(Side.ATTACK), JUNK), game.bondAt(2)

    def send(account: Any, number: int, hash_: bytes) -> Any:
        method = table.arena.factory.attack if side is Side.ATTACK else table.arena.factory.defend
        return method(
            table.assertion, first, TRUTH.hash_at(1), number, hash_, sender=account, value=bond, gas=400_000,
            check=False,
        )  # fmt: skip

    check_race(table, send, "DuplicateClaim", REFUSED_MOVE)


def test_a_copied_step_costs_the_original_its_gas_and_the_bond_of_the_leaf(table: Table) -> None:
    accounts = table.accounts
    table.send("open", TRUTH.hash_at(2), value=table.arena.bond, sender=accounts.carol)
    game = table.game
    first = game.idOf(game.rootId(), int(Side.ATTACK), TRUTH.hash_at(2))
    table.send("attack", first, JUNK, value=game.bondAt(2), sender=accounts.bob)
    leaf = game.idOf(first, int(Side.ATTACK), JUNK)

    def send(account: Any, number: int, hash_: bytes) -> Any:
        return game.step(leaf, int(Side.ATTACK), TRUTH.witness(0), sender=account, gas=400_000, check=False)

    check_race(table, send, "AlreadyStepped", 21_000 + 40 * 260 + REFUSED_STEP)
    assert game.claim(leaf).counter == accounts.mallory.address


@pytest.mark.parametrize("honest_root", [False, True], ids=["lying proposer", "lying challenger"])
@pytest.mark.parametrize("wrap", [Sound, lambda: LastSecond(Sound())], ids=["prompt", "late"])
def test_a_copier_takes_what_the_honest_side_would_earn_and_neither_bond_nor_game(
    wrap: Callable[[], Tactic], honest_root: bool, l1: Chain, accounts: Any
) -> None:
    arena = Arena.deploy(l1, GameRules(max_depth=6, max_clock=36_000, extension=600, step_extension=1_200))
    lie = lambda trace: WrongFrom(trace, 9)  # noqa: E731
    claimed, proposer = (TRUTH, accounts.carol) if honest_root else (lie(TRUTH), accounts.bob)
    made = Match(arena, arena.claim(claimed, 3, proposer), [], TRUTH)
    before = {account: l1.balance(account) for account in (accounts.carol, accounts.mallory)}
    liar = made.seat(accounts.bob, wrap(), lie)
    copier = made.seat(accounts.mallory, Copier(Silent()))
    good = made.seat(accounts.carol, Sound(patience=0))
    good.honest = True
    made.open(liar if honest_root else copier)
    view = made.run()
    made.check_conserved()
    assert view.outcome is (Outcome.UPHELD if honest_root else Outcome.REJECTED)
    gains = {account: l1.balance(account) - wei + made.paid(account) for account, wei in before.items()}
    assert bond_total(view.claims[1:], accounts.carol.address) == 0  # Each of its moves was made by the copier.
    assert gains[accounts.carol] == 0
    assert gains[accounts.mallory] > 0


def test_who_copies_for_a_while_and_leaves_costs_nobody_a_bond(l1: Chain, accounts: Any) -> None:
    """The honest player goes on below the copied claims, and its bonds come back whole."""
    arena = Arena.deploy(l1, GameRules(max_depth=6, max_clock=36_000, extension=600, step_extension=1_200))
    lie = lambda trace: WrongFrom(trace, 9)  # noqa: E731
    made = Match(arena, arena.claim(lie(TRUTH), 3, accounts.bob), [], TRUTH)
    before = l1.balance(accounts.carol)
    made.seat(accounts.bob, Sound(), lie)
    copier = made.seat(accounts.mallory, Copier(Silent()))
    good = made.seat(accounts.carol, Sound())
    good.honest = True
    made.open(copier)

    def leave(now: Match) -> None:
        if now.turns == 1 and copier in now.seats:
            now.seats.remove(copier)

    made.after_turn = leave
    view = made.run()
    assert view.outcome is Outcome.REJECTED
    assert bond_total(view.claims[1:], accounts.carol.address) > 0
    assert l1.balance(accounts.carol) - before + made.paid(accounts.carol) > 0
