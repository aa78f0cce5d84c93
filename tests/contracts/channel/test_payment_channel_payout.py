"""PaymentChannel.payout, wallets, and tokens that misbehave."""

from __future__ import annotations

from typing import Any

import pytest

from harness import ether, reverts
from harness.channels.types import INITIAL, Side, Status

from .conftest import DEPOSIT, Kit

# -- payout


def test_payout_of_an_unsettled_channel_reverts(kit: Kit) -> None:
    kit.open()
    with reverts(kit.pc.StatusMismatch, actual=Status.OPEN, expected=Status.SETTLED):
        kit.payout(Side.A)


def test_payout_to_somebody_else_by_somebody_else_reverts(kit: Kit) -> None:
    kit.open()
    kit.settled(kit.state(1, 0, ether(3)))
    for sender in (kit.b, kit.stranger):
        with reverts(kit.pc.RecipientNotParty, actual=kit.stranger, expected=kit.a):
            kit.payout(Side.A, to=kit.stranger.address, sender=sender)


def test_payout_twice_reverts(kit: Kit) -> None:
    kit.open()
    kit.settled(kit.state(1, 0, ether(3)))
    kit.payout(Side.A)
    with reverts(kit.pc.NothingToPay, channel=kit.terms.channel, side=0):
        kit.payout(Side.A)
    assert kit.held == ether(3)


def test_payout_succeeds(kit: Kit) -> None:
    kit.open()
    kit.settled(kit.state(1, 0, ether(3)))
    before = kit.chain.balance(kit.b.address)
    receipt = kit.payout(Side.B)
    (paid,) = kit.events(receipt, "PaidOut")
    assert (paid.side, paid.to, paid.amount) == (1, kit.b.address, ether(3))
    assert kit.chain.balance(kit.b.address) == before + ether(3)
    assert kit.balances == (ether(7), 0)
    assert kit.held == ether(7)


# -- payoutBoth


def test_payout_both_of_an_unsettled_channel_reverts(kit: Kit) -> None:
    kit.open()
    with reverts(kit.pc.StatusMismatch, actual=Status.OPEN, expected=Status.SETTLED):
        kit.judge.payout_both(kit.terms)


def test_payout_both_succeeds_once(kit: Kit) -> None:
    kit.open()
    kit.settled(kit.state(1, 0, ether(3)))
    before = [kit.chain.balance(account.address) for account in (kit.a, kit.b)]
    receipt = kit.judge.payout_both(kit.terms)
    assert [(paid.side, paid.amount) for paid in kit.events(receipt, "PaidOut")] == [(0, ether(7)), (1, ether(3))]
    assert [kit.chain.balance(account.address) for account in (kit.a, kit.b)] == [
        before[0] + ether(7),
        before[1] + ether(3),
    ]
    with reverts(kit.pc.NothingToPay, channel=kit.terms.channel):
        kit.judge.payout_both(kit.terms)
    assert kit.held == 0


def test_payout_both_pays_the_side_that_can_receive(kit: Kit) -> None:
    token = token_channel(kit, "BlacklistToken")
    kit.settled(kit.state(1, 0, 4_000))
    token.blacklist(kit.a.address, True, sender=kit.stranger)
    kit.judge.payout_both(kit.terms)
    assert token.balanceOf(kit.b.address) == 104_000
    assert kit.balances == (6_000, 0)
    assert kit.pc.owed(token.address) == token.balanceOf(kit.pc.address) == 6_000
    with reverts(kit.pc.NothingToPay):
        kit.judge.payout_both(kit.terms)
    kit.payout(Side.A, to=kit.stranger.address, sender=kit.a)
    assert kit.pc.owed(token.address) == 0


def test_payout_both_of_a_token_that_lies_reverts(kit: Kit) -> None:
    """It moves the money and answers false: paying it again would be at the other channels' expense."""
    token = token_channel(kit, "LyingToken")
    kit.settled(kit.state(1, 0, 4_000))
    token.lie(True, sender=kit.stranger)
    with reverts(kit.pc.TransferFailed, token=token, to=kit.a):
        kit.judge.payout_both(kit.terms)
    assert kit.balances == (6_000, 14_000)
    assert kit.pc.owed(token.address) == token.balanceOf(kit.pc.address) == 20_000


# -- wallets


def wallet_channel(kit: Kit, name: str, *args: Any) -> tuple[Any, Side]:
    """A channel of account A and a contract wallet, A's deposit in it."""
    wallet = kit.chain.deploy(kit.contracts[name], *args, sender=kit.stranger, value=ether(1))
    low, high = sorted((kit.a.address, wallet.address), key=lambda address: int(address, 16))
    side = Side.A if low == wallet.address else Side.B
    kit.open(deposit_a=0, a=low, b=high)
    kit.judge.deposit(kit.terms, side.other, DEPOSIT, kit.a)
    return wallet, side


def test_a_contract_wallet_signs_states(kit: Kit) -> None:
    wallet, side = wallet_channel(kit, "OwnedWallet", kit.b.address)
    paid = {"paid_a": ether(2)} if side is Side.B else {"paid_b": ether(2)}
    state = kit.state(1, 0, **paid)
    kit.pc.close(kit.key, state.as_tuple(), kit.sig(kit.b, state), sender=kit.a)
    kit.settle(state)
    kit.payout(side)
    assert kit.chain.balance(wallet.address) == ether(3)


def test_a_contract_wallet_refuses_other_signatures(kit: Kit) -> None:
    wallet, _ = wallet_channel(kit, "OwnedWallet", kit.b.address)
    state = kit.state(1)
    with reverts(kit.pc.WrongSigner, expected=wallet):
        kit.pc.close(kit.key, state.as_tuple(), kit.sig(kit.stranger, state), sender=kit.a)
    wallet.revoke(True, sender=kit.b)
    with reverts(kit.pc.WrongSigner, expected=wallet):
        kit.pc.close(kit.key, state.as_tuple(), kit.sig(kit.b, state), sender=kit.a)


def test_a_wallet_with_a_format_of_its_own_is_asked(kit: Kit) -> None:
    """65 bytes with a large second word are a high s for an account only."""
    wallet, _ = _bare_wallet(kit, "OnesWallet")
    kit.pc.close(kit.key, kit.state(1).as_tuple(), b"\xff" * 65, sender=kit.a)
    assert kit.info.version == 1
    assert wallet.address in (kit.terms.a, kit.terms.b)


def test_a_wallet_that_answers_with_noise_signs_nothing(kit: Kit) -> None:
    wallet, _ = _bare_wallet(kit, "NoisyWallet")
    with reverts(kit.pc.WrongSigner, expected=wallet):
        kit.pc.close(kit.key, kit.state(1).as_tuple(), b"", sender=kit.a)


def _bare_wallet(kit: Kit, name: str) -> tuple[Any, Side]:
    wallet = kit.chain.deploy(kit.contracts[name], sender=kit.stranger)
    low, high = sorted((kit.a.address, wallet.address), key=lambda address: int(address, 16))
    kit.open(deposit_a=0, a=low, b=high)
    return wallet, Side.A if low == wallet.address else Side.B


def test_an_account_with_a_delegation_still_signs(kit: Kit) -> None:
    """An EIP-7702 account has code and a key: its key's signature counts."""
    kit.open()
    kit.chain.set_code(kit.b.address, b"\xef\x01\x00" + bytes(20))
    kit.close(kit.a, kit.state(1, 0, 5))
    assert kit.info.version == 1


def test_a_party_that_cannot_receive_is_paid_elsewhere(kit: Kit) -> None:
    wallet, side = wallet_channel(kit, "RefusingWallet", kit.b.address)
    state = kit.state(1, 0, **({"paid_a": ether(2)} if side is Side.B else {"paid_b": ether(2)}))
    kit.pc.close(kit.key, state.as_tuple(), b"any", sender=kit.a)
    kit.settle(state)
    with reverts(kit.pc.TransferFailed, to=wallet, amount=ether(2)):
        kit.payout(side)
    kit.payout(side.other)
    before = kit.chain.balance(kit.b.address)
    call = kit.pc.payout.encode(kit.key, int(side), kit.b.address)
    wallet.execute(kit.pc.address, 0, call, sender=kit.stranger)
    assert kit.chain.balance(kit.b.address) == before + ether(2)
    assert kit.held == 0


def test_a_recipient_that_re_enters_is_paid_once(kit: Kit) -> None:
    wallet, side = wallet_channel(kit, "ReentrantWallet")
    state = kit.state(1, 0, **({"paid_a": ether(2)} if side is Side.B else {"paid_b": ether(2)}))
    kit.pc.close(kit.key, state.as_tuple(), b"any", sender=kit.a)
    kit.settle(state)
    again = kit.pc.payout.encode(kit.key, int(side), wallet.address)
    wallet.arm(kit.pc.address, again, sender=kit.stranger)
    kit.payout(side)
    assert not wallet.succeeded()
    assert wallet.answer()[:4] == kit.pc.Reentered.selector
    assert kit.chain.balance(wallet.address) == ether(3)
    assert kit.held == DEPOSIT - ether(2)


# -- tokens


def token_channel(kit: Kit, name: str, deposit: int = 10_000) -> Any:
    """A channel in a token, ``deposit`` from A and B each."""
    token = kit.chain.deploy(kit.contracts[name], sender=kit.stranger)
    for account in (kit.a, kit.b):
        token.mint(account.address, 100_000, sender=account)
        if name != "SilentToken":
            token.approve(kit.pc.address, 2**256 - 1, sender=account)
    kit.open(deposit_a=0, token=token.address)
    kit.judge.deposit(kit.terms, Side.A, deposit, kit.a)
    kit.judge.deposit(kit.terms, Side.B, deposit, kit.b)
    return token


def pay_all(kit: Kit, state: Any = INITIAL) -> None:
    kit.settled(state)
    for side in Side:
        kit.payout(side)


@pytest.mark.parametrize("name", ["PlainToken", "SilentToken", "FalseToken"])
def test_a_token_goes_in_and_out(kit: Kit, name: str) -> None:
    token = token_channel(kit, name)
    assert kit.pc.owed(token.address) == 20_000
    pay_all(kit, kit.state(1, 0, 4_000))
    assert (token.balanceOf(kit.a.address), token.balanceOf(kit.b.address)) == (96_000, 104_000)
    assert token.balanceOf(kit.pc.address) == kit.pc.owed(token.address) == 0


def test_ether_sent_along_with_a_token_deposit_reverts(kit: Kit) -> None:
    token_channel(kit, "PlainToken")
    with reverts(kit.pc.ValueMismatch, actual=1, expected=0):
        kit.pc.deposit(kit.key, 0, 20_000, sender=kit.a, value=1)


def test_a_token_that_is_no_contract_reverts(kit: Kit) -> None:
    kit.open(deposit_a=0, token=kit.stranger.address)
    with reverts():
        kit.judge.deposit(kit.terms, Side.A, 5, kit.a)


def test_a_fee_taking_token_is_credited_by_what_arrives(kit: Kit) -> None:
    token = token_channel(kit, "FeeToken")
    assert kit.balances == (9_900, 9_900)
    assert token.balanceOf(kit.pc.address) == kit.pc.owed(token.address) == 19_800
    pay_all(kit)
    assert token.balanceOf(kit.pc.address) == kit.pc.owed(token.address) == 0
    assert token.balanceOf(kit.a.address) == 90_000 + 9_801


def test_a_token_that_answers_false_credits_nothing(kit: Kit) -> None:
    token = token_channel(kit, "FalseToken")
    token.refuse(True, sender=kit.stranger)
    with reverts(kit.pc.TransferFailed, token=token, to=kit.pc, amount=5_000):
        kit.judge.deposit(kit.terms, Side.A, 15_000, kit.a)
    kit.settled(INITIAL)
    with reverts(kit.pc.TransferFailed, token=token, to=kit.a, amount=10_000):
        kit.payout(Side.A)
    assert kit.balances == (10_000, 10_000)
    token.refuse(False, sender=kit.stranger)
    kit.payout(Side.A)


def test_a_token_that_re_enters_a_deposit_is_counted_once(kit: Kit) -> None:
    token = token_channel(kit, "ReentrantToken")
    inner = kit.pc.deposit.encode(kit.key, 1, 15_000)
    token.mint(token.address, 50_000, sender=kit.a)
    token.arm(kit.pc.address, inner, sender=kit.a)
    kit.judge.deposit(kit.terms, Side.A, 12_000, kit.a)
    assert not token.succeeded()
    assert token.answer()[:4] == kit.pc.Reentered.selector
    assert kit.balances == (12_000, 10_000)
    assert token.balanceOf(kit.pc.address) == kit.pc.owed(token.address) == 22_000


@pytest.mark.parametrize("function", ["payout", "close", "closeTogether", "settle", "withdraw"])
def test_a_token_cannot_enter_any_function_while_it_moves(kit: Kit, function: str) -> None:
    token = token_channel(kit, "ReentrantToken")
    state = INITIAL.as_tuple()
    calls = {
        "payout": (kit.key, 0, kit.a.address),
        "close": (kit.key, state, b""),
        "closeTogether": (kit.key, 1, 1, 2**63, b"", b""),
        "settle": (kit.key, state),
        "withdraw": (kit.key, 0, 1, 2**63, kit.a.address, b"", b""),
    }
    token.arm(kit.pc.address, kit.pc.functions[function].encode(*calls[function]), sender=kit.a)
    kit.judge.deposit(kit.terms, Side.A, 12_000, kit.a)
    assert token.answer()[:4] == kit.pc.Reentered.selector


def test_a_blacklisted_party_holds_up_nobody_else(kit: Kit) -> None:
    token = token_channel(kit, "BlacklistToken")
    kit.settled(kit.state(1, 0, 4_000))
    token.blacklist(kit.a.address, True, sender=kit.stranger)
    with reverts(kit.pc.TransferFailed, token=token, to=kit.a):
        kit.payout(Side.A)
    kit.payout(Side.B)
    assert token.balanceOf(kit.b.address) == 104_000
    kit.payout(Side.A, to=kit.stranger.address, sender=kit.a)
    assert token.balanceOf(kit.stranger.address) == 6_000


def test_a_blacklisted_party_cannot_stop_a_close(kit: Kit) -> None:
    token = token_channel(kit, "BlacklistToken")
    token.blacklist(kit.a.address, True, sender=kit.stranger)
    kit.close_together(2_000, 18_000)
    kit.payout(Side.B)
    assert token.balanceOf(kit.b.address) == 108_000


def test_a_token_that_shrinks_pays_every_claim_its_share(kit: Kit) -> None:
    token = token_channel(kit, "RebaseToken")
    first = kit.terms
    kit.open(deposit_a=0, token=token.address)
    kit.judge.deposit(kit.terms, Side.A, 20_000, kit.a)
    token.rebase(50, sender=kit.stranger)
    kit.settled(INITIAL)
    before = token.balanceOf(kit.a.address)
    kit.payout(Side.A)
    assert token.balanceOf(kit.a.address) - before == 10_000
    kit.terms = first
    kit.settled(INITIAL)
    for side, account in ((Side.A, kit.a), (Side.B, kit.b)):
        before = token.balanceOf(account.address)
        kit.payout(side)
        assert token.balanceOf(account.address) - before == 5_000
    assert token.balanceOf(kit.pc.address) == kit.pc.owed(token.address) == 0


def test_a_token_that_grows_leaves_claims_as_they_were(kit: Kit) -> None:
    token = token_channel(kit, "RebaseToken")
    token.rebase(200, sender=kit.stranger)
    before = token.balanceOf(kit.a.address)
    pay_all(kit)
    assert token.balanceOf(kit.a.address) - before == 10_000
    assert kit.pc.owed(token.address) == 0


def test_a_partial_withdrawal_of_a_token(kit: Kit) -> None:
    token = token_channel(kit, "PlainToken")
    kit.withdraw(Side.B, 2_500)
    assert token.balanceOf(kit.b.address) == 92_500
    assert token.balanceOf(kit.pc.address) == kit.pc.owed(token.address) == 17_500
