"""What no game may take: moves, bonds and calls that are none."""

from __future__ import annotations

from itertools import product

from harness.adapters.errors import NotApplicable
from harness.adapters.game import Side
from harness.attack.attack import Found
from harness.attack.game.table import Table, said, wrong
from harness.attack.promises import try_promises
from harness.attack.stage import Stage

ATTACK, DEFEND = Side.ATTACK, Side.DEFEND


def moves_that_are_none(stage: Stage) -> str:
    """Moves on claims that nobody made, without a side, on the root's right, below the lowest depth, and twice."""
    accounts = stage.chain.accounts
    table = Table(stage, wrong(1))
    dave, first = accounts.dave, table.first
    table.move(table.game.elsewhere(first.id), ATTACK, wrong(2), dave)
    table.move(first, Side.NONE, wrong(2), dave)
    for bond in table.rules.bonds[1:3]:
        table.move(table.root, DEFEND, wrong(2), dave, bond)
    table.move(table.root, ATTACK, first.value, dave)
    value = wrong(3)
    one = table.made(first, ATTACK, value, dave)
    table.move(first, ATTACK, value, accounts.erin)
    two = table.made(first, DEFEND, value, accounts.erin)
    for node in (one, two):
        child = table.made(node, ATTACK, value, dave)
        for side in (ATTACK, DEFEND):
            table.move(node, side, wrong(9), dave, form=False)
            table.step(child, side, dave)
            table.step(node, side, dave)
            below = table.move(child, side, value, accounts.erin)
            if below is not None:
                deeper = table.rules.bonds[-1] + table.rules.bonds[-1] // 10
                for answer, wei in product((ATTACK, DEFEND), (None, deeper)):
                    table.move(below, answer, wrong(4), dave, wei)
    return f"{said(table)}; {table.finish()}"


def bonds_that_are_none(stage: Stage) -> str:
    """A bond a wei off, twice the bond, none, that of the depth above, and that of the opening."""
    table = Table(stage, wrong(1))
    dave = table.chain.accounts.dave
    node = table.root if ATTACK in table.model.sides(table.root) else table.first
    for level in range(node.depth, table.rules.max_depth):
        above = node
        right = table.model.bond(above)
        near = {right - 1, right + 1, 2 * right, 0, table.rules.opening_bond, table.rules.bonds[level]} - {right, -1}
        for bond in sorted(near):
            table.move(above, ATTACK, wrong(level, bond), dave, bond)
        made = table.made(above, ATTACK, wrong(level), dave)
        node = made
    return f"{said(table)}; {table.finish()}"


def bonds_pay_for_the_answer(stage: Stage) -> str:
    """What is left of a countered bond pays for countering it, and bonds grow by a tenth per level at most."""
    rules = Table(stage, wrong(1)).rules
    if not rules.covers:
        raise NotApplicable("the adapter does not say what bonds must pay for")
    for level, (bond, needed) in enumerate(zip(rules.bonds, rules.covers, strict=True)):
        left = bond - bond * rules.burnt_share // 10_000
        if left < needed:
            raise Found("the bonds", f"of the bond at depth {level} {left} wei are left, an answer costs {needed}")
        if level and bond > rules.bonds[level - 1] * 11 // 10:
            raise Found("the bonds", f"the bond grows from {rules.bonds[level - 1]} to {bond} at depth {level}")
    return "each bond leaves what an answer costs"


def two_games_with_the_same_claims(stage: Stage) -> str:
    """The claims of one game are no claims of another."""
    first = Table(stage, wrong(1))
    ids = set(first.model.nodes)
    second = Table(stage, wrong(1, 1))
    second.move(first.first.id if first.first.id not in second.model.nodes else first.root.id, ATTACK, wrong(2),
                stage.chain.accounts.dave)  # fmt: skip
    shared = [id for id in second.model.nodes if id in ids and isinstance(id, bytes)]
    if shared:
        raise Found("the claims", f"two games share the claim {shared[0]!r}")
    return f"{said(second)}; {second.finish()}"


def further_promises(stage: Stage) -> str:
    """Whatever else the contracts promise is tried, each on the chain of an open game."""
    table = Table(stage, wrong(1))
    return try_promises(table.game, table.game.promises())


def in_use(stage: Stage) -> list[bytes | int]:
    """Open a game, and return ids and amounts that mean something to its contracts."""
    table = Table(stage, wrong(1))
    ids = [id for id in table.model.nodes if isinstance(id, bytes)]
    return [*ids, table.root_value, wrong(2), *table.rules.bonds[:3], table.rules.opening_bond]
