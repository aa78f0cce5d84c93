"""The broken L1 is py-evm's, whatever chain the rest of the suite runs on: no other lets its precompiles be changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.chain import Chain, open_chain
from harness.isolation import Isolation
from harness.testbed.rollup import Rollup
from harness.testbed.rollup_fixtures import open_rollup


@pytest.fixture(scope="session")
def l1(harness_isolation: Isolation) -> Iterator[Chain]:
    chain = open_chain("py-evm")
    harness_isolation.add(chain)
    yield chain
    harness_isolation.remove(chain)
    chain.close()


@pytest.fixture(scope="session")
def rollup(request: pytest.FixtureRequest, l1: Chain, harness_isolation: Isolation) -> Iterator[Rollup]:
    """On this folder's L1. The plugin's own is made once in a session, on the L1 of whoever asks for it first."""
    with open_rollup(l1, harness_isolation, getattr(request, "param", {})) as opened:
        yield opened
