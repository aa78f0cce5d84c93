"""The broken L1 is py-evm's, whatever chain the rest of the suite runs on: no other lets its precompiles be changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.chain import Chain, open_chain
from harness.isolation import Isolation


@pytest.fixture(scope="session")
def l1(harness_isolation: Isolation) -> Iterator[Chain]:
    chain = open_chain("py-evm")
    harness_isolation.add(chain)
    yield chain
    harness_isolation.remove(chain)
    chain.close()
