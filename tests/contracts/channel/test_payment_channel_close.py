"""PaymentChannel.close, .update and .settle."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness import ether, reverts
from harness.channels.messages import ORDER, Messages
from harness.channels.types import INITIAL, ChannelState, Status

from .conftest import DEPOSIT, WINDOW, Kit

# -- close


def test_close_of_an_unknown_channel_reverts(kit: Kit) -> None:
    with reverts(kit.pc.StatusMismatch, channel=kit.terms.channel, actual=Status.NONE, expected=Status.OPEN):
        kit.close(kit.a)


def test_close_twice_reverts(kit: Kit) -> None:
    kit.open()
    kit.close(kit.a)
    with reverts(kit.pc.StatusMismatch, actual=Status.CLOSING, expected=Status.OPEN):
        kit.close(kit.b)


def test_close_by_a_stranger_reverts(kit: Kit) -> None:
    kit.open()
    with reverts(kit.pc.NotAParty, actual=kit.stranger, a=kit.a, b=kit.b):
        kit.close(kit.stranger)


@pytest.mark.parametrize(
    ("state", "side", "owes", "has"),
    [
        (ChannelState(1, 0, DEPOSIT + 1), 0, DEPOSIT + 1, DEPOSIT),
        (ChannelState(1, 0, 0, 1), 1, 1, 0),
        (ChannelState(1, 0, 2**128 - 1, 2**128 - 1, 2**128 - 1), 0, 2**129 - 2, 2**128 - 1 + DEPOSIT),
    ],
    ids=["A", "B", "extremes"],
)
def test_close_with_amounts_above_the_deposits_reverts(
    kit: Kit, state: ChannelState, side: int, owes: int, has: int
) -> None:
    kit.open()
    with reverts(kit.pc.Overdrawn, side=side, owes=owes, has=has):
        kit.close(kit.b, state)
    assert kit.info.status is Status.OPEN
    assert kit.held == DEPOSIT


def test_close_with_a_root_but_no_locked_money_reverts(kit: Kit) -> None:
    kit.open()
    with reverts(kit.pc.LockRootMismatch, locked=0):
        kit.close(kit.a, ChannelState(1, lock_root=b"\x01" * 32))


def test_close_with_locked_money_but_no_root_reverts(kit: Kit) -> None:
    """Such money could never be unlocked."""
    kit.open()
    with reverts(kit.pc.LockRootMismatch, locked=5):
        kit.close(kit.a, ChannelState(1, locked_a=5))


def test_close_with_an_initial_state_that_says_something_reverts(kit: Kit) -> None:
    kit.open()
    for state in (ChannelState(0, 0, 5), ChannelState(0, 1)):
        with reverts(kit.pc.InitialStateNotEmpty):
            kit.close(kit.b, state)


def test_close_signed_by_the_closer_alone_reverts(kit: Kit) -> None:
    kit.open()
    state = kit.state(1, 0, ether(1))
    with reverts(kit.pc.WrongSigner, actual=kit.a, expected=kit.b):
        kit.pc.close(kit.key, state.as_tuple(), kit.sig(kit.a, state), sender=kit.a)


@pytest.mark.parametrize("signature", [b"", b"\x01" * 64, b"\x00" * 65, b"\xff" * 66])
def test_close_with_a_malformed_signature_reverts(kit: Kit, signature: bytes) -> None:
    kit.open()
    with reverts(kit.pc.WrongSigner, expected=kit.b):
        kit.pc.close(kit.key, kit.state(1).as_tuple(), signature, sender=kit.a)
    assert kit.info.status is Status.OPEN


def test_close_with_a_high_s_signature_reverts(kit: Kit) -> None:
    kit.open()
    state = kit.state(1, 0, ether(1))
    good = kit.sig(kit.b, state)
    s = ORDER - int.from_bytes(good[32:64], "big")
    twin = good[:32] + s.to_bytes(32, "big") + bytes([55 - good[64]])
    with reverts(kit.pc.HighS, actual=s):
        kit.pc.close(kit.key, state.as_tuple(), twin, sender=kit.a)


def test_close_with_the_initial_state_needs_no_signature(kit: Kit) -> None:
    kit.open()
    kit.pc.close(kit.key, INITIAL.as_tuple(), b"", sender=kit.b)
    kit.settle(INITIAL)
    assert kit.balances == (DEPOSIT, 0)


def test_close_succeeds(kit: Kit) -> None:
    kit.open()
    state = kit.state(1, 0, ether(3))
    receipt = kit.close(kit.a, state)
    (closing,) = kit.events(receipt, "Closing")
    assert closing.deadline == receipt.timestamp + WINDOW == kit.info.deadline
    assert tuple(closing.state) == state.as_tuple()
    assert (closing.closer, kit.info.status, kit.info.version) == (0, Status.CLOSING, 1)
    assert kit.info.commitment == kit.messages.struct_hash(state)
    assert kit.held == DEPOSIT


# -- a state counts for one chain, contract, channel, epoch and type


def test_a_state_of_another_chain_reverts(kit: Kit) -> None:
    kit.open()
    foreign = Messages.of(replace(kit.judge.domain, chain_id=1), kit.terms)
    _expect_foreign(kit, foreign)


def test_a_state_of_another_contract_reverts(kit: Kit) -> None:
    kit.open()
    foreign = Messages.of(replace(kit.judge.domain, contract=kit.stranger.address), kit.terms)
    _expect_foreign(kit, foreign)


def test_a_state_of_another_domain_name_reverts(kit: Kit) -> None:
    kit.open()
    _expect_foreign(kit, Messages.of(replace(kit.judge.domain, name="AppAdjudicator"), kit.terms))


def test_a_state_of_another_channel_reverts(kit: Kit) -> None:
    kit.open()
    _expect_foreign(kit, Messages.of(kit.judge.domain, replace(kit.terms, token=kit.stranger.address)))


def test_a_state_of_a_reopened_channel_reverts(kit: Kit) -> None:
    first = kit.open()
    kit.open()
    _expect_foreign(kit, Messages.of(kit.judge.domain, first))


def test_a_state_signed_for_the_same_id_but_another_epoch_reverts(kit: Kit) -> None:
    kit.open()
    _expect_foreign(kit, Messages(kit.judge.domain, kit.terms.channel, 2))


def test_a_message_of_another_type_is_no_state(kit: Kit) -> None:
    """Two messages of the same words have different types."""
    kit.open()
    state = kit.state(1)
    signature = kit.sign(kit.b, kit.messages.close_together(_as_close(kit)))
    with reverts(kit.pc.WrongSigner):
        kit.pc.close(kit.key, state.as_tuple(), signature, sender=kit.a)


def _as_close(kit: Kit):  # type: ignore[no-untyped-def]
    from harness.channels.types import CloseTogether

    return CloseTogether(1, 0, kit.chain.now + WINDOW)


def _expect_foreign(kit: Kit, foreign: Messages) -> None:
    state = kit.state(1, 0, ether(1))
    signature = kit.sign(kit.b, foreign.state(state))
    with reverts(kit.pc.WrongSigner, expected=kit.b):
        kit.pc.close(kit.key, state.as_tuple(), signature, sender=kit.a)
    assert kit.info.status is Status.OPEN


# -- update


def test_update_of_an_open_channel_reverts(kit: Kit) -> None:
    kit.open()
    with reverts(kit.pc.StatusMismatch, actual=Status.OPEN, expected=Status.CLOSING):
        kit.update(kit.state(1))


@pytest.mark.parametrize(("offset", "in_time"), [(-1, True), (0, True), (1, False)])
def test_update_around_the_deadline(kit: Kit, offset: int, in_time: bool) -> None:
    kit.open()
    kit.close(kit.a)
    deadline = kit.info.deadline
    kit.chain.warp(to=deadline + offset)
    if in_time:
        kit.update(kit.state(1, 0, 5))
        assert kit.info.deadline == deadline
    else:
        with reverts(kit.pc.WindowClosed, actual=deadline + 1, deadline=deadline):
            kit.update(kit.state(1, 0, 5))


@pytest.mark.parametrize("version", [1, 2, 3])
def test_update_that_is_not_newer_reverts(kit: Kit, version: int) -> None:
    kit.open()
    kit.close(kit.a, kit.state(3, 2, 5))
    with reverts(kit.pc.VersionNotNewer, actual=version, posted=3):
        kit.update(kit.state(version))


def test_update_with_amounts_above_the_deposits_reverts(kit: Kit) -> None:
    kit.open()
    kit.close(kit.a)
    with reverts(kit.pc.Overdrawn, side=0, owes=DEPOSIT + 1, has=DEPOSIT):
        kit.update(kit.state(1, 0, DEPOSIT + 1))


@pytest.mark.parametrize("missing", [0, 1])
def test_update_by_a_stranger_needs_both_signatures(kit: Kit, missing: int) -> None:
    kit.open()
    kit.close(kit.a)
    state = kit.state(1, 0, 5)
    signatures = list(kit.both(kit.messages.state(state)))
    signatures[missing] = b""
    with reverts(kit.pc.WrongSigner, expected=(kit.a, kit.b)[missing]):
        kit.pc.update(kit.key, state.as_tuple(), *signatures, sender=kit.stranger)


def test_update_by_a_party_needs_no_signature_of_its_own(kit: Kit) -> None:
    kit.open()
    kit.close(kit.a)
    state = kit.state(1, 0, 5)
    kit.pc.update(kit.key, state.as_tuple(), kit.sig(kit.a, state), b"", sender=kit.b)
    assert kit.info.version == 1


def test_a_newer_state_replaces_an_older_one_again_and_again(kit: Kit) -> None:
    kit.open()
    kit.close(kit.a, kit.state(1, 0, 5))
    for version, paid in ((2, 6), (5, 7), (9, 9)):
        receipt = kit.update(kit.state(version, 0, paid))
        (updated,) = kit.events(receipt, "Updated")
        assert updated.state.version == version
    kit.settle(kit.state(9, 0, 9))
    assert kit.balances == (DEPOSIT - 9, 9)


# -- staleness


@pytest.mark.parametrize(
    ("version", "base", "stale"),
    [(5, 1, False), (5, 2, True), (5, 4, True)],
    ids=["knew no newer one", "knew version 2", "knew version 4"],
)
def test_a_closers_own_proposal_proves_what_it_held(kit: Kit, version: int, base: int, stale: bool) -> None:
    kit.open(penalty=10_000)
    kit.close(kit.a, kit.state(1, 0, ether(1)))
    newer = kit.state(version, base, ether(4))
    kit.update(newer)
    assert kit.info.stale is stale
    kit.settle(newer)
    assert kit.balances == ((0, DEPOSIT) if stale else (ether(6), ether(4)))


def test_a_countersigned_state_proves_that_the_closer_held_it(kit: Kit) -> None:
    kit.open(penalty=5_000)
    kit.close(kit.a, kit.state(1, 0, ether(2)))
    newer = kit.state(2, 0, ether(2))
    kit.update(newer)
    kit.settle(newer)
    assert kit.balances == (ether(4), ether(6))


def test_a_closer_that_corrects_itself_by_the_others_proposal_is_not_stale(kit: Kit) -> None:
    """It may have received that proposal after its close."""
    kit.open(penalty=5_000)
    kit.close(kit.a, kit.state(1, 0, ether(2)))
    kit.update(kit.state(2, 0, ether(2)), sender=kit.a)
    assert not kit.info.stale


def test_a_stale_closer_cannot_run_ahead_of_its_penalty(kit: Kit) -> None:
    """Posting its own newer proposal itself proves as much as when the victim posts it."""
    kit.open(penalty=5_000)
    kit.close(kit.a, kit.state(1, 0, ether(2)))
    kit.update(kit.state(5, 3, ether(2)), sender=kit.a)
    assert kit.info.stale


def test_a_proof_of_staleness_survives_later_updates(kit: Kit) -> None:
    kit.open(penalty=5_000)
    kit.close(kit.a, kit.state(1))
    kit.update(kit.state(5, 3))
    kit.update(kit.state(7, 0), sender=kit.a)
    assert kit.info.stale


def test_a_stale_close_by_b_costs_b(kit: Kit) -> None:
    kit.open(deposit_b=ether(2), penalty=5_000)
    kit.close(kit.b, kit.state(2))
    newer = kit.state(6, 3)
    kit.update(newer)
    kit.settle(newer)
    assert kit.balances == (DEPOSIT + ether(1), ether(1))


# -- settle


def test_settle_of_an_open_channel_reverts(kit: Kit) -> None:
    kit.open()
    with reverts(kit.pc.StatusMismatch, actual=Status.OPEN, expected=Status.CLOSING):
        kit.settle(wait=False)


@pytest.mark.parametrize(("offset", "allowed"), [(-1, False), (0, False), (1, True)])
def test_settle_around_the_deadline(kit: Kit, offset: int, allowed: bool) -> None:
    kit.open()
    kit.close(kit.a)
    deadline = kit.info.deadline
    kit.chain.warp(to=deadline + offset)
    if allowed:
        kit.settle(wait=False)
        assert kit.info.status is Status.SETTLED
    else:
        with reverts(kit.pc.WindowOpen, actual=deadline + offset, deadline=deadline):
            kit.settle(wait=False)


def test_settle_with_another_state_reverts(kit: Kit) -> None:
    kit.open()
    kit.close(kit.a, kit.state(1, 0, 5))
    other = kit.state(1, 0, 6)
    with reverts(kit.pc.StateMismatch, actual=kit.messages.struct_hash(other)):
        kit.settle(other)


def test_settle_twice_reverts(kit: Kit) -> None:
    kit.open()
    kit.settled(kit.state(1, 0, 5))
    with reverts(kit.pc.StatusMismatch, actual=Status.SETTLED, expected=Status.CLOSING):
        kit.settle(kit.state(1, 0, 5), wait=False)


def test_settle_succeeds(kit: Kit) -> None:
    kit.open(deposit_b=ether(2))
    state = kit.state(1, 0, ether(5), ether(1))
    kit.close(kit.a, state)
    receipt = kit.settle(state)
    (settled,) = kit.events(receipt, "Settled")
    assert (settled.balanceA, settled.balanceB, settled.locked) == (ether(6), ether(6), 0)
    assert kit.balances == (ether(6), ether(6))
    assert kit.info.commitment == bytes(32)
    assert kit.held == ether(12)


def test_a_channel_reopens_after_its_settlement(kit: Kit) -> None:
    kit.open()
    kit.settled(kit.state(1, 0, ether(1)))
    kit.open(deposit_a=ether(3))
    assert kit.terms.epoch == 2
    kit.settled(kit.state(1, 0, ether(2)))
    assert kit.balances == (ether(1), ether(2))
