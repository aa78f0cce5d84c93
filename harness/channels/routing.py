"""Routing: finds a way for a payment through the channels of others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

import networkx as nx

from harness.channels.errors import NoRoute

MAX_HOPS = 20
CANDIDATES = 64
"""Most shortest paths that are tried before a payment is given up."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A hub's terms: a fixed fee, parts per million of what it forwards, and seconds between its two locks.

    ``longest`` is the most seconds for which a lock may tie up the hub's money. Without that bound a lock could keep
    its place for ever.
    """

    base_fee: int = 0
    rate: int = 0
    expiry_delta: int = 600
    longest: int = 90 * 86_400

    def fee(self, amount: int) -> int:
        """Return the fee for forwarding ``amount``, rounded up."""
        return self.base_fee + -(-amount * self.rate // 1_000_000)


@dataclass(frozen=True, slots=True)
class Edge:
    """One direction of a channel: who forwards through it, on what terms, and how much it can carry."""

    source: str
    target: str
    channel: bytes
    policy: Policy
    capacity: int


@dataclass(frozen=True, slots=True)
class Hop:
    """One lock of a routed payment: ``recipient`` gets ``amount`` over ``channel`` until ``expiry``."""

    channel: bytes
    recipient: str
    amount: int
    expiry: int


class Graph:
    """The channels that a payer knows."""

    def __init__(self, edges: Iterable[Edge]) -> None:
        self._graph: nx.MultiDiGraph = nx.MultiDiGraph()
        for edge in edges:
            self._graph.add_edge(edge.source, edge.target, key=edge.channel, edge=edge)

    def route(
        self, source: str, target: str, amount: int, *, expiry: int, latest: int, max_hops: int = MAX_HOPS
    ) -> tuple[Hop, ...]:
        """Return the cheapest of the shortest routes that carry ``amount`` to ``target``; raises NoRoute.

        The target's lock ends at ``expiry``. ``latest`` bounds the expiry of the first lock, and so for how long the
        payer's money can be tied up.
        """
        best: tuple[Hop, ...] | None = None
        for path in islice(self._paths(source, target), CANDIDATES):
            if len(path) - 1 > max_hops or (best is not None and len(path) - 1 > len(best)):
                break
            hops = self._hops(path, amount, expiry)
            if hops and hops[0].expiry <= latest and (best is None or hops[0].amount < best[0].amount):
                best = hops
        if best is None:
            raise NoRoute(source, target, amount, max_hops)
        return best

    def _paths(self, source: str, target: str) -> Iterator[list[str]]:
        if source not in self._graph or target not in self._graph or source == target:
            return iter(())
        simple = nx.DiGraph((edge[0], edge[1]) for edge in self._graph.edges)
        if not nx.has_path(simple, source, target):
            return iter(())
        return iter(nx.shortest_simple_paths(simple, source, target))

    def _hops(self, path: list[str], amount: int, expiry: int) -> tuple[Hop, ...] | None:
        """Return amounts and expiries from the target backwards. Each hub adds its fee and its time."""
        hops: list[Hop] = []
        for source, target in reversed(list(pairwise(path))):
            edge = self._edge(source, target, amount)
            if edge is None:
                return None
            hops.append(Hop(edge.channel, target, amount, expiry))
            # The source of this edge is the hub that charges for forwarding. The payer charges nothing.
            amount += edge.policy.fee(amount)
            expiry += edge.policy.expiry_delta
        return tuple(reversed(hops))

    def _edge(self, source: str, target: str, amount: int) -> Edge | None:
        """Return the cheapest channel from one party to the other that carries the amount."""
        found = [data["edge"] for data in self._graph[source][target].values()]
        fitting = [edge for edge in found if edge.capacity >= amount]
        return min(fitting, key=lambda edge: (edge.policy.fee(amount), edge.channel), default=None)
