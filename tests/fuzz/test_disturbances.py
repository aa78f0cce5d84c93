"""Disturbances of drawn games: reorgs whose transactions come again, blocks that others fill, and absence."""

from __future__ import annotations

import random
from typing import Any

import pytest

from harness.chain import Chain
from harness.chain.errors import GasAboveCap
from harness.chain.values.transactions import TX_GAS_CAP
from harness.fuzz import games as fuzz_games
from harness.fuzz.disturbances import (
    ORDERS,
    SLOT,
    Crowd,
    Disturbances,
    Reorg,
    Striker,
    draw_disturbances,
    full_blocks,
    gas_paid,
    reorganise,
)


def _send(l1: Chain, *names: str) -> list[bytes]:
    """One transfer each, in this order; their hashes."""
    accounts = l1.accounts
    return [l1.send(sender=accounts[name], to=accounts.judy, value=1).hash for name in names]


def _mined(l1: Chain, since: int) -> list[bytes]:
    numbers = range(since + 1, l1.block_number + 1)
    return [bytes(tx_hash) for number in numbers for tx_hash in l1.backend.transactions(number)]


@pytest.mark.parametrize("order", ORDERS)
def test_transactions_of_a_reorg_are_lost_or_come_again(order: str, l1: Chain) -> None:
    since = l1.block_number
    one, two, three, four = _send(l1, "alice", "bob", "alice", "carol")
    assert reorganise(l1, 3, order, random.Random(1)) == 3
    again = _mined(l1, since)[1:]
    assert _mined(l1, since)[0] == one
    if order == "lost":
        assert again == []
    else:
        assert sorted(again) == sorted((two, three, four))
    if order == "newest first":
        assert again == [four, three, two]
    if order == "as it was":
        assert again == [two, three, four]


def test_a_transaction_waits_for_the_one_before_it_of_its_account(l1: Chain) -> None:
    since = l1.block_number
    first, second, other = _send(l1, "alice", "alice", "bob")
    reorganise(l1, 3, "newest first", random.Random(1))
    assert _mined(l1, since) == [other, first, second]


def test_no_reorg_goes_below_its_floor(l1: Chain) -> None:
    _send(l1, "alice", "bob")
    floor = l1.block_number
    _send(l1, "carol")
    assert reorganise(l1, 5, "lost", random.Random(1), floor=floor) == 1
    assert l1.block_number == floor
    assert reorganise(l1, 5, "lost", random.Random(1), floor=floor) == 0


def test_full_blocks_have_no_room_and_take_their_time(l1: Chain, accounts: Any) -> None:
    number, now = l1.block_number, l1.now
    full_blocks(l1, accounts.victor, 3)
    heads = [l1.block_at(each) for each in range(number + 1, l1.block_number + 1)]
    assert [head.gas_used for head in heads] == [heads[0].gas_limit] * 3
    assert [head.timestamp for head in heads] == [now + SLOT, now + 2 * SLOT, now + 3 * SLOT]


def test_in_little_room_one_gets_in_and_the_next_does_not(l1: Chain, accounts: Any) -> None:
    refused = []

    def play() -> None:
        for name in ("alice", "bob"):
            try:
                l1.send(sender=accounts[name], to=accounts.judy, gas=TX_GAS_CAP)
            except GasAboveCap as full:
                refused.append((name, full.what))

    disturbances = Disturbances(crowds=(Crowd(2, 2, TX_GAS_CAP),))
    striker = Striker(l1, accounts.victor, disturbances, random.Random(1), 0, 0, play)
    number = l1.block_number
    striker.strike()
    assert l1.block_number == number and not striker.struck
    striker.strike()
    assert l1.block_number == number + 2
    assert refused == [("bob", "rest of the block's")]
    assert len(l1.backend.transactions(number + 2)) > 1
    assert striker.struck == {"full blocks, little room": 1}


def test_a_reorg_below_the_game_takes_all_of_it_and_more(l1: Chain, accounts: Any) -> None:
    floor = l1.block_number
    _send(l1, "alice", "alice")
    start = l1.block_number
    _send(l1, "bob", "bob")
    reorgs = (Reorg(1, 9, "lost"), Reorg(2, 1, "lost", below=True))
    striker = Striker(l1, accounts.victor, Disturbances(reorgs=reorgs), random.Random(1), start, floor)
    striker.strike()
    assert l1.block_number == start
    _send(l1, "bob", "bob")
    striker.strike()
    assert l1.block_number == floor + 1
    assert striker.struck == {"reorg, lost": 1, "deep reorg, lost": 1}


def test_gas_is_counted_in_the_transactions_that_l1_has(l1: Chain, accounts: Any) -> None:
    since, before = l1.block_number + 1, l1.balance(accounts.alice)
    _send(l1, "alice", "bob", "alice")
    l1.reorg(1)
    assert gas_paid(l1, accounts.alice, since) == before - l1.balance(accounts.alice) - 1
    assert gas_paid(l1, accounts.carol, since) == 0


def test_what_is_drawn_keeps_the_honest_side_away_for_no_longer_than_allowed() -> None:
    drawn = [draw_disturbances(random.Random(seed), 1_000, turns=9, depth=4, below=0.5) for seed in range(300)]
    for disturbances in drawn:
        ends = [time for absence in disturbances.offline for time in absence]
        assert ends == sorted(ends)
        assert sum(end - start for start, end in disturbances.offline) <= 1_000
        for start, end in disturbances.offline:
            assert disturbances.back_at(start) == disturbances.back_at(end - 1) == end
            assert disturbances.back_at(end) != end
    assert {len(disturbances.offline) for disturbances in drawn} == {0, 1, 2}
    assert {reorg.order for disturbances in drawn for reorg in disturbances.reorgs} == set(ORDERS)
    assert {reorg.below for disturbances in drawn for reorg in disturbances.reorgs} == {False, True}


def test_a_seed_draws_the_same_games_again_and_another_one_others() -> None:
    names = [[fuzz_games.draw(seed, index).name for index in range(40)] for seed in (1, 1, 2)]
    assert names[0] == names[1] != names[2]
    assert len(set(names[0])) == 40
