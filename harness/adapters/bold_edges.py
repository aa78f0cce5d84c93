"""Edges of BoLD as values: an edge of layer zero, its halves, and what the challenge manager takes to make them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from eth_abi.abi import encode

from harness.adapters.bold_history import History
from harness.primitives.hashing import keccak256, word


@dataclass(frozen=True)
class Span:
    """An edge of a layer: the states from one height to another."""

    layer: Layer
    start: int
    end: int

    @cached_property
    def mutual(self) -> bytes:
        """What the edge and its rivals have in common."""
        layer, from_ = self.layer, self.layer.history.prefix(self.start + 1).root
        return keccak256(bytes([layer.level]) + layer.origin + word(self.start) + from_ + word(self.end))

    @cached_property
    def id(self) -> bytes:
        """The edge's id."""
        return keccak256(self.mutual + self.layer.history.prefix(self.end + 1).root)

    @property
    def states(self) -> tuple[bytes, bytes]:
        """The states at the edge's ends."""
        return self.layer.history.states[self.start], self.layer.history.states[self.end]

    def inclusion(self, height: int) -> list[bytes]:
        """Return the proof that the edge commits to the state at one of its ends."""
        return self.layer.history.prefix(height + 1).inclusion(height)


@dataclass(frozen=True)
class Layer:
    """An edge of layer zero, of two steps.

    ``claim`` is the edge above that it claims; None for one that claims an assertion. ``origin`` is what the claimed
    edge has in common with its rivals, or the assertion's parent.
    """

    level: int
    history: History
    origin: bytes
    claim: Span | None = None

    @cached_property
    def whole(self) -> Span:
        """The edge itself."""
        return Span(self, 0, 2)

    @property
    def id(self) -> bytes:
        """The edge's id."""
        return self.whole.id

    @cached_property
    def halves(self) -> tuple[Span, Span]:
        """The edges that bisecting makes of an edge of two steps."""
        return Span(self, 0, 1), Span(self, 1, 2)

    @property
    def spans(self) -> tuple[Span, ...]:
        """The halves, and the whole at last."""
        return (*self.halves, self.whole)

    def creation(self, ends: Sequence[bytes] = ()) -> tuple[Any, ...]:
        """Return what createLayerZeroEdge takes for an edge that claims one above.

        ``ends`` are the states that it says to be at the claimed edge's ends; by default those that are.
        """
        assert self.claim is not None
        above = self.claim
        proof = encode(
            ["bytes32", "bytes32", "bytes32[]", "bytes32[]", "bytes32[]"],
            [
                *(ends or above.states),
                above.inclusion(above.start),
                above.inclusion(above.end),
                self.whole.inclusion(2),
            ],
        )
        return self.level, self.history.root, 2, above.id, self.history.prefix_proof(1), proof

    def bisection(self) -> tuple[bytes, bytes, bytes]:
        """Return what bisectEdge takes for the edge, which has two steps."""
        return self.id, self.history.prefix(2).root, self.history.prefix_proof(2)


def above(claimed: Span, middle: bytes) -> Layer:
    """Return the edge of two steps that claims another one, with this state in its middle."""
    before, after = claimed.states
    return Layer(claimed.layer.level + 1, History((before, middle, after)), claimed.mutual, claimed)
