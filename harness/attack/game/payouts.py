"""Money that is taken too early, twice, or by a contract; and games that become void."""

from __future__ import annotations

from harness.adapters.errors import NotApplicable
from harness.adapters.game import Outcome, Side
from harness.attack.game.stepping import leaf_along
from harness.attack.game.table import Table, said, wrong
from harness.attack.stage import Stage

ATTACK, DEFEND = Side.ATTACK, Side.DEFEND


def credit_taken_twice(stage: Stage) -> str:
    """Money is collected before it is owed, twice, and by somebody else."""
    accounts = stage.chain.accounts
    table = Table(stage, wrong(1))
    table.made(table.first, ATTACK, wrong(2), accounts.dave)
    table.collect(accounts.carol)
    table.at(table.model.ends)
    table.resolve([table.first.children[0]])
    table.resolve([table.first])
    for who in (accounts.erin, accounts.dave, accounts.dave, accounts.carol):
        table.collect(who)
    return f"{said(table)}; {table.finish()}"


def a_paid_contract(stage: Stage) -> str:
    """A contract wins a bond; it takes it, refuses it, asks for it again, or burns all gas."""
    table = Table(stage, wrong(1))
    player = table.seat(stage.chain.accounts.dave, stage.variant, 10**19)
    table.move(table.first, ATTACK, wrong(2), player)
    table.at(table.model.ends)
    table.resolve([*table.first.children, *table.root.children])
    table.collect(player)
    table.collect(player)
    return f"{said(table)}; {table.finish()}"


def a_game_that_becomes_void(stage: Stage) -> str:
    """What the assertion builds on falls during the game: bonds go back, once, to whoever paid them."""
    accounts = stage.chain.accounts
    table = Table(stage, wrong(1))
    one = table.made(table.first, ATTACK, wrong(2), accounts.dave)
    table.doom()
    table.void()
    table.refund([table.first])
    table.orphan()
    table.at(max(table.next, table.model.deadline(table.first)))
    table.resolve([one])
    table.resolve([table.first])
    table.resolve([table.root])
    table.at(max(table.next, table.model.ends))
    table.resolve([table.root])
    table.refund([table.first])
    table.void()
    table.void()
    table.move(table.first, ATTACK, wrong(3), accounts.erin)
    table.resolve([table.first])
    table.refund([one, table.first], accounts.erin)
    table.refund([table.first], accounts.erin)
    return f"{said(table)}; {table.pay()}"


def a_leaf_of_a_void_game(stage: Stage) -> str:
    """No step counts once the game is void, and everybody gets the bonds back."""
    table = Table(stage, wrong(1))
    table.doom()
    table.at(table.next + table.rules.max_clock // 2)
    leaf = leaf_along(table, (ATTACK, ATTACK), 1)
    other = table.move(table.root, ATTACK, wrong(7), table.chain.accounts.erin)
    if leaf is None or other is None:
        raise NotApplicable("the clocks are too short for a leaf")
    table.orphan()
    table.void()
    for node in (*leaf.lineage(), other):  # of some of them the clock still runs
        table.move(node, ATTACK, wrong(41), table.chain.accounts.dave)
    for side in (ATTACK, DEFEND):
        table.step(leaf, side, table.chain.accounts.dave)
    table.refund([table.game.elsewhere(leaf.id)])
    table.refund([table.first, other], table.chain.accounts.frank)
    table.refund([other, table.first], table.chain.accounts.frank)
    table.at(max(table.next, table.model.ends))
    table.resolve([leaf])
    table.refund(list(table.model.nodes.values())[1:])
    table.refund([leaf])
    return f"{said(table)}; {table.pay()}"


def a_decided_game_whose_parent_falls(stage: Stage) -> str:
    """A game that is decided stays decided."""
    table = Table(stage, wrong(1))
    table.move(table.root, ATTACK, wrong(2), table.chain.accounts.erin)
    table.at(table.model.deadline(table.first))
    table.resolve([table.first])
    table.resolve([table.root])
    table.doom()
    table.orphan()
    table.void()
    table.refund([table.first])
    if table.model.outcome is not Outcome.REJECTED:
        raise NotApplicable("the root cannot be decided before its clock has run out")
    return f"{said(table)}; {table.finish()}"
