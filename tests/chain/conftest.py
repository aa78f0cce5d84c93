"""Chain tests run on every backend at hand. A test names what it needs; a row of the capability table may excuse it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from harness import tools
from harness.chain.capabilities import is_declared, missing
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
    config.addinivalue_line(
        "markers", "needs(*capabilities): rows of harness.chain.capabilities that the test relies on"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "backend_name" in metafunc.fixturenames:
        metafunc.parametrize("backend_name", _backends(metafunc.config), scope="session")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Turn a skip that no row of the table explains into a failure."""
    report: Any = yield
    if report.skipped and isinstance(report.longrepr, tuple) and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if not is_declared(reason):
            report.outcome = "failed"
            report.longrepr = f"skipped for a reason that is no row of the capability table: {reason}"
    return report


@pytest.fixture(scope="session")
def opened_chain(backend_name: str) -> Iterator[Chain]:
    with ExitStack() as stack:
        yield stack.enter_context(open_chain(backend_name))


@pytest.fixture
def chain(opened_chain: Chain, backend_name: str, request: pytest.FixtureRequest) -> Iterator[Chain]:
    """A chain as good as new, on each backend."""
    wanted = request.node.get_closest_marker("needs")
    reason = missing(backend_name, wanted.args) if wanted else None
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
