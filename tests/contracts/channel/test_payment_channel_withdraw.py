"""PaymentChannel.withdraw and .closeTogether: what both parties sign at once."""

from __future__ import annotations

import pytest

from harness import ether, reverts
from harness.channels.types import CloseTogether, Side, Status, Withdrawal

from .conftest import DEPOSIT, WINDOW, Kit

# -- withdraw


def test_withdraw_from_an_unknown_channel_reverts(kit: Kit) -> None:
    with reverts(kit.pc.StatusMismatch, actual=Status.NONE, expected=Status.OPEN):
        kit.withdraw(Side.A, 5)


def test_withdraw_races_close(kit: Kit) -> None:
    """Whichever comes first, the party has its money once."""
    kit.open()
    kit.close(kit.a)
    with reverts(kit.pc.StatusMismatch, actual=Status.CLOSING, expected=Status.OPEN):
        kit.withdraw(Side.A, ether(4))
    kit.settle()
    assert kit.balances == (DEPOSIT, 0)


@pytest.mark.parametrize(("offset", "valid"), [(-1, True), (0, True), (1, False)])
def test_withdraw_around_its_expiry(kit: Kit, offset: int, valid: bool) -> None:
    kit.open()
    wanted = Withdrawal(Side.A, ether(4), kit.chain.now + WINDOW)
    signatures = kit.both(kit.messages.withdrawal(wanted))
    kit.chain.warp(to=wanted.expiry + offset)
    call = (kit.key, 0, wanted.total, wanted.expiry, kit.a.address, *signatures)
    if valid:
        kit.pc.withdraw(*call, sender=kit.stranger)
        assert kit.held == ether(6)
    else:
        with reverts(kit.pc.SignatureExpired, actual=wanted.expiry + 1, expiry=wanted.expiry):
            kit.pc.withdraw(*call, sender=kit.stranger)


def test_withdraw_to_somebody_else_by_somebody_else_reverts(kit: Kit) -> None:
    kit.open()
    with reverts(kit.pc.RecipientNotParty, actual=kit.stranger, expected=kit.a):
        kit.withdraw(Side.A, 5, to=kit.stranger.address)


def test_the_other_party_cannot_redirect_a_withdrawal(kit: Kit) -> None:
    kit.open()
    with reverts(kit.pc.RecipientNotParty, actual=kit.b, expected=kit.a):
        kit.withdraw(Side.A, 5, to=kit.b.address, sender=kit.b)


def test_a_party_redirects_its_own_withdrawal(kit: Kit) -> None:
    kit.open()
    before = kit.chain.balance(kit.stranger.address)
    kit.withdraw(Side.A, 5, to=kit.stranger.address, sender=kit.a)
    assert kit.chain.balance(kit.stranger.address) == before + 5


@pytest.mark.parametrize("signer", [0, 1])
def test_withdraw_needs_both_signatures(kit: Kit, signer: int) -> None:
    kit.open()
    wanted = Withdrawal(Side.A, 5, kit.chain.now + WINDOW)
    alone = kit.sign((kit.a, kit.b)[signer], kit.messages.withdrawal(wanted))
    with reverts(kit.pc.WrongSigner, expected=(kit.b, kit.a)[signer]):
        kit.pc.withdraw(kit.key, 0, 5, wanted.expiry, kit.a.address, alone, alone, sender=kit.stranger)


def test_withdraw_for_the_other_side_reverts(kit: Kit) -> None:
    """The side is signed: B's consent to A's withdrawal pays B nothing."""
    kit.open()
    wanted = Withdrawal(Side.A, 5, kit.chain.now + WINDOW)
    signatures = kit.both(kit.messages.withdrawal(wanted))
    with reverts(kit.pc.WrongSigner):
        kit.pc.withdraw(kit.key, 1, 5, wanted.expiry, kit.b.address, *signatures, sender=kit.stranger)


def test_a_withdrawal_counts_once(kit: Kit) -> None:
    kit.open()
    kit.withdraw(Side.A, 5)
    with reverts(kit.pc.TotalNotIncreasing, actual=5, current=5):
        kit.withdraw(Side.A, 5)
    kit.withdraw(Side.A, 8)
    assert kit.info.funds.withdrawn_a == 8
    assert kit.held == DEPOSIT - 8


def test_withdraw_more_than_the_channel_holds_reverts(kit: Kit) -> None:
    kit.open()
    other = kit.terms
    kit.open(deposit_a=ether(50))
    kit.terms = other
    with reverts(kit.pc.WithdrawalExceedsPool, actual=DEPOSIT + 1, available=DEPOSIT):
        kit.withdraw(Side.B, DEPOSIT + 1)


def test_withdraw_succeeds_and_states_stay_valid(kit: Kit) -> None:
    kit.open()
    state = kit.state(1, 0, ether(3))
    before = kit.chain.balance(kit.b.address)
    receipt = kit.withdraw(Side.B, ether(2))
    (withdrawn,) = kit.events(receipt, "Withdrawn")
    assert (withdrawn.side, withdrawn.total, withdrawn.to) == (1, ether(2), kit.b.address)
    assert kit.chain.balance(kit.b.address) == before + ether(2)
    kit.settled(state)
    assert kit.balances == (ether(7), ether(1))


def test_a_state_that_a_withdrawal_overdraws_reverts(kit: Kit) -> None:
    kit.open()
    kit.withdraw(Side.A, ether(8))
    with reverts(kit.pc.Overdrawn, side=0, owes=ether(11), has=DEPOSIT):
        kit.close(kit.b, kit.state(1, 0, ether(3)))


# -- closeTogether


def test_close_together_of_an_unknown_channel_reverts(kit: Kit) -> None:
    with reverts(kit.pc.StatusMismatch, actual=Status.NONE, expected=Status.OPEN):
        kit.close_together(0, 0)


def test_close_together_after_the_settlement_reverts(kit: Kit) -> None:
    kit.open()
    kit.settled(kit.state(1))
    with reverts(kit.pc.StatusMismatch, actual=Status.SETTLED):
        kit.close_together(DEPOSIT, 0)


@pytest.mark.parametrize(("offset", "valid"), [(-1, True), (0, True), (1, False)])
def test_close_together_around_its_expiry(kit: Kit, offset: int, valid: bool) -> None:
    kit.open()
    close = CloseTogether(ether(4), ether(6), kit.chain.now + WINDOW)
    signatures = kit.both(kit.messages.close_together(close))
    kit.chain.warp(to=close.expiry + offset)
    call = (kit.key, close.balance_a, close.balance_b, close.expiry, *signatures)
    if valid:
        kit.pc.closeTogether(*call, sender=kit.stranger)
        assert kit.balances == (ether(4), ether(6))
    else:
        with reverts(kit.pc.SignatureExpired, actual=close.expiry + 1, expiry=close.expiry):
            kit.pc.closeTogether(*call, sender=kit.stranger)


@pytest.mark.parametrize("split", [(DEPOSIT, 1), (DEPOSIT + 1, 0), (2**128 - 1, 2**128 - 1)])
def test_close_together_above_what_the_channel_holds_reverts(kit: Kit, split: tuple[int, int]) -> None:
    kit.open()
    with reverts(kit.pc.PoolMismatch, actual=sum(split), expected=DEPOSIT):
        kit.close_together(*split)
    assert kit.info.status is Status.OPEN


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("surplus", [1, 2, ether(3)])
def test_a_strangers_deposit_does_not_spoil_close_together(kit: Kit, side: Side, surplus: int) -> None:
    """Whoever sees the signed close on its way to L1 deposits for either side; both get at least what they signed."""
    kit.open(deposit_b=ether(2))
    close = CloseTogether(ether(9), ether(3), kit.chain.now + WINDOW)
    signatures = kit.both(kit.messages.close_together(close))
    held = (DEPOSIT, ether(2))[side]
    kit.judge.deposit(kit.terms, side, held + surplus, kit.stranger)
    call = (kit.key, close.balance_a, close.balance_b, close.expiry, *signatures)
    (settled,) = kit.events(kit.pc.closeTogether(*call, sender=kit.a), "Settled")
    assert kit.balances == (ether(9) + surplus // 2, ether(3) + surplus - surplus // 2)
    assert (settled.balanceA, settled.balanceB) == kit.balances
    for paid in Side:
        kit.payout(paid)
    assert kit.held == 0


def test_a_withdrawal_after_the_signing_spoils_close_together(kit: Kit) -> None:
    kit.open()
    close = CloseTogether(ether(4), ether(6), kit.chain.now + WINDOW)
    signatures = kit.both(kit.messages.close_together(close))
    kit.withdraw(Side.A, 1)
    with reverts(kit.pc.PoolMismatch, actual=DEPOSIT, expected=DEPOSIT - 1):
        kit.pc.closeTogether(kit.key, ether(4), ether(6), close.expiry, *signatures, sender=kit.a)


@pytest.mark.parametrize("signer", [0, 1])
def test_close_together_needs_both_signatures(kit: Kit, signer: int) -> None:
    kit.open()
    close = CloseTogether(0, DEPOSIT, kit.chain.now + WINDOW)
    alone = kit.sign((kit.a, kit.b)[signer], kit.messages.close_together(close))
    with reverts(kit.pc.WrongSigner, expected=(kit.b, kit.a)[signer]):
        kit.pc.closeTogether(kit.key, 0, DEPOSIT, close.expiry, alone, alone, sender=kit.stranger)


def test_close_together_overtakes_a_one_sided_close(kit: Kit) -> None:
    kit.open()
    kit.close(kit.a, kit.state(1, 0, ether(9)))
    kit.close_together(ether(5), ether(5))
    assert kit.balances == (ether(5), ether(5))
    assert kit.info.commitment == bytes(32)
    with reverts(kit.pc.StatusMismatch, actual=Status.SETTLED, expected=Status.CLOSING):
        kit.settle(kit.state(1, 0, ether(9)), wait=False)


def test_a_settlement_overtakes_close_together(kit: Kit) -> None:
    kit.open()
    kit.settled(kit.state(1, 0, ether(9)))
    with reverts(kit.pc.StatusMismatch, actual=Status.SETTLED):
        kit.close_together(ether(5), ether(5))
    assert kit.balances == (ether(1), ether(9))


def test_close_together_after_a_withdrawal_splits_the_rest(kit: Kit) -> None:
    kit.open(deposit_b=ether(1))
    kit.withdraw(Side.B, ether(3))
    receipt = kit.close_together(ether(8), 0)
    (settled,) = kit.events(receipt, "Settled")
    assert (settled.balanceA, settled.balanceB) == (ether(8), 0)
    kit.payout(Side.A)
    assert kit.held == 0


def test_a_party_that_calls_needs_no_signature_of_its_own(kit: Kit) -> None:
    kit.open()
    close = CloseTogether(0, DEPOSIT, kit.chain.now + WINDOW)
    signature = kit.sign(kit.b, kit.messages.close_together(close))
    kit.pc.closeTogether(kit.key, 0, DEPOSIT, close.expiry, b"", signature, sender=kit.a)
    assert kit.balances == (0, DEPOSIT)
