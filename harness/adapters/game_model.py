"""The rules of a dispute game as a model that needs no chain: what must be taken, what refused, and who is paid.

The model is written from the documentation of games, not from a contract. An adapter whose game has other rules gives a
subclass by `Game.model`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from harness.adapters.game_values import WHOLE, ClaimId, Rules
from harness.dispute.positions import ROOT, Position, Side, answer, depth, state
from harness.dispute.view import Outcome


@dataclass(slots=True, eq=False)
class Node:
    """One claim. ``time`` is when its clock starts, ``elapsed`` what its own side had used, both in seconds."""

    id: ClaimId
    parent: Node | None
    side: Side
    position: Position
    value: bytes
    claimant: str
    bond: int
    time: int
    elapsed: int
    number: int
    children: list[Node] = field(default_factory=list)
    stepper: str | None = None
    resolved: bool = False
    settled: bool = False

    @property
    def depth(self) -> int:
        """Levels below the root."""
        return depth(self.position)

    @property
    def rank(self) -> tuple[bool, int]:
        """The order in which claims that stand earn the bond of what they answer: attacks first, then the earliest."""
        return self.side is Side.DEFEND, self.number

    @property
    def counter(self) -> str | None:
        """Who has countered the claim so far, by resolved answers."""
        if self.stepper is not None:
            return self.stepper
        found = [child for child in self.children if child.resolved and child.counter is None]
        return min(found, key=lambda child: child.rank).claimant if found else None

    def lineage(self) -> Iterator[Node]:
        """Yield the claims above this one, the nearest first."""
        above = self.parent
        while above is not None:
            yield above
            above = above.parent


class Model:
    """One game from its opening to the payment of its last bond.

    ``truth`` has the machine's value after a number of steps. Each ``refuses_*`` returns why a call must be refused at
    a time, and None if it must be taken.
    """

    def __init__(self, rules: Rules, root: Node, prestate: bytes) -> None:
        self.rules = rules
        self.root = root
        self.prestate = prestate
        self.nodes: dict[ClaimId, Node] = {root.id: root}
        self.credits: Counter[str] = Counter()
        self.released: dict[str, int] = {}
        self.burnt = 0
        self.orphaned = False
        self.outcome = Outcome.UNDECIDED

    # -- clocks

    def deadline(self, node: Node) -> int:
        """Return the first second at which a claim takes no answer, and may stand."""
        return node.time + self.rules.max_clock - (node.parent.elapsed if node.parent else 0)

    def elapsed(self, parent: Node, level: int, now: int) -> int:
        """Return what the clock of whoever answers ``parent`` now shows after its claim at this depth."""
        used = (parent.parent.elapsed if parent.parent else 0) + max(0, now - parent.time)
        return min(used, self.rules.max_clock - self.rules.kept[level])

    @property
    def ends(self) -> int:
        """The first second at which all bonds can be paid, whether the root stands or not."""
        return max(map(self.deadline, self.nodes.values()))

    # -- moves

    def bond(self, parent: Node) -> int:
        """Return the bond of an answer to a claim."""
        if parent is self.root and not parent.children:
            return self.rules.opening_bond
        return self.rules.bonds[min(parent.depth + 1, self.rules.max_depth)]

    def refuses_move(self, parent: ClaimId, side: Side, value: bytes, bond: int, now: int) -> str | None:
        """Return why a move must be refused."""
        above = self.nodes.get(parent)
        if self.outcome is Outcome.VOID:
            return "the game is void"
        if above is None:
            return "there is no such claim"
        if side is Side.NONE:
            return "an answer has a side"
        if side not in self.sides(above):
            return f"the claim takes no {side.name.lower()}"
        if above.depth == self.rules.max_depth:
            return "no move is below the lowest depth"
        if bond != self.bond(above):
            return f"the bond is {bond}, expected {self.bond(above)}"
        if now >= self.deadline(above):
            return f"the clock ran out {now - self.deadline(above)} s ago"
        if above is self.root and above.settled:
            return "the root is settled"
        if any((child.side, child.value) == (side, value) for child in above.children):
            return "the claim was made before"
        return None

    def refuses_player(self, node: Node, who: str) -> str | None:
        """Return why an account may not answer a claim that others may, as where two parties take turns."""
        return None

    def sides(self, node: Node) -> tuple[Side, ...]:
        """Return the sides on which a claim can be answered."""
        return (Side.ATTACK,) if node is self.root else (Side.ATTACK, Side.DEFEND)

    def add(self, id: ClaimId, parent: Node, side: Side, value: bytes, claimant: str, now: int) -> Node:
        """Make a claim that is allowed."""
        place = answer(parent.position, side)
        bond, elapsed = self.bond(parent), self.elapsed(parent, depth(place), now)
        node = Node(id, parent, side, place, value, claimant, bond, now, elapsed, len(parent.children))
        parent.children.append(node)
        self.nodes[id] = node
        return node

    # -- steps

    def step_index(self, node: Node, side: Side) -> int:
        """Return the index of the step that an attack or a defence of a leaf proves."""
        return state(node.position, self.rules.max_depth) - (side is Side.ATTACK)

    def step_from(self, node: Node, side: Side) -> bytes:
        """Return the value from which a step against a leaf starts."""
        if side is not Side.ATTACK:
            return node.value
        index = self.step_index(node, side)
        return self.prestate if self.begins(index) else self._above(node, index)[0]

    def begins(self, index: int) -> bool:
        """Return whether a machine starts with the step of this index."""
        return index == 0

    def refuses_step(self, node: Node | None, side: Side, after: bytes | None, now: int) -> str | None:
        """Return why a step must be refused. ``after`` is what its witness proves; None if it proves nothing."""
        if self.outcome is Outcome.VOID:
            return "the game is void"
        if node is None:
            return "there is no such claim"
        if node.depth != self.rules.max_depth:
            return "a step answers claims at the lowest depth alone"
        if side is Side.NONE:
            return "a step has a side"
        if node.stepper is not None:
            return "the claim was stepped against before"
        late = self.refuses_step_at(node, now)
        if late is not None:
            return late
        if after is None:
            return "the witness is not of this step"
        claimed, distance = node.value, 0
        if side is Side.DEFEND:
            claimed, distance = self._above(node, self.step_index(node, side) + 1)
        if (distance % 2 == 0) == (after == claimed):
            return "the step counters nothing"
        return None

    def refuses_step_at(self, node: Node, now: int) -> str | None:
        """Return why a step against a leaf is refused for its time."""
        if now >= self.deadline(node):
            return f"the clock ran out {now - self.deadline(node)} s ago"
        return None

    def step(self, node: Node, who: str, now: int) -> None:
        """Take a step against a leaf that is allowed."""
        node.stepper = who

    def _above(self, node: Node, steps: int) -> tuple[bytes, int]:
        for distance, above in enumerate(node.lineage(), 1):
            if state(above.position, self.rules.max_depth) == steps:
                return above.value, distance
        return b"", 0  # a defence of the last state of all, which no claim can be about

    # -- resolution

    def refuses_resolve(self, ids: Sequence[ClaimId], now: int) -> str | None:
        """Return why a call that resolves these claims must be refused. It changes nothing."""
        if self.outcome is Outcome.VOID:
            return "the game is void"
        resolved: list[Node] = []
        why, idle = None, True
        for id in ids:
            node = self.nodes.get(id)
            why = "there is no such claim" if node is None else self._refuses(node, now)
            if why is not None:
                break
            assert node is not None
            if not node.resolved:
                node.resolved = True
                resolved.append(node)
                idle = False
            idle &= node.settled or not self._final(node, now)
        for node in resolved:
            node.resolved = False
        return why if why is not None else "nothing is left to do about it" if idle and ids else None

    def _refuses(self, node: Node, now: int) -> str | None:
        if node.resolved:
            return None
        if node.counter is None or not self.rules.decided_early:
            if now < self.deadline(node):
                return f"its clock runs for {self.deadline(node) - now} s more"
            if not all(child.resolved for child in node.children):
                return "an answer to it is open"
        return "the assertion below it was rejected" if node is self.root and self.orphaned else None

    def _final(self, node: Node, now: int) -> bool:
        if not all(child.resolved for child in node.children):
            return False
        return now >= self.deadline(node) or (node is self.root and node.counter is not None)

    def refuses_collect(self, who: str, now: int) -> str | None:
        """Return why somebody cannot withdraw yet."""
        if not self.credits[who]:
            return "nothing is owed"
        left = self.released.get(who, 0) + self.rules.delay - now
        return f"the credit waits for {left} s more" if left > 0 else None

    def resolve(self, ids: Iterable[ClaimId], now: int) -> None:
        """Resolve claims that may be resolved."""
        for node in map(self.nodes.__getitem__, ids):
            if not node.resolved:
                node.resolved = True
                if node is self.root:
                    self.outcome = Outcome.UPHELD if node.counter is None else Outcome.REJECTED
            if not node.settled and self._final(node, now):
                node.settled = True
                self._settle(node, now)

    def _settle(self, node: Node, now: int) -> None:
        counter = node.counter
        lost = 0 if counter is None else node.bond * self.rules.burnt_share // WHOLE
        self.credits[counter or node.claimant] += node.bond - lost
        self.released[counter or node.claimant] = now
        self.burnt += lost

    def waiting(self) -> list[ClaimId]:
        """Return the claims that are not settled, children before parents."""
        return [node.id for node in reversed(self.nodes.values()) if not node.settled]

    @property
    def winner(self) -> str | None:
        """Who has won the root's bond; None as long as somebody else may, or if the root stands."""
        return self.root.counter if self.root.settled and self.outcome is Outcome.REJECTED else None

    @property
    def locked(self) -> int:
        """Wei of bonds that are neither paid nor given back."""
        return sum(node.bond for node in self.nodes.values() if not node.settled)

    # -- void games

    def refuses_void(self) -> str | None:
        """Return why the game cannot be ended as void."""
        if self.outcome is not Outcome.UNDECIDED:
            return f"the game is {self.outcome.name.lower()}"
        return None if self.orphaned else "what it builds on was not rejected"

    def refuses_refund(self, ids: Sequence[ClaimId]) -> str | None:
        """Return why bonds cannot be given back."""
        if self.outcome is not Outcome.VOID:
            return "the game is not void"
        if any(id not in self.nodes for id in ids):
            return "there is no such claim"
        return None if any(not self.nodes[id].settled for id in ids) else "they were given back before"

    def refund(self, ids: Iterable[ClaimId]) -> None:
        """Give bonds back to whoever paid them."""
        for node in map(self.nodes.__getitem__, ids):
            if not node.settled:
                node.settled = True
                self.credits[node.claimant] += node.bond if node is not self.root else 0


def root_node(id: ClaimId, value: bytes, claimant: str, bond: int, deadline: int, rules: Rules) -> Node:
    """Return the claim at the root, whose clock runs out at ``deadline``."""
    return Node(id, None, Side.NONE, ROOT, value, claimant, bond, deadline - rules.max_clock, 0, 0)
