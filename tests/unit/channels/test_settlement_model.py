"""The settlement as a pure function."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.channels import model
from harness.channels.model import Closing
from harness.channels.types import ETHER, ChannelState, Funds, Lock, Side, Terms

A, B = "0x" + 40 * "1", "0x" + 40 * "2"
AMOUNT = st.integers(0, 2**127)


def closing(state: ChannelState, *, closer: Side = Side.A, stale: bool = False) -> Closing:
    return Closing(closer, ChannelState(), state, stale, 100)


@given(AMOUNT, AMOUNT, AMOUNT, AMOUNT, AMOUNT, AMOUNT, st.integers(0, 10_000), st.sampled_from(Side), st.booleans())
def test_nothing_is_made_or_lost(
    held_a: int,
    held_b: int,
    paid_a: int,
    paid_b: int,
    locked_a: int,
    locked_b: int,
    penalty: int,
    closer: Side,
    stale: bool,
) -> None:
    funds = Funds(held_a, held_b)
    locked = locked_a + locked_b
    state = ChannelState(1, 0, paid_a, paid_b, locked_a, locked_b, b"\x01" * 32 if locked else bytes(32))
    if not model.postable(funds, state):
        assert min(funds.balances(state)) < 0
        return
    result = model.settle(Terms(ETHER, A, B, 1, 60, penalty), funds, closing(state, closer=closer, stale=stale))
    assert result.a + result.b + result.locked == funds.pool
    assert min(result.a, result.b) >= 0


def test_a_penalty_is_a_share_of_the_closers_balance() -> None:
    terms = Terms(ETHER, A, B, 1, 60, 2_500)
    state = ChannelState(1, 0, 20)
    funds = Funds(100, 0)
    assert model.settle(terms, funds, closing(state, stale=True)) == model.Settlement(60, 40, 0)
    assert model.settle(terms, funds, closing(state, closer=Side.B, stale=True)) == model.Settlement(85, 15, 0)


@pytest.mark.parametrize(
    ("revealed", "now", "winner"),
    [(0, 99, None), (0, 100, None), (0, 101, Side.A), (99, 99, Side.B), (100, 500, Side.B), (101, 500, Side.A)],
)
def test_who_gets_a_lock(revealed: int, now: int, winner: Side | None) -> None:
    lock = Lock(b"\x01" * 32, 5, 100, Side.A)
    assert model.beneficiary(lock, revealed, now) is winner


@pytest.mark.parametrize(
    ("proposer_version", "base", "submitter", "stale"),
    [(5, 1, Side.B, False), (5, 2, Side.B, True), (5, 2, Side.A, True), (4, 0, Side.B, True), (4, 0, None, True),
     (4, 0, Side.A, False)],
)  # fmt: skip
def test_what_proves_a_close_stale(proposer_version: int, base: int, submitter: Side | None, stale: bool) -> None:
    """Closed by A with version 1."""
    closed = Closing(Side.A, ChannelState(1), ChannelState(1), False, 100)
    assert model.proves_stale(closed, ChannelState(proposer_version, base), submitter) is stale


def test_final_totals_count_every_lock_once() -> None:
    locks = [Lock(bytes([i]) * 32, 10 + i, 100, Side(i % 2)) for i in range(4)]
    revealed = {locks[0].hashlock: 100, locks[1].hashlock: 101}
    settlement = model.Settlement(1_000, 2_000, sum(lock.amount for lock in locks))
    # 0 is A's and paid; 1 is B's and too late; 2 is A's, 3 is B's, neither revealed.
    assert model.final(settlement, locks, revealed) == (1_012, 2_034)
    assert model.entitlement(Funds(50, 60), ChannelState(1), locks, revealed, Side.A) == 50 + 12
