"""Rollup tests run on every backend at hand."""

from __future__ import annotations

import pytest

from harness.testbed.rollup import Rollup
from tests.support.backends import l1, rollup

__all__ = ["l1", "rollup"]


@pytest.fixture
def posted(rollup: Rollup) -> Rollup:
    """The rollup with nothing left to post."""
    rollup.sequencer.post()
    rollup.node.sync()
    return rollup
