"""An L1 of a folder's own on each backend at hand, and a rollup on it: fixtures that a conftest imports.

The plugin's own ``l1`` and ``rollup`` are made once in a session, on the chain of ``--l1``. A folder that imports these
has another pair, once for each backend that ``backend_name`` stands for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness.chain import Chain, open_chain
from harness.isolation import Isolation
from harness.projects import L1Choice
from harness.testbed.rollup import Rollup
from harness.testbed.rollup_fixtures import open_rollup

NO_CHOICE = L1Choice()


@contextmanager
def isolated_chain(backend: str, isolation: Isolation, chosen: L1Choice = NO_CHOICE) -> Iterator[Chain]:
    """Open a chain that each test finds as good as new, with what the marker ``l1`` chose."""
    with open_chain(backend, name="l1", fork=chosen.fork, blobs=chosen.blobs) as chain:
        isolation.add(chain)
        yield chain
        isolation.remove(chain)


@pytest.fixture(scope="session")
def l1(request: pytest.FixtureRequest, backend_name: str, harness_isolation: Isolation) -> Iterator[Chain]:
    with isolated_chain(backend_name, harness_isolation, getattr(request, "param", NO_CHOICE)) as chain:
        yield chain


@pytest.fixture(scope="session")
def rollup(request: pytest.FixtureRequest, l1: Chain, harness_isolation: Isolation) -> Iterator[Rollup]:
    with open_rollup(l1, harness_isolation, getattr(request, "param", {})) as opened:
        yield opened
