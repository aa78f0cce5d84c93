"""L2ToL1MessagePasser: hashes, nonces, storage and events as the OP Stack's clients read them."""

from __future__ import annotations

from typing import Any

from harness import ether
from harness.rollup.withdrawals import Withdrawal, message_in, messages_in
from harness.testbed.conservation import total_supply
from harness.testbed.rollup import Rollup

VERSION = 1 << 240


def test_initiate_withdrawal_stores_and_tells_the_hash(rollup: Rollup, alice: Any, bob: Any) -> None:
    passer, nonce = rollup.passer, rollup.passer.messageNonce()
    receipt = passer.initiateWithdrawal(bob.address, 2**200, b"\x01\x02", sender=alice, value=7)
    expected = Withdrawal(nonce, alice.address, bob.address, 7, 2**200, b"\x01\x02")
    assert messages_in(receipt) == [expected]
    (event,) = receipt.events
    assert (event.name, event.withdrawalHash, event.data) == ("MessagePassed", expected.hash, b"\x01\x02")
    assert passer.sentMessages(expected.hash)
    assert rollup.l2.storage(passer, expected.slot) == 1
    assert rollup.l2.balance(passer) >= 7


def test_each_message_has_a_nonce_of_its_own_with_version_1(rollup: Rollup, alice: Any) -> None:
    passer = rollup.passer
    start = passer.messageNonce()
    assert (start >> 240, passer.MESSAGE_VERSION(), passer.version()) == (1, 1, "1.1.0")
    assert rollup.l2.storage(passer, 1) == start - VERSION
    sent = [rollup.withdraw(0, sender=alice) for _ in range(2)]
    assert [each.nonce for each in sent] == [start, start + 1]
    assert sent[0].hash != sent[1].hash
    assert rollup.l2.storage(passer, 1) == start + 2 - VERSION


def test_two_equal_messages_are_two_payments(rollup: Rollup, alice: Any, bob: Any) -> None:
    sent = [rollup.withdraw(ether(1), sender=alice, to=bob) for _ in range(2)]
    rollup.confirm_all()
    before = rollup.l1.balance(bob)
    for each in sent:
        rollup.execute(each, sender=alice)
    assert rollup.l1.balance(bob) == before + ether(2)


def test_ether_that_is_just_sent_is_a_withdrawal(rollup: Rollup, alice: Any) -> None:
    message = message_in(rollup.l2.send(sender=alice, to=rollup.passer.address, value=ether(1), gas=200_000))
    assert (message.target, message.value, message.gas_limit, message.data) == (alice.address, ether(1), 100_000, b"")


def test_ether_that_has_left_can_be_burnt_and_is_paid_all_the_same(rollup: Rollup, alice: Any, bob: Any) -> None:
    sent = rollup.withdraw(ether(3), sender=alice, to=bob)
    held, before = rollup.l2.balance(rollup.passer), total_supply(rollup.l2.backend.state())
    receipt = rollup.passer.burn(sender=bob)
    assert next(event for event in receipt.events if event.name == "WithdrawerBalanceBurnt").amount == held
    assert rollup.l2.balance(rollup.passer) == 0
    burnt = held + receipt.gas_used * rollup.config.base_fee
    assert total_supply(rollup.l2.backend.state()) == before - burnt
    rollup.confirm_all()
    paid = rollup.l1.balance(bob)
    rollup.execute(sent, sender=alice)
    assert rollup.l1.balance(bob) == paid + ether(3)


def test_a_long_message_fits_into_l2s_memory(rollup: Rollup, alice: Any, bob: Any) -> None:
    """No memory range of L2 begins above 49,152 bytes, so the data is in memory once at a time."""
    data = bytes(range(256)) * 188
    sent = rollup.withdraw(0, sender=alice, to=bob, data=data)
    assert rollup.passer.sentMessages(sent.hash)
