"""Chain tests run on every backend at hand. A test names what it needs; a row of the capability table may excuse it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from harness.chain.capabilities import missing
from harness.chain.chain import Chain
from harness.chain.opening import open_chain


@pytest.fixture(scope="session")
def opened_chain(backend_name: str) -> Iterator[Chain]:
    with ExitStack() as stack:
        yield stack.enter_context(open_chain(backend_name))


@pytest.fixture
def chain(opened_chain: Chain, request: pytest.FixtureRequest) -> Iterator[Chain]:
    """A chain as good as new, on each backend."""
    wanted = request.node.get_closest_marker("needs")
    reason = missing(opened_chain.backend.name, wanted.args) if wanted else None
    if reason:
        pytest.skip(reason)
    fresh = opened_chain.snapshot()
    yield opened_chain
    opened_chain.restore(fresh)


@pytest.fixture
def alice(chain: Chain) -> Any:
    return chain.accounts.alice


@pytest.fixture
def bob(chain: Chain) -> Any:
    return chain.accounts.bob


@pytest.fixture
def probe(chain: Chain, contracts: Any) -> Any:
    """A ChainProbe whose count is 5."""
    return chain.deploy(contracts["ChainProbe"], 5, sender=chain.accounts.alice)
