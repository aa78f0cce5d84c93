"""Steps against leaves: from both sides, with the right witness and with others."""

from __future__ import annotations

from itertools import product

from harness.adapters.game import Side
from harness.adapters.game_model import Node
from harness.attack.game.table import Table, said, wrong
from harness.attack.stage import Stage

ATTACK, DEFEND = Side.ATTACK, Side.DEFEND
ROOTS = "the root is true", "the root is a lie"


def leaves_on_both_sides(stage: Stage) -> str:
    """Each leaf is stepped against from both sides, with the right witness, that of a step beside it, and none."""
    table = Table(stage, None if stage.variant == "the root is true" else wrong(1))
    refused = 0
    for path in product((ATTACK, DEFEND), repeat=min(3, table.rules.max_depth - 1)):
        for truthful in range(3):
            leaf = leaf_along(table, path, truthful)
            if leaf is None:
                continue
            before = len(table.refused)
            _step_every_way(table, leaf)
            refused += len(table.refused) - before
    return f"{refused} steps refused, the last: {said(table)}; {table.finish()}"


def leaf_along(table: Table, path: tuple[Side, ...], truthful: int) -> Node | None:
    """Make a leaf along a path; of the claims above it none, every second, or all are true.

    Return None if there is one, or if a clock has run out on the way.
    """
    node: Node | None = table.first
    players = table.chain.accounts.bob, table.chain.accounts.carol
    path = (*[DEFEND] * (table.rules.max_depth - 1 - len(path)), *path)
    for level, asked in enumerate(path):
        if node is None:
            return None
        side = asked if asked in table.model.sides(node) else ATTACK
        true = truthful == 2 or (truthful == 1 and level % 2 == 1)
        value = table.right(node, side) if true else wrong(node.position, side, truthful)
        value = table.game.formed(node, side, value)
        found = [each for each in node.children if (each.side, each.value) == (side, value)]
        node = found[0] if found else table.move(node, side, value, players[level % 2])
    return node if node is None or not node.children else None


def _step_every_way(table: Table, leaf: Node) -> None:
    dave = table.answerer(leaf, table.chain.accounts.dave)
    table.step(leaf, Side.NONE, dave)
    for side in (DEFEND, ATTACK):
        index = table.model.step_index(leaf, side)
        if side is DEFEND and index + 1 > (1 << table.rules.max_depth):
            continue
        for offset in (-1, 1):
            if index + offset >= 0:
                table.step(leaf, side, dave, offset=offset)
        table.step(leaf, side, dave, witness=b"")
        table.step(leaf, side, dave, witness=table.game.proof(leaf, side, index)[:-1] + b"\xff")
    for side in (DEFEND, ATTACK):
        if side is ATTACK or table.model.step_index(leaf, side) < (1 << table.rules.max_depth):
            table.step(leaf, side, dave)
            table.step(leaf, side, table.chain.accounts.erin)
