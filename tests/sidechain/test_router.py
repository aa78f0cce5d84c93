"""A router on the sidechain knows its L1s by names, and sends on what comes from one of them to another."""

from __future__ import annotations

import pytest

from harness import reverts
from harness.errors import RevertedWithError
from harness.sidechain.bridge import SENT, message_of
from harness.sidechain.light_client import contract_type
from harness.sidechain.routes import Routes, route
from tests.support.shores import ATTESTED, ETHER, PORT, PROVEN, Between, twin

ROUTER = contract_type("Router")
RECEIVER = contract_type("RoutedReceiver")
PAIRS = ("two L1s", "an L1 and a rollup", pytest.param("py-evm and anvil", marks=pytest.mark.only_anvil))
each_pair = pytest.mark.parametrize("between", PAIRS, indirect=True)


@pytest.fixture
def routes(between: Between) -> Routes:
    first, second = between.bridges
    return between.side.routes(A=first, B=second)


@each_pair
def test_a_token_goes_from_a_to_b_and_back_over_named_routes(between: Between, routes: Routes) -> None:
    first, second = between.bridges
    alice, bob = between.first.accounts.alice, between.second.accounts.bob
    token = between.first.deploy(contract_type("DemoToken"), "T", "T", 100, sender=alice)
    token.approve(first.near_port, 60, sender=alice)
    routes.send_tokens("A", "B", token, bob, 60, sender=alice)
    between.settle()
    assert len(second.sent_back()) == 1
    second.execute(second.sent_back()[-1])
    middle = twin(between.side.chain, first.far_port, token)
    last = twin(between.second, second.near_port, middle)
    held = token.balanceOf(first.near_port), middle.balanceOf(second.far_port), last.balanceOf(bob)
    assert (held, middle.balanceOf(routes.router)) == ((60, 60, 60), 0)

    routes.send_tokens("B", "A", last, between.first.accounts.carol, 60, sender=bob)
    between.settle()
    first.execute(first.sent_back()[-1])
    assert token.balanceOf(between.first.accounts.carol) == 60
    assert (middle.totalSupply(), last.totalSupply(), first.near_port.locked(token)) == (0, 0, 0)


@each_pair
def test_a_message_goes_from_a_to_b_and_back_and_says_who_sent_it(between: Between, routes: Routes) -> None:
    first, second = between.bridges
    for start, end in (("A", "B"), ("B", "A")):
        bridge, origin = routes.bridges[end], routes.bridges[start].l1.accounts.alice
        receiver = bridge.l1.deploy(RECEIVER, bridge.near, routes.router, sender=bridge.l1.accounts.bob)
        routes.send(start, end, receiver, b"hello", sender=origin, gas=200_000)
        between.settle()
        message = bridge.sent_back()[-1]
        assert message.gas == 200_000
        bridge.execute(message)
        assert (receiver.origin(), receiver.sender(), receiver.data(), receiver.value()) == (
            route(start), origin.address, b"hello", 0,
        )  # fmt: skip
    assert first.sent_back()[-1].words[1] == second.sent_back()[-1].words[1] == routes.router.address


@each_pair
def test_a_routed_message_runs_on_no_other_chain(between: Between, routes: Routes) -> None:
    first, second = between.bridges
    receiver = between.first.deploy(RECEIVER, first.near, routes.router, sender=between.first.accounts.bob)
    routes.send("A", "B", receiver, b"hello", sender=between.first.accounts.alice)
    arriving = first.sent()[-1]
    between.settle()
    leaving = second.sent_back()[-1]
    with reverts(PROVEN.NotSent):
        first.execute(leaving, first.prove(SENT, first.near.idOf(leaving.words, False)))
    with pytest.raises(RevertedWithError):
        first.execute(leaving, second.prove(SENT, leaving.id))
    with reverts(ATTESTED.NotAttestedBy):
        second.deliver(arriving, second.attestations(arriving.id))
    with reverts(ATTESTED.AlreadyReceived):
        first.deliver(arriving, first.attestations(arriving.id))


def test_ether_of_the_first_chain_goes_along_only_to_it(between: Between, routes: Routes) -> None:
    first, _ = between.bridges
    bob = between.side.chain.accounts.bob
    first.deposit(between.first.accounts.bob, ETHER, sender=between.first.accounts.alice)
    between.settle()
    receiver = between.first.deploy(RECEIVER, first.near, routes.router, sender=between.first.accounts.bob)
    with reverts(ATTESTED.NotLockedThere, actual=ETHER, locked=0):
        routes.router.forward(route("B"), receiver, 0, b"", sender=bob, value=ETHER)
    message = message_of(routes.router.forward(route("A"), receiver, 0, b"", sender=bob, value=ETHER))
    between.side.step()
    first.execute(message)
    assert (receiver.value(), receiver.sender(), between.first.balance(receiver)) == (ETHER, bob.address, ETHER)


def test_nobody_but_a_known_port_brings_tokens_or_speaks_for_a_chain(between: Between, routes: Routes) -> None:
    mallory = between.side.chain.accounts.mallory
    with reverts(ROUTER.NotFromPort, actual=mallory.address):
        routes.router.onTokens(mallory, mallory, 1, b"", sender=mallory)
    bridge = routes.bridges["B"]
    receiver = between.second.deploy(RECEIVER, bridge.near, routes.router, sender=between.second.accounts.bob)
    false = receiver.onRouted.encode(route("A"), between.first.accounts.alice, b"lie")
    message = bridge.withdraw(receiver, 0, false, sender=mallory)
    between.side.step()
    with reverts(PROVEN.CallFailed):
        bridge.execute(message)
    own = message_of(routes.router.forward(route("B"), receiver, 0, b"mine", sender=mallory))
    between.side.step()
    bridge.execute(own)
    assert (receiver.sender(), receiver.data()) == (mallory.address, b"mine")


def test_what_has_no_route_comes_back(between: Between, routes: Routes) -> None:
    """The message fails as a whole, on the sidechain, and is refunded after its deadline."""
    first, _ = between.bridges
    alice = between.first.accounts.alice
    token = between.first.deploy(contract_type("DemoToken"), "T", "T", 100, sender=alice)
    token.approve(first.near_port, 60, sender=alice)
    message = routes.send_tokens("A", "C", token, alice, 60, sender=alice)
    between.first.mine(6)
    with reverts(ATTESTED.CallFailed):
        first.deliver(message, first.attestations(message.id))
    for chain in (between.first, between.side.chain):
        chain.warp(to=message.deadline + 1)
    between.side.chain.mine()
    first.follow()
    first.refund(message)
    first.near_port.reclaim(message.words, sender=alice)
    assert token.balanceOf(alice) == 100
    with reverts(ROUTER.NoSuchRoute, name=route("C")):
        routes.router.forward(route("C"), alice, 0, b"", sender=between.side.chain.accounts.bob)


def test_a_name_stands_for_one_bridge_and_a_bridge_has_one_name(between: Between) -> None:
    first, second = between.bridges
    trent = between.side.chain.accounts.trent
    ports = first.far_port.address, second.far_port.address
    for routes, error, fields in (
        ([], ROUTER.NoRoutes, {}),
        ([(bytes(32), ports[0])], ROUTER.NoName, {"place": 0}),
        ([(route("A"), ports[0]), (route("A"), ports[1])], ROUTER.NameTaken, {"name": route("A")}),
        ([(route("A"), ports[0]), (route("B"), ports[0])], ROUTER.BridgeTaken, {"name": route("A")}),
    ):
        with reverts(error, **fields):
            between.side.chain.deploy(ROUTER, routes, sender=trent)


def test_only_the_port_is_told_where_tokens_go(between: Between, routes: Routes) -> None:
    """A receiver that is told of tokens which are somebody else's forwards nothing."""
    with reverts(PORT.NotFromRemote):
        between.bridges[0].far_port.arrive(
            routes.router, 18, routes.router, routes.router, 5, b"1", sender=between.side.chain.accounts.mallory
        )
