"""What a quorum of validators saw on L1 runs once on the sidechain, and nothing else does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness import reverts
from harness.sidechain.bridge import BridgedMessage, SidechainBridge
from harness.sidechain.errors import NoQuorum
from harness.sidechain.light_client import contract_type
from harness.sidechain.validators import quorum
from tests.support.shores import ATTESTED, ETHER, PROVEN, Desk


def test_ether_arrives_once(desk: Desk) -> None:
    bob = desk.side.chain.accounts.bob
    before = desk.side.chain.balance(bob)
    message = desk.deposit()
    (receipt,) = desk.bridge.attest()
    assert desk.side.chain.balance(bob) - before == ETHER
    assert (desk.locked(), desk.outstanding()) == (ETHER, ETHER)
    assert desk.bridge.attest() == []
    with reverts(ATTESTED.AlreadyReceived, id=message.id):
        desk.bridge.deliver(message, desk.bridge.attestations(message.id))
    assert receipt.gas_used < 150_000


def test_a_call_goes_along_and_knows_who_sent_it(desk: Desk) -> None:
    token = desk.side.chain.deploy(contract_type("DemoToken"), "T", "T", 5, sender=desk.side.chain.accounts.bob)
    data = token.approve.encode(desk.l1.accounts.alice, 3)
    desk.bridge.deposit(token, 0, data, sender=desk.l1.accounts.alice)
    desk.l1.mine(desk.bridge.depth)
    desk.bridge.attest()
    assert token.allowance(desk.bridge.far, desk.l1.accounts.alice) == 3
    with reverts(ATTESTED.NothingRuns):
        desk.bridge.far.currentSender()


def test_two_messages_run_in_one_transaction_one_after_the_other(desk: Desk) -> None:
    first, second = desk.deposit(), desk.deposit()
    bob = desk.side.chain.accounts.bob
    forwarder = desk.side.chain.deploy(contract_type("Forwarder"), sender=bob)
    calls = []
    for message in (first, second):
        signed = desk.bridge.attestations(message.id)
        calls.append(desk.bridge.far.deliver.encode(message.words, bytes(sorted(signed)), [signed[s] for s in signed]))
    forwarder.forwardEach(desk.bridge.far, calls, sender=bob)
    assert desk.outstanding() == 2 * ETHER
    with reverts(ATTESTED.NothingRuns):
        desk.bridge.far.currentSender()


def test_no_message_runs_within_another(desk: Desk) -> None:
    inner = desk.deposit()
    signed = desk.bridge.attestations(inner.id)
    data = desk.bridge.far.deliver.encode(inner.words, bytes(sorted(signed)), [signed[s] for s in signed])
    forwarder = desk.side.chain.deploy(contract_type("Forwarder"), sender=desk.side.chain.accounts.bob)
    outer = desk.bridge.deposit(
        forwarder, 0, forwarder.forward.encode(desk.bridge.far, data), sender=desk.l1.accounts.alice
    )
    with reverts(ATTESTED.CallFailed, id=outer.id):
        desk.bridge.deliver(outer, desk.bridge.attestations(outer.id))


def test_validators_wait_until_it_is_deep(desk: Desk) -> None:
    desk.bridge.deposit(desk.l1.accounts.bob, ETHER, sender=desk.l1.accounts.alice)
    desk.l1.mine(desk.bridge.depth - 1)
    assert desk.bridge.attest() == []
    desk.l1.mine()
    assert len(desk.bridge.attest()) == 1


def test_a_reorg_that_is_shallower_than_the_depth_takes_nothing_away(desk: Desk) -> None:
    desk.bridge.deposit(desk.l1.accounts.bob, ETHER, sender=desk.l1.accounts.alice)
    desk.l1.mine(2)
    lost = desk.l1.reorg(3)
    desk.l1.mine(desk.bridge.depth + 3)
    assert desk.bridge.attest() == [], "the deposit is not on L1 any more"
    desk.l1.replay(lost)
    desk.l1.mine(desk.bridge.depth)
    assert len(desk.bridge.attest()) == 1
    assert (desk.locked(), desk.outstanding()) == (ETHER, ETHER)


def test_a_reorg_that_is_deeper_leaves_the_sidechain_with_ether_that_nobody_locked(desk: Desk) -> None:
    """The trust assumption: a depth is a guess."""
    desk.deposit()
    desk.bridge.attest()
    desk.l1.reorg(desk.bridge.depth + 1)
    assert (desk.locked(), desk.outstanding()) == (0, ETHER)


def test_fewer_than_a_quorum_deliver_nothing(desk: Desk) -> None:
    message = desk.deposit()
    few = desk.side.members[: quorum(4) - 1]
    assert desk.bridge.attest(by=few) == []
    with reverts(ATTESTED.TooFewAttestations, actual=2, expected=3):
        desk.bridge.deliver(message, desk.bridge.attestations(message.id, few))


def test_each_seat_signs_once_and_for_itself(desk: Desk) -> None:
    message = desk.deposit()
    signed = desk.bridge.attestations(message.id)
    trent = desk.side.chain.accounts.trent
    far = desk.bridge.far
    with reverts(ATTESTED.SeatTaken, seat=0):
        far.deliver(message.words, bytes((0, 0, 1)), [signed[0], signed[0], signed[1]], sender=trent)
    with reverts(ATTESTED.NotAttestedBy):
        far.deliver(message.words, bytes((0, 1, 2)), [signed[0], signed[1], signed[3]], sender=trent)
    with reverts(ATTESTED.NoSuchSeat, actual=4, size=4):
        far.deliver(message.words, bytes((0, 1, 4)), [signed[0], signed[1], signed[2]], sender=trent)
    with reverts(ATTESTED.TooFewAttestations, actual=2, expected=3):
        far.deliver(message.words, bytes((0, 1)), [signed[0], signed[1], signed[2]], sender=trent)


@pytest.mark.parametrize("change", [lambda s: s[:64], lambda s: s + b"\x00", lambda s: s[:64] + b"\x1b"])
def test_a_signature_has_one_form(desk: Desk, change: object) -> None:
    message = desk.deposit()
    signed = desk.bridge.attestations(message.id)
    signed[0] = change(signed[0])  # type: ignore[operator]
    with reverts(ATTESTED.NotAttestedBy, actual="0x" + "00" * 20):
        desk.bridge.deliver(message, signed)


@pytest.mark.parametrize("field", range(7))
def test_an_attestation_binds_every_field(desk: Desk, field: int) -> None:
    message = desk.deposit()
    words = list(message.words)
    other = {
        0: 77,
        1: desk.l1.accounts.mallory.address,
        2: desk.l1.accounts.mallory.address,
        3: 1,
        4: 2**40,
        5: 1,
        6: b"1",
    }
    words[field] = other[field]
    with reverts(ATTESTED.NotAttestedBy):
        desk.bridge.deliver(replace(message, words=tuple(words)), desk.bridge.attestations(message.id))  # type: ignore[arg-type]


def test_a_message_of_another_bridge_is_none_here(desk: Desk) -> None:
    """The same validators attest to both; the id binds chain and address."""
    other = SidechainBridge(desk.l1, desk.side, desk.bridge.client)
    message = other.deposit(desk.l1.accounts.bob, ETHER, sender=desk.l1.accounts.alice)
    with reverts(ATTESTED.NotAttestedBy):
        desk.bridge.deliver(message, other.attestations(message.id))


def test_no_message_calls_the_bridge_itself_whoever_signs_it(desk: Desk) -> None:
    """Nobody can send one, so validators sign what never was."""
    sent = desk.bridge.deposit(desk.l1.accounts.bob, 0, b"\x01\x02\x03\x04", sender=desk.l1.accounts.alice)
    nonce, sender, _, *rest = sent.words
    words = (nonce, sender, desk.bridge.far.address, *rest)
    message = BridgedMessage(desk.bridge.far.idOf(words, False), words)  # type: ignore[arg-type]
    with reverts(ATTESTED.CallsBridge, to=desk.bridge.far.address):
        desk.bridge.deliver(message, desk.bridge.attestations(message.id))


def test_nothing_is_sent_to_the_other_end_itself(desk: Desk) -> None:
    """It would never run there, and its ether would wait for a refund."""
    with reverts(PROVEN.CallsBridge, to=desk.bridge.far.address):
        desk.bridge.deposit(desk.bridge.far, ETHER, sender=desk.l1.accounts.alice)
    assert desk.locked() == 0
    desk.bridge.deposit(desk.bridge.near, 0, sender=desk.l1.accounts.alice)  # this end's address is nobody over there


def test_whoever_delivers_cannot_use_up_a_message_by_too_little_gas(desk: Desk) -> None:
    """The receiver goes on if its own work fails. With a message that asks for no gas, that is what happens."""
    trent, alice = desk.side.chain.accounts.trent, desk.l1.accounts.alice
    receiver = desk.side.chain.deploy(contract_type("SwallowingReceiver"), sender=trent)
    outcomes = {}
    for asked in (0, 250_000):
        message = desk.bridge.deposit(receiver, 0, receiver.run.encode(), sender=alice, gas=asked)
        signed = desk.bridge.attestations(message.id)
        words = message.words, bytes(sorted(signed)), [signed[seat] for seat in sorted(signed)]
        seen = set()
        for gas in range(120_000, 460_000, 20_000):
            mark = desk.side.snapshot()
            desk.bridge.far.deliver(*words, sender=trent, gas=gas, check=False)
            seen.add((desk.bridge.far.received(message.id), receiver.done(0)))
            desk.side.restore(mark)
        outcomes[asked] = seen
    assert outcomes == {0: {(0, 0), (1, 0), (1, 1)}, 250_000: {(0, 0), (1, 1)}}


def test_too_little_gas_is_named(desk: Desk) -> None:
    message = desk.bridge.deposit(desk.l1.accounts.bob, 0, sender=desk.l1.accounts.alice, gas=1_000_000)
    signed = desk.bridge.attestations(message.id)
    with reverts(ATTESTED.TooLittleGas, expected=(1_000_000 + 40_000) * 64 // 63):
        desk.bridge.far.deliver(
            message.words, bytes(sorted(signed)), [signed[seat] for seat in sorted(signed)],
            sender=desk.side.chain.accounts.trent, gas=1_000_000,
        )  # fmt: skip
    desk.bridge.deliver(message, signed)


def test_no_message_asks_for_more_gas_than_a_transaction_has(desk: Desk) -> None:
    alice, bob = desk.l1.accounts.alice, desk.side.chain.accounts.bob
    message = desk.bridge.deposit(bob, 0, sender=alice, gas=6_000_000)
    desk.l1.mine(desk.bridge.depth)
    assert len(desk.bridge.attest()) == 1, message
    with reverts(PROVEN.TooMuchGas, actual=6_000_001, maximum=6_000_000):
        desk.bridge.deposit(bob, 0, sender=alice, gas=6_000_001)
    with reverts(ATTESTED.TooMuchGas, actual=2**256 - 1):
        desk.bridge.withdraw(alice, 0, sender=bob, gas=2**256 - 1)


@pytest.mark.parametrize("within", [0, 365 * 86_400 + 10])
def test_a_deadline_is_one_that_comes(desk: Desk, within: int) -> None:
    with reverts(PROVEN.WrongDeadline):
        desk.bridge.deposit(desk.l1.accounts.bob, 1, sender=desk.l1.accounts.alice, within=within)
    with reverts(ATTESTED.WrongDeadline, actual=1, earliest=0, latest=0):
        desk.bridge.far.send(desk.l1.accounts.bob, 1, 0, b"", sender=desk.side.chain.accounts.bob)


def test_the_bridge_is_out_of_order_while_the_chain_stands_and_goes_on_with_it(desk: Desk) -> None:
    message = desk.deposit()
    desk.side.silence(*desk.side.members[:2])
    with pytest.raises(NoQuorum):
        desk.bridge.deliver(message, desk.bridge.attestations(message.id, desk.side.members))
    assert desk.locked() == ETHER
    desk.side.mend(*desk.side.members)
    assert len(desk.bridge.attest()) == 1


def test_the_far_end_learns_of_a_changed_set_by_a_step(desk: Desk) -> None:
    new = desk.side.join(b"\x07" * 32).address
    desk.side.vote(new, True, desk.side.members)
    desk.side.chain.mine(3)
    assert new in desk.side.members
    desk.side.step()
    assert desk.bridge.validators() == desk.side.members


def test_who_comes_next_is_said_by_a_quorum(desk: Desk) -> None:
    new = desk.side.join(b"\x07" * 32).address
    old = desk.side.members
    desk.side.vote(new, True, old)
    desk.side.chain.mine(3)
    with reverts(ATTESTED.TooFewAttestations):
        desk.bridge.succeed(by=old[:2])
    desk.bridge.succeed()
    assert desk.bridge.validators() == desk.side.members == tuple(sorted((*old, new)))
    assert desk.bridge.far.epoch() == 1
    message = desk.deposit()
    with reverts(ATTESTED.TooFewAttestations, actual=3, expected=4):
        desk.bridge.deliver(message, desk.bridge.attestations(message.id, old[:3]))
    assert len(desk.bridge.attest()) == 1
    desk.update()
