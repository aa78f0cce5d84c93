"""Attacks on the clocks of a dispute game: each boundary a second early, in time, and a second late."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from harness.adapters.errors import NotApplicable
from harness.adapters.game import Side
from harness.adapters.game_model import Node
from harness.attack.attack import Attack, Found
from harness.attack.game.table import Table, wrong
from harness.attack.stage import Stage

ATTACK = Side.ATTACK
OFFSETS = {"a second early": -1, "in time": 0, "a second late": 1}
PLACES = (
    "the root",
    "the first attack",
    "an answer",
    "a late answer",
    "a leaf",
    "a late leaf",
    "a late opening",
    "the root of a late opening",
)
CALLS = ("move", "step", "resolve")
BOUNDARIES = tuple(
    f"{call} on {place}, {offset}"
    for call, place, offset in product(CALLS, PLACES, OFFSETS)
    if call == "resolve" or (call == "step") == ("leaf" in place)
)
"""A leaf is stepped against, and every other claim is answered by a move."""


def a_boundary(stage: Stage) -> str:
    """A claim is answered, stepped against or resolved around the second in which its clock runs out."""
    call, rest = stage.variant.split(" on ")
    place, offset = rest.split(", ")
    accounts = stage.chain.accounts
    table = Table(stage, wrong(1), late="opening" in place)
    node = _place(table, place)
    when = table.model.deadline(node) + OFFSETS[offset]
    if when < table.next:
        raise NotApplicable("the claim's clock ran out before")
    table.at(when)
    if call == "move":
        table.move(node, ATTACK, wrong(50), table.answerer(node, accounts.erin))
    elif call == "step":
        table.step(node, ATTACK, table.answerer(node, accounts.erin))
    else:
        table.resolve([node])
    said = table.refused[-1] if table.refused else "taken in time"
    return f"{said}; {table.finish()}"


def _place(table: Table, place: str) -> Node:
    if place == "the root of a late opening":
        table.move(table.root, ATTACK, wrong(70), table.chain.accounts.dave)
        return table.root
    if place in ("the root", "a late opening"):
        if place == "the root" and table.first.parent is table.root:
            _counter(table, table.first)
        return table.root if place == "the root" else table.first
    if place == "the first attack":
        return table.first
    last = table.first
    deep = table.rules.max_depth if "leaf" in place else 2
    for level in range(last.depth, deep):
        if "late" in place:
            table.at(table.model.deadline(last) - 1)
        made = table.made(last, ATTACK, _value(table, last, level), table.chain.accounts.bob)
        last = made
    return last


def _value(table: Table, above: Node, level: int) -> bytes:
    """Return a true state, and a wrong one at the lowest depth, where an attack proves it wrong."""
    return wrong(level) if level + 1 == table.rules.max_depth else table.right(above, ATTACK)


def _counter(table: Table, node: Node) -> None:
    """Counter a claim by an answer that stands, so that the claim above it is not countered."""
    made = table.made(node, ATTACK, wrong(60), table.chain.accounts.dave)
    table.at(table.model.deadline(made))
    table.resolve([made])
    table.resolve([node])


def the_longest_game(stage: Stage) -> str:
    """Both sides make every move in its last second: the game ends within the time that it states."""
    table = Table(stage, wrong(1))
    began = table.model.root.time
    players = table.chain.accounts.bob, table.chain.accounts.carol
    made = table.first
    takes_another = ATTACK in table.model.sides(table.root)
    if takes_another and table.next < table.model.deadline(table.root):
        table.at(table.model.deadline(table.root) - 1)
        made = table.made(table.root, ATTACK, wrong(2), players[1])
    while made.depth < table.rules.max_depth:
        last = made
        table.at(max(table.next, table.model.deadline(last) - 1))  # a clock without an extension may be over by then
        made = table.made(last, ATTACK, _value(table, last, last.depth), players[last.depth % 2])
    table.at(max(table.next, table.model.deadline(made) - 1))
    table.step(made, ATTACK, table.answerer(made, players[0]))
    ended = table.model.ends
    said = table.finish()
    if ended - began > table.rules.longest:
        raise Found(
            "the end", f"the game took {ended - began} s, and states {table.rules.longest} s", moves=tuple(table.log)
        )
    return f"it took {ended - began} s of {table.rules.longest} s; {said}"


def an_ally_burns_the_clock(stage: Stage) -> str:
    """An ally of the liar plays beside the honest path, as slowly as it can: the honest path keeps its own clocks."""
    accounts = stage.chain.accounts
    table = Table(stage, wrong(1), opener=accounts.alice)
    junk = table.made(table.root, ATTACK, wrong(2), accounts.carol)
    side = junk
    while side.depth < table.rules.max_depth:
        table.at(table.model.deadline(side) - 1)
        made = table.made(side, ATTACK, wrong(side.depth), (accounts.bob, accounts.carol)[side.depth % 2])
        side = made
        if table.next < table.model.deadline(table.first):
            node = table.made(table.first, ATTACK, wrong(side.depth, 3), accounts.bob)
            table.move(node, ATTACK, table.right(node, ATTACK), accounts.alice)
    return table.finish()


def named() -> Iterator[Attack]:
    """Yield the attacks on clocks."""
    yield Attack("a boundary of a clock", "a call is taken late, or refused in time", a_boundary, BOUNDARIES)
    yield Attack("the longest game", "a game lasts longer than it states", the_longest_game)
    yield Attack(
        "an ally burns the clock", "time that others use is taken from the honest side", an_ally_burns_the_clock
    )
