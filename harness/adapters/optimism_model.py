"""The rules of the OP Stack's dispute games as a model, from the specification of fault dispute games.

A claim at the split depth or above is an output of a block. Below it, a claim is a state of the program that runs
between two outputs of the claim's line. So a game of ``max_depth`` levels has, for each block,
2**(max_depth - split) leaves, of which the first half belongs to the program.
"""

from __future__ import annotations

from harness.adapters.game_model import Model, Node
from harness.adapters.game_values import ClaimId, Line, Rules
from harness.adapters.op import OpRules
from harness.adapters.op_program import GENESIS, INVALID, VALID, output
from harness.dispute.positions import Side, answer, depth, state

PANIC = 2
Outputs = tuple[bytes, bytes]
"""The outputs that a program runs between: the starting one, and the disputed one."""


def blocks(rules: OpRules) -> Line:
    """Return the right outputs, by steps."""
    unit = 1 << (rules.max_depth - rules.split_depth)
    return Line(lambda steps: output(-(-steps // unit)), unit)


def between(rules: OpRules, parent: Node, side: Side) -> tuple[int, Outputs] | None:
    """Return where the program of an answer to a claim starts, in steps of the game, and its outputs.

    Returns None for an answer that is an output itself.
    """
    if parent.depth < rules.split_depth:
        return None
    leaf, asked = parent, side
    while leaf.depth > rules.split_depth:
        assert leaf.parent is not None
        leaf, asked = leaf.parent, leaf.side
    ends, unit = state(leaf.position, rules.max_depth), 1 << (rules.max_depth - rules.split_depth)
    if asked is Side.ATTACK:
        return ends - unit, (_output(leaf, rules, ends - unit), leaf.value)
    return ends, (leaf.value, _output(leaf, rules, ends + unit))


def _output(leaf: Node, rules: OpRules, steps: int) -> bytes:
    found = (above.value for above in leaf.lineage() if state(above.position, rules.max_depth) == steps)
    return next(found, GENESIS if steps == 0 else b"")


class OptimismModel(Model):
    """A game whose claims resolve when their clocks have run out, and whose steps have no clock."""

    def __init__(self, rules: Rules, root: Node, games: OpRules) -> None:
        super().__init__(rules, root, games.program.hash(0))
        self.games = games

    def sides(self, node: Node) -> tuple[Side, ...]:
        """Return the sides of an answer: a program's last state has nothing right of it, as the root has nothing."""
        return (Side.ATTACK,) if node.depth == self.games.split_depth + 1 else super().sides(node)

    def elapsed(self, parent: Node, level: int, now: int) -> int:
        """Return what the clock shows: it is set back once less than the extension is left.

        It is set back twice as far where the answer to the answer opens a program.
        """
        used = (parent.parent.elapsed if parent.parent else 0) + max(0, now - parent.time)
        if used <= self.rules.max_clock - self.games.extension:
            return used
        return self.rules.max_clock - self.rules.kept[level]

    def begins(self, index: int) -> bool:
        """Return whether a step is the first one of a program."""
        return index % (1 << (self.games.max_depth - self.games.split_depth)) == 0

    def refuses_move(self, parent: ClaimId, side: Side, value: bytes, bond: int, now: int) -> str | None:
        """Return why a move must be refused: a program's last state tells what it says of the disputed output."""
        found = super().refuses_move(parent, side, value, bond, now)
        if found is not None:
            return found
        asked = self.statuses(self.nodes[parent], side)
        return f"the status is {value[0]}, expected {asked}" if asked and value[0] not in asked else None

    def statuses(self, parent: Node, side: Side) -> tuple[int, ...]:
        """Return the statuses that an answer may have which is a program's last state; none for other answers."""
        if parent.depth != self.games.split_depth:
            return ()
        if side is Side.ATTACK:
            return INVALID, PANIC
        wanted = state(parent.position, self.games.max_depth) + (1 << (self.games.max_depth - parent.depth))
        by = next(each for each in parent.lineage() if state(each.position, self.games.max_depth) == wanted)
        return (INVALID, PANIC) if by.depth % 2 == self.games.split_depth % 2 else (VALID,)

    def refuses_step_at(self, node: Node, now: int) -> str | None:
        """Return why a step is refused for its time: it is taken as long as the game is not over."""
        return "the game is over" if self.root.settled else None


def formed(model: OptimismModel, parent: Node, side: Side, value: bytes) -> bytes:
    """Return a value with a status that the game takes."""
    if side not in model.sides(parent) or depth(answer(parent.position, side)) > model.games.max_depth:
        return value
    asked = model.statuses(parent, side)
    return value if not asked or value[0] in asked else bytes([asked[0]]) + value[1:]
