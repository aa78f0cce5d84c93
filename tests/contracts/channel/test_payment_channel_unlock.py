"""PaymentChannel.reveal and .unlock."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness import ether, reverts
from harness.channels.locks import LockTree, hashlock_of, leaf, node, pool_commitment
from harness.channels.types import ChannelState, Lock, Side

from .conftest import DEPOSIT, SECRET, Kit


def settled_with(kit: Kit, *locks: Lock, version: int = 1) -> LockTree:
    kit.settled(kit.state(version, locks=locks))
    return LockTree(locks)


# -- reveal


def test_an_empty_preimage_reverts(kit: Kit) -> None:
    with reverts(kit.pc.EmptyPreimage):
        kit.judge.reveal(bytes(32))


def test_the_first_revelation_counts(kit: Kit) -> None:
    first = kit.judge.reveal(SECRET)
    (revealed,) = kit.events(first, "Revealed")
    assert bytes(revealed.hashlock) == hashlock_of(SECRET)
    kit.chain.warp(100)
    again = kit.judge.reveal(SECRET)
    assert kit.events(again, "Revealed") == []
    assert kit.pc.revealedAt(hashlock_of(SECRET)) == first.timestamp


# -- unlock


@pytest.mark.parametrize(("offset", "to_payee"), [(-1, True), (0, True), (1, False)])
def test_a_preimage_revealed_around_the_expiry(kit: Kit, offset: int, to_payee: bool) -> None:
    kit.open()
    lock = kit.lock(ether(1))
    tree = settled_with(kit, lock)
    kit.chain.warp(to=lock.expiry + offset)
    kit.judge.reveal(SECRET)
    kit.unlock(lock, tree)
    assert kit.balances == ((ether(9), ether(1)) if to_payee else (DEPOSIT, 0))


@pytest.mark.parametrize(("offset", "expired"), [(-1, False), (0, False), (1, True)])
def test_an_unrevealed_lock_around_its_expiry(kit: Kit, offset: int, expired: bool) -> None:
    kit.open()
    lock = kit.lock(ether(1))
    tree = settled_with(kit, lock)
    kit.chain.warp(to=lock.expiry + offset)
    if expired:
        kit.unlock(lock, tree)
        assert kit.balances == (DEPOSIT, 0)
    else:
        with reverts(kit.pc.LockPending, actual=lock.expiry + offset, expiry=lock.expiry):
            kit.unlock(lock, tree)


def test_a_lock_revealed_in_time_is_paid_long_after_its_expiry(kit: Kit) -> None:
    kit.open()
    lock = kit.lock(ether(1), lasts=30)
    kit.judge.reveal(SECRET)
    tree = settled_with(kit, lock)
    kit.chain.warp(10 * 86_400)
    kit.unlock(lock, tree)
    assert kit.balances == (ether(9), ether(1))


def test_one_revelation_opens_the_locks_of_a_whole_route(kit: Kit) -> None:
    """The start/end attack: a preimage shown at the last second downstream still opens the hub's incoming lock."""
    kit.open()
    outgoing, incoming = (kit.lock(ether(1), side, lasts=5 * 3_600) for side in Side)
    incoming = replace(incoming, expiry=outgoing.expiry + 600)
    first = kit.terms
    kit.settled(kit.state(1, locks=(outgoing,)))
    kit.open(deposit_a=0, deposit_b=ether(2))
    kit.settled(kit.state(1, locks=(incoming,)))
    second = kit.terms
    kit.chain.warp(to=outgoing.expiry)
    kit.judge.reveal(SECRET)
    kit.chain.warp(to=incoming.expiry + 86_400)
    kit.terms = first
    kit.unlock(outgoing, LockTree((outgoing,)))
    assert kit.balances == (ether(9), ether(1))
    kit.terms = second
    kit.unlock(incoming, LockTree((incoming,)))
    assert kit.balances == (ether(1), ether(1))


def test_unlock_twice_reverts(kit: Kit) -> None:
    kit.open()
    first, second = kit.lock(ether(1)), kit.lock(ether(2))
    kit.judge.reveal(SECRET)
    tree = settled_with(kit, first, second)
    index, proof = tree.prove(first)
    kit.unlock(first, tree)
    for pool in (tree.pool, tree.pool + first.amount):
        with reverts(kit.pc.LockCommitmentMismatch, expected=kit.info.commitment):
            kit.pc.unlock(kit.terms.channel, first.as_tuple(), index, proof, pool, sender=kit.b)
    assert kit.balances == (ether(7), ether(1))


def test_the_last_lock_unlocked_twice_reverts(kit: Kit) -> None:
    kit.open()
    lock = kit.lock(ether(1))
    kit.judge.reveal(SECRET)
    tree = settled_with(kit, lock)
    kit.unlock(lock, tree)
    with reverts(kit.pc.LockCommitmentMismatch, expected=bytes(32)):
        kit.pc.unlock(kit.terms.channel, lock.as_tuple(), 0, [], lock.amount, sender=kit.b)
    with reverts(kit.pc.LockCommitmentMismatch, actual=bytes(32), expected=bytes(32)):
        kit.pc.unlock(kit.terms.channel, lock.as_tuple(), 0, [], 0, sender=kit.b)


def test_a_lock_of_another_channel_reverts(kit: Kit) -> None:
    kit.open()
    mine, foreign = kit.lock(ether(1)), kit.lock(ether(2))
    settled_with(kit, mine)
    with reverts(kit.pc.LockCommitmentMismatch, expected=pool_commitment(leaf(mine), mine.amount)):
        kit.pc.unlock(kit.terms.channel, foreign.as_tuple(), 0, [], foreign.amount, sender=kit.b)


@pytest.mark.parametrize(
    "changes",
    [{"amount": ether(2)}, {"payer": Side.B}, {"expiry": 0}, {"hashlock": hashlock_of(b"\x02" * 32)}],
    ids=["amount", "payer", "expiry", "hashlock"],
)
def test_a_lock_changed_in_one_field_reverts(kit: Kit, changes: dict[str, object]) -> None:
    kit.open()
    lock = kit.lock(ether(1))
    kit.judge.reveal(SECRET)
    tree = settled_with(kit, lock)
    forged = replace(lock, **changes)  # type: ignore[arg-type]
    with reverts(kit.pc.LockCommitmentMismatch):
        kit.pc.unlock(kit.terms.channel, forged.as_tuple(), 0, [], tree.pool, sender=kit.b)


def test_a_lock_cannot_be_decided_before_the_settlement(kit: Kit) -> None:
    kit.open()
    lock = kit.lock(ether(1))
    kit.judge.reveal(SECRET)
    kit.close(kit.a, kit.state(1, locks=(lock,)))
    with reverts(kit.pc.LockCommitmentMismatch, expected=kit.info.commitment):
        kit.pc.unlock(kit.terms.channel, lock.as_tuple(), 0, [], lock.amount, sender=kit.b)


def test_an_index_outside_the_tree_reverts(kit: Kit) -> None:
    kit.open()
    lock = kit.lock(ether(1))
    kit.judge.reveal(SECRET)
    tree = settled_with(kit, lock)
    with reverts(kit.pc.IndexOutOfTree, index=2, leaves=1):
        kit.pc.unlock(kit.terms.channel, lock.as_tuple(), 2, [], tree.pool, sender=kit.b)


def test_a_lock_above_its_pool_reverts(kit: Kit) -> None:
    """Two colluding parties sign a lock of more than they locked: no other channel's money pays it."""
    kit.open()
    lock = kit.lock(ether(5))
    state = ChannelState(1, 0, 0, 0, ether(1), 0, leaf(lock))
    kit.settled(state)
    kit.judge.reveal(SECRET)
    with reverts(kit.pc.LockExceedsPool, actual=ether(5), pool=ether(1)):
        kit.pc.unlock(kit.terms.channel, lock.as_tuple(), 0, [], ether(1), sender=kit.b)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13])
def test_locks_are_decided_in_any_order(kit: Kit, count: int) -> None:
    """Partial unlocks, both directions, revealed and expired ones mixed."""
    kit.open(deposit_b=DEPOSIT)
    secrets = [bytes([i + 1]) * 32 for i in range(count)]
    locks = [kit.lock(ether(1) // 4, Side(i % 2), secret) for i, secret in enumerate(secrets)]
    for secret in secrets[::3]:
        kit.judge.reveal(secret)
    tree = settled_with(kit, *locks)
    kit.chain.warp(to=locks[0].expiry + 60)
    expected = list(kit.balances)
    for lock in sorted(locks, key=lambda lock: lock.hashlock):
        revealed = kit.pc.revealedAt(lock.hashlock) != 0
        expected[lock.payer.other if revealed else lock.payer] += lock.amount
        kit.unlock(lock, tree)
        assert kit.info.commitment == pool_commitment(tree.root, tree.pool)
    assert kit.balances == tuple(expected)
    assert sum(expected) == 2 * DEPOSIT
    assert kit.info.commitment == bytes(32)


def test_unlock_by_anybody_succeeds(kit: Kit) -> None:
    kit.open()
    lock = kit.lock(ether(1))
    kit.judge.reveal(SECRET)
    tree = settled_with(kit, lock)
    receipt = kit.unlock(lock, tree, sender=kit.stranger)
    (unlocked,) = kit.events(receipt, "Unlocked")
    assert (unlocked.beneficiary, unlocked.amount) == (1, ether(1))
    kit.payout(Side.B)
    assert kit.held == ether(9)


def test_a_payout_before_the_unlock_leaves_the_rest_payable(kit: Kit) -> None:
    kit.open()
    lock = kit.lock(ether(1))
    kit.judge.reveal(SECRET)
    tree = settled_with(kit, lock)
    kit.payout(Side.A)
    kit.unlock(lock, tree)
    kit.payout(Side.B)
    assert kit.held == 0


def test_empty_subtrees_are_zero_and_nodes_are_not_leaves() -> None:
    zero = bytes(32)
    assert node(zero, zero) == zero
    assert node(b"\x01" * 32, zero) != node(zero, b"\x01" * 32)
    lock = Lock(b"\x01" * 32, 1, 2, Side.A)
    assert leaf(lock) != node(b"\x01" * 32, b"\x02" * 32)
