"""Players of a table: one that defends a trace and answers all that it must, whether the trace is true or a lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from harness.adapters.game import Game, Line, Side
from harness.adapters.game_model import Node
from harness.attack.attack import Found
from harness.attack.game.table import Table, wrong
from harness.chain.values.accounts import Account
from harness.dispute.positions import answer, depth, state

Trace = Callable[[int], bytes]
"""The value after a number of steps, as somebody claims it."""
Lie = Callable[[Line], Trace]
"""What somebody claims on a line of a game."""


def truth(line: Line) -> Trace:
    """Return what an honest player claims."""
    return line.true


@dataclass(slots=True)
class Player:
    """Answers each claim that stands against what it defends, at once.

    ``lie`` is what it holds for true. It steps where the machine agrees.
    """

    table: Table
    who: Account
    lie: Lie = truth
    patient: bool = True
    _sound: set[object] = field(default_factory=set)

    def turn(self) -> bool:
        """Make every answer that is due; return whether there was one."""
        return any([self._answer(node) for node in list(self.table.model.nodes.values()) if self._due(node)])

    def _due(self, node: Node) -> bool:
        """Return whether a claim must be countered: a false root, an answer to a sound claim, or a freeloader."""
        model = self.table.model
        if node.parent is None:
            if node.value == self._holds(None, Side.NONE, 1 << model.rules.max_depth):
                self._sound.add(node.id)
            return node.id not in self._sound
        if node.id in self._sound:
            return False
        if node.parent.id in self._sound:
            return True
        return self._due(node.parent) and self._outranks(node, node.parent)

    def _holds(self, parent: Node | None, side: Side, steps: int) -> bytes:
        """Return what this player claims of a state on the line of an answer to a claim."""
        return self.lie(self.table.game.line(parent, side))(steps)

    def _outranks(self, node: Node, parent: Node) -> bool:
        """Return whether a freeloader would be paid ahead of the sound answer beside it."""
        late = parent.elapsed > self.table.rules.max_clock // 2 and self.patient
        side, value = self._right(parent)
        if late or value is None or (node.side, node.value) == (side, value):
            return False
        sound = next((each for each in parent.children if (each.side, each.value) == (side, value)), None)
        if sound is None and self.table.next >= self.table.model.deadline(parent):
            return False
        if node.side is not side:
            return node.side is Side.ATTACK
        return sound is None or node.number < sound.number

    def _right(self, node: Node) -> tuple[Side, bytes | None]:
        rules = self.table.rules
        place = state(node.position, rules.max_depth)
        agrees = node.parent is not None and node.value == self._holds(node.parent, node.side, place)
        side = Side.DEFEND if agrees else Side.ATTACK
        below = answer(node.position, side)
        if depth(below) > rules.max_depth:
            return side, None
        return side, self.table.game.formed(node, side, self._holds(node, side, state(below, rules.max_depth)))

    def _answer(self, node: Node) -> bool:
        side, value = self._right(node)
        for each in node.children:
            if (each.side, each.value) == (side, value):
                self._sound.add(each.id)
                return False
        if self.table.next >= self.table.model.deadline(node) or side not in self.table.model.sides(node):
            return False
        if value is None:
            return self._step(node, side)
        made = self.table.move(node, side, value, self.who)
        if made is None:
            return False
        self._sound.add(made.id)
        return True

    def _step(self, node: Node, side: Side) -> bool:
        """Prove a step against a leaf, if the machine agrees with this player about it."""
        model, table = self.table.model, self.table
        if node.stepper is not None or not table.agrees(node, side):
            return False
        after = table.game.line(node.parent, node.side).true(model.step_index(node, side) + 1)
        if model.refuses_step(node, side, after, table.next) is not None:
            return False
        return table.step(node, side, self.who)


def play(table: Table, *players: Player) -> None:
    """Let players answer each other until nobody has an answer."""
    while any([player.turn() for player in players]):
        pass


def lies(game: Game) -> dict[str, Lie]:
    """Return ways to lie about the machine, each about its last state, too."""
    top = 1 << game.rules().max_depth
    last = top // 2 + 1

    def where(false: Callable[[int], bool], number: int) -> Lie:
        return lambda line: lambda steps: wrong(number, steps) if false(steps) else line.true(steps)

    return {
        "from the first step on": where(lambda steps: steps > 0, 0),
        "from the middle on": where(lambda steps: steps > last, 1),
        "at the end alone": where(lambda steps: steps == top, 3),
        "at one level alone": where(lambda steps: steps == top or steps % 4 == 2, 2),
        "at random": where(lambda steps: steps == top or wrong(steps)[0] & 1 == 1, 4),
        "all zero": lambda line: lambda steps: bytes(32) if steps else line.true(0),
        "a step ahead": lambda line: lambda steps: line.true(steps + line.unit if steps else 0),
        "a step behind": lambda line: lambda steps: line.true(max(0, steps - line.unit)),
    }


def judge(table: Table, honest: set[str], upheld: bool) -> str:
    """Settle everything; raise Found unless the truth won, honest players lost nothing, and liars paid.

    Parties of one owner count as one: everybody who is not honest belongs to the liar.
    """
    said = table.finish()
    outcome = table.game.outcome().name
    if outcome != ("UPHELD" if upheld else "REJECTED"):
        raise Found(
            "the truth", f"{outcome}, though the root is {'true' if upheld else 'a lie'}", moves=tuple(table.log)
        )
    nodes = table.model.nodes.values()
    for who in honest:
        put, got = sum(node.bond for node in nodes if node.claimant == who), table.got[who]
        if got < put:
            raise Found("the honest side", f"an honest player put in {put} wei and got {got}", lost=put - got)
    put = sum(node.bond for node in nodes if node.claimant not in honest)
    got = sum(wei for who, wei in table.got.items() if who not in honest)
    least = sum(_least(table, node, honest) for node in nodes if node.claimant not in honest)
    earned = sum(_earned(table, node, honest) for node in nodes if node.claimant in honest)
    if got >= put and any(node.counter is not None for node in nodes if node.claimant not in honest):
        evidence = f"the liar put in {put} wei and got {got}: whoever counters its own lies loses nothing"
        raise Found("the liar pays", evidence, gained=got - put, moves=tuple(table.log))
    if put - got < least - earned:
        raise Found("the liar pays", f"the liar lost {put - got} wei, expected {least - earned} at least", gained=got)
    return said


def _least(table: Table, node: Node, honest: set[str]) -> int:
    """Return what the owner of a liar's claim must lose of its bond."""
    if node.counter is None:
        return 0
    return node.bond if node.counter in honest else node.bond * table.rules.burnt_share // 10_000


def _earned(table: Table, node: Node, honest: set[str]) -> int:
    """Return what a liar may earn of an honest claim: nothing, unless its own claim there stood."""
    return 0
