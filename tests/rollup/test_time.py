"""L1 and L2 share one clock: after a warp L2 sees L1's time, and L1 keeps what L2 has promised."""

from __future__ import annotations

from typing import Any

import pytest

from harness.chain.errors import BlockOpen, OutOfRange, TimeNotAhead
from harness.rollup.node.node import RollupNode
from harness.testbed.rollup import Rollup

DAY = 86_400
FAR = [1, 3_599, 3_600, 3_601, DAY - 1, DAY, DAY + 1, 30 * DAY, 3 * 365 * DAY]


@pytest.fixture
def clock(rollup: Rollup, contracts: Any, alice: Any) -> Any:
    """A contract on L2 that keeps the time of its last transaction. The first deposits are on L1 already: the block of
    a batch that reaches back as far as it may moves with the time at which it is posted.
    """
    rollup.sequencer.post()
    deployed = rollup.l2.deploy(contracts["Clock"], sender=alice)
    deployed.tick(sender=alice)
    return deployed


def blocks_of(rollup: Rollup) -> list[tuple[int, tuple[bytes, ...]]]:
    """Time and transactions of every L2 block that has any."""
    chain = rollup.l2
    found = []
    for number in range(chain.block_number + 1):
        if hashes := tuple(chain.backend.transactions(number)):
            found.append((chain.block_at(number).timestamp, hashes))
    return found


def check_promises(rollup: Rollup) -> None:
    """Post everything: each transaction keeps the time that it saw, and a node that knows only L1 agrees."""
    promised = blocks_of(rollup)
    rollup.sequencer.post()
    assert rollup.l2.safe_head == rollup.l2.unsafe_head
    assert blocks_of(rollup) == promised
    fresh = RollupNode(rollup.l1, rollup.contracts.addresses, rollup.contracts.genesis)
    fresh.sync()
    assert [block.hash for block in fresh.blocks] == [block.hash for block in rollup.node.blocks]


@pytest.mark.parametrize("seconds", FAR)
@pytest.mark.parametrize("chain", ["l2", "l1"])
def test_a_transaction_sees_a_warp_of_either_chain(
    rollup: Rollup, clock: Any, alice: Any, chain: str, seconds: int
) -> None:
    before = clock.at()
    warped = getattr(rollup, chain).warp(seconds)
    assert warped == rollup.l1.now == rollup.l2.now
    assert clock.time() == warped
    clock.tick(sender=alice)
    assert clock.at() == warped >= before + seconds
    assert rollup.l2.head.timestamp == warped


@pytest.mark.parametrize("seconds", FAR)
def test_what_was_promised_before_and_after_a_warp_of_l2_is_kept(
    rollup: Rollup, clock: Any, alice: Any, seconds: int
) -> None:
    rollup.l2.warp(seconds)
    clock.tick(sender=alice)
    rollup.l2.warp(seconds)
    with rollup.l2.block():
        clock.tick(sender=alice)
        clock.tick(sender=alice)
    check_promises(rollup)


@pytest.mark.parametrize("seconds", [61, 3_601, DAY + 1, 30 * DAY])
@pytest.mark.parametrize("chain", ["l2", "l1"])
def test_a_deposit_sees_a_warp(rollup: Rollup, clock: Any, alice: Any, chain: str, seconds: int) -> None:
    before = clock.at()
    getattr(rollup, chain).warp(seconds)
    rollup.deposit(0, sender=alice, to=clock, data=clock.functions["tick"].encode())
    assert clock.at() >= before + seconds
    if chain == "l2":
        check_promises(rollup)


def test_a_deposit_that_comes_first_after_a_warp_of_l2_sees_it(rollup: Rollup, clock: Any, alice: Any) -> None:
    rollup.confirm_all()
    warped = rollup.l2.warp(30)
    rollup.deposit(0, sender=alice, to=clock, data=clock.functions["tick"].encode())
    assert clock.at() == warped
    check_promises(rollup)


def test_deposits_close_together_share_a_batch(rollup: Rollup, alice: Any, bob: Any) -> None:
    rollup.confirm_all()
    batches = len(rollup.node.derived)
    for _ in range(3):
        rollup.deposit(1, sender=alice, to=bob)
    rollup.sequencer.post()
    assert len(rollup.node.derived) == batches + 1


def test_a_forced_inclusion_after_a_warp_moves_time_on(rollup: Rollup, clock: Any, alice: Any, bob: Any) -> None:
    from harness.agents.sequencer import Censors

    rollup.sequencer.post()
    rollup.sequencer.become(Censors())
    data = clock.functions["tick"].encode()
    message = rollup.queue_deposit(0, sender=alice, to=bytes.fromhex(clock.address[2:]), call_value=0, data=data)
    rollup.l2.warp(rollup.config.window + 1)
    clock.tick(sender=bob)
    promised = clock.at()
    receipt = rollup.force_include(message, sender=bob)
    assert rollup.l2.receipt(message.transaction_hash).timestamp == receipt.timestamp >= promised
    assert clock.at() >= receipt.timestamp
    rollup.sequencer.become(None)
    check_promises(rollup)


def test_an_empty_block_after_a_warp_has_its_time(rollup: Rollup, clock: Any) -> None:
    for seconds in (1, 5_000, 2 * DAY):
        warped = rollup.l2.warp(seconds)
        rollup.l2.mine(2)
        assert rollup.l2.head.timestamp == warped
    check_promises(rollup)


def test_a_call_and_an_estimate_see_what_the_next_transaction_sees(rollup: Rollup, clock: Any, alice: Any) -> None:
    due = rollup.l2.now + 2 * DAY
    contract = rollup.l2.w3.eth.contract(address=clock.address, abi=list(clock.abi))
    with pytest.raises(Exception, match="too early"):
        contract.functions.open(due).estimate_gas({"from": alice.address})
    rollup.l2.warp(to=due)
    gas = contract.functions.open(due).estimate_gas({"from": alice.address})
    contract.functions.open(due).call({"from": alice.address})
    assert clock.open(due, sender=alice, gas=gas).timestamp == due


def test_time_does_not_go_back(rollup: Rollup, clock: Any) -> None:
    before = rollup.l2.now, rollup.l1.now, rollup.l2.block_number
    for refused in (lambda: rollup.l2.warp(-10), lambda: rollup.l2.warp(to=rollup.l2.head.timestamp)):
        with pytest.raises(TimeNotAhead):
            refused()
    with pytest.raises(OutOfRange):
        rollup.l2.warp(to=2**64)
    with pytest.raises(BlockOpen), rollup.l1.block():
        rollup.l2.warp(10)
    assert (rollup.l2.now, rollup.l1.now, rollup.l2.block_number) <= (before[0] + 1, before[1] + 1, before[2])


def test_what_was_undone_is_forgotten_with_its_time(rollup: Rollup, clock: Any, alice: Any) -> None:
    mark, inner = rollup.l1.snapshot(), rollup.snapshot()
    state = rollup.l2.now, rollup.l2.head, clock.at()
    rollup.l2.warp(10 * DAY)
    clock.tick(sender=alice)
    rollup.sequencer.post()
    rollup.l1.restore(mark)
    rollup.restore(inner)
    assert (rollup.l2.now, rollup.l2.head, clock.at()) == state
    warped = rollup.l2.warp(5)
    clock.tick(sender=alice)
    assert clock.at() == warped
    check_promises(rollup)
