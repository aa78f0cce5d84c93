"""A challenge of BoLD played to its end: rival edges bisect at three levels, and one step is proven."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from eth_abi.abi import encode

from harness.adapters.bold import Assertion, BoldStack
from harness.adapters.bold_history import History, Machine

if TYPE_CHECKING:
    from harness.chain.values.accounts import Account

_MOST = 2**64 - 1


class Trace(Protocol):
    """What a party holds for true: a history for each place, the block, and then the big step."""

    def history(self, place: Sequence[int]) -> History:
        """Return the history of the level that a place leads to."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One edge: its id, the place of its level, and the heights where it starts and ends."""

    id: bytes
    place: tuple[int, ...]
    start: int
    end: int

    @property
    def level(self) -> int:
        """0 for blocks, 1 for big steps, 2 for steps."""
        return len(self.place)


@dataclass(slots=True)
class Party:
    """One side of a challenge, with the edges that it has made; the last one is where the rivals disagree."""

    stack: BoldStack
    who: Account
    trace: Trace
    claim: Assertion
    path: list[Edge] = field(default_factory=list)
    others: list[Edge] = field(default_factory=list)

    def open(self) -> None:
        """Make the first edge of a level: about the assertion, or about the edge of length one above."""
        place = (*self.path[-1].place, self.path[-1].start) if self.path else ()
        level, history = len(place), self.trace.history(place)
        height = self.stack.rules.heights[level]
        challenges = self.stack.parts["challenges"]
        self.stack.fund(self.who, self.stack.rules.edge_stakes[level], challenges)
        claim, proof = self._about(history) if self.path else self._about_assertion(history)
        sent = challenges.createLayerZeroEdge(
            (level, history.root, height, claim, history.prefix_proof(1), proof), sender=self.who
        )
        made = next(each for each in sent.events if each.name == "EdgeAdded")
        self.path.append(Edge(bytes(made.edgeId), place, 0, height))

    def _about_assertion(self, history: History) -> tuple[bytes, bytes]:
        return self.claim.hash, self.claim.proof(history.inclusion(len(history.states) - 1))

    def _about(self, history: History) -> tuple[bytes, bytes]:
        edge = self.path[-1]
        above = self.trace.history(edge.place)
        kinds = ["bytes32", "bytes32", "bytes32[]", "bytes32[]", "bytes32[]"]
        proof = [
            history.states[0],
            history.states[-1],
            above.prefix(edge.start + 1).inclusion(edge.start),
            above.prefix(edge.end + 1).inclusion(edge.end),
            history.inclusion(len(history.states) - 1),
        ]
        return edge.id, encode(kinds, proof)

    def bisect(self) -> tuple[Edge, Edge]:
        """Bisect the newest edge; return the lower and the upper half."""
        edge = self.path[-1]
        middle = halfway(edge.start, edge.end)
        history = self.trace.history(edge.place).prefix(edge.end + 1)
        root, proof = history.prefix(middle + 1).root, history.prefix_proof(middle + 1)
        sent = self.stack.parts["challenges"].bisectEdge(edge.id, root, proof, sender=self.who)
        made = next(each for each in sent.events if each.name == "EdgeBisected")
        lower = Edge(bytes(made.lowerChildId), edge.place, edge.start, middle)
        return lower, Edge(bytes(made.upperChildId), edge.place, middle, edge.end)

    def prove(self, machine: Machine) -> None:
        """Prove the step of the newest edge."""
        edge, rules = self.path[-1], self.stack.rules
        block, big = edge.place
        step = big * rules.heights[2] + edge.start
        before = machine.state(machine.steps(block, step))
        history = self.trace.history(edge.place)
        assert self.claim.parent is not None
        self.stack.parts["challenges"].confirmEdgeByOneStepProof(
            edge.id,
            (before.machine, before.inbox.to_bytes(8, "big") + before.message.to_bytes(8, "big")),
            self.stack.config(self.claim.parent),
            history.prefix(edge.start + 1).inclusion(edge.start),
            history.prefix(edge.end + 1).inclusion(edge.end),
            sender=self.who,
        )

    def confirm(self) -> bytes:
        """Confirm the edge of the assertion by the time that it and its halves had no rival; return its id."""
        challenges = self.stack.parts["challenges"]
        leaf = self.path[-1]
        for edge in [*self.others, *reversed(self.path)]:
            claimed = next((each for each in self.path if each.level == edge.level + 1), None)
            if edge is leaf:
                continue
            if edge in self.path and edge.end - edge.start == 1 and claimed is not None:
                challenges.updateTimerCacheByClaim(edge.id, claimed.id, _MOST, sender=self.who)
            else:
                challenges.updateTimerCacheByChildren(edge.id, _MOST, sender=self.who)
        challenges.confirmEdgeByTime(self.path[0].id, self.claim.state_data, sender=self.who)
        return self.path[0].id


def halfway(start: int, end: int) -> int:
    """Return the height at which an edge must be bisected."""
    if end - start == 2:
        return start + 1
    bit = ((end - 1) ^ start).bit_length() - 1
    return (end - 1) >> bit << bit


def play(honest: Party, liar: Party) -> None:
    """Bisect at all levels down to the step on which the parties disagree."""
    for _ in honest.stack.rules.heights:
        honest.open()
        liar.open()
        while honest.path[-1].end - honest.path[-1].start > 1:
            (low, high), (their_low, their_high) = honest.bisect(), liar.bisect()
            agreed = low.id == their_low.id
            honest.path.append(high if agreed else low)
            honest.others.append(low if agreed else high)
            liar.path.append(their_high if agreed else their_low)
