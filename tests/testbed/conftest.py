"""Tests of the testbed run on every backend at hand."""

from tests.support.backends import l1, rollup

__all__ = ["l1", "rollup"]
