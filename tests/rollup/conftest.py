"""Rollup tests run on every backend at hand, and after each L1 transaction the books are checked."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from harness import tools
from harness.chain import open_chain
from harness.chain.chain import Chain
from harness.isolation import Isolation
from harness.scenarios.conservation import Conservation


def _backends(config: pytest.Config) -> list[str]:
    """The backend of --l1 alone if it is given; else py-evm, and anvil where it is installed already."""
    chosen = config.getoption("--l1", default=None)
    if chosen is not None:
        return [chosen]
    fetched = tools.npm_folder("@foundry-rs/anvil", tools.ANVIL_VERSION).exists()
    at_hand = bool(os.environ.get("HARNESS_ANVIL") or shutil.which("anvil") or fetched)
    return ["py-evm", "anvil"] if at_hand else ["py-evm"]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "only_anvil: about a node of its own; left out where anvil is not at hand")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "anvil" not in _backends(config):
        items[:] = [item for item in items if item.get_closest_marker("only_anvil") is None]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "backend_name" in metafunc.fixturenames:
        metafunc.parametrize("backend_name", _backends(metafunc.config), scope="session")


@pytest.fixture(scope="session")
def l1(backend_name: str, harness_isolation: Isolation) -> Iterator[Chain]:
    chain = open_chain(backend_name)
    harness_isolation.add(chain)
    yield chain
    harness_isolation.remove(chain)
    chain.close()


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
