"""A chain that outlives many tests keeps no snapshot that nobody can restore any more."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from harness.chain import Chain
from harness.chain.errors import UnknownSnapshot


def test_a_snapshot_that_nobody_holds_is_freed(l1: Chain) -> None:
    outer = l1.snapshot()
    marks = []
    for _ in range(20):
        mark = l1.snapshot()
        marks.append(weakref.ref(mark))
        l1.mine()
        l1.restore(mark)
        del mark
    gc.collect()
    assert [mark for mark in marks if mark() is not None] == []
    l1.restore(outer)


def test_a_restore_makes_the_later_snapshots_invalid_and_no_other(l1: Chain) -> None:
    first, second, third = (l1.snapshot() for _ in range(3))
    l1.restore(second)
    with pytest.raises(UnknownSnapshot):
        l1.restore(third)
    l1.restore(second)
    l1.restore(first)
    with pytest.raises(UnknownSnapshot):
        l1.restore(second)
    strange: Any = object()
    with pytest.raises(UnknownSnapshot):
        l1.restore(strange)
