"""Tokens are locked where they are at home, minted as twins at the other end, and come back."""

from __future__ import annotations

from eth_utils import to_canonical_address

from harness import reverts
from harness.contracts.bindings import Contract
from harness.primitives.hashing import keccak256
from harness.sidechain.bridge import BridgedMessage, message_of
from harness.sidechain.light_client import contract_type
from tests.support.shores import PORT, PROVEN, Desk


def send(desk: Desk, token: Contract, amount: int) -> BridgedMessage:
    alice = desk.l1.accounts.alice
    token.approve(desk.bridge.near_port, amount, sender=alice)
    receipt = desk.bridge.near_port.send(token, desk.l1.accounts.bob, amount, desk.l1.now + 1_000, 0, b"", sender=alice)
    desk.l1.mine(desk.bridge.depth)
    return message_of(receipt)


def new_token(desk: Desk) -> Contract:
    return desk.l1.deploy(contract_type("DemoToken"), "T", "T", 100, sender=desk.l1.accounts.alice)


def test_tokens_go_over_and_come_back(desk: Desk) -> None:
    token = new_token(desk)
    send(desk, token, 60)
    desk.bridge.attest()
    bob, carol = desk.side.chain.accounts.bob, desk.l1.accounts.carol
    twin = desk.side.chain.at(contract_type("TwinToken"), desk.bridge.far_port.twinOf(token))
    assert (twin.balanceOf(bob), twin.totalSupply(), twin.decimals(), token.balanceOf(desk.bridge.near_port)) == (
        60, 60, 18, 60,
    )  # fmt: skip
    message = message_of(desk.bridge.far_port.send(twin, carol, 25, 0, 0, b"", sender=bob))
    desk.update()
    desk.bridge.execute(message)
    assert (token.balanceOf(carol), twin.totalSupply(), desk.bridge.near_port.locked(token)) == (25, 35, 35)


def test_a_token_of_the_sidechain_goes_the_other_way(desk: Desk) -> None:
    bob, carol = desk.side.chain.accounts.bob, desk.l1.accounts.carol
    token = desk.side.chain.deploy(contract_type("DemoToken"), "S", "S", 9, sender=bob)
    token.approve(desk.bridge.far_port, 9, sender=bob)
    message = message_of(desk.bridge.far_port.send(token, carol, 9, 0, 0, b"", sender=bob))
    desk.update()
    desk.bridge.execute(message)
    twin = desk.l1.at(contract_type("TwinToken"), desk.bridge.near_port.twinOf(token))
    assert twin.balanceOf(carol) == 9
    back = message_of(desk.bridge.near_port.send(twin, bob, 4, desk.l1.now + 1_000, 0, b"", sender=carol))
    desk.bridge.deliver(back, desk.bridge.attestations(back.id))
    assert (token.balanceOf(bob), twin.totalSupply()) == (4, 5)


def test_only_the_other_port_is_believed(desk: Desk) -> None:
    token = new_token(desk)
    send(desk, token, 50)
    data = desk.bridge.near_port.release.encode(token, desk.l1.accounts.mallory, desk.l1.accounts.mallory, 1, b"")
    mallory = desk.l1.accounts.mallory
    with reverts(PORT.NotFromRemote):
        desk.bridge.near_port.release(token, mallory, mallory, 1, b"", sender=mallory)
    message = desk.bridge.withdraw(desk.bridge.near_port, 0, data, sender=desk.side.chain.accounts.mallory)
    desk.update()
    with reverts(PROVEN.CallFailed):
        desk.bridge.execute(message)


def test_a_token_pays_out_only_what_it_brought(desk: Desk) -> None:
    """Whatever the sidechain says of it."""
    token, other = new_token(desk), new_token(desk)
    send(desk, token, 50)
    other.transfer(desk.bridge.near_port, 5, sender=desk.l1.accounts.alice)
    desk.bridge.attest()
    twin = desk.bridge.far_port.twinOf(token)
    desk.side.chain.set_storage(desk.bridge.far_port, _mapping(to_canonical_address(twin), 2), _word(other))
    message = message_of(
        desk.side.chain.at(PORT, desk.bridge.far_port.address).send(
            twin, desk.l1.accounts.carol, 1, 0, 0, b"", sender=desk.side.chain.accounts.bob
        )
    )
    desk.update()
    with reverts(PROVEN.CallFailed):
        desk.bridge.execute(message)


def test_tokens_of_a_refunded_message_come_back_once(desk: Desk) -> None:
    token = new_token(desk)
    message = send(desk, token, 60)
    alice = desk.l1.accounts.alice
    with reverts(PORT.NotRefunded, id=message.id):
        desk.bridge.near_port.reclaim(message.words, sender=alice)
    desk.late(message)
    desk.bridge.refund(message)
    desk.bridge.near_port.reclaim(message.words, sender=desk.l1.accounts.mallory)
    assert token.balanceOf(alice) == 100
    with reverts(PORT.AlreadyReturned, id=message.id):
        desk.bridge.near_port.reclaim(message.words, sender=alice)


def test_twins_of_a_refunded_message_come_back(desk: Desk) -> None:
    bob, carol = desk.side.chain.accounts.bob, desk.l1.accounts.carol
    token = desk.side.chain.deploy(contract_type("DemoToken"), "S", "S", 9, sender=bob)
    token.approve(desk.bridge.far_port, 9, sender=bob)
    message = message_of(desk.bridge.far_port.send(token, carol, 9, 0, 0, b"", sender=bob))
    desk.update()
    desk.bridge.execute(message)
    twin = desk.l1.at(contract_type("TwinToken"), desk.bridge.near_port.twinOf(token))
    back = message_of(desk.bridge.near_port.send(twin, bob, 4, desk.l1.now + 1_000, 0, b"", sender=carol))
    desk.late(back)
    desk.bridge.refund(back)
    desk.bridge.near_port.reclaim(back.words, sender=carol)
    assert twin.balanceOf(carol) == 9


def test_somebody_elses_refund_is_no_tokens(desk: Desk) -> None:
    token = new_token(desk)
    send(desk, token, 60)
    mallory = desk.l1.accounts.mallory
    data = desk.bridge.near_port.arrive.encode(token, 18, mallory, mallory, 60, b"")
    mine = desk.bridge.deposit(desk.bridge.far_port, 0, data, sender=mallory)
    with reverts(PORT.NotSentHere, id=mine.id):
        desk.bridge.near_port.reclaim(mine.words, sender=mallory)


def _mapping(key: bytes, slot: int) -> int:
    return int.from_bytes(keccak256(key.rjust(32, b"\x00") + slot.to_bytes(32, "big")), "big")


def _word(contract: Contract) -> int:
    return int(contract.address, 16)
