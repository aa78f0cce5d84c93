"""The budget of sequenced gas: its bounds, what it lets a sequencer do, and how an honest one keeps to it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from harness import reverts
from harness.chain.chain import Chain
from harness.chain.errors import GasAboveCap
from harness.rollup.codec.batch import Item
from harness.rollup.config import RollupConfig
from harness.rollup.errors import BudgetExceeded, WrongRollupParameter
from harness.testbed.rollup import Rollup

LARGEST = 2**23
NO_GAMES = "0x" + "00" * 20
BURNS_ALL = b"\xfe"
"""Initcode whose first instruction fails, with all gas gone."""


@pytest.mark.parametrize(
    ("terms", "name", "actual", "expected"),
    [
        ((0, 2**27), "gasPerBlock", 0, LARGEST),
        ((LARGEST - 1, 2**27), "gasPerBlock", LARGEST - 1, LARGEST),
        ((LARGEST, 0), "gasCap", 0, LARGEST),
        ((2**64, LARGEST), "gasCap", LARGEST, 2**64),
        ((LARGEST, 2**64), "gasCap", 2**64, 2**64 - 1),
    ],
)
def test_deployment_with_a_budget_out_of_bounds_reverts(
    l1: Chain, contracts: Any, alice: Any, terms: tuple[int, int], name: str, actual: int, expected: int
) -> None:
    inbox = contracts["SequencerInbox"]
    with reverts(inbox.WrongParameter, name=name, actual=actual, expected=expected):
        inbox.deploy(l1, alice.address, alice.address, 600, 60, 901, 7, 0, 0, *terms, 0, NO_GAMES, sender=alice)


@pytest.mark.parametrize(
    ("name", "value"), [("gas_per_block", 0), ("gas_per_block", 2**64), ("gas_cap", 0), ("gas_cap", 2**64)]
)
def test_parameters_out_of_bounds_are_refused_before_anything_is_deployed(name: str, value: int) -> None:
    with pytest.raises(WrongRollupParameter, match=f"{name} is {value}, expected a whole number from {LARGEST} to"):
        RollupConfig.of({name: value})


def test_an_attached_rollup_knows_its_budget(rollup: Rollup) -> None:
    config, env = rollup.config, rollup.node.genesis.env
    assert (config.gas_per_block, config.gas_cap) == (env.gas_per_block, env.gas_cap) == (LARGEST, 2**27)


def _burner(rollup: Rollup, sender: Any, nonce: int) -> bytes:
    return rollup.sign_l2(sender, data=BURNS_ALL, gas=LARGEST, nonce=nonce)


def test_a_sequencer_cannot_outrun_every_challenger(rollup: Rollup, alice: Any) -> None:
    """At ff042e3 one batch had nodes execute 511 * 2^23 gas (4,286,578,688) for 1,853,730 gas of L1, as often as the
    sequencer posted one.

    Now all batches of n L1 blocks together are held to 2^27 + n * 2^23, and 2^23 for each block after the first burst.
    """
    rollup.sequencer.post()
    nonce, first = rollup.l2.nonce(alice), len(rollup.node.derived)
    rollup.l1.mine(20)
    executed: list[int] = []
    for _ in range(3):
        taken = sum(executed)
        items = [Item(_burner(rollup, alice, nonce + taken + number)) for number in range(511)]
        rollup.sequencer.post_data(b"".join(item.encode() for item in items))
        rollup.node.sync()
        derived = rollup.node.derived[-1]
        executed.append(derived.items)
        assert sum(block.gas_used for block in derived.blocks) == derived.items * LARGEST
    assert executed == [16, 1, 1]
    last = rollup.node.inputs(first)[-1]
    assert isinstance(last.skipped, BudgetExceeded)
    assert (last.skipped.actual, last.skipped.expected) == (LARGEST, 0)


@pytest.mark.rollup(gas_cap=LARGEST)
def test_an_honest_sequencer_closes_a_batch_that_has_no_budget_left(
    rollup: Rollup, contracts: Any, alice: Any, bob: Any
) -> None:
    """Each call may use all that one L1 block adds: so each takes a batch of its own, in an L1 block of its own."""
    rollup.sequencer.post()
    counter = rollup.l2.deploy(contracts["Counter"], 5, sender=alice)
    for who in (alice, bob, alice):
        counter.increment(sender=who, gas=LARGEST)
    drafts = rollup.unsafe.drafts
    assert len(drafts) == 4
    assert all(draft.idle.cursor.budget >= 0 for draft in drafts)
    posted = len(rollup.node.derived)
    assert rollup.sequencer.post() == 4
    blocks = [derived.batch.l1_block for derived in rollup.node.derived[posted - 1 :]]
    assert all(later > earlier for earlier, later in pairwise(blocks))
    assert [derived.items for derived in rollup.node.derived[posted:]] == [1, 1, 1, 1]
    assert counter.number() == 3 and rollup.l2.safe_head == rollup.l2.unsafe_head


@pytest.mark.rollup(gas_cap=LARGEST)
def test_an_honest_sequencer_waits_for_the_next_l1_block(rollup: Rollup, alice: Any) -> None:
    rollup.sequencer.post()
    with rollup.l1.block():
        for _ in range(3):
            rollup.l2.send(sender=alice, data=BURNS_ALL, gas=LARGEST, check=False)
        assert rollup.sequencer.post() == 1
    rollup.node.sync()
    assert len(rollup.unsafe.drafts) == 2
    posted = len(rollup.node.derived)
    assert rollup.sequencer.post() == 2
    assert rollup.l2.safe_head == rollup.l2.unsafe_head
    assert [derived.items for derived in rollup.node.derived[posted:]] == [1, 1]


@pytest.mark.needs("reorg")
@pytest.mark.rollup(gas_cap=2 * LARGEST)
def test_a_draft_is_made_anew_for_a_shorter_l1(rollup: Rollup, alice: Any) -> None:
    rollup.sequencer.post()
    rollup.l1.mine(4)
    for _ in range(2):
        rollup.l2.send(sender=alice, data=BURNS_ALL, gas=LARGEST, check=False)
    rollup.l1.reorg(3)
    rollup.sequencer.post()
    assert rollup.l2.safe_head == rollup.l2.unsafe_head
    assert not rollup.unsafe.dropped
    assert sum(derived.items for derived in rollup.node.derived[-2:]) >= 2


def test_a_draft_counts_on_no_gas_that_prevrandao_may_decide(rollup: Rollup, alice: Any, bob: Any) -> None:
    """Who reads what a draft only guesses may use all of its gas once that is posted, and so may all who follow."""
    rollup.sequencer.post()
    reads_randao = b"\x44\x50\x00"
    rollup.l2.send(sender=alice, data=reads_randao, gas=1_000_000)
    rollup.l2.send(sender=bob, to=alice, value=1, gas=500_000)
    (draft,) = rollup.unsafe.drafts
    start = draft.start.budget_at(draft.guess.l1_block)
    assert draft.idle.cursor.budget == start - 1_500_000
    rollup.sequencer.post()
    assert rollup.node.idle.cursor.budget > start - 200_000


def test_a_transaction_with_more_gas_than_any_may_have_is_refused(rollup: Rollup, alice: Any) -> None:
    rollup.sequencer.post()
    with pytest.raises(GasAboveCap):
        rollup.l2.send(sender=alice, to=alice, gas=LARGEST + 1)
