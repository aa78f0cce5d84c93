"""A pytest plugin that records the outcome of each test, and whether the test itself detected the fault.

It is loaded by ``-p harness.mutants.probe --mutant-report FILE``. The file gets one line of JSON for each phase of each
test, and for each file that could not be collected.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any

import pytest

from harness.errors import ChainError, ConfigError, ContractError, HarnessError, ToolNotFound

_OPTION = "--mutant-report"
_UNABLE = (ChainError, ConfigError, ContractError, ToolNotFound)
"""Errors about what the harness could not do, not about the contracts."""


def is_verdict(error: BaseException) -> bool:
    """Return whether an exception is about the contracts: an assertion, a revert that came or did not come, a broken
    promise.

    Anything else kept the test from judging: a contract that does not compile, a missing tool, a mistake in Python.
    """
    if isinstance(error, AssertionError | pytest.fail.Exception):
        return True
    return isinstance(error, HarnessError) and not isinstance(error, _UNABLE)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(_OPTION, help="where the outcome of each test is written")


def _note(config: pytest.Config, **fields: Any) -> None:
    with open(config.getoption(_OPTION), "a", encoding="utf-8") as out:
        out.write(json.dumps(fields) + "\n")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    error = call.excinfo.value if call.excinfo is not None and report.failed else None
    _note(
        item.config,
        when=report.when,
        outcome=report.outcome,
        error="" if error is None else f"{type(error).__name__}: {error}",
        verdict=error is not None and is_verdict(error),
    )
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if report.failed:
        error = str(report.longrepr).strip().splitlines()[-1]
        _note(collector.config, when="collect", outcome=report.outcome, error=error, verdict=False)
    return report
