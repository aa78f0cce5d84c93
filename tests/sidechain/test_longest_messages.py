"""What is sent over a bridge can run at the other end, however much data it has."""

from __future__ import annotations

from harness import reverts
from harness.chain import open_chain
from harness.chain.values.accounts import Account
from harness.primitives.signatures import signer_of
from harness.sidechain.bridge import message_of
from harness.sidechain.header import seal
from harness.sidechain.light_client import contract_type
from harness.sidechain.sealed_chain import validator_keys
from harness.sidechain.validators import quorum
from tests.support.shores import ATTESTED, ETHER, PROVEN, Between, Desk

LONGEST = 32_768
MOST_GAS = 6_000_000
TX_GAS_CAP = 2**24
PASSED_ON = 2**17
"""The bytes of the longest transaction that nodes pass on."""
PORT_WRAPS = 4 + 32 * 7
"""What `ITokenPort.arrive` puts around data of whole words: a selector, six words, and the length."""
ROUTER_WRAPS = 4 + 32 * 5
"""The same for `IRouter.forward`."""


def test_no_message_has_more_data_than_a_transaction_brings(desk: Desk) -> None:
    alice, bob = desk.l1.accounts.alice, desk.side.chain.accounts.bob
    before = desk.l1.balance(desk.bridge.near), desk.bridge.far.locked()
    with reverts(PROVEN.TooMuchData, actual=LONGEST + 1, maximum=LONGEST):
        desk.bridge.deposit(bob, ETHER, b"\xff" * (LONGEST + 1), sender=alice)
    with reverts(ATTESTED.TooMuchData, actual=LONGEST + 1, maximum=LONGEST):
        desk.bridge.withdraw(alice, 0, b"\xff" * (LONGEST + 1), sender=bob)
    assert (desk.l1.balance(desk.bridge.near), desk.bridge.far.locked()) == before


def test_the_longest_message_runs_on_l1(desk: Desk) -> None:
    desk.deposit()
    desk.bridge.attest()
    carol = desk.l1.accounts.carol
    bob = desk.side.chain.accounts.bob
    message = desk.bridge.withdraw(carol, ETHER // 2, b"\xff" * LONGEST, sender=bob, gas=MOST_GAS)
    desk.update()
    before = desk.l1.balance(carol)
    desk.bridge.execute(message)
    assert desk.l1.balance(carol) - before == ETHER // 2


def test_the_longest_message_runs_on_the_sidechain_with_the_word_of_255_validators() -> None:
    """A quorum of the largest set signs it. Nodes pass on so short a transaction, and it has gas for the call."""
    keys = sorted(validator_keys(255), key=signer_of)
    members = [Account.from_key(key).address for key in keys]
    with open_chain("py-evm") as chain:
        alice, bob = chain.accounts.alice, chain.accounts.bob
        bridge = chain.deploy(ATTESTED, 900, alice, members, sender=alice)
        message = (0, alice, bob, 0, chain.now + 1_000, MOST_GAS, b"\xff" * LONGEST)
        digest = bridge.attestation(bridge.idOf(message, False))
        seats = range(255 - quorum(255), 255)
        words = message, bytes(seats), [seal(keys[seat], digest) for seat in seats]
        assert len(bridge.deliver.encode(*words)) < PASSED_ON - 1_000
        bridge.deliver(*words, sender=bob, gas=TX_GAS_CAP)
        assert bridge.received(bridge.idOf(message, False)) == 1


def test_what_a_port_wraps_around_data_counts(desk: Desk) -> None:
    alice = desk.l1.accounts.alice
    token = desk.l1.deploy(contract_type("DemoToken"), "T", "T", 100, sender=alice)
    token.approve(desk.bridge.near_port, 100, sender=alice)
    later, bob = desk.l1.now + 1_000, desk.l1.accounts.bob
    fits = b"\xff" * ((LONGEST - PORT_WRAPS) // 32 * 32)
    with reverts(PROVEN.TooMuchData, actual=len(fits) + 32 + PORT_WRAPS, maximum=LONGEST):
        desk.bridge.near_port.send(token, bob, 60, later, 0, fits + b"\xff", sender=alice)
    assert (token.balanceOf(alice), desk.bridge.near_port.locked(token)) == (100, 0)
    message = message_of(desk.bridge.near_port.send(token, bob, 60, later, 0, fits, sender=alice))
    assert len(message.data) == len(fits) + PORT_WRAPS


def test_the_longest_message_goes_on_over_a_router_to_a_second_l1_and_to_a_rollup(between: Between) -> None:
    """It wraps the data again, in less than what they came in. A rollup's transaction has less gas and fewer bytes."""
    first, second = between.bridges
    routes, alice = between.side.routes(A=first, B=second), between.first.accounts.alice
    fits = b"\xff" * ((LONGEST - ROUTER_WRAPS) // 32 * 32)
    with reverts(PROVEN.TooMuchData, actual=len(fits) + 32 + ROUTER_WRAPS, maximum=LONGEST):
        routes.send("A", "B", between.second.accounts.bob, fits + b"\xff", sender=alice)
    routes.send("A", "B", between.second.accounts.bob, fits, sender=alice, gas=MOST_GAS)
    between.settle()
    (message,) = second.sent_back()
    assert LONGEST - 200 < len(message.data) < LONGEST
    second.execute(message)
    assert second.near.received(message.id) == 1
