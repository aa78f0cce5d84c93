"""Rollup tests run on every backend at hand, and after each L1 transaction the books are checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from harness.chain import open_chain
from harness.chain.chain import Chain
from harness.isolation import Isolation
from harness.testbed.conservation import Conservation
from harness.testbed.rollup import Rollup
from harness.testbed.rollup_fixtures import open_rollup


@pytest.fixture(scope="session")
def l1(backend_name: str, harness_isolation: Isolation) -> Iterator[Chain]:
    chain = open_chain(backend_name)
    harness_isolation.add(chain)
    yield chain
    harness_isolation.remove(chain)
    chain.close()


@pytest.fixture(scope="session")
def rollup(request: pytest.FixtureRequest, l1: Chain, harness_isolation: Isolation) -> Iterator[Rollup]:
    """On this folder's L1. The plugin's own is made once in a session, on the L1 of whoever asks for it first."""
    with open_rollup(l1, harness_isolation, getattr(request, "param", {})) as opened:
        yield opened


@pytest.fixture(autouse=True)
def books(request: pytest.FixtureRequest) -> Iterator[Conservation | None]:
    """Value conservation, after every L1 transaction of a test that uses the rollup."""
    if "rollup" not in request.fixturenames:
        yield None
        return
    watched = Conservation(request.getfixturevalue("rollup")).watch()
    yield watched
    watched.stop()
    watched.check()


@pytest.fixture
def alice(accounts: Any) -> Any:
    return accounts.alice


@pytest.fixture
def bob(accounts: Any) -> Any:
    return accounts.bob
