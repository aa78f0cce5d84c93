"""Portal.depositTransaction: what it tells the OP Stack's clients, and its guards in order."""

from __future__ import annotations

from typing import Any

import pytest

from harness import emitted, ether, reverts
from harness.rollup.codec.messages import aliased
from harness.testbed.rollup import Rollup

ZERO = "0x" + 40 * "0"
LONGEST = 50_000


@pytest.mark.parametrize("name", ["delayedInbox", "roots"])
def test_a_portal_without_its_contracts_is_not_deployed(rollup: Rollup, contracts: Any, alice: Any, name: str) -> None:
    places = {"delayedInbox": rollup.contracts.delayed_inbox.address, "roots": rollup.roots.address}
    with reverts(contracts["Portal"].NotAContract, name=name, actual=alice):
        contracts["Portal"].deploy(rollup.l1, *(places | {name: alice.address}).values(), 0, True, sender=alice)


def test_a_deposit_is_told_in_opaque_data(rollup: Rollup, alice: Any, bob: Any) -> None:
    receipt = rollup.portal.depositTransaction(
        bob.address, 7, 100_000, False, b"\x01\x02", sender=alice, value=ether(1)
    )
    event = next(event for event in receipt.events if event.name == "TransactionDeposited")
    assert (getattr(event, "from"), event.to, event.version) == (alice.address, bob.address, 0)
    assert event.opaqueData == (
        ether(1).to_bytes(32, "big") + (7).to_bytes(32, "big") + (100_000).to_bytes(8, "big") + b"\x00" + b"\x01\x02"
    )


def test_a_creation_is_told_in_opaque_data(rollup: Rollup, alice: Any) -> None:
    receipt = rollup.portal.depositTransaction(ZERO, 0, 100_000, True, b"\xfe", sender=alice)
    event = next(event for event in receipt.events if event.name == "TransactionDeposited")
    assert (event.to, event.opaqueData[64:]) == (ZERO, (100_000).to_bytes(8, "big") + b"\x01\xfe")


def test_a_contracts_deposit_comes_from_its_alias(rollup: Rollup, contracts: Any, alice: Any) -> None:
    relay = contracts["Forwarder"].deploy(rollup.l1, sender=alice)
    call = rollup.portal.functions["depositTransaction"].encode(alice.address, 0, 100_000, False, b"")
    receipt = relay.forward(rollup.portal.address, call, sender=alice, value=5)
    event = next(event for event in receipt.events if event.name == "TransactionDeposited")
    assert bytes.fromhex(getattr(event, "from")[2:]) == aliased(bytes.fromhex(relay.address[2:]))


def test_a_delegated_accounts_deposit_comes_from_itself(
    rollup: Rollup, contracts: Any, alice: Any, bob: Any, accounts: Any
) -> None:
    """Carol's account runs a contract's code, and bob calls it (EIP-7702): she has a key for her address on L2."""
    carol = accounts.carol
    rollup.l1.authorize(carol, contracts["Forwarder"].deploy(rollup.l1, sender=alice))
    before = rollup.l2.balance(carol)
    call = rollup.portal.functions["depositTransaction"].encode(carol.address, 0, 100_000, False, b"")
    account = contracts["Forwarder"].at(rollup.l1, carol.address)
    receipt = account.forward(rollup.portal.address, call, sender=bob, value=5)
    assert rollup.message_of(receipt).sender == carol.address_bytes
    assert rollup.l2.balance(carol) == before + 5


@pytest.mark.needs("edits")
def test_a_contract_as_long_as_a_designator_has_an_alias(rollup: Rollup, alice: Any) -> None:
    """It passes its ether on to the address in its calldata."""
    place = b"\x23" * 20
    rollup.l1.set_code("0x" + place.hex(), bytes.fromhex("5f5f5f5f345f355af1").ljust(23, b"\x00"))
    data = bytes(12) + bytes.fromhex(rollup.portal.address[2:])
    receipt = rollup.l1.send(sender=alice, to="0x" + place.hex(), data=data, value=5, gas=500_000)
    assert rollup.message_of(receipt).sender == aliased(place)


def test_ether_that_is_just_sent_is_a_deposit(rollup: Rollup, alice: Any) -> None:
    before = rollup.l2.balance(alice)
    receipt = rollup.l1.send(sender=alice, to=rollup.portal.address, value=ether(2))
    message = rollup.message_of(receipt)
    assert (rollup.l2.balance(alice), message.gas_limit) == (before + ether(2), 100_000)


def test_ether_can_be_donated(rollup: Rollup, alice: Any) -> None:
    held, count = rollup.l1.balance(rollup.portal), rollup.contracts.delayed_inbox.messageCount()
    receipt = rollup.portal.donateETH(sender=alice, value=ether(1))
    emitted(receipt, rollup.portal.Donated, amount=ether(1), **{"from": alice})
    assert rollup.l1.balance(rollup.portal) == held + ether(1)
    assert rollup.contracts.delayed_inbox.messageCount() == count


def test_deposit_creation_with_a_target_reverts(rollup: Rollup, alice: Any) -> None:
    with reverts(rollup.portal.OptimismPortal_BadTarget):
        rollup.portal.depositTransaction(alice.address, 0, 100_000, True, b"", sender=alice, value=1)


def test_deposit_of_too_much_data_reverts(rollup: Rollup, alice: Any) -> None:
    with reverts(rollup.portal.OptimismPortal_CalldataTooLarge):
        rollup.portal.depositTransaction(ZERO, 0, 2**23, False, bytes(LONGEST + 1), sender=alice)
    with reverts(rollup.contracts.delayed_inbox.MessageTooLong, actual=49_153, maximum=49_152):
        rollup.portal.depositTransaction(ZERO, 0, 2**23, True, bytes(49_153), sender=alice)


@pytest.mark.parametrize(("length", "minimum"), [(0, 21_000), (1, 21_040), (100, 25_000)])
def test_deposit_with_too_little_gas_reverts(rollup: Rollup, alice: Any, length: int, minimum: int) -> None:
    assert rollup.portal.minimumGasLimit(length) == minimum
    data = b"\xff" * length
    with reverts(rollup.portal.OptimismPortal_GasLimitTooLow):
        rollup.portal.depositTransaction(alice.address, 0, minimum - 1, False, data, sender=alice)
    assert rollup.deposit(ether(1), sender=alice, gas=minimum, data=data).gas_used <= minimum
