"""Servers run on every backend at hand."""

from __future__ import annotations

from tests.support.backends import l1, rollup

__all__ = ["l1", "rollup"]
