"""Who is paid, in whatever order claims resolve, and however many there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import product

from harness.adapters.game import Game, Side
from harness.adapters.game_model import Node
from harness.attack.attack import Found, OtherVariant
from harness.attack.game.players import judge
from harness.attack.game.table import Table, said, wrong
from harness.attack.stage import Stage

ATTACK, DEFEND = Side.ATTACK, Side.DEFEND


TIES = tuple(
    f"{one} beside {two} {where} the root, {first} resolved first"
    for one, two in product(("attack", "defend"), repeat=2)
    for where, first in product(("below", "on"), ("earliest", "latest"))
    if where == "below" or one == two == "attack"
)


def a_tie(stage: Stage) -> str:
    """Two answers to one claim stand: the leftmost is paid, and among equals the earliest."""
    accounts = stage.chain.accounts
    table = Table(stage, wrong(1))
    words = stage.variant.split()
    sides = [Side[word.upper()] for word in (words[0], words[2])]
    above = table.first if words[3] == "below" else table.root
    for number, (side, who) in enumerate(zip(sides, (accounts.dave, accounts.erin), strict=True), 5):
        table.move(above, side, wrong(number), who)
    if len(above.children) < 2:
        raise OtherVariant(f"a claim {words[3]} the root takes one answer")

    def order(waiting: list[Node]) -> list[Node]:
        return sorted(waiting, key=lambda node: (-node.depth, node.number * (1 if "earliest" in words else -1)))

    return table.finish(order)


def junk_beside_the_truth(stage: Stage) -> str:
    """A claim with an answer that stands resolves at once, whatever other answers are open."""
    accounts = stage.chain.accounts
    table = Table(stage, wrong(1), opener=accounts.alice)
    bad = table.made(table.first, ATTACK, wrong(2), accounts.bob)
    table.move(bad, ATTACK, table.right(bad, ATTACK), accounts.alice)
    table.at(table.model.deadline(bad) - 5)
    for number in range(4):
        table.move(bad, ATTACK, wrong(20 + number), accounts.carol)
    table.at(max(table.model.deadline(bad.children[0]), table.model.deadline(bad)))
    table.resolve([bad.children[0]])
    table.resolve([bad])
    table.resolve([bad])
    table.at(max(table.next, table.model.deadline(table.first)))
    table.resolve([table.first])
    table.resolve([table.root])
    table.resolve([table.root])
    table.resolve(bad.children[1:])
    return judge(table, {accounts.alice.address}, upheld=False)


def parents_first(stage: Stage) -> str:
    """Claims are resolved before their answers, twice, in one call, and not at all."""
    accounts = stage.chain.accounts
    table = Table(stage, wrong(1))
    one = table.made(table.first, ATTACK, wrong(2), accounts.bob)
    two = table.made(one, ATTACK, wrong(3), accounts.carol)
    other = table.made(table.first, DEFEND, wrong(4), accounts.dave)
    for node in (table.root, table.first, one, two):
        table.resolve([node])
    table.at(table.model.ends)
    for ids in ([table.root], [table.first], [one], [one, two], [table.game.elsewhere(two.id)]):
        table.resolve(ids)
    table.resolve([two, two, one, other])
    table.resolve([two])
    table.resolve([two, one, other])
    table.resolve([])
    return f"{said(table)}; {table.finish()}"


def late_answers_left_of_a_counter(stage: Stage) -> str:
    """A claim is countered and resolved, and then a better answer comes: the bond waits for it."""
    accounts = stage.chain.accounts
    table = Table(stage, wrong(1))
    weak = table.made(table.first, ATTACK, wrong(2), accounts.bob)
    table.at(table.model.deadline(weak) - table.rules.max_clock // 10)
    first = table.move(table.first, DEFEND, wrong(3), accounts.dave)
    table.at(table.model.deadline(weak))
    table.resolve([weak])
    table.resolve([table.first])
    table.resolve([table.root])
    table.move(table.root, ATTACK, wrong(6), accounts.erin)
    table.resolve([table.root])
    if first is not None:
        table.at(max(table.next, table.model.deadline(first)))
        table.resolve([first])
    table.resolve([table.first])
    return table.finish()


def a_bond_before_its_time(stage: Stage) -> str:
    """A claim that was made late is countered while its own clock still runs; a better answer can still come."""
    accounts = stage.chain.accounts
    table = Table(stage, wrong(1))
    table.at(table.model.deadline(table.first) - table.rules.max_clock // 10)
    late = table.made(table.first, ATTACK, wrong(2), accounts.bob)
    weak = table.made(late, DEFEND, wrong(3), accounts.dave)
    table.at(table.model.deadline(weak))
    table.resolve([weak])
    table.resolve([late])
    table.resolve([late])
    table.move(late, ATTACK, wrong(4), accounts.erin)
    return f"{said(table)}; {table.finish()}"


def answers_after_the_outcome(stage: Stage) -> str:
    """The game goes on for the bonds once its outcome is known; a settled root takes no answer."""
    accounts = stage.chain.accounts
    table = Table(stage, wrong(1))
    late = table.made(table.root, ATTACK, wrong(2), accounts.dave)
    table.at(table.model.deadline(table.first))
    table.resolve([table.first])
    table.resolve([table.root])
    third = table.made(table.root, ATTACK, wrong(3), accounts.erin)
    table.move(third, ATTACK, wrong(4), accounts.bob)
    table.at(max(map(table.model.deadline, list(table.model.nodes.values())[1:])))
    table.resolve([third.children[0], third, late, table.root])
    table.move(table.root, ATTACK, wrong(5), accounts.frank)
    return f"{said(table)}; {table.finish()}"


COUNT, PAGES = 2_000, 20
FEW = 200
"""As many claims, where the adapter reads all of them to know the newest one: the time grows with the square."""


def thousands_of_claims(stage: Stage) -> str:
    """Claims under one parent do not make an answer or a resolution dearer, whoever makes them."""
    accounts = stage.chain.accounts
    table = Table(stage, wrong(1))
    table.checking = False
    answers = []
    count = FEW if type(table.game).newest is Game.newest else COUNT
    for number in range(count):
        side = ATTACK if number % 2 else DEFEND
        answers.append(_gas(stage, partial(table.move, table.first, side, wrong(number, 77), accounts.dave)))
    table.checking = True
    table.made(table.first, ATTACK, wrong(2), accounts.erin)
    table.at(table.model.ends)
    children = list(table.first.children)
    pages = [children[start : start + count // PAGES] for start in range(0, count, count // PAGES)]
    costs = [_gas(stage, partial(table.resolve, page)) for page in pages]
    table.resolve(children[count:])
    # The first of each kind writes words that the others find written.
    _stays("an answer", answers[2:], count)
    _stays(f"the resolution of {count // PAGES} claims", costs[1:], count)
    return f"{count} claims; {table.finish()}"


def _gas(stage: Stage, call: Callable[[], object]) -> int:
    """Make a call, and return the gas of all blocks that came of it."""
    before = stage.chain.block_number
    call()
    blocks = range(before + 1, stage.chain.block_number + 1)
    return sum(int(stage.chain.w3.eth.get_block(number)["gasUsed"]) for number in blocks)


def _stays(what: str, costs: Sequence[int], count: int) -> None:
    """Raise Found if the last call is dearer than the first by more than a tenth."""
    if costs and 10 * costs[-1] > 11 * costs[0]:
        raise Found("the costs", f"{what} costs {costs[0]} gas at first, and {costs[-1]} behind {count} claims")
