"""Messages both ways: who sends what, as whom, and what survives a failure."""

from __future__ import annotations

from typing import Any

import pytest

from harness import ether, reverts
from harness.rollup.codec.messages import aliased
from harness.rollup.withdrawals import message_in
from harness.testbed.rollup import Rollup


@pytest.fixture
def relay(rollup: Rollup, contracts: Any, alice: Any) -> Any:
    """A contract on L1 that calls the portal."""
    return contracts["Forwarder"].deploy(rollup.l1, sender=alice)


def _deposit_from(
    rollup: Rollup, relay: Any, alice: Any, to: Any, data: bytes, *, mint: int = 0, value: int = 0
) -> Any:
    call = rollup.portal.functions["depositTransaction"].encode(to, value, 200_000, False, data)
    receipt = relay.forward(rollup.portal.address, call, sender=alice, value=mint)
    return rollup.l2.receipt(rollup.message_of(receipt).transaction_hash)


def test_a_contract_of_l1_is_aliased_on_l2(rollup: Rollup, relay: Any, alice: Any, contracts: Any) -> None:
    counter = rollup.l2.deploy(contracts["Counter"], 3, sender=alice)
    receipt = _deposit_from(rollup, relay, alice, counter.address, counter.functions["increment"].encode())
    assert receipt.succeeded
    assert counter.number() == 1
    assert bytes.fromhex(receipt.sender[2:]) == aliased(bytes.fromhex(relay.address[2:]))


def test_a_contract_cannot_pass_for_the_same_address_on_l2(rollup: Rollup, relay: Any, alice: Any) -> None:
    # What L2's own contract of that address would be allowed to do, L1's is not.
    before = rollup.l2.balance(relay)
    rollup.deposit(ether(1), sender=alice, to=relay)
    receipt = _deposit_from(rollup, relay, alice, alice.address, b"", value=ether(1))
    assert not receipt.succeeded
    assert rollup.l2.balance(relay) == before + ether(1)


def test_an_account_is_itself_on_l2(rollup: Rollup, alice: Any, contracts: Any) -> None:
    counter = rollup.l2.deploy(contracts["Counter"], 3, sender=alice)
    counter.increment(sender=alice)
    receipt = rollup.deposit(0, sender=alice, to=counter, data=counter.functions["reset"].encode())
    assert receipt.sender == alice.address
    assert counter.number() == 0


def test_an_account_can_deploy_on_l2_from_l1(rollup: Rollup, alice: Any, contracts: Any) -> None:
    code = contracts["Counter"].creation_code(3)
    receipt = rollup.deposit(0, sender=alice, data=code, is_creation=True, gas=2_000_000)
    counter = contracts["Counter"].at(rollup.l2, receipt.contract_address)
    assert counter.number() == 0


def test_a_deposit_whose_call_reverts_is_minted_all_the_same(rollup: Rollup, alice: Any, contracts: Any) -> None:
    counter = rollup.l2.deploy(contracts["Counter"], 0, sender=alice)
    before = rollup.l2.balance(alice)
    receipt = rollup.deposit(ether(1), sender=alice, to=counter, data=counter.functions["increment"].encode())
    assert not receipt.succeeded
    assert rollup.l2.balance(alice) == before + ether(1)
    assert counter.number() == 0


def test_a_deposit_that_runs_out_of_gas_is_minted_all_the_same(rollup: Rollup, alice: Any, contracts: Any) -> None:
    counter = rollup.l2.deploy(contracts["Counter"], 3, sender=alice)
    before = rollup.l2.balance(alice)
    data = counter.functions["increment"].encode()
    receipt = rollup.deposit(ether(1), sender=alice, to=counter, call_value=0, data=data, gas=21_160)
    assert (receipt.succeeded, receipt.gas_used) == (False, 21_160)
    assert rollup.l2.balance(alice) == before + ether(1)


def test_a_deposit_of_more_value_than_there_is_is_minted_all_the_same(rollup: Rollup, accounts: Any, bob: Any) -> None:
    poor = accounts.victor
    held, bobs = rollup.l2.balance(poor), rollup.l2.balance(bob)
    receipt = rollup.deposit(1, sender=poor, to=bob, call_value=held + 2)
    assert not receipt.succeeded
    assert (rollup.l2.balance(poor), rollup.l2.balance(bob)) == (held + 1, bobs)


def test_a_deposit_can_spend_what_was_there_before(rollup: Rollup, alice: Any, bob: Any) -> None:
    before = rollup.l2.balance(bob)
    assert rollup.deposit(0, sender=alice, to=bob, call_value=ether(5)).succeeded
    assert rollup.l2.balance(bob) == before + ether(5)


def test_a_deposit_uses_a_nonce_of_its_sender(rollup: Rollup, alice: Any) -> None:
    nonce = rollup.l2.nonce(alice)
    rollup.deposit(1, sender=alice)
    assert rollup.l2.nonce(alice) == nonce + 1


def test_a_contract_of_l2_calls_a_contract_of_l1(rollup: Rollup, relay: Any, alice: Any, contracts: Any) -> None:
    sender = contracts["Forwarder"].deploy(rollup.l2, sender=alice)
    call = rollup.passer.functions["initiateWithdrawal"].encode(relay.address, 100_000, b"\xaa\xbb")
    receipt = sender.forward(rollup.passer.address, call, sender=alice, value=ether(1))
    message = message_in(receipt)
    assert message.sender == sender.address
    rollup.confirm_all()
    rollup.execute(message, sender=alice)
    assert (relay.received(), relay.lastL2Sender()) == (ether(1), sender.address)


def test_fees_of_l2_reach_their_owner_on_l1(rollup: Rollup, alice: Any, bob: Any) -> None:
    for _ in range(3):
        rollup.l2.send(sender=alice, to=bob, value=1, priority_fee=10**9)
    fees = rollup.l2.balance(rollup.fee_vault)
    assert fees >= 3 * 21_000 * 10**9
    message = message_in(rollup.fee_vault.withdraw(sender=alice))
    assert message.value == fees
    rollup.confirm_all()
    before = rollup.l1.balance(rollup.sequencer.account)
    rollup.execute(message, sender=alice)
    assert rollup.l1.balance(rollup.sequencer.account) == before + fees


def test_the_base_fee_is_burnt(rollup: Rollup, alice: Any, bob: Any) -> None:
    from harness.testbed.conservation import total_supply

    before = total_supply(rollup.l2.backend.state())
    receipt = rollup.l2.send(sender=alice, to=bob, value=1)
    assert total_supply(rollup.l2.backend.state()) == before - receipt.gas_used * rollup.config.base_fee


def test_only_l1s_bridge_mints_tokens(rollup: Rollup, alice: Any, bob: Any) -> None:
    bridge = rollup.l2_token_bridge
    with reverts(bridge.NotFromL1Bridge, actual=alice):
        bridge.arrive(bob.address, 18, alice.address, alice.address, 1, sender=alice)


def test_only_l2s_bridge_releases_tokens(rollup: Rollup, alice: Any, bob: Any) -> None:
    bridge = rollup.token_bridge
    with reverts(bridge.NotFromL2Bridge, actual=alice, expected=rollup.l2_token_bridge):
        bridge.release(bob.address, alice.address, 1, sender=alice)
    # Neither does a message that somebody else sent, even though the portal delivers it.
    call = bridge.functions["release"].encode(bob.address, alice.address, 1)
    message = rollup.withdraw(0, sender=alice, to=bridge, data=call)
    rollup.confirm_all()
    expected = bridge.NotFromL2Bridge.encode(alice.address, rollup.l2_token_bridge.address)
    with reverts(rollup.portal.CallFailed, reason=expected):
        rollup.execute(message, sender=alice)
