"""The broken L1 is py-evm's, whatever chain the rest of the suite runs on: no other lets its precompiles be changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.chain import Chain
from harness.isolation import Isolation
from tests.support.backends import NO_CHOICE, isolated_chain, rollup

__all__ = ["rollup"]


@pytest.fixture(scope="session")
def l1(request: pytest.FixtureRequest, harness_isolation: Isolation) -> Iterator[Chain]:
    with isolated_chain("py-evm", harness_isolation, getattr(request, "param", NO_CHOICE)) as chain:
        yield chain
