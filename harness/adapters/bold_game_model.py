"""The rules of BoLD's challenges as a model, from its specification: one line of edges that answer each other.

A claim is an edge of layer zero with one state between its ends. Whoever answers it makes its rival, and claims the
half on which the two disagree by an edge one level below. The time in which an edge had no rival counts for its side.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.adapters.game_model import Model, Node
from harness.adapters.game_values import ClaimId, Rules
from harness.dispute.positions import Side
from harness.dispute.view import Outcome


class BoldModel(Model):
    """A challenge: who was without a rival for the whole period wins, gets its stakes back, and nothing more."""

    def __init__(self, rules: Rules, root: Node, prestate: bytes, stakes: Sequence[int]) -> None:
        super().__init__(rules, root, prestate)
        self._stakes = stakes
        self._held = stakes[0]
        self._steps: dict[ClaimId, int] = {}
        self._winners: dict[ClaimId, Node] = {}

    @property
    def locked(self) -> int:
        """Wei of stakes that wait for a winner; those of later rivals are gone at once."""
        return self._held

    @property
    def ends(self) -> int:
        """The first block in which everybody who has won can be paid."""
        return max([*(node.time for node in self.nodes.values()), *self._steps.values()]) + self.rules.max_clock

    # -- moves and steps, which are never too late

    def sides(self, node: Node) -> tuple[Side, ...]:
        """Return the sides of an answer: another one to the root is another assertion."""
        return () if node is self.root and node.children else super().sides(node)

    def refuses_move(self, parent: ClaimId, side: Side, value: bytes, bond: int, now: int) -> str | None:
        """Return why a move must be refused: not for its time, which only counts when edges are confirmed."""
        above = self.nodes.get(parent)
        found = super().refuses_move(parent, side, value, bond, now if above is None else above.time - 1)
        return found or (None if above is None else self._confirmed(above))

    def refuses_step_at(self, node: Node, now: int) -> str | None:
        """Return why a step comes too late: its claim is confirmed."""
        return self._confirmed(node)

    def _confirmed(self, node: Node) -> str | None:
        return "the claim is confirmed" if self._winners.get(node.id) is node else None

    def add(self, id: ClaimId, parent: Node, side: Side, value: bytes, claimant: str, now: int) -> Node:
        """Make a claim: the stake of the rival edge goes to whoever gets what is too much, the other one waits."""
        node = super().add(id, parent, side, value, claimant, now)
        self.burnt += self._stakes[parent.depth]
        self._held += self._stakes[node.depth]
        return node

    def step(self, node: Node, who: str, now: int) -> None:
        """Prove a step: the rival of the leaf that was made for it has no rival on its other half."""
        super().step(node, who, now)
        self._steps[node.id] = now

    # -- time without a rival

    def unrivaled(self, node: Node, now: int) -> int:
        """Return the blocks in which a claim and what its side made below it had no rival, all in all."""
        answer = node.children[0] if node.children else None
        ended = self._steps.get(node.id) if answer is None else answer.time
        if ended is None:
            return now - node.time
        own = ended - node.time
        return own if answer is None else own + min(now - answer.time, self._below(answer, now))

    def _below(self, answer: Node, now: int) -> int:
        """Return the time of what counters an answer."""
        if answer.children:
            return self.unrivaled(answer.children[0], now)
        proven = self._steps.get(answer.id)
        return 0 if proven is None else now - proven

    # -- confirmation

    def open_pairs(self, node: Node) -> list[Node]:
        """Return the claims, of this one and the one it answers, that are not decided against their rivals."""
        return [each for each in (node, node.parent) if each is not None and each.id not in self._winners]

    def waiting(self) -> list[ClaimId]:
        """Return the claims with an edge that can still be confirmed, answers before what they answer."""
        return [node.id for node in reversed(self.nodes.values()) if self.open_pairs(node)]

    def refuses_resolve(self, ids: Sequence[ClaimId], now: int) -> str | None:
        """Return why edges cannot be confirmed: too little time without a rival, or a confirmed rival."""
        before, why = dict(self._winners), None
        for id in ids:
            node = self.nodes.get(id)
            why = "there is no such claim" if node is None else self._refuses(node, now)
            if why is not None:
                break
            assert node is not None
            self._winners |= {each.id: node for each in self.open_pairs(node)}
        self._winners = before
        return why

    def _refuses(self, node: Node, now: int) -> str | None:
        if not self.open_pairs(node):
            return "its edges or their rivals were confirmed before"
        time, period = self.unrivaled(node, now), self.rules.max_clock
        return None if time >= period else f"it was without a rival for {time} blocks, expected {period}"

    def resolve(self, ids: Iterable[ClaimId], now: int) -> None:
        """Confirm edges of claims, whose claimants get the stakes back."""
        for node in map(self.nodes.__getitem__, ids):
            for pair in self.open_pairs(node):
                self._winners[pair.id] = node
                stake = self._stakes[pair.depth]
                self._held -= stake
                self.credits[node.claimant] += stake
            self.released[node.claimant] = now
            above = node.parent or node
            node.settled, node.resolved = True, self._winners[above.id] is node
            if above is self.root:
                self.outcome = Outcome.UPHELD if self._winners[above.id] is self.root else Outcome.REJECTED
