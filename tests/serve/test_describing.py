"""What the page is told of withdrawals, and what is kept for that."""

from __future__ import annotations

import gc
import weakref

from harness import Rollup, ether
from harness.serve.describing import Sent


def test_withdrawals_are_known_after_they_were_looked_at_and_after_a_reorg(rollup: Rollup) -> None:
    alice, sent = rollup.l1.accounts.alice, Sent()
    rollup.fund()
    assert sent.newest(rollup) == []
    first = rollup.withdraw(ether(1), sender=alice)
    assert [each.hash for _, each in sent.newest(rollup)] == [first.hash]
    mark = rollup.l2.snapshot()
    second = rollup.withdraw(ether(1), sender=alice)
    assert [each.hash for _, each in sent.newest(rollup)] == [second.hash, first.hash]
    assert [each.hash for _, each in sent.newest(rollup, 1)] == [second.hash]
    rollup.l2.restore(mark)
    assert [each.hash for _, each in sent.newest(rollup)] == [first.hash]


def test_blocks_that_are_gone_are_not_kept(rollup: Rollup) -> None:
    sent, mark = Sent(), rollup.l2.snapshot()
    rollup.l2.mine(3)
    sent.newest(rollup)
    assert rollup.l2.backend.blocks[-1].hash == rollup.l2.head.hash  # type: ignore[attr-defined]
    gone = weakref.ref(rollup.unsafe.head)
    rollup.l2.restore(mark)
    sent.newest(rollup)
    rollup.l2.mine(3)
    assert rollup.l2.backend.blocks[-1].hash == rollup.l2.head.hash  # type: ignore[attr-defined]
    gc.collect()
    assert gone() is None
