"""PaymentChannel.open and .deposit."""

from __future__ import annotations

from typing import Any

import pytest

from harness import ether, reverts
from harness.channels.types import ETHER, Side, Status

from .conftest import DEPOSIT, WINDOW, Kit


def test_open_with_unordered_parties_reverts(kit: Kit) -> None:
    terms = kit.terms_for(1, a=kit.b.address, b=kit.a.address)
    with reverts(kit.pc.PartiesNotOrdered, a=kit.b.address, b=kit.a.address):
        kit.judge.open(terms, 0, kit.a)


@pytest.mark.parametrize("window", [0, 59, 30 * 86_400 + 1])
def test_open_with_a_window_out_of_bounds_reverts(kit: Kit, window: int) -> None:
    with reverts(kit.pc.WindowOutOfBounds, actual=window, minimum=60, maximum=30 * 86_400):
        kit.judge.open(kit.terms_for(1, window=window), 0, kit.a)


def test_open_with_a_penalty_above_the_whole_reverts(kit: Kit) -> None:
    with reverts(kit.pc.PenaltyTooHigh, actual=10_001, maximum=10_000):
        kit.judge.open(kit.terms_for(1, penalty=10_001), 0, kit.a)


def test_open_by_a_stranger_reverts(kit: Kit) -> None:
    with reverts(kit.pc.NotAParty, actual=kit.stranger):
        kit.judge.open(kit.terms_for(1), 0, kit.stranger)


@pytest.mark.parametrize("epoch", [0, 2])
def test_open_out_of_epoch_reverts(kit: Kit, epoch: int) -> None:
    with reverts(kit.pc.EpochMismatch, actual=epoch, expected=1):
        kit.judge.open(kit.terms_for(epoch), 0, kit.a)


def test_open_twice_with_one_epoch_reverts(kit: Kit) -> None:
    kit.open()
    with reverts(kit.pc.EpochMismatch, actual=1, expected=2):
        kit.judge.open(kit.terms, 0, kit.b)


def test_open_with_ether_but_no_amount_reverts(kit: Kit) -> None:
    with reverts(kit.pc.ValueMismatch, actual=1, expected=0):
        kit.pc.open(kit.key, 0, sender=kit.a, value=1)


def test_open_succeeds(kit: Kit) -> None:
    receipt = kit.judge.open(kit.terms, DEPOSIT, kit.b)
    (opened,) = kit.events(receipt, "Opened")
    assert bytes(opened.channel) == kit.terms.channel == kit.pc.channelOf(kit.key)
    assert kit.info.status is Status.OPEN
    assert kit.balances == (0, DEPOSIT)
    assert kit.held == DEPOSIT
    assert kit.pc.epochOf(ETHER, kit.a.address, kit.b.address) == 1


def test_every_epoch_has_its_own_id(kit: Kit) -> None:
    first, second = kit.open(), kit.open()
    assert (first.epoch, second.epoch) == (1, 2)
    assert first.channel != second.channel


def test_deposit_into_an_unknown_channel_reverts(kit: Kit) -> None:
    with reverts(kit.pc.StatusMismatch, channel=kit.terms.channel, actual=Status.NONE, expected=Status.OPEN):
        kit.judge.deposit(kit.terms, Side.A, 5, kit.a)


def test_deposit_with_other_terms_finds_no_channel(kit: Kit) -> None:
    """A reorg may put another opening in the place of the one a depositor saw: its money stays out."""
    kit.open(deposit_a=0)
    other = kit.terms_for(1, window=WINDOW + 1)
    with reverts(kit.pc.StatusMismatch, actual=Status.NONE):
        kit.judge.deposit(other, Side.A, 5, kit.a)


def test_deposit_races_close(kit: Kit) -> None:
    kit.open()
    before = kit.chain.balance(kit.b.address)
    kit.close(kit.a)
    with reverts(kit.pc.StatusMismatch, actual=Status.CLOSING, expected=Status.OPEN):
        kit.judge.deposit(kit.terms, Side.B, ether(1), kit.b)
    assert before - kit.chain.balance(kit.b.address) < ether(1)
    assert kit.held == DEPOSIT


@pytest.mark.parametrize("total", [DEPOSIT - 1, DEPOSIT])
def test_deposit_that_raises_nothing_reverts(kit: Kit, total: int) -> None:
    kit.open()
    with reverts(kit.pc.TotalNotIncreasing, actual=total, current=DEPOSIT):
        kit.pc.deposit(kit.key, 0, total, sender=kit.a)


@pytest.mark.parametrize("value", [0, 4, 6])
def test_deposit_with_another_value_reverts(kit: Kit, value: int) -> None:
    kit.open()
    with reverts(kit.pc.ValueMismatch, actual=value, expected=5):
        kit.pc.deposit(kit.key, 0, DEPOSIT + 5, sender=kit.a, value=value)


def test_deposits_above_128_bits_revert(kit: Kit) -> None:
    """No settlement can overflow: all of a channel's money fits in one balance."""
    token = kit.chain.deploy(kit.contracts["PlainToken"], sender=kit.a)
    limit = 2**128 - 1
    token.mint(kit.a.address, 2 * limit, sender=kit.a)
    token.approve(kit.pc.address, 2**256 - 1, sender=kit.a)
    kit.open(deposit_a=0, token=token.address)
    kit.pc.deposit(kit.key, 0, limit, sender=kit.a)
    with reverts(kit.pc.DepositsTooLarge, actual=limit + 1, maximum=limit):
        kit.pc.deposit(kit.key, 1, 1, sender=kit.a)
    kit.settled(kit.state(2, 0, limit))
    assert kit.balances == (0, limit)
    kit.payout(Side.B)
    assert token.balanceOf(kit.b.address) == limit


def test_deposit_by_a_stranger_for_either_side_succeeds(kit: Kit) -> None:
    kit.open(deposit_a=0)
    kit.judge.deposit(kit.terms, Side.A, 7, kit.stranger)
    receipt = kit.judge.deposit(kit.terms, Side.B, 9, kit.stranger)
    (deposited,) = kit.events(receipt, "Deposited")
    assert (deposited.side, deposited.total) == (1, 9)
    assert kit.balances == (7, 9)
    assert kit.held == 16


def test_a_deposit_sent_again_after_a_reorg_counts_once(kit: Kit) -> None:
    kit.open(deposit_a=0)
    receipt = kit.judge.deposit(kit.terms, Side.A, 7, kit.a)
    (raw,) = kit.chain.reorg(1)
    assert kit.balances == (0, 0)
    kit.chain.send_raw(raw)
    assert kit.balances == (7, 0)
    with reverts(kit.pc.TotalNotIncreasing, actual=7, current=7):
        kit.pc.deposit(kit.key, 0, 7, sender=kit.a, value=7)
    assert receipt.gas_used > 0
    assert kit.held == 7


def test_ether_sent_without_a_call_is_refused(kit: Kit) -> None:
    with reverts():
        kit.chain.send(sender=kit.a, to=kit.pc.address, value=1, gas=100_000)


def test_python_and_the_contract_agree_on_ids(kit: Kit) -> None:
    variants: list[dict[str, Any]] = [{}, {"window": 61}, {"penalty": 9}, {"token": kit.stranger.address}]
    ids = set()
    for changes in variants:
        terms = kit.terms_for(3, **changes)
        assert kit.pc.channelOf(terms.as_tuple()) == terms.channel
        ids.add(terms.channel)
    assert len(ids) == len(variants)
