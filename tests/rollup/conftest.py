"""Rollup tests run on every backend at hand."""

from tests.backends import l1, rollup

__all__ = ["l1", "rollup"]
