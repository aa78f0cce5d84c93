"""More than a third of the validators take everything that the bridge holds; a third take nothing."""

from __future__ import annotations

from eth_utils import to_canonical_address

from harness import reverts
from harness.sidechain.bridge import SENT, slot_of
from harness.sidechain.forging import ForgedState, forged
from harness.sidechain.validators import quorum, trusted_share
from tests.support.shores import CLIENT, ETHER, Desk


def steal(desk: Desk, count: int) -> int:
    """Let so many validators make up a set and a state of their own; return what they took."""
    held, mallory = desk.locked(), desk.l1.accounts.mallory
    words = (99, mallory.address, mallory.address, held, 0, 0, b"")
    slot = slot_of(desk.bridge.near.idOf(words, False), SENT)
    state = ForgedState.of(to_canonical_address(desk.bridge.far.address), {slot: 1}, slot)
    keys = [desk.side.keys()[each] for each in desk.side.members[:count]]
    header = forged(desk.side.head, state.root, keys, alone=True)
    desk.bridge.client.update(header)
    proof = (header.number, desk.bridge.client.checkpoints[header.number].words, state.account, state.slot)
    before = desk.l1.balance(mallory)
    desk.bridge.near.execute(words, proof, sender=desk.l1.accounts.trent)
    return desk.l1.balance(mallory) - before


def test_more_than_a_third_take_everything_that_the_bridge_holds(desk: Desk) -> None:
    """The trust assumption, measured: a set and a state that never were."""
    desk.deposit(7 * ETHER)
    held = desk.locked()
    assert (steal(desk, trusted_share(4)), desk.locked()) == (held, 0)


def test_a_third_take_nothing(desk: Desk) -> None:
    desk.deposit(7 * ETHER)
    with reverts(CLIENT.TooFewTrusted, actual=1, expected=2):
        steal(desk, trusted_share(4) - 1)
    few = [desk.side.keys()[each] for each in desk.side.members[: quorum(4) - 1]]
    with reverts(CLIENT.TooFewSeals):
        desk.bridge.client.update(forged(desk.side.head, bytes(32), few))
