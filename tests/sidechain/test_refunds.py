"""What did not run on the sidechain in time comes back, once, and nothing else does."""

from __future__ import annotations

import pytest

from harness import reverts
from harness.sidechain.bridge import RECEIVED, message_of
from harness.sidechain.light_client import contract_type
from tests.support.shores import ATTESTED, ETHER, PROVEN, Desk


def test_what_did_not_run_comes_back(desk: Desk) -> None:
    message = desk.deposit()
    desk.late(message)
    assert desk.bridge.attest() == []
    with reverts(ATTESTED.DeadlineOver):
        desk.bridge.deliver(message, desk.bridge.attestations(message.id))
    alice = desk.l1.accounts.alice
    before = desk.l1.balance(alice)
    desk.bridge.refund(message)
    assert (desk.l1.balance(alice) - before, desk.locked()) == (ETHER, 0)
    with reverts(PROVEN.AlreadyRefunded, id=message.id):
        desk.bridge.refund(message)


def test_what_ran_does_not_come_back(desk: Desk) -> None:
    message = desk.deposit()
    desk.bridge.attest()
    desk.late(message)
    with reverts(PROVEN.RunThere, id=message.id):
        desk.bridge.refund(message)


@pytest.mark.parametrize("seconds", [-1, 0])
def test_what_may_still_run_does_not_come_back(desk: Desk, seconds: int) -> None:
    message = desk.deposit()
    desk.late(message, seconds)
    assert desk.side.head.timestamp == message.deadline + seconds
    with reverts(PROVEN.StillRunnable):
        desk.bridge.refund(message)


def test_an_old_header_shows_no_absence(desk: Desk) -> None:
    desk.update()
    old = desk.side.head
    message = desk.deposit()
    desk.bridge.attest()
    desk.late(message)
    with reverts(PROVEN.StillRunnable):
        desk.bridge.refund(message, old)


def test_what_was_never_sent_does_not_come_back(desk: Desk) -> None:
    message = desk.deposit()
    desk.late(message)
    words = (*message.words[:3], 2 * ETHER, *message.words[4:])
    with reverts(PROVEN.NotSentHere):
        desk.bridge.near.refund(
            words,
            message.words[1],
            desk.bridge.prove(RECEIVED, message.id),
            0,
            (bytes(32), 0, 0),
            sender=desk.l1.accounts.mallory,
        )


def test_nothing_is_refunded_while_a_message_runs(desk: Desk) -> None:
    """Else the bridge would call somebody who takes that for a part of the message."""
    late = desk.deposit()
    forwarder = desk.l1.deploy(contract_type("Forwarder"), sender=desk.l1.accounts.bob)
    desk.side.chain.warp(to=late.deadline + 1)
    desk.side.chain.mine()
    desk.l1.warp(to=late.deadline + 1)
    desk.bridge.follow()
    proof = desk.bridge.prove(RECEIVED, late.id)
    refund = desk.bridge.near.refund.encode(late.words, late.words[1], proof, 0, (bytes(32), 0, 0))
    call = forwarder.forward.encode(desk.bridge.near, refund)
    message = desk.bridge.withdraw(forwarder, 0, call, sender=desk.side.chain.accounts.bob)
    desk.bridge.follow()
    with reverts(PROVEN.CallFailed, id=message.id):
        desk.bridge.execute(message)
    desk.bridge.refund(late)


def test_a_sender_that_takes_no_ether_names_who_does(desk: Desk) -> None:
    alice, carol = desk.l1.accounts.alice, desk.l1.accounts.carol
    sender = desk.l1.deploy(contract_type("RefusingSender"), sender=alice)
    call = desk.bridge.near.send.encode(desk.l1.accounts.bob, desk.l1.now + 1_000, 0, b"")
    message = message_of(sender.forward(desk.bridge.near, call, sender=alice, value=ETHER))
    desk.late(message)
    with reverts(PROVEN.RefundFailed, to=sender.address, value=ETHER):
        desk.bridge.refund(message)
    with reverts(PROVEN.NotSender, actual=desk.l1.accounts.mallory.address, expected=sender.address):
        desk.bridge.refund(message, to=carol, sender=desk.l1.accounts.mallory)
    before = desk.l1.balance(carol)
    proof = desk.bridge.prove(RECEIVED, message.id)
    elsewhere = desk.bridge.near.refund.encode(message.words, carol, proof, 0, (bytes(32), 0, 0))
    sender.forward(desk.bridge.near, elsewhere, sender=alice)
    assert (desk.l1.balance(carol) - before, desk.locked()) == (ETHER, 0)
