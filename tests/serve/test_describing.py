"""What the page is told of withdrawals, and what is kept for that."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable

import pytest

from harness import Rollup, ether
from harness.serve.describing import Sent, withdrawals


def test_withdrawals_are_known_after_they_were_looked_at_and_after_a_reorg(rollup: Rollup) -> None:
    alice, sent = rollup.l1.accounts.alice, Sent(rollup)
    rollup.fund()
    assert sent.newest() == []
    first = rollup.withdraw(ether(1), sender=alice)
    assert [each.hash for _, each in sent.newest()] == [first.hash]
    mark = rollup.l2.snapshot()
    second = rollup.withdraw(ether(1), sender=alice)
    assert [each.hash for _, each in sent.newest()] == [second.hash, first.hash]
    assert [each.hash for _, each in sent.newest(1)] == [second.hash]
    rollup.l2.restore(mark)
    assert [each.hash for _, each in sent.newest()] == [first.hash]


def test_blocks_that_are_gone_are_not_kept(rollup: Rollup) -> None:
    sent, mark = Sent(rollup), rollup.l2.snapshot()
    rollup.l2.mine(3)
    sent.newest()
    assert rollup.l2.backend.blocks[-1].hash == rollup.l2.head.hash  # type: ignore[attr-defined]
    gone = weakref.ref(rollup.unsafe.head)
    rollup.l2.restore(mark)
    sent.newest()
    rollup.l2.mine(3)
    assert rollup.l2.backend.blocks[-1].hash == rollup.l2.head.hash  # type: ignore[attr-defined]
    gc.collect()
    assert gone() is None


def test_what_the_portal_has_seen_is_told_of_all_withdrawals_at_once_and_after_a_reorg(rollup: Rollup) -> None:
    alice, bob, sent = rollup.l1.accounts.alice, rollup.l1.accounts.bob, Sent(rollup)
    rollup.fund()
    made = [rollup.withdraw(1, sender=alice, to=bob) for _ in range(6)]
    rollup.confirm_all()

    def told() -> list[tuple[str, bool]]:
        return [(each["status"], each["isProven"]) for each in withdrawals(rollup, sent)]

    assert told() == [("executable", False)] * 6
    mark = rollup.l1.snapshot()
    rollup.execute(made[0], sender=bob)
    rollup.execute(made[5], sender=alice)
    seen = told()
    assert seen == [("executed", True), *[("executable", False)] * 4, ("executed", True)]
    asked = _requests_of(rollup, told)
    assert len(asked) < len(made), asked
    rollup.l1.restore(mark)
    assert told() == [("executable", False)] * 6
    rollup.execute(made[3], sender=alice)
    assert [each for each in told() if each[1]] == [("executed", True)]


def _requests_of(rollup: Rollup, act: Callable[[], object]) -> list[str]:
    """Return the methods of L1's backend that ask something of a contract, or of logs, while ``act`` runs."""
    asked, backend = list[str](), rollup.l1.backend
    call, answer = backend.call, backend.answer
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backend, "call", lambda *each, **named: asked.append("call") or call(*each, **named))
        patch.setattr(backend, "answer", lambda method, params: asked.append(method) or answer(method, params))
        act()
    return asked
