"""Chain tests run on every backend at hand. A test names what it needs; a row of the capability table may excuse it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from harness.chain import Chain, open_chain
from harness.rollup.config import RollupConfig
from harness.testbed.rollup import Rollup
from tests.support.backends import l1

__all__ = ["l1"]


@pytest.fixture
def chain(l1: Chain) -> Chain:
    """A chain as good as new, on each backend."""
    return l1


@pytest.fixture(scope="module")
def l2() -> Iterator[Chain]:
    """The L2 of a rollup on a py-evm of its own."""
    with open_chain() as below:
        rollup = Rollup.deploy(below, RollupConfig())
        rollup.fund()
        yield rollup.l2


@pytest.fixture
def probe(chain: Chain, contracts: Any) -> Any:
    """A ChainProbe whose count is 5."""
    return chain.deploy(contracts["ChainProbe"], 5, sender=chain.accounts.alice)
