"""What was sent on the sidechain runs once on L1, by a proof."""

from __future__ import annotations

import pytest

from harness import reverts
from harness.chain.errors import RevertedWithError
from harness.primitives.hashing import keccak256
from harness.sidechain.bridge import RECEIVED, SENT, BridgedMessage, SidechainBridge, slot_of
from harness.sidechain.light_client import contract_type
from tests.support.shores import ATTESTED, CLIENT, ETHER, PATRICIA, PROVEN, Desk


def bring(desk: Desk) -> BridgedMessage:
    """Have ether at the sidechain, and send half of it back."""
    desk.deposit()
    desk.bridge.attest()
    message = desk.bridge.withdraw(desk.l1.accounts.carol, ETHER // 2, sender=desk.side.chain.accounts.bob)
    desk.update()
    return message


def test_a_proof_brings_it_once(desk: Desk) -> None:
    message = bring(desk)
    before = desk.l1.balance(desk.l1.accounts.carol)
    receipt = desk.bridge.execute(message)
    assert desk.l1.balance(desk.l1.accounts.carol) - before == ETHER // 2
    assert receipt.gas_used < 250_000
    with reverts(PROVEN.AlreadyReceived, id=message.id):
        desk.bridge.execute(message)
    assert desk.locked() == desk.outstanding() == ETHER // 2


def test_nothing_is_sent_to_the_other_end_itself(desk: Desk) -> None:
    """It would never run there, and nothing that was sent to L1 is ever refunded."""
    desk.deposit()
    desk.bridge.attest()
    bob = desk.side.chain.accounts.bob
    with reverts(ATTESTED.CallsBridge, to=desk.bridge.near.address):
        desk.bridge.withdraw(desk.bridge.near, ETHER // 2, sender=bob)
    assert desk.bridge.far.locked() == desk.outstanding() == ETHER
    desk.bridge.withdraw(desk.bridge.far, 0, sender=bob)  # this end's address is nobody over there


def test_an_absent_message_is_not_run(desk: Desk) -> None:
    message = bring(desk)
    words = (message.words[0] + 1, *message.words[1:])
    false = desk.bridge.far.idOf(words, True)
    with reverts(PROVEN.NotSent, id=false):
        desk.bridge.near.execute(words, desk.bridge.prove(SENT, false), sender=desk.l1.accounts.mallory)


def test_what_was_received_there_is_no_message_from_there(desk: Desk) -> None:
    """The other mapping, and a proof of another slot."""
    message = bring(desk)
    with pytest.raises(RevertedWithError):
        desk.bridge.execute(message, desk.bridge.prove(RECEIVED, message.id))


def test_a_header_that_the_client_does_not_have_proves_nothing(desk: Desk) -> None:
    message = bring(desk)
    height, checkpoint, account, slot = desk.bridge.prove(SENT, message.id)
    with reverts(CLIENT.WrongCheckpoint, height=height - 1):
        desk.bridge.execute(message, (height - 1, checkpoint, account, slot))
    with reverts(CLIENT.WrongCheckpoint, height=height):
        desk.bridge.execute(message, (height, (bytes(32), *checkpoint[1:]), account, slot))


def test_anothers_account_proves_nothing(desk: Desk) -> None:
    """A contract of somebody's own that has the right word in the right slot."""
    message = bring(desk)
    mine = desk.side.chain.deploy(contract_type("DemoToken"), "T", "T", 1, sender=desk.side.chain.accounts.bob)
    false = keccak256(b"false")
    desk.side.chain.set_storage(mine, slot_of(false, SENT), 1)
    desk.side.chain.mine()
    desk.update()
    theirs = SidechainBridge.__new__(SidechainBridge)
    theirs.side, theirs.client, theirs.far = desk.side, desk.bridge.client, mine
    height, checkpoint, account, slot = theirs.prove(SENT, false)
    with reverts(PATRICIA.MissingNode):
        desk.bridge.execute(message, (height, checkpoint, account, slot))


def test_a_call_that_fails_can_be_tried_again(desk: Desk) -> None:
    desk.deposit()
    desk.bridge.attest()
    token = desk.l1.deploy(contract_type("DemoToken"), "T", "T", 5, sender=desk.l1.accounts.alice)
    data = token.transfer.encode(desk.l1.accounts.carol, 5)
    message = desk.bridge.withdraw(token, 0, data, sender=desk.side.chain.accounts.bob)
    desk.update()
    with reverts(PROVEN.CallFailed, id=message.id):
        desk.bridge.execute(message)
    token.transfer(desk.bridge.near, 5, sender=desk.l1.accounts.alice)
    desk.bridge.execute(message)
    assert token.balanceOf(desk.l1.accounts.carol) == 5
