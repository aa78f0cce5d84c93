"""Routes through a graph of channels."""

from __future__ import annotations

import pytest

from harness.channels.bus import Faults, MessageBus
from harness.channels.errors import NoRoute
from harness.channels.routing import Edge, Graph, Policy


def edges(*pairs: tuple[str, str], capacity: int = 10**6, policy: Policy | None = None) -> list[Edge]:
    policy = policy or Policy(base_fee=1, expiry_delta=10)
    return [Edge(a, b, f"{a}{b}".encode(), policy, capacity) for a, b in pairs]


def chain(hops: int) -> list[Edge]:
    return edges(*((f"n{i}", f"n{i + 1}") for i in range(hops)))


def test_twenty_hops_are_a_route_and_twenty_one_are_not() -> None:
    assert len(Graph(chain(20)).route("n0", "n20", 5, expiry=100, latest=10**9)) == 20
    with pytest.raises(NoRoute) as problem:
        Graph(chain(21)).route("n0", "n21", 5, expiry=100, latest=10**9)
    assert problem.value.hops == 20


def test_amounts_and_expiries_grow_towards_the_payer() -> None:
    hops = Graph(chain(4)).route("n0", "n4", 100, expiry=1_000, latest=10**9)
    assert [hop.amount for hop in hops] == [103, 102, 101, 100]
    assert [hop.expiry for hop in hops] == [1_030, 1_020, 1_010, 1_000]


def test_a_route_that_ties_up_money_for_too_long_is_none() -> None:
    graph = Graph(chain(4))
    assert graph.route("n0", "n4", 1, expiry=1_000, latest=1_030)
    with pytest.raises(NoRoute):
        graph.route("n0", "n4", 1, expiry=1_000, latest=1_029)


def test_capacity_counts_with_the_fees_of_those_behind() -> None:
    graph = Graph([*edges(("a", "b"), capacity=100), *edges(("b", "c"))])
    assert graph.route("a", "c", 99, expiry=0, latest=10**9)[0].amount == 100
    with pytest.raises(NoRoute):
        graph.route("a", "c", 100, expiry=0, latest=10**9)


def test_of_parallel_channels_the_cheaper_that_carries_it() -> None:
    cheap = Edge("b", "c", b"cheap", Policy(base_fee=1), 10)
    dear = Edge("b", "c", b"dear", Policy(base_fee=9), 10**6)
    graph = Graph([*edges(("a", "b")), cheap, dear])
    assert graph.route("a", "c", 10, expiry=0, latest=10**9)[1].channel == b"cheap"
    assert graph.route("a", "c", 11, expiry=0, latest=10**9)[1].channel == b"dear"


def test_the_unknown_and_oneself_are_no_targets() -> None:
    graph = Graph(chain(2))
    for source, target in (("n0", "x"), ("x", "n0"), ("n0", "n0"), ("n2", "n0")):
        with pytest.raises(NoRoute):
            graph.route(source, target, 1, expiry=0, latest=10**9)


@pytest.mark.parametrize(("amount", "fee"), [(0, 5), (1, 6), (1_000, 6), (1_001, 7), (10**6, 1_005)])
def test_a_share_is_rounded_up(amount: int, fee: int) -> None:
    assert Policy(base_fee=5, rate=1_000).fee(amount) == fee


def drain(bus: MessageBus) -> list[int]:
    found = []
    while (envelope := bus.deliver()) is not None:
        found.append(envelope.message)
    return found


def test_a_bus_without_faults_keeps_the_order() -> None:
    bus = MessageBus()
    for number in range(50):
        bus.send("a", "b", number)
    assert drain(bus) == list(range(50))


@pytest.mark.parametrize("seed", range(3))
def test_a_bus_with_faults_repeats_itself_from_its_seed(seed: int) -> None:
    def run() -> list[int]:
        bus = MessageBus(seed, Faults(0.2, 0.2, 0.5, 4))
        for number in range(200):
            bus.send("a", "b", number)
        return drain(bus)

    found = run()
    assert found == run()
    assert found != sorted(found)
    assert 120 < len(set(found)) < 190
    assert len(found) > len(set(found))
