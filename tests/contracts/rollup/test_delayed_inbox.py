"""DelayedInbox.queueDeposit (through the portal) and queueTransaction, guard by guard."""

from __future__ import annotations

from typing import Any

import pytest

from harness import ether, reverts
from harness.rollup.codec.messages import Deposit
from harness.rollup.contracts import contract_type
from harness.testbed.rollup import Rollup

LONGEST = 50_000
LONGEST_INITCODE = 49_152
MOST_GAS = 2**23
ZERO = "0x" + 40 * "0"


@pytest.fixture
def delayed(rollup: Rollup) -> Any:
    return rollup.contracts.delayed_inbox


def test_queue_deposit_by_anyone_but_the_portal_reverts(rollup: Rollup, delayed: Any, alice: Any) -> None:
    with reverts(delayed.NotPortal, actual=alice, expected=rollup.portal):
        delayed.queueDeposit(alice.address, False, alice.address, ether(1), 0, 100_000, b"", sender=alice)


@pytest.fixture
def own(rollup: Rollup, alice: Any) -> Any:
    """A delayed inbox whose portal is alice: the portal refuses some deposits before the inbox would."""
    config = rollup.config
    terms = (config.delayed_gas_cap, config.delayed_gas_target, config.delayed_gas_price)
    return contract_type("DelayedInbox").deploy(rollup.l1, alice.address, *terms, sender=alice)


def test_queue_deposit_of_a_creation_with_a_target_reverts(own: Any, alice: Any) -> None:
    with reverts(own.CreationWithTarget, actual=alice, expected=ZERO):
        own.queueDeposit(alice.address, True, alice.address, 0, 0, 100_000, b"", sender=alice)


@pytest.mark.parametrize(("is_creation", "longest"), [(False, LONGEST), (True, LONGEST_INITCODE)])
def test_queue_deposit_of_too_much_data_reverts(own: Any, alice: Any, is_creation: bool, longest: int) -> None:
    with reverts(own.MessageTooLong, actual=longest + 1, maximum=longest):
        own.queueDeposit(alice.address, is_creation, ZERO, 0, 0, MOST_GAS, bytes(longest + 1), sender=alice)


@pytest.mark.parametrize(
    ("is_creation", "length", "minimum"),
    [(False, 0, 21_000), (False, 100, 25_000), (True, 0, 53_000), (True, 33, 21_000 + 33 * 16 + 32_000 + 4)],
)
def test_queue_deposit_with_too_little_gas_reverts(
    rollup: Rollup, own: Any, alice: Any, is_creation: bool, length: int, minimum: int
) -> None:
    data = b"\xff" * length
    with reverts(own.GasLimitTooLow, actual=minimum - 1, minimum=minimum):
        own.queueDeposit(alice.address, is_creation, ZERO, 0, 0, minimum - 1, data, sender=alice)
    assert rollup.deposit(ether(1), sender=alice, gas=minimum, data=data, is_creation=is_creation).gas_used <= minimum


def test_deposit_above_the_gas_cap_reverts(rollup: Rollup, delayed: Any, alice: Any) -> None:
    with reverts(delayed.GasLimitTooHigh, actual=MOST_GAS + 1, maximum=MOST_GAS):
        rollup.portal.depositTransaction(alice.address, 0, MOST_GAS + 1, False, b"", sender=alice, value=ether(1))


def test_deposit_mints_all_of_its_value(rollup: Rollup, delayed: Any, alice: Any, bob: Any) -> None:
    held, count = rollup.l1.balance(rollup.portal), delayed.messageCount()
    data = b"\x00\x01"
    receipt = rollup.portal.depositTransaction(bob.address, 7, 100_000, False, data, sender=alice, value=ether(1))
    message = rollup.message_of(receipt)

    assert (rollup.l1.balance(rollup.portal), rollup.l1.balance(delayed)) == (held + ether(1), 0)
    assert delayed.messageCount() == count + 1
    assert delayed.messageHash(count) == message.hash
    assert (message.index, message.kind, message.l1_block) == (count, 0, receipt.block_number)
    assert message.gas_limit == 100_000
    expected = Deposit(alice.address_bytes, bob.address_bytes, ether(1), 7, 100_000, data)
    assert Deposit.decode(message.sender, message.payload) == expected
    assert message.payload == expected.payload


def test_queue_transaction_of_50001_bytes_reverts(rollup: Rollup, delayed: Any, alice: Any) -> None:
    with reverts(delayed.MessageTooLong, actual=LONGEST + 1, maximum=LONGEST):
        delayed.queueTransaction(bytes(LONGEST + 1), MOST_GAS, sender=alice)


@pytest.mark.parametrize("gas", [0, 20_999])
def test_queue_transaction_below_the_least_gas_reverts(delayed: Any, alice: Any, gas: int) -> None:
    with reverts(delayed.GasLimitTooLow, actual=gas, minimum=21_000):
        delayed.queueTransaction(b"", gas, sender=alice)


def test_queue_transaction_above_the_gas_cap_reverts(delayed: Any, alice: Any) -> None:
    with reverts(delayed.GasLimitTooHigh, actual=MOST_GAS + 1, maximum=MOST_GAS):
        delayed.queueTransaction(b"", MOST_GAS + 1, sender=alice)


@pytest.mark.parametrize(("declared", "executed"), [(49_999, False), (50_000, True), (MOST_GAS, True)])
def test_queue_transaction_with_more_gas_than_declared_is_skipped(
    rollup: Rollup, delayed: Any, alice: Any, bob: Any, declared: int, executed: bool
) -> None:
    raw = rollup.sign_l2(alice, to=bob, value=ether(2), gas=50_000)
    before, nonce = rollup.l2.balance(bob), rollup.l2.nonce(alice)
    message = rollup.message_of(delayed.queueTransaction(raw, declared, sender=alice))
    assert message.gas_limit == declared
    assert rollup.l2.balance(bob) == before + executed * ether(2)
    assert rollup.l2.nonce(alice) == nonce + executed


def test_queue_transaction_is_executed_for_its_signer(rollup: Rollup, delayed: Any, alice: Any, bob: Any) -> None:
    raw = rollup.sign_l2(alice, to=bob, value=ether(2))
    before = rollup.l2.balance(bob)
    delayed.queueTransaction(raw, 21_000, sender=bob)
    assert rollup.l2.balance(bob) == before + ether(2)


@pytest.mark.parametrize("raw", [b"", b"\x00", b"\xc0", b"\x02\xc0", b"\x7f" * 50])
def test_queue_transaction_of_garbage_is_skipped(rollup: Rollup, delayed: Any, alice: Any, raw: bytes) -> None:
    root = rollup.l2.head.state_root
    message = rollup.message_of(delayed.queueTransaction(raw, 21_000, sender=alice))
    assert rollup.l2.head.state_root == root
    rollup.sequencer.post()
    assert rollup.l2.safe_head == rollup.l2.unsafe_head
    assert rollup.node.idle.cursor.delayed == message.index + 1


def test_a_deposit_is_executed_once(rollup: Rollup, alice: Any, bob: Any) -> None:
    before = rollup.l2.balance(bob)
    message = rollup.queue_deposit(ether(1), sender=alice, to=bob.address_bytes, call_value=ether(1))
    rollup.sequencer.post()
    rollup.l1.warp(rollup.config.window)
    inbox = rollup.contracts.sequencer_inbox
    with reverts(inbox.NothingToForce):
        rollup.force_include(message, sender=alice)
    assert rollup.l2.balance(bob) == before + ether(1)


def test_the_same_signed_transaction_queued_twice_is_executed_once(
    rollup: Rollup, delayed: Any, alice: Any, bob: Any
) -> None:
    raw = rollup.sign_l2(alice, to=bob, value=ether(2))
    before = rollup.l2.balance(bob)
    delayed.queueTransaction(raw, 21_000, sender=bob)
    delayed.queueTransaction(raw, 21_000, sender=bob)
    assert rollup.l2.balance(bob) == before + ether(2)
