"""What a chain that has grown costs: counted as what is executed and copied, not timed."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from harness.chain import open_chain
from harness.rollup.machine.state import State
from harness.rollup.node import derivation, node, sequencing
from harness.rollup.node.node import RollupNode
from harness.testbed.rollup import Rollup


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The value of each deposit that is executed, however often."""
    found: list[int] = []
    execute = derivation.execute_deposit

    def counted(state: Any, env: Any, ring: Any, deposit: Any) -> Any:
        found.append(deposit.mint)
        return execute(state, env, ring, deposit)

    monkeypatch.setattr(derivation, "execute_deposit", counted)
    return found


def test_a_deposit_executes_itself_and_none_that_waits_beside_it(executed: list[int]) -> None:
    with open_chain("py-evm") as l1:
        rollup = Rollup.deploy(l1)
        values = list(range(1, 41))
        for value in values:
            assert rollup.deposit(value, sender=l1.accounts.alice).succeeded
        assert executed == values
        assert rollup.l2.balance(l1.accounts.alice) == sum(values)
        rollup.post()
        rollup.node.sync()
        assert rollup.node.idle.state.balance(l1.accounts.alice.address_bytes) == sum(values)


def test_a_derivation_that_is_interrupted_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_chain("py-evm") as l1:
        rollup = Rollup.deploy(l1)
        watcher = RollupNode(l1, rollup.contracts.addresses, rollup.contracts.genesis)
        watcher.sync()
        for _ in range(3):
            rollup.deposit(1, sender=l1.accounts.alice)
            rollup.post()
        derive = node.derive

        def once(idle: Any, batch: Any, *rest: Any) -> Any:
            if batch.index == rollup.node.inbox.batches[-2].index:
                raise KeyboardInterrupt
            return derive(idle, batch, *rest)

        monkeypatch.setattr(node, "derive", once)
        with pytest.raises(KeyboardInterrupt):
            watcher.sync()
        monkeypatch.setattr(node, "derive", derive)
        watcher.sync()
        assert watcher.idle.root == rollup.node.idle.root


def test_deposits_that_come_much_later_begin_a_block_of_their_time() -> None:
    with open_chain("py-evm") as l1:
        rollup = Rollup.deploy(l1)
        first = rollup.deposit(1, sender=l1.accounts.alice)
        l1.warp(10_000)
        later = rollup.deposit(1, sender=l1.accounts.alice)
        assert later.timestamp >= first.timestamp
        rollup.post()
        bounds = rollup.node.inbox.batches[-1]
        assert bounds.min_timestamp <= rollup.l2.receipt(later.hash).timestamp <= bounds.max_timestamp
        assert abs(rollup.l2.receipt(later.hash).timestamp - later.timestamp) <= 60


@pytest.mark.needs("reorg")
def test_a_reorg_that_puts_one_deposit_in_the_place_of_another_is_followed(rollup: Any, accounts: Any) -> None:
    """As many messages as before, and none of the blocks: each draft stands on what L1 has."""
    l1, alice, bob = rollup.l1, accounts.alice, accounts.bob
    rollup.deposit(5, sender=alice)
    before = rollup.l2.balance(alice), rollup.l2.balance(bob)
    rollup.deposit(7, sender=alice)
    l1.reorg(1)
    rollup.queue_deposit(9, sender=bob, to=bob.address_bytes, call_value=0)
    assert rollup.l2.balance(alice) == before[0]
    assert rollup.l2.balance(bob) == before[1] + 9
    rollup.post()
    rollup.node.sync()
    assert rollup.node.idle.state.balance(alice.address_bytes) == before[0]


def test_what_was_drafted_is_not_executed_again_however_much_of_it_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The memory of drafting grows with what waits to be posted."""
    monkeypatch.setattr(sequencing, "LEAST_KNOWN", 8)
    executed: list[bytes] = []
    execute = derivation.execute

    def counted(state: Any, env: Any, ring: Any, tx: Any) -> Any:
        executed.append(tx.hash)
        return execute(state, env, ring, tx)

    monkeypatch.setattr(derivation, "execute", counted)
    with open_chain("py-evm") as l1:
        rollup = Rollup.deploy(l1)
        rollup.fund()
        rollup.post()
        rollup.node.sync()
        rollup.node.executor.limit = 8
        for _ in range(60):
            rollup.l2.send(sender=l1.accounts.alice, to=l1.accounts.bob, value=1)
        rollup.post()
        rollup.node.sync()
        assert not rollup.unsafe.drafts
    assert len(executed) == len(set(executed)) == 60


def test_what_a_test_executed_is_forgotten_when_its_snapshot_is_restored() -> None:
    """Outcomes hold the states that they lead to; those of what was drafted before stay."""
    with open_chain("py-evm") as l1:
        rollup = Rollup.deploy(l1)
        rollup.deposit(10**18, sender=l1.accounts.alice)
        executor = rollup.node.executor
        drafted = set(executor.known)
        assert drafted
        counts = []
        for value in range(1, 6):
            marks = l1.snapshot(), rollup.snapshot()
            rollup.deposit(value, sender=l1.accounts.alice)
            rollup.l2.send(sender=l1.accounts.alice, to=l1.accounts.bob, value=value)
            rollup.post()
            rollup.node.sync()
            assert len(executor.known) > len(drafted)
            l1.restore(marks[0])
            rollup.restore(marks[1])
            assert set(executor.known) == drafted
            del marks
            gc.collect()
            counts.append(sum(type(each) is State for each in gc.get_objects()))
        assert counts[1:] == counts[1:2] * 4
