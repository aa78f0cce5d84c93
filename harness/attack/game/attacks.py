"""Attacks on a dispute game that are played by hand: lies, ties, duplicates, wrong bonds, and what no game may take."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from harness.adapters.errors import NotApplicable
from harness.adapters.game import Game, Outcome, Side
from harness.adapters.game_model import Node
from harness.attack.attack import Attack, Found
from harness.attack.game.players import Player, judge, lies, play
from harness.attack.game.table import Table, wrong
from harness.attack.promises import try_promises
from harness.attack.stage import Stage, reason_of
from harness.attack.strangers import strangers
from harness.chain.values.accounts import Account
from harness.errors import Reverted

ATTACK, DEFEND = Side.ATTACK, Side.DEFEND
ROOTS = "the root is a lie", "the root is true"
WAYS = (
    "from the first step on", "from the middle on", "at the end alone", "at one level alone", "at random", "all zero",
    "a step ahead", "a step behind",
)  # fmt: skip


def played(stage: Stage) -> Game:
    """Return the adapter as that of a game."""
    assert isinstance(stage.adapter, Game)
    return stage.adapter


def said(table: Table) -> str:
    """Return what the contracts said to what they refused last."""
    return table.refused[-1] if table.refused else "nothing was refused"


# -- lies, against an honest player that answers at once


def a_false_root(stage: Stage) -> str:
    """The proposer lies, and defends the lie to the last step."""
    accounts, game = stage.chain.accounts, played(stage)
    lie = lies(game)[stage.variant]
    try:
        table = Table(stage, lie(1 << game.rules().max_depth), opener=accounts.alice)
    except Reverted as revert:
        return f"the root is refused: {reason_of(revert)}"
    play(table, Player(table, accounts.alice, table.true), Player(table, accounts.bob, lie))
    return judge(table, {accounts.alice.address}, upheld=False)


def a_true_root(stage: Stage) -> str:
    """A challenger attacks the truth with a lie, and an ally answers the root, too."""
    accounts, game = stage.chain.accounts, played(stage)
    lie = lies(game)[stage.variant]
    middle = lie(1 << (game.rules().max_depth - 1))
    table = Table(stage, first=middle, proposer=accounts.alice, opener=accounts.bob)
    honest, liar = Player(table, accounts.alice, table.true), Player(table, accounts.bob, lie)
    table.move(table.root, ATTACK, wrong(8), accounts.carol)
    play(table, honest, liar)
    return judge(table, {accounts.alice.address}, upheld=True)


def the_copied_answer(stage: Stage) -> str:
    """A liar sends each honest answer and step first, to counter itself."""
    accounts = stage.chain.accounts
    table = Table(stage, wrong(1), opener=accounts.bob, proposer=accounts.bob)
    lie = lies(table.game)["from the middle on"]
    honest = Player(table, accounts.alice, table.true)
    play(table, Player(table, accounts.carol, table.true), Player(table, accounts.bob, lie), honest)
    return judge(table, {accounts.alice.address}, upheld=False)


def freeloaders(stage: Stage) -> str:
    """Nine shapes of claims beside the honest ones: an attack or a defence, true, lying or made up."""
    accounts = stage.chain.accounts
    table = Table(stage, wrong(1), opener=accounts.alice)
    honest = Player(table, accounts.alice, table.true, patient=False)
    liar = Player(table, accounts.bob, lies(table.game)["at the end alone"])
    for _ in range(table.rules.max_depth + 1):
        acted = [liar.turn()]
        for node in list(table.model.nodes.values())[:12]:
            shapes = product((ATTACK, DEFEND), range(3)) if node.claimant != accounts.carol.address else ()
            for side, shape in shapes:
                _freeload(table, node, side, shape, accounts.carol)
        acted.append(honest.turn())
        if not any(acted):
            break
    play(table, honest, liar)
    return judge(table, {accounts.alice.address}, upheld=False)


def _freeload(table: Table, node: Node, side: Side, shape: int, who: Account) -> None:
    if node.depth >= table.rules.max_depth or (node is table.root and side is DEFEND):
        return
    value = (table.right(node, side), wrong(node.position, side), bytes(32))[shape]
    if table.model.refuses_move(node.id, side, value, table.model.bond(node), table.next) is None:
        table.move(node, side, value, who)


# -- who is paid, in whatever order claims resolve


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

    def order(waiting: list[Node]) -> list[Node]:
        return sorted(waiting, key=lambda node: (-node.depth, node.number * (1 if "earliest" in words else -1)))

    return table.finish(order)


def junk_beside_the_truth(stage: Stage) -> str:
    """A claim with an answer that stands resolves at once, whatever other answers are open."""
    accounts = stage.chain.accounts
    table = Table(stage, wrong(1), opener=accounts.alice)
    bad = table.move(table.first, ATTACK, wrong(2), accounts.bob)
    assert bad is not None
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
    one = table.move(table.first, ATTACK, wrong(2), accounts.bob)
    assert one is not None
    two = table.move(one, ATTACK, wrong(3), accounts.carol)
    other = table.move(table.first, DEFEND, wrong(4), accounts.dave)
    assert two is not None and other is not None
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
    weak = table.move(table.first, ATTACK, wrong(2), accounts.bob)
    assert weak is not None
    table.at(table.model.deadline(weak) - 1_000)
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
    late = table.move(table.first, ATTACK, wrong(2), accounts.bob)
    assert late is not None
    weak = table.move(late, DEFEND, wrong(3), accounts.dave)
    assert weak is not None
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
    late = table.move(table.root, ATTACK, wrong(2), accounts.dave)
    assert late is not None
    table.at(table.model.deadline(table.first))
    table.resolve([table.first])
    table.resolve([table.root])
    third = table.move(table.root, ATTACK, wrong(3), accounts.erin)
    assert third is not None
    table.move(third, ATTACK, wrong(4), accounts.bob)
    table.at(max(map(table.model.deadline, list(table.model.nodes.values())[1:])))
    table.resolve([third.children[0], third, late, table.root])
    table.move(table.root, ATTACK, wrong(5), accounts.frank)
    return f"{said(table)}; {table.finish()}"


def leaves_on_both_sides(stage: Stage) -> str:
    """Each leaf is stepped against from both sides, with the right witness, that of a step beside it, and none."""
    table = Table(stage, None if stage.variant == "the root is true" else wrong(1))
    refused = 0
    for path in product((ATTACK, DEFEND), repeat=min(3, table.rules.max_depth - 1)):
        for truthful in range(3):
            leaf = _leaf(table, path, truthful)
            if leaf is None:
                continue
            before = len(table.refused)
            _step_every_way(table, leaf)
            refused += len(table.refused) - before
    return f"{refused} steps refused, the last: {said(table)}; {table.finish()}"


def _leaf(table: Table, path: tuple[Side, ...], truthful: int) -> Node | None:
    """Make a leaf along a path; of the claims above it none, every second, or all are true."""
    node: Node | None = table.first
    players = table.chain.accounts.bob, table.chain.accounts.carol
    path = (*[DEFEND] * (table.rules.max_depth - 1 - len(path)), *path)
    for level, side in enumerate(path):
        assert node is not None
        true = truthful == 2 or (truthful == 1 and level % 2 == 1)
        value = table.right(node, side) if true else wrong(node.position, side, truthful)
        found = [each for each in node.children if (each.side, each.value) == (side, value)]
        node = found[0] if found else table.move(node, side, value, players[level % 2])
    return node if node is None or not node.children else None


def _step_every_way(table: Table, leaf: Node) -> None:
    dave = table.chain.accounts.dave
    table.step(leaf, Side.NONE, dave)
    for side in (DEFEND, ATTACK):
        index = table.model.step_index(leaf, side)
        if side is DEFEND and index + 1 > (1 << table.rules.max_depth):
            continue
        for offset in (-1, 1):
            if index + offset >= 0:
                table.step(leaf, side, dave, offset=offset)
        table.step(leaf, side, dave, witness=b"")
        table.step(leaf, side, dave, witness=table.game.witness(index)[:-1] + b"\xff")
    for side in (DEFEND, ATTACK):
        if side is ATTACK or table.model.step_index(leaf, side) < (1 << table.rules.max_depth):
            table.step(leaf, side, dave)
            table.step(leaf, side, table.chain.accounts.erin)


# -- what no game may take


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
    one = table.move(first, ATTACK, value, dave)
    table.move(first, ATTACK, value, accounts.erin)
    two = table.move(first, DEFEND, value, accounts.erin)
    assert one is not None and two is not None
    for node in (one, two):
        child = table.move(node, ATTACK, value, dave)
        assert child is not None
        for side in (ATTACK, DEFEND):
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
    node, dave = table.root, table.chain.accounts.dave
    for level in range(table.rules.max_depth):
        above = node
        right = table.model.bond(above)
        near = {right - 1, right + 1, 2 * right, 0, table.rules.opening_bond, table.rules.bonds[level]} - {right}
        for bond in sorted(near):
            table.move(above, ATTACK, wrong(level, bond), dave, bond)
        made = table.move(above, ATTACK, wrong(level), dave)
        assert made is not None
        node = made
    return f"{said(table)}; {table.finish()}"


def bonds_pay_for_the_answer(stage: Stage) -> str:
    """What is left of a countered bond pays for countering it, and bonds grow by a tenth per level at most."""
    game = played(stage)
    rules = game.rules()
    table = Table(stage, wrong(1))
    if not rules.covers:
        raise NotApplicable("the adapter does not say what bonds must pay for")
    for level, (bond, needed) in enumerate(zip(rules.bonds, rules.covers, strict=True)):
        left = bond - bond * rules.burnt_share // 10_000
        if left < needed:
            raise Found("the bonds", f"of the bond at depth {level} {left} wei are left, an answer costs {needed}")
        if level and bond > rules.bonds[level - 1] * 11 // 10:
            raise Found("the bonds", f"the bond grows from {rules.bonds[level - 1]} to {bond} at depth {level}")
    return bonds_that_are_none(stage) if table is None else "each bond leaves what an answer costs"


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


def credit_taken_twice(stage: Stage) -> str:
    """Money is collected before it is owed, twice, and by somebody else."""
    accounts = stage.chain.accounts
    table = Table(stage, wrong(1))
    table.move(table.first, ATTACK, wrong(2), accounts.dave)
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
    one = table.move(table.first, ATTACK, wrong(2), accounts.dave)
    assert one is not None
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
    leaf = _leaf(table, (ATTACK, ATTACK), 1)
    other = table.move(table.root, ATTACK, wrong(7), table.chain.accounts.erin)
    assert leaf is not None and other is not None
    table.orphan()
    table.void()
    assert leaf.parent is not None
    table.move(leaf.parent, DEFEND, wrong(41), table.chain.accounts.dave)
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


def further_promises(stage: Stage) -> str:
    """Whatever else the contracts promise is tried, each on the chain of an open game."""
    table = Table(stage, wrong(1))
    return try_promises(stage.chain, table.game.promises())


def in_use(stage: Stage) -> list[bytes | int]:
    """Open a game, and return ids and amounts that mean something to its contracts."""
    table = Table(stage, wrong(1))
    ids = [id for id in table.model.nodes if isinstance(id, bytes)]
    return [*ids, table.root_value, wrong(2), *table.rules.bonds[:3], table.rules.opening_bond]


def thousands_of_claims(stage: Stage) -> str:
    """Claims under one parent do not make an answer or a resolution dearer."""
    accounts = stage.chain.accounts
    table = Table(stage, wrong(1))
    table.checking = False
    for number in range(COUNT):
        table.move(table.first, ATTACK if number % 2 else DEFEND, wrong(number, 77), accounts.dave)
    table.checking = True
    one = table.move(table.first, ATTACK, wrong(2), accounts.erin)
    assert one is not None
    table.at(table.model.ends)
    children = list(table.first.children)
    for start in range(0, len(children), PAGE):
        table.resolve(children[start : start + PAGE])
    return f"{COUNT} claims; {table.finish()}"


COUNT, PAGE = 300, 100


def named() -> Iterator[Attack]:
    """Yield the attacks that are played by hand, the quickest first."""
    yield Attack("moves that are none", "a claim is made that answers nothing", moves_that_are_none)
    yield Attack("bonds that are none", "a claim is made for less than it costs", bonds_that_are_none)
    yield Attack("further promises", "the contracts break what they promise beside the game's rules", further_promises)
    yield strangers(in_use)
    yield Attack("bonds that do not pay", "whoever answers a claim loses money", bonds_pay_for_the_answer)
    yield Attack("parents first", "claims resolve before their answers", parents_first)
    yield Attack("junk beside the truth", "junk claims delay the outcome", junk_beside_the_truth)
    yield Attack("late answers left of a counter", "a bond is paid too early", late_answers_left_of_a_counter)
    yield Attack("a bond before its time", "a bond is paid while somebody can still win it", a_bond_before_its_time)
    yield Attack("answers after the outcome", "bonds cannot be won any more", answers_after_the_outcome)
    yield Attack(
        "leaves on both sides", "a step counters what it must not, or counters nothing", leaves_on_both_sides, ROOTS
    )
    yield Attack(
        "two games with the same claims", "claims of one game count in another", two_games_with_the_same_claims
    )
    yield Attack("credit taken twice", "money is paid twice", credit_taken_twice)
    moods = ("takes", "refuses", "re-enters", "burns")
    yield Attack("a contract is paid", "it is paid twice, or stops others from being paid", a_paid_contract, moods)
    yield Attack("a game that becomes void", "bonds of a void game are lost or paid twice", a_game_that_becomes_void)
    yield Attack("a leaf of a void game", "a void game goes on", a_leaf_of_a_void_game)
    yield Attack("a decided game whose parent falls", "a decided game is undone", a_decided_game_whose_parent_falls)
    yield Attack("two answers stand", "the bond goes to the wrong one, or depends on who resolves first", a_tie, TIES)
    yield Attack("a false root", "a lie pays, or an honest challenger loses", a_false_root, WAYS)
    yield Attack("a true root", "a true root falls, or its proposer pays", a_true_root, WAYS)
    yield Attack("copied answers", "a liar that counters itself loses nothing", the_copied_answer)
    yield Attack("freeloaders", "a claim beside the truth earns money", freeloaders)
    yield Attack("thousands of claims", "claims make others dearer", thousands_of_claims)
