"""Measures the Solidity that pytest's tests run, and reports it; with pytest-xdist, that of all workers."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from harness import tools
from harness.contracts.project import Project, measured_projects
from harness.coverage.collector import Collector, Hits, merged
from harness.coverage.lcov import lcov
from harness.coverage.measure import ProjectCoverage, measure
from harness.coverage.page import page
from harness.coverage.reports import Report
from harness.coverage.table import table
from harness.engine.marking import marked_by

_KEY = "harness_coverage"

_HOW = (
    "compiled for this run without an optimizer; the limits on the size of code (EIP-170, EIP-3860) are lifted for it,"
    " and gas is not that of deployed code"
)


class SolidityCoverage:
    """Measures from its making until `stop`."""

    def __init__(self, config: pytest.Config, reports: Iterable[Report]) -> None:
        self._config = config
        self._reports = tuple(reports)
        self._projects: dict[Path, Project] = {}
        self._collector = Collector(self._projects)
        self._hits: Hits = {}
        self._notes: list[str] = []
        self._measured: tuple[ProjectCoverage, ...] = ()
        self._stack = ExitStack()
        self._stack.enter_context(measured_projects(self._projects))
        self._stack.enter_context(marked_by(self._collector))

    def stop(self) -> None:
        """Measure no more."""
        self._stack.close()

    # -- workers of pytest-xdist

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Take over what a worker measured."""
        sent = getattr(node, "workeroutput", {}).get(_KEY)
        if sent is None:
            name = node.gateway.id
            self._notes.append(f"worker {name} ended without sending what it measured: what it ran is missing here")
            return
        merged(self._hits, sent["hits"])
        for root in sent["projects"]:
            Project.load(root)  # notes it among the projects

    # -- the end

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Send what was measured, in a worker; else measure and write the files."""
        own = self._collector.hits()
        if hasattr(self._config, "workerinput"):
            roots = [str(root) for root in self._projects]
            self._config.workeroutput[_KEY] = {"hits": own, "projects": roots}  # type: ignore[attr-defined]
            return
        if self._config.option.collectonly:
            return
        merged(self._hits, own)
        with_sources = [project for project in self._projects.values() if project.sources is not None]
        self._measured = tuple(measure(project, self._hits) for project in with_sources)
        self._note()
        for report in self._reports:
            if report.path is not None:
                text = lcov(self._measured) if report.kind == "lcov" else page(self._measured, self._notes)
                try:
                    tools.write_atomically(report.path, text)
                except OSError as problem:
                    self._notes.append(f"{report.path} could not be written: {problem}")
                    session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def _note(self) -> None:
        """Say what the numbers stand for, and what they lack."""
        self._notes.insert(0, _HOW)
        if not any(project.files for project in self._measured):
            self._notes.append("nothing was measured: no test belongs to a project with contracts")
        chosen = self._config.getoption("--l1")
        if chosen not in (None, "py-evm"):
            self._notes.append(f"the L1 is {chosen}: what runs there is not measured, what runs on L2 is")
        self._notes += [f"not measured: {problem}" for project in self._measured for problem in project.problems]
        for project in self._measured:
            unclear = [file.unit for file in project.files if not file.has_branches]
            if unclear:
                files = ", ".join(unclear)
                self._notes.append(
                    f"only via-ir compiles {files}: their branches are not measured, nor lines that leave no code"
                )

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the table, and where the files are."""
        if hasattr(self._config, "workerinput") or not self._notes:
            return
        terminalreporter.section("Solidity coverage")
        if any(report.kind == "term" for report in self._reports):
            for line in table(self._measured):
                terminalreporter.write_line(line)
        for note in self._notes:
            terminalreporter.write_line(f"- {note}")
        for report in self._reports:
            if report.path is not None:
                terminalreporter.write_line(f"- {report.kind} written to {report.path}")
