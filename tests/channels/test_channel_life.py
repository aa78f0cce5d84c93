"""The life of a channel between two honest parties, and what each refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness import ether, reverts
from harness.channels.bus import Faults
from harness.channels.end import Proposal
from harness.channels.errors import (
    BadChannelSignature,
    ChannelFrozen,
    ChannelOverdrawn,
    ForeignState,
    IllegalProposal,
    MalformedMessage,
    NotAChannelParty,
    StaleState,
    UnknownChannel,
)
from harness.channels.ledger import Content
from harness.channels.locks import hashlock_of
from harness.channels.types import OPENING, ChannelState, CloseTogether, Lock, SignedState, Status


def open_between(channels: Any, accounts: Any, deposit: int = ether(10), **options: Any) -> Any:
    return channels.open(accounts.alice, accounts.bob, deposit=deposit, **options)


def test_payments_both_ways_add_up(channels: Any, accounts: Any) -> None:
    channel = open_between(channels, accounts, other_deposit=ether(2))
    channel.pay(accounts.alice, ether(6))
    channel.pay(accounts.bob, ether(7))
    assert (channel.balance(accounts.alice), channel.balance(accounts.bob)) == (ether(11), ether(1))
    channel.close(by=accounts.bob)
    channel.settle()
    assert (channel.payout(accounts.alice), channel.payout(accounts.bob)) == (ether(11), ether(1))
    for account in (accounts.alice, accounts.bob):
        channel.collect(account)
    assert channels.chain.balance(channels.contract.address) == 0


def test_a_payment_above_the_balance_is_refused(channels: Any, accounts: Any) -> None:
    channel = open_between(channels, accounts)
    with pytest.raises(ChannelOverdrawn) as refusal:
        channel.pay(accounts.alice, ether(10) + 1)
    assert (refusal.value.owes, refusal.value.has) == (ether(10) + 1, ether(10))
    with pytest.raises(ChannelOverdrawn):
        channel.pay(accounts.bob, 1)
    assert channel.state.version == 0


def test_a_top_up_counts_at_once(channels: Any, accounts: Any) -> None:
    channel = open_between(channels, accounts)
    channel.deposit(accounts.bob, ether(3))
    channel.pay(accounts.bob, ether(2))
    assert channel.balance(accounts.alice) == ether(12)


def test_a_withdrawal_is_reserved_until_it_is_taken_or_expires(channels: Any, accounts: Any, l1: Any) -> None:
    channel = open_between(channels, accounts)
    channel.withdraw(accounts.alice, ether(4))
    assert channel.balance(accounts.alice) == ether(6)
    with pytest.raises(ChannelOverdrawn):
        channel.pay(accounts.alice, ether(7))
    with pytest.raises(ChannelOverdrawn):
        channel.withdraw(accounts.alice, ether(7))
    channel.pay(accounts.alice, ether(6))
    channel.close(by=accounts.bob)
    channel.settle()
    assert (channel.payout(accounts.alice), channel.payout(accounts.bob)) == (0, ether(6))


def test_a_signed_withdrawal_that_nobody_sends_is_free_again_after_its_expiry(
    channels: Any, accounts: Any, l1: Any
) -> None:
    from harness.channels.types import Withdrawal

    channel = open_between(channels, accounts)
    wanted = Withdrawal(channel.side(accounts.alice), ether(8), channels.now + 60)
    for account in (accounts.alice, accounts.bob):
        channel.end(account).promise_withdrawal(wanted, channels.now)
    with pytest.raises(ChannelOverdrawn):
        channel.pay(accounts.alice, ether(3))
    l1.warp(to=wanted.expiry + 1)
    channel.pay(accounts.alice, ether(3))
    assert channel.balance(accounts.bob) == ether(3)


def test_a_cooperative_close_freezes_the_channel_until_it_expires(channels: Any, accounts: Any, l1: Any) -> None:
    channel = open_between(channels, accounts)
    channel.pay(accounts.alice, ether(1))
    side = channel.side(accounts.alice)
    shares = (ether(9), ether(1)) if side == 0 else (ether(1), ether(9))
    close = CloseTogether(*shares, channels.now + 600)
    channel.end(accounts.alice).promise_close(close, channels.now)
    with pytest.raises(ChannelFrozen):
        channel.pay(accounts.alice, 1)
    with pytest.raises(IllegalProposal):
        greedy = replace(close, balance_a=close.balance_b, balance_b=close.balance_a)
        channel.end(accounts.bob).promise_close(replace(greedy, balance_a=0, balance_b=0), channels.now)
    l1.warp(to=close.expiry + 1)
    channel.pay(accounts.alice, ether(1))
    assert channel.balance(accounts.bob) == ether(2)


def test_close_together_pays_by_the_newest_state(channels: Any, accounts: Any) -> None:
    channel = open_between(channels, accounts)
    channel.pay(accounts.alice, ether(4))
    channel.close_together()
    assert channel.info.status is Status.SETTLED
    assert (channel.payout(accounts.alice), channel.payout(accounts.bob)) == (ether(6), ether(4))


def test_a_channel_that_is_closing_takes_no_payment(channels: Any, accounts: Any) -> None:
    channel = open_between(channels, accounts)
    channel.close(by=accounts.alice)
    with pytest.raises(ChannelFrozen):
        channel.pay(accounts.alice, 1)


def test_a_state_of_a_reopened_channel_is_another_ones(channels: Any, accounts: Any) -> None:
    first = open_between(channels, accounts)
    first.pay(accounts.alice, ether(3))
    old = first.state
    first.close_together()
    second = open_between(channels, accounts)
    with reverts(channels.contract.WrongSigner):
        second.close(by=accounts.bob, state=old)
    with pytest.raises(ForeignState):
        second.end(accounts.bob).receive(Proposal(first.id, old, old.signature_a), channels.now)


def test_strangers_and_unknown_channels_are_refused(channels: Any, accounts: Any) -> None:
    channel = open_between(channels, accounts)
    with pytest.raises(NotAChannelParty):
        channel.pay(accounts.carol, 1)
    with pytest.raises(NotAChannelParty):
        channels.judge.close(channel.terms, channel.state, accounts.carol)
    with pytest.raises(UnknownChannel):
        channels.node(accounts.alice).pay(bytes(32), 1, channels.now)


# -- proposals that must not be believed


@pytest.fixture
def game(channels: Any, accounts: Any) -> Any:
    """Alice has paid Bob two ether of ten, and holds his acknowledgement."""
    channel = channels.open(accounts.alice, accounts.bob, deposit=ether(10), other_deposit=ether(1))
    channel.pay(accounts.alice, ether(2))
    return channel


def forge(channel: Any, account: Any, **changes: Any) -> Proposal:
    """A proposal by ``account`` with a valid signature, on top of the newest state."""
    end = channel.end(account)
    signed = end.state
    version = end.ledger.next_version()
    fields = {"version": version, "base": end.newest.version, **changes}
    locks = fields.pop("locks", signed.locks)
    content = Content(signed.state.paid_a, signed.state.paid_b, locks)
    state = replace(content.state(0, 0), **fields)
    return Proposal(channel.id, SignedState(state, locks), end.signer.sign(end.messages.state(state)))


def paid(channel: Any, account: Any, amount: int) -> dict[str, int]:
    return {("paid_a", "paid_b")[channel.side(account)]: amount}


def refuse(channel: Any, receiver: Any, proposal: Proposal, error: type[Exception]) -> None:
    end = channel.end(receiver)
    before = (end.newest, end.ledger.newest, end.balance(0))
    with pytest.raises(error):
        end.adopt(proposal, channel.network.now)
    assert (end.newest, end.ledger.newest, end.balance(0)) == before


def test_a_proposal_that_takes_money_back_is_refused(game: Any, accounts: Any) -> None:
    refuse(game, accounts.bob, forge(game, accounts.alice, **paid(game, accounts.alice, ether(1))), IllegalProposal)


def test_a_proposal_that_spends_the_receivers_money_is_refused(game: Any, accounts: Any) -> None:
    refuse(game, accounts.bob, forge(game, accounts.alice, **paid(game, accounts.bob, 1)), IllegalProposal)


def test_a_proposal_above_the_deposits_is_refused(game: Any, accounts: Any) -> None:
    refuse(game, accounts.bob, forge(game, accounts.alice, **paid(game, accounts.alice, ether(12))), ChannelOverdrawn)


def test_a_proposal_of_the_wrong_parity_is_refused(game: Any, accounts: Any) -> None:
    version = game.end(accounts.alice).ledger.next_version() + 1
    refuse(game, accounts.bob, forge(game, accounts.alice, version=version), IllegalProposal)


def test_an_old_proposal_is_refused(game: Any, accounts: Any) -> None:
    version = game.end(accounts.alice).ledger.newest
    refuse(game, accounts.bob, forge(game, accounts.alice, version=version), StaleState)


@pytest.mark.parametrize("base", [1, 98])
def test_a_proposal_on_an_unknown_base_is_refused(game: Any, accounts: Any, base: int) -> None:
    """Odd and unsigned by B, or beyond all that B signed."""
    refuse(game, accounts.bob, forge(game, accounts.alice, base=base), IllegalProposal)


def test_a_proposal_whose_locks_do_not_hash_to_its_root_is_refused(game: Any, accounts: Any) -> None:
    refuse(game, accounts.bob, forge(game, accounts.alice, lock_root=b"\x01" * 32), IllegalProposal)
    refuse(game, accounts.bob, forge(game, accounts.alice, locked_a=1), IllegalProposal)


def test_a_lock_on_the_receivers_money_is_refused(game: Any, accounts: Any) -> None:
    lock = Lock(b"\x05" * 32, 1, 2**40, game.side(accounts.bob))
    refuse(game, accounts.bob, forge(game, accounts.alice, locks=(lock,)), IllegalProposal)


@pytest.mark.parametrize("amount", [0, 2**128])
def test_a_lock_of_no_or_too_much_money_is_refused(game: Any, accounts: Any, amount: int) -> None:
    lock = Lock(b"\x05" * 32, amount, 2**40, game.side(accounts.alice))
    refuse(game, accounts.bob, forge(game, accounts.alice, locks=(lock,)), IllegalProposal)


def test_a_lock_on_the_empty_preimage_is_refused(game: Any, accounts: Any) -> None:
    from harness.channels.locks import EMPTY_HASHLOCK

    lock = Lock(EMPTY_HASHLOCK, 1, 2**40, game.side(accounts.alice))
    refuse(game, accounts.bob, forge(game, accounts.alice, locks=(lock,)), IllegalProposal)


def test_a_proposal_signed_by_somebody_else_is_refused(game: Any, accounts: Any) -> None:
    good = forge(game, accounts.alice)
    bob = game.end(accounts.bob)
    signature = bob.signer.sign(bob.messages.state(good.signed.state))
    refuse(game, accounts.bob, replace(good, signature=signature), BadChannelSignature)
    refuse(game, accounts.bob, replace(good, signature=b"\x00" * 65), BadChannelSignature)
    refuse(game, accounts.bob, replace(good, signature=good.signature[:64]), BadChannelSignature)


def test_a_removed_lock_must_be_paid_or_over(channels: Any, game: Any, accounts: Any, l1: Any) -> None:
    alice = game.end(accounts.alice)
    lock, proposal = alice.lock(b"\x05" * 32, ether(1), channels.now + 600, channels.now)
    game.end(accounts.bob).adopt(proposal, channels.now)
    taken = forge(game, accounts.alice, locks=())
    refuse(game, accounts.bob, taken, IllegalProposal)
    l1.warp(to=lock.expiry)
    refuse(game, accounts.bob, taken, IllegalProposal)
    l1.warp(to=lock.expiry + 1)
    changes = game.end(accounts.bob).adopt(taken, channels.now)
    assert changes.expired == (lock,)


def test_a_lock_replaced_by_another_is_not_paid(channels: Any, game: Any, accounts: Any) -> None:
    alice = game.end(accounts.alice)
    lock, proposal = alice.lock(b"\x05" * 32, ether(1), channels.now + 600, channels.now)
    game.end(accounts.bob).adopt(proposal, channels.now)
    other = replace(lock, hashlock=b"\x06" * 32)
    refuse(game, accounts.bob, forge(game, accounts.alice, locks=(other,)), IllegalProposal)


# -- crossing proposals and a bad bus


def test_proposals_that_cross_are_both_paid_in_the_end(channels: Any, accounts: Any) -> None:
    channel = channels.open(accounts.alice, accounts.bob, deposit=ether(10), other_deposit=ether(10))
    for account, amount in ((accounts.alice, ether(1)), (accounts.bob, ether(3))):
        channels.node(account).pay(channel.id, amount, channels.now)
    channels.settle_messages()
    assert (channel.balance(accounts.alice), channel.balance(accounts.bob)) == (ether(12), ether(8))
    states = {channel.end(account).newest.state for account in (accounts.alice, accounts.bob)}
    assert len(states) == 1


@pytest.mark.parametrize(
    "faults",
    [Faults(drop=0.4), Faults(duplicate=0.5), Faults(reorder=0.8), Faults(delay=5), Faults(0.3, 0.3, 0.5, 3)],
    ids=["drops", "duplicates", "reorders", "delays", "all"],
)
def test_no_payment_is_lost_or_counted_twice_on_a_bad_bus(l1: Any, accounts: Any, faults: Faults) -> None:
    from harness.testbed.channel_fixtures import open_channels

    network = open_channels(l1, seed=7, faults=faults)
    channel = network.open(accounts.alice, accounts.bob, deposit=ether(10), other_deposit=ether(10))
    for number in range(1, 21):
        payer = accounts.alice if number % 3 else accounts.bob
        channel.pay(payer, number * 10**15)
    network.settle_messages()
    by_bob = sum(n for n in range(1, 21) if n % 3 == 0)
    by_alice = sum(n for n in range(1, 21) if n % 3)
    assert channel.balance(accounts.alice) == ether(10) + (by_bob - by_alice) * 10**15
    assert channel.balance(accounts.bob) == ether(10) + (by_alice - by_bob) * 10**15
    assert network.nodes[accounts.alice.address].received == by_bob * 10**15
    network.stop()


def test_version_zero_is_nobodys_proposal(game: Any, accounts: Any) -> None:
    refuse(game, accounts.bob, forge(game, accounts.alice, version=0, base=0), IllegalProposal)
    assert ChannelState().version == 0


def test_a_top_up_is_seen_within_the_block_that_has_it(channels: Any, accounts: Any, l1: Any) -> None:
    """What the contract says is asked anew after every transaction, not once in a block."""
    channel = open_between(channels, accounts, ether(1))
    with l1.block():
        for paid in (2, 3, 4):
            channel.deposit(accounts.alice, ether(1))
            assert channel.info.funds.pool == ether(paid)
    assert channel.info.funds.pool == ether(4)


def test_what_an_edit_of_the_chain_changes_is_asked_anew(channels: Any, accounts: Any, l1: Any) -> None:
    channel = open_between(channels, accounts, ether(1))
    mark = l1.snapshot()
    assert channel.info.status is Status.OPEN
    closed = bytes.fromhex("60036000526101206000f3")  # PUSH1 3, MSTORE at 0, RETURN(0, 288)
    l1.set_code(channels.contract.address, closed)
    assert channel.info.status is Status(3)
    l1.restore(mark)
    assert channel.info.status is Status.OPEN


@pytest.mark.needs("reorg")
def test_a_close_that_a_reorg_takes_back_leaves_the_channel_open(channels: Any, accounts: Any, l1: Any) -> None:
    channel = open_between(channels, accounts)
    channel.close(by=accounts.alice)
    with pytest.raises(ChannelFrozen):
        channel.pay(accounts.alice, 1)
    l1.reorg(1)
    channel.pay(accounts.alice, ether(3))
    with pytest.raises(UnknownChannel):
        channel.settle()
    channel.close(by=accounts.bob)
    channel.settle()
    assert channel.payout(accounts.bob) == ether(3)


@pytest.mark.needs("reorg")
def test_locks_that_a_reorg_takes_back_are_decided_again(channels: Any, accounts: Any, l1: Any) -> None:
    """A secret made public and two locks decided, all of which the chain loses: it is the same to do again."""
    channel = open_between(channels, accounts, other_deposit=ether(1))
    alice, bob = channel.end(accounts.alice), channel.end(accounts.bob)
    secrets = [bytes([number]) * 32 for number in (1, 2)]
    for number, secret in enumerate(secrets):
        _, proposal = alice.lock(hashlock_of(secret), 100 + number, channels.now + 90_000, channels.now)
        for reply in bob.receive(proposal, channels.now).replies:
            alice.receive(reply, channels.now)
    channel.close(by=accounts.alice)
    start = l1.block_number
    for _ in range(2):
        channels.judge.reveal(secrets[0])
        channel.settle()
        channel.unlock()
        assert channel.locks().remaining == ()
        assert channel.payout(accounts.bob) == ether(1) + 100
        lost = l1.reorg(l1.block_number - start)
        assert len(lost) == 4
    assert len(channel.locks().remaining) == 2
    channels.judge.reveal(secrets[1])
    channel.settle()
    channel.unlock()
    assert channel.payout(accounts.bob) == ether(1) + 101


# -- closing


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"balance_a": ether(10), "balance_b": ether(10)}, IllegalProposal),
        ({"expiry": 2**63}, IllegalProposal),
        ({"expiry": 1}, IllegalProposal),
        ({"expiry": 2**64}, MalformedMessage),
        ({"balance_a": -1}, MalformedMessage),
    ],
    ids=["more than there is", "for ever", "over already", "no time", "a debt"],
)
def test_no_close_is_signed_that_would_only_stop_the_payments(
    channels: Any, accounts: Any, change: dict[str, int], error: type[Exception]
) -> None:
    channel = open_between(channels, accounts)
    balances = channel.info.funds.balances(channel.state.state)
    close = replace(CloseTogether(*balances, channels.now + 600), **change)
    with pytest.raises(error):
        channel.end(accounts.bob).promise_close(close, channels.now)
    channel.pay(accounts.alice, 5)
    assert channel.balance(accounts.bob) == 5


def test_a_party_answers_with_a_state_that_it_had_not_signed_itself(channels: Any, accounts: Any) -> None:
    """Its transaction is its consent: a payee that only adopts payments can always post the newest one."""
    channel = open_between(channels, accounts)
    payer, payee = channel.end(accounts.alice), channel.end(accounts.bob)
    payee.adopt(payer.pay(ether(1), channels.now), channels.now)
    assert not payee.newest.signature(channel.side(accounts.bob))
    channel.close(by=accounts.alice, state=OPENING)
    channel.answer(by=accounts.bob)
    channel.settle()
    assert channel.payout(accounts.bob) == ether(1)


def test_a_close_that_a_reorg_took_back_stops_no_payment(channels: Any, accounts: Any, l1: Any) -> None:
    channel = open_between(channels, accounts)
    before = l1.snapshot()
    channel.close(by=accounts.alice)
    with pytest.raises(ChannelFrozen):
        channel.pay(accounts.alice, 5)
    l1.restore(before)
    channel.deposit(accounts.bob, 1)
    channel.pay(accounts.alice, 5)
    assert channel.balance(accounts.bob) == 6


def test_verbs_that_took_the_channel_still_work_and_name_their_new_place(channels: Any, accounts: Any) -> None:
    channel = channels.open(accounts.alice, accounts.bob, deposit=ether(10))
    channel.pay(accounts.alice, ether(3))
    old = channel.state
    channel.pay(accounts.alice, ether(1))
    with pytest.warns(DeprecationWarning, match=r"channels\.close\(channel\) .* use channel\.close\(\)") as caught:
        channels.close(channel, by=accounts.alice, state=old)
    assert [warning.filename for warning in caught] == [__file__]
    with pytest.warns(DeprecationWarning, match="use channel.answer"):
        channels.answer(channel, by=accounts.bob)
    with pytest.warns(DeprecationWarning, match="use channel.settle"):
        channels.settle(channel)
    with pytest.warns(DeprecationWarning, match="use channel.locks"):
        assert channels.locks(channel).remaining == ()
    assert channel.payout(accounts.bob) == ether(4)
    with pytest.warns(DeprecationWarning, match="use channel.collect"):
        channels.collect(channel, accounts.bob)
