"""What the whole suite shares: a test may be skipped for a row of the capability table, for want of a browser, of the
npm registry or of PyPI, and for nothing else.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from hypothesis.internal.conjecture import providers

from harness import tools
from tests.support.browser import NO_BROWSER
from tests.support.npm import NO_NPM
from tests.support.oracle import NO_SPECIFICATION
from tests.support.published import NO_PYPI

if TYPE_CHECKING:
    from harness.testbed.conservation import Conservation

pytest_plugins = ["pytester"]
collect_ignore = ["stranger"]

# A busy machine fails no test, and each run draws the same.
settings.register_profile("suite", deadline=None, derandomize=True, database=None)
settings.load_profile("suite")
# Hypothesis takes some numbers from the constants of the modules that are loaded. So a test would draw something else
# behind other tests, or once an unrelated file has changed.
vars(providers)["is_local_module_file"] = lambda path: False


def pytest_configure(config: pytest.Config) -> None:
    # A test that needs npm is skipped without a network. By itself npm would wait for more than a minute each time. A
    # registry that hiccups is asked five times within seven seconds.
    os.environ.setdefault("npm_config_fetch_retries", "4")
    os.environ.setdefault("npm_config_fetch_retry_mintimeout", "500")
    os.environ.setdefault("npm_config_fetch_retry_maxtimeout", "2000")
    config.addinivalue_line(
        "markers", "needs(*capabilities): rows of harness.chain.capabilities that the test relies on"
    )
    config.addinivalue_line("markers", "only_anvil: about the process anvil; left out where anvil is not at hand")
    config.addinivalue_line("markers", "on_l1: plays on the L1 of --l1; every test that asks for that chain has it")


def _backends(config: pytest.Config) -> list[str]:
    """The backend of --l1 alone if it is given; else py-evm, and anvil where it is installed already."""
    chosen = config.getoption("--l1", default=None)
    if chosen is not None:
        return [chosen]
    fetched = tools.npm_folder("@foundry-rs/anvil", tools.ANVIL_VERSION).exists()
    at_hand = bool(os.environ.get("HARNESS_ANVIL") or shutil.which("anvil") or fetched)
    return ["py-evm", "anvil"] if at_hand else ["py-evm"]


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "anvil" not in _backends(config):
        items[:] = [item for item in items if item.get_closest_marker("only_anvil") is None]
    for item in items:
        if _plays_on_l1(item):
            item.add_marker("on_l1")


def _plays_on_l1(item: pytest.Item) -> bool:
    """Tell whether ``--l1`` chooses what a test plays on: by its fixtures, or those that they ask for."""
    asked = getattr(item, "fixturenames", ())
    if "l1_name" in asked or "backend_name" in asked or item.get_closest_marker("only_anvil") is not None:
        return True
    found = item.session._fixturemanager.getfixturedefs("l1", item) if "l1" in asked else None
    return found is not None and found[-1].func.__module__ in ("harness.pytest_plugin", "tests.support.backends")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for ``backend_name`` runs on every backend at hand."""
    if "backend_name" in metafunc.fixturenames:
        metafunc.parametrize("backend_name", _backends(metafunc.config), scope="session")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test on a chain that lacks what the test needs."""
    keys = tuple(key for mark in item.iter_markers("needs") for key in mark.args)
    if keys and "l1" in getattr(item, "fixturenames", ()):
        from harness.chain.capabilities import missing

        chosen = item.callspec.params if hasattr(item, "callspec") else {}
        backend = chosen.get("backend_name") or item.config.getoption("--l1") or "py-evm"
        reason = missing("rpc" if "://" in backend else backend, keys)
        if reason is not None:
            pytest.skip(reason)


@pytest.fixture(autouse=True)
def books(request: pytest.FixtureRequest) -> Iterator[Conservation | None]:
    """Check value conservation after every L1 transaction of a test that uses the rollup."""
    if "rollup" not in request.fixturenames:
        yield None
        return
    from harness.testbed.conservation import Conservation

    watched = Conservation(request.getfixturevalue("rollup")).watch()
    yield watched
    watched.stop()
    watched.check()


@pytest.fixture(scope="session")
def l1_name(request: pytest.FixtureRequest) -> str:
    """The backend of ``--l1``, for a test that opens its chain itself."""
    return str(request.config.getoption("--l1") or "py-evm")


@pytest.fixture
def alice(accounts: Any) -> Any:
    return accounts.alice


@pytest.fixture
def bob(accounts: Any) -> Any:
    return accounts.bob


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    report = yield
    _refuse(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    report = yield
    _refuse(report)
    return report


def _refuse(report: Any) -> None:
    """Turn a skip that no row of the table explains into a failure."""
    if report.skipped and not hasattr(report, "wasxfail"):
        from harness.chain.capabilities import is_declared

        longrepr = report.longrepr
        reason = (longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)).removeprefix("Skipped: ")
        if reason not in (NO_BROWSER, NO_NPM, NO_PYPI, NO_SPECIFICATION) and not is_declared(reason):
            report.outcome = "failed"
            report.longrepr = f"skipped for a reason that is no row of the capability table: {reason}"
