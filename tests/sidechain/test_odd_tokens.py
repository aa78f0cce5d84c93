"""Tokens with odd decimals, fees, no answers or other manners go over as over the rollup's bridge, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from harness import reverts
from harness.contracts.bindings import Contract
from harness.sidechain.bridge import BridgedMessage, message_of
from harness.sidechain.light_client import contract_type
from tests.support.shores import PORT, PROVEN, Desk

TOKENS = contract_type("Tokens")


def minted(desk: Desk, kind: str, *arguments: Any) -> Contract:
    """Return a new token of which Alice has 1,000, for the port to take."""
    alice = desk.l1.accounts.alice
    token = desk.l1.deploy(contract_type(kind), *arguments, sender=alice)
    token.mint(alice, 1_000, sender=alice)
    if kind != "SilentToken":  # it needs no allowance
        token.approve(desk.bridge.near_port, 1_000, sender=alice)
    return token


def bring(desk: Desk, token: Contract, amount: int) -> Contract:
    """Send tokens to Bob on the sidechain; return their twin there."""
    alice, bob = desk.l1.accounts.alice, desk.l1.accounts.bob
    desk.bridge.near_port.send(token, bob, amount, desk.l1.now + 1_000, 0, b"", sender=alice)
    desk.l1.mine(desk.bridge.depth)
    assert len(desk.bridge.attest()) == 1
    return desk.side.chain.at(contract_type("TwinToken"), desk.bridge.far_port.twinOf(token))


def give_back(desk: Desk, twin: Contract, amount: int) -> BridgedMessage:
    """Send tokens of Bob back to Carol, and let the light client follow."""
    bob, carol = desk.side.chain.accounts.bob, desk.l1.accounts.carol
    message = message_of(desk.bridge.far_port.send(twin, carol, amount, 0, 0, b"", sender=bob))
    desk.update()
    return message


@pytest.mark.parametrize(("answered", "taken"), [(0, 0), (6, 6), (255, 255), (256, 18), (2**200, 18)])
def test_a_twin_has_the_decimals_that_a_uint8_holds(desk: Desk, answered: int, taken: int) -> None:
    token = minted(desk, "OddDecimals", answered)
    twin = bring(desk, token, 700)
    assert (twin.decimals(), twin.balanceOf(desk.side.chain.accounts.bob)) == (taken, 700)
    desk.bridge.execute(give_back(desk, twin, 700))
    assert token.balanceOf(desk.l1.accounts.carol) == 700


def test_a_token_without_decimals_has_18(desk: Desk) -> None:
    assert bring(desk, minted(desk, "PlainToken"), 1).decimals() == 18


def test_of_a_token_with_a_fee_only_what_arrived_goes_over(desk: Desk) -> None:
    token = minted(desk, "FeeToken")
    twin = bring(desk, token, 1_000)
    port = desk.bridge.near_port
    assert (twin.totalSupply(), port.locked(token), token.balanceOf(port)) == (990, 990, 990)
    desk.bridge.execute(give_back(desk, twin, 990))
    assert (token.balanceOf(desk.l1.accounts.carol), port.locked(token), token.balanceOf(port)) == (981, 0, 0)


def test_a_token_that_answers_nothing_goes_over_and_comes_back(desk: Desk) -> None:
    token = minted(desk, "SilentToken")
    twin = bring(desk, token, 600)
    assert (twin.totalSupply(), desk.bridge.near_port.locked(token)) == (600, 600)
    desk.bridge.execute(give_back(desk, twin, 250))
    assert (token.balanceOf(desk.l1.accounts.carol), desk.bridge.near_port.locked(token)) == (250, 350)


def test_a_transfer_that_answers_false_is_none(desk: Desk) -> None:
    token, alice = minted(desk, "FalseToken"), desk.l1.accounts.alice
    twin = bring(desk, token, 500)
    token.refuse(True, sender=alice)
    with reverts(TOKENS.TransferFailed, token=token.address, amount=100):
        desk.bridge.near_port.send(token, alice, 100, desk.l1.now + 1_000, 0, b"", sender=alice)
    leaving = give_back(desk, twin, 500)
    with reverts(PROVEN.CallFailed, id=leaving.id):
        desk.bridge.execute(leaving)
    assert desk.bridge.near_port.locked(token) == 500
    token.refuse(False, sender=alice)
    desk.bridge.execute(leaving)
    assert token.balanceOf(desk.l1.accounts.carol) == 500


def test_a_token_that_calls_back_is_counted_once(desk: Desk) -> None:
    """Else what arrives within would count for the outer deposit, too."""
    token, alice = minted(desk, "ReentrantToken"), desk.l1.accounts.alice
    inner = desk.bridge.near_port.send.encode(token, alice, 100, desk.l1.now + 1_000, 0, b"")
    token.arm(token, token.approve.encode(desk.bridge.near_port, 100), sender=alice)
    token.transfer(token, 100, sender=alice)  # it lets the port take its own tokens
    token.arm(desk.bridge.near_port, inner, sender=alice)
    twin = bring(desk, token, 300)
    assert not token.succeeded()
    assert (twin.totalSupply(), desk.bridge.near_port.locked(token)) == (300, 300)
    assert len(desk.bridge.sent()) == 1


def test_nothing_is_no_deposit(desk: Desk) -> None:
    token, alice = minted(desk, "PlainToken"), desk.l1.accounts.alice
    with reverts(PORT.NothingReceived, token=token.address):
        desk.bridge.near_port.send(token, alice, 0, desk.l1.now + 1_000, 0, b"", sender=alice)
