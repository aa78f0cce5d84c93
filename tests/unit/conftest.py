"""A unit test opens no L1 chain. One that does fails, whichever way it opens it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import pytest

from harness.chain.nodes.anvil import AnvilBackend
from harness.chain.nodes.node import RpcBackend
from harness.chain.pyevm.backend import PyEvmBackend

RULE = "a unit test opens no L1 chain; a test that plays on one belongs to tests/<room>"


def _refuse(*_: Any, **__: Any) -> NoReturn:
    pytest.fail(RULE)


@contextmanager
def _without_l1() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for backend in (PyEvmBackend, AnvilBackend, RpcBackend):
            patch.setattr(backend, "__init__", _refuse)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    with _without_l1():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    if "l1" in getattr(item, "fixturenames", ()):  # the session may have opened it for another test
        _refuse()
    with _without_l1():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, Any, Any]:
    with _without_l1():
        return (yield)
