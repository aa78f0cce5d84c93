"""Chain tests run on every backend at hand. A test names what it needs; a row of the capability table may excuse it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from harness import tools
from harness.chain.capabilities import missing
from harness.chain.chain import Chain
from harness.chain.opening import open_chain


def _backends(config: pytest.Config) -> list[str]:
    """The backend of --l1 alone if it is given; else py-evm, and anvil where it is installed already."""
    chosen = config.getoption("--l1", default=None)
    if chosen is not None:
        return [chosen]
    fetched = tools.npm_folder("@foundry-rs/anvil", tools.ANVIL_VERSION).exists()
    at_hand = bool(os.environ.get("HARNESS_ANVIL") or shutil.which("anvil") or fetched)
    return ["py-evm", "anvil"] if at_hand else ["py-evm"]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "only_anvil: about the process anvil; left out where anvil is not at hand")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "anvil" not in _backends(config):
        items[:] = [item for item in items if item.get_closest_marker("only_anvil") is None]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "backend_name" in metafunc.fixturenames:
        metafunc.parametrize("backend_name", _backends(metafunc.config), scope="session")


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
