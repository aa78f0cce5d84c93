"""Once a light client is over, what was under way comes out or comes back, and nothing comes back twice."""

from __future__ import annotations

from harness import reverts
from harness.primitives.hashing import keccak256
from harness.primitives.signatures import signer_of
from harness.sidechain.bridge import SENT
from harness.sidechain.forging import forged
from harness.sidechain.sidechain import Sidechain
from tests.support.shores import CLIENT, ETHER, PERIOD, PROVEN, Desk


def test_a_low_conflict_refunds_nothing_that_a_later_header_has_paid(desk: Desk) -> None:
    """Former validators may freeze the client below what the bridge has paid by."""
    low = desk.bridge.client.newest
    members = [desk.side.keys()[each] for each in desk.side.members]
    cycled = []
    for _ in range(2):
        cycled.append(desk.deposit())
        desk.bridge.attest()
        leaving = desk.bridge.withdraw(desk.l1.accounts.bob, ETHER, sender=desk.side.chain.accounts.bob)
        desk.bridge.follow()
        desk.bridge.execute(leaving)
    waiting = desk.deposit(3 * ETHER)
    paid = desk.bridge.client.newest
    first = min(height for height in desk.bridge.client.checkpoints if height > low.number)
    lies = [forged(low, keccak256(bytes((n,))), members[:3]) for n in range(2)]
    desk.bridge.client.freeze(*lies)
    assert desk.bridge.client.contract.frozenAt() == low.number + 1
    with reverts(PROVEN.PaidUpTo, actual=low.number, expected=paid.number):
        desk.bridge.refund(cycled[0], low, behind=first)
    for message in cycled:
        with reverts(PROVEN.RunThere):
            desk.bridge.refund(message, paid)
    desk.bridge.refund(waiting, paid)
    assert desk.locked() == 0


def test_nothing_is_sent_or_attested_once_the_client_is_over(desk: Desk) -> None:
    """Else a deposit would run there with honest validators, and be refunded here."""
    waiting = desk.deposit()
    last = desk.bridge.client.newest
    members = [desk.side.keys()[each] for each in desk.side.members]
    desk.bridge.client.freeze(*(forged(last, keccak256(bytes((n,))), members[:3]) for n in range(2)))
    assert desk.bridge.attest() == []
    with reverts(PROVEN.ClientOver):
        desk.bridge.deposit(desk.l1.accounts.bob, 1, sender=desk.l1.accounts.alice)
    desk.bridge.refund(waiting, last)
    assert (desk.locked(), desk.outstanding()) == (0, 0)


def test_ether_comes_back_when_the_trust_has_ended_before_the_deadline(desk: Desk) -> None:
    waiting = desk.deposit(within=60 * 86_400)
    last = desk.bridge.client.newest
    desk.l1.warp(PERIOD + 1)
    desk.l1.mine()
    with reverts(CLIENT.TrustExpired):
        desk.side.chain.mine()
        desk.bridge.client.update(desk.side.head)
    desk.bridge.refund(waiting, last)
    assert desk.locked() == 0


def test_ether_comes_back_if_the_conflict_is_below_the_far_end(desk: Desk) -> None:
    """Where the far end had not been deployed, nothing had run."""
    side = Sidechain(4, chain_id=7_701)
    bridge = side.attach(desk.l1)
    first = side.header(min(bridge.client.checkpoints))
    message = bridge.deposit(desk.l1.accounts.bob, ETHER, sender=desk.l1.accounts.alice)
    keys = sorted(side.keys().values(), key=signer_of)[:3]
    bridge.client.freeze(*(forged(first, keccak256(bytes((n,))), keys) for n in range(2)))
    behind = min(height for height in bridge.client.checkpoints if height > first.number)
    bridge.refund(message, first, behind=behind)
    assert desk.l1.balance(bridge.near) == 0
    side.close()


def test_a_frozen_client_lets_out_what_was_on_its_way_and_refunds_what_had_not_run(desk: Desk) -> None:
    arrived = desk.deposit()
    desk.bridge.attest()
    leaving = desk.bridge.withdraw(desk.l1.accounts.carol, ETHER // 4, sender=desk.side.chain.accounts.bob)
    waiting = desk.deposit(2 * ETHER)
    desk.update()
    last = desk.side.head
    desk.bridge.attest()  # runs above the last usable header
    keys = list(desk.side.keys().values())
    liars = sorted(keys)[:3]
    lies = [forged(last, keccak256(bytes((n,))), liars, later=5) for n in range(2)]
    desk.bridge.client.update(lies[0])
    desk.bridge.client.freeze(*lies)
    with reverts(CLIENT.FrozenAt):
        desk.bridge.client.contract.check(last.number + 5, desk.bridge.client.checkpoints[last.number + 5].words)
    desk.bridge.execute(leaving, desk.bridge.prove(SENT, leaving.id, last))
    desk.bridge.refund(waiting, last, behind=last.number + 5)
    with reverts(PROVEN.RunThere, id=arrived.id):
        desk.bridge.refund(arrived, last, behind=last.number + 5)
    assert desk.locked() == ETHER - ETHER // 4


def test_a_frozen_client_refunds_only_by_the_last_header(desk: Desk) -> None:
    message = desk.deposit()
    desk.update()
    early = desk.side.head
    desk.bridge.attest()
    desk.update()
    last = desk.side.head
    liars = sorted(desk.side.keys().values())[:3]
    lies = [forged(last, keccak256(bytes((n,))), liars, later=5) for n in range(2)]
    desk.bridge.client.freeze(*lies)
    with reverts(CLIENT.NotLast, actual=early.number, next=last.number):
        desk.bridge.refund(message, early, behind=last.number)
    with reverts(PROVEN.RunThere):
        desk.bridge.refund(message, last)
