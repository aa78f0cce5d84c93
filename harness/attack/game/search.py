"""Moves of a game, drawn at random and combined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from harness.adapters.errors import NotApplicable
from harness.adapters.game import Node, Outcome, Side
from harness.attack.game.table import Table, wrong
from harness.attack.search import Pool, Search, Word
from harness.attack.stage import Stage


@dataclass(slots=True)
class Hand:
    """Makes one call from each word: everything that a word leaves open is drawn from it alone."""

    table: Table
    pool: Pool | None = None

    def play(self, words: Sequence[Word]) -> None:
        """Make the calls of all words, one after the other."""
        for place, word in enumerate(words):
            before = len(self.table.refused)
            try:
                self._act(Random(f"call {word}"))
            except NotApplicable:
                continue
            if self.pool is not None:
                said = self.table.refused[before:]
                self.pool.note(tuple(words[: place + 1]), (said[0].partition("(")[0] if said else "", self._shape()))

    def _shape(self) -> tuple[Any, ...]:
        nodes = self.table.model.nodes.values()
        return (
            self.table.model.outcome,
            tuple(sorted((node.depth, node.side, len(node.children), node.resolved, node.settled) for node in nodes)),
        )

    def _act(self, random: Random) -> None:
        table = self.table
        nodes = list(table.model.nodes.values())
        node = random.choice(nodes[-3:] if random.random() < 0.7 else nodes)
        accounts = table.chain.accounts
        who = random.choice((accounts.bob, accounts.carol, accounts.dave, accounts.erin))
        kinds = (self._wait, self._move, self._dive, self._step, self._resolve, self._collect, self._end)
        kind = random.choices(kinds, (3, 9, 2, 4, 5, 1, 1))[0]
        kind(random, node, who)

    def _wait(self, random: Random, node: Node, who: Any) -> None:
        """Let time pass up to a boundary of a clock."""
        table = self.table
        ends = [table.model.deadline(each) for each in table.model.nodes.values()]
        later = sorted({end for end in ends if end > table.next})
        near = random.choice(later[:2]) if later else table.next + 5
        when = near + random.choice((-1, -1, 0, 0, 1, -table.rules.kept[0], -random.randrange(1, 4_000)))
        if when > table.next:
            table.at(when)

    def _move(self, random: Random, node: Node, who: Any) -> None:
        table = self.table
        if random.random() < 0.85 and node.depth >= table.rules.max_depth:
            return self._step(random, node, who)
        side = Side.DEFEND if random.random() < 0.4 and node.parent is not None else Side.ATTACK
        values = [wrong(random.randrange(3)), bytes(32), node.value]
        if node.depth < table.rules.max_depth:
            values += [table.right(node, side)] * 3
        bond = None if random.random() < 0.93 else table.model.bond(node) + random.choice((-1, 1))
        table.move(node, side, random.choice(values), who, bond)
        return None

    def _dive(self, random: Random, node: Node, who: Any) -> None:
        """Answer a claim, that answer, and so on down to a leaf."""
        last: Node | None = node
        while last is not None and last.depth < self.table.rules.max_depth:
            side = Side.DEFEND if random.random() < 0.3 and last.parent is not None else Side.ATTACK
            value = self.table.right(last, side) if random.random() < 0.5 else wrong(random.randrange(3))
            last = self.table.move(last, side, value, who)

    def _step(self, random: Random, node: Node, who: Any) -> None:
        table = self.table
        leaves = [each for each in table.model.nodes.values() if each.depth == table.rules.max_depth]
        if leaves and node.depth != table.rules.max_depth and random.random() < 0.8:
            node = random.choice(leaves)
        sides = [Side.ATTACK, Side.DEFEND]
        able = [side for side in sides if node.depth == table.rules.max_depth and self._proves(node, side)]
        side = random.choice(able if able and random.random() < 0.8 else sides)
        when = table.model.deadline(node) + random.choice((-1, 0, 1))
        if random.random() < 0.3 and when > table.next:
            table.at(when)
        index = table.model.step_index(node, side)
        if 0 <= index < 1 << table.rules.max_depth:
            table.step(node, side, who, offset=random.choice((0, 0, 0, 0, 1)))

    def _proves(self, node: Node, side: Side) -> bool:
        """Return whether the machine's step there counters a leaf, whatever the time is."""
        table = self.table
        index = table.model.step_index(node, side)
        if not 0 <= index < 1 << table.rules.max_depth or not table.agrees(node, side):
            return False
        after = table.game.line(node.parent, node.side).true(index + 1)
        return table.model.refuses_step(node, side, after, node.time) is None

    def _resolve(self, random: Random, node: Node, who: Any) -> None:
        table = self.table
        waiting = [table.node(id) for id in table.model.waiting()]
        one = [each for each in waiting if table.model.refuses_resolve([each.id], table.next) is None]
        if one and random.random() < 0.7:
            node = random.choice(one)
        table.resolve([node] if random.random() < 0.8 else [node, random.choice(waiting or [node]), node], who)

    def _collect(self, random: Random, node: Node, who: Any) -> None:
        self.table.collect(who)

    def _end(self, random: Random, node: Node, who: Any) -> None:
        """Do what only the end of a game allows, or only a void game."""
        table = self.table
        if table.model.outcome is Outcome.UNDECIDED and not table.doomed and random.random() < 0.3:
            table.doom()
            return table.orphan()
        if random.random() < 0.5:
            table.void(who)
        elif table.model.outcome is Outcome.VOID or random.random() < 0.3:
            table.refund([node] if node.parent is not None else [table.first], who)
        return None


def opened(stage: Stage, random: Random) -> Table:
    """Open a game for a search: the root is true or a lie."""
    accounts = stage.chain.accounts
    stage.adapter  # noqa: B018  # its contracts are deployed on first access, before anything is drawn
    lie = random.random() < 0.7
    first = wrong(3) if random.random() < 0.3 else None
    return Table(stage, wrong(1) if lie else None, first, opener=accounts.carol, proposer=accounts.bob)


def end(table: Table, random: Random) -> str:
    """Settle a game that a search has played, in an order that is drawn."""

    def order(waiting: list[Node]) -> list[Node]:
        return sorted(waiting, key=lambda node: (-node.depth, random.random()))

    if table.model.orphaned and table.model.outcome is Outcome.UNDECIDED:
        table.void()
    if table.model.outcome is Outcome.VOID:
        left = [node for node in table.model.nodes.values() if not node.settled and node.parent is not None]
        if left:
            table.refund(left)
        return table.pay()
    return table.finish(order)


def one(stage: Stage, words: Sequence[Word], pool: Pool | None = None) -> str:
    """Play one game of words to its end."""
    random = Random(f"game {words[0] if words else ''}")
    table = opened(stage, random)
    Hand(table, pool).play(words)
    return end(table, random)


combined = Search(one)
"""The search of games."""
