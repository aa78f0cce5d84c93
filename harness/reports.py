"""What pytest reports of a failed test: call trees first, and where a missing fixture was looked for."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any

import pytest

from harness.contract_fixtures import PROJECTS
from harness.errors import did_you_mean
from harness.failures import (
    SolidityFirst,
    call_trees_of,
    has_users_frame,
    is_on_purpose,
    users_view,
    without_frames,
)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show a failed contract call's tree before the Python traceback, which ends at the user's line."""
    if call.excinfo is None:
        return (yield)
    error = call.excinfo.value
    with call_trees_of(error) as call_trees:
        if item.config.getoption("fulltrace", False):
            report = yield
        else:
            with users_view(call.excinfo):
                report = yield
                if report.failed and is_on_purpose(error) and not has_users_frame(error):
                    report.longrepr = without_frames(call.excinfo, item)
    if report.failed and call_trees:
        report.harness_call_trees = call_trees  # type: ignore[attr-defined]
    if isinstance(error, pytest.FixtureLookupError) and hasattr(report.longrepr, "errorstring"):
        _say_where_looked(report.longrepr, item)
    return report


def _say_where_looked(shown: Any, item: pytest.Item) -> None:
    """Add to a missing fixture's error where a contract was looked for, and which fixtures have similar names."""
    found = re.match(r"fixture '(\w+)' not found", shown.errorstring)
    if found is None:
        return
    projects = item.config.stash[PROJECTS]
    places = projects.looked_at(found[1], item.path.parent)
    if places:
        shown.errorstring += "\n" + places
    available = re.search(r"available fixtures: (.*)", shown.errorstring)
    if available is not None and projects.nearest(item.path.parent).index:
        shown.errorstring += did_you_mean(found[1], available[1].split(", ")).replace("; ", "\n", 1)


class FailurePrinter:
    """Shows the call trees in the process that prints.

    xdist carries a plain attribute over from a worker, but no class.
    """

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Put the call trees ahead of the traceback."""
        call_trees = getattr(report, "harness_call_trees", "")
        if call_trees:
            report.longrepr = SolidityFirst(call_trees, report.longrepr)
