"""pytest's ``--harness-report``: a failing test that uses a chain, and a failing scenario, get a report."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.scenarios.result import Result
    from harness.scenarios.watching import Watch

NAME = "harness-report"
FIXTURES = ("l1", "rollup", "channels")
_LONGEST = 100


def add_options(group: pytest.OptionGroup) -> None:
    """Add ``--harness-report``."""
    words = "write a report (HTML) of each failing test that uses a chain: what happened, and where the money went"
    group.addoption("--harness-report", metavar="FOLDER", help=words)


def start(config: pytest.Config) -> None:
    """Follow the tests of this run if the option is given; raises UsageError for a path that is no folder."""
    given = config.getoption("--harness-report")
    if given is None:
        return
    folder = config.invocation_params.dir / given
    if folder.exists() and not folder.is_dir():
        raise pytest.UsageError(f"--harness-report is {given!r}, which is no folder")
    # Workers of xdist get the options as they are now, and may run elsewhere.
    config.option.harness_report = str(folder)
    config.pluginmanager.register(Reports(folder), NAME)


@contextmanager
def example_of(config: pytest.Config) -> Iterator[None]:
    """Follow one example of Hypothesis, if reports are asked for: the last one that fails is told."""
    reports: Reports | None = config.pluginmanager.get_plugin(NAME)
    if reports is None:
        yield
        return
    reports.begin()
    try:
        yield
    except Exception as problem:
        if not type(problem).__module__.startswith("hypothesis"):  # an assumption that does not hold is no failure
            reports.keep(problem)
        raise


class Reports:
    """Follows each test on the fixtures that are alive, and writes the report of one that fails."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._alive: dict[str, Any] = {}
        self._watch: Watch | None = None
        self._kept: Result | str | None = None
        self._name = ""

    # -- what there is

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        """Follow the chain, the rollup or the channels from the moment they are there."""
        value = yield
        name = fixturedef.argname
        if name in FIXTURES:
            self._alive[name] = value
            fixturedef.addfinalizer(lambda: self._forget(name, value))
            if name != "channels" or self._watch is None:
                self.begin()
            else:
                self._watch.meet_channels(value)  # type: ignore[arg-type]
        return value

    def _forget(self, name: str, value: object) -> None:
        if self._alive.get(name) is value:
            del self._alive[name]
            self._stop()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Follow a test from its beginning."""
        self._name, self._kept = item.nodeid, None
        self.begin()

    def begin(self) -> None:
        """Follow what happens from now on."""
        from harness.scenarios.watching import Watch
        from harness.testbed.channels import Channels
        from harness.testbed.rollup import Rollup

        self._stop()
        if "l1" not in self._alive:
            return
        self._watch = Watch(self._alive["l1"])
        rollup, channels = self._alive.get("rollup"), self._alive.get("channels")
        # A project may have a fixture of its own under one of these names.
        if isinstance(rollup, Rollup):
            self._watch.meet(rollup)
        if isinstance(channels, Channels):
            self._watch.meet_channels(channels)

    def _stop(self) -> None:
        if self._watch is not None:
            self._watch.stop()
            self._watch = None

    # -- failures

    def keep(self, problem: BaseException) -> None:
        """Tell what the test did until now, while it can still be read."""
        if self._watch is None:
            return
        try:
            self._kept = self._watch.tell(self._name, problem)
        except Exception as trouble:  # no trouble with the report may hide why the test failed
            self._kept = f"there is no report: {type(trouble).__name__}: {trouble}"

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[Any]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Write the report of a failed test, and name its file among what the test printed."""
        report = yield
        if report.failed and call.excinfo is not None and report.when != "teardown":
            self._kept = self._kept or getattr(call.excinfo.value, "result", None)  # that of a scenario's file
            if self._kept is None and self._uses_chain(item):
                self.keep(call.excinfo.value)
            if self._kept is not None:
                report.sections.append(("report", self._written(item, self._kept)))
        if report.when != "setup":
            self._stop()
        return report

    def _uses_chain(self, item: pytest.Item) -> bool:
        return any(name in FIXTURES for name in getattr(item, "fixturenames", ()))

    def _written(self, item: pytest.Item, told: Result | str) -> str:
        from harness.scenarios.report.page import write

        if isinstance(told, str):
            return told
        words = re.sub(r"[^\w.-]+", "-", item.nodeid.removesuffix("/")).strip("-")[-_LONGEST:]
        path = self.folder / f"{words}-{sha256(item.nodeid.encode()).hexdigest()[:8]}.html"
        try:
            return f"report: {write([told], path, [f'pytest {item.nodeid!r}'])}"
        except OSError as problem:
            return f"there is no report: {path} cannot be written: {problem}"
