"""Lies about the machine, against an honest player that answers at once."""

from __future__ import annotations

from itertools import product

from harness.adapters.game import Side
from harness.adapters.game_model import Node
from harness.attack.game.players import Player, judge, lies, play
from harness.attack.game.table import Table, played, wrong
from harness.attack.stage import Stage, reason_of
from harness.chain.values.accounts import Account
from harness.errors import Reverted

ATTACK, DEFEND = Side.ATTACK, Side.DEFEND
WAYS = (
    "from the first step on", "from the middle on", "at the end alone", "at one level alone", "at random", "all zero",
    "a step ahead", "a step behind",
)  # fmt: skip


def a_false_root(stage: Stage) -> str:
    """The proposer lies, and defends the lie to the last step."""
    accounts, game = stage.chain.accounts, played(stage)
    lie = lies(game)[stage.variant]
    try:
        table = Table(stage, lie(game.line(None, Side.NONE))(1 << game.rules().max_depth), opener=accounts.alice)
    except Reverted as revert:
        Table(stage)  # a game that cannot be opened at all has refused nothing
        return f"the root is refused: {reason_of(revert)}"
    play(table, Player(table, accounts.alice), Player(table, accounts.bob, lie))
    return judge(table, {accounts.alice.address}, upheld=False)


def a_true_root(stage: Stage) -> str:
    """A challenger attacks the truth with a lie, and an ally answers the root, too."""
    accounts, game = stage.chain.accounts, played(stage)
    lie = lies(game)[stage.variant]
    middle = lie(game.line(None, Side.NONE))(1 << (game.rules().max_depth - 1))
    table = Table(stage, first=middle, proposer=accounts.alice, opener=accounts.bob)
    honest, liar = Player(table, accounts.alice), Player(table, accounts.bob, lie)
    table.move(table.root, ATTACK, wrong(8), accounts.carol)
    play(table, honest, liar)
    return judge(table, {accounts.alice.address}, upheld=True)


def the_copied_answer(stage: Stage) -> str:
    """A liar defends a lie to the last step, and sends each honest answer and step first, to counter itself."""
    accounts, game = stage.chain.accounts, played(stage)
    lie = lies(game)["from the first step on"]
    told, top = lie(game.line(None, Side.NONE)), 1 << game.rules().max_depth
    upheld = stage.variant == "the root is true"
    if upheld:
        table = Table(stage, first=told(top // 2), proposer=accounts.alice, opener=accounts.bob)
    else:
        table = Table(stage, told(top), opener=accounts.carol)
    honest = Player(table, accounts.alice)
    play(table, Player(table, accounts.bob, lie), Player(table, accounts.carol), honest)
    return judge(table, {accounts.alice.address}, upheld=upheld)


def freeloaders(stage: Stage) -> str:
    """Nine shapes of claims beside the honest ones: an attack or a defence, true, lying or made up."""
    accounts = stage.chain.accounts
    table = Table(stage, wrong(1), opener=accounts.alice)
    honest = Player(table, accounts.alice, patient=False)
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
    value = table.game.formed(node, side, value)
    if table.model.refuses_move(node.id, side, value, table.model.bond(node), table.next) is None:
        table.move(node, side, value, who)
