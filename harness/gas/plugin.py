"""Measures the gas of pytest's tests, reports it, and compares it; with pytest-xdist, that of all workers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest

from harness import tools
from harness.chain.observing import observed_by
from harness.gas.samples import GasMeter, rows
from harness.gas.snapshot import Comparison, SnapshotUnreadable, compare, read, written
from harness.gas.table import table
from harness.gas.wanted import Wanted

_KEY = "harness_gas"


class GasReport:
    """Measures from its making until `stop`. ``is_own`` says whether a contract, by name and file, is a project's."""

    def __init__(self, config: pytest.Config, wanted: Wanted, is_own: Callable[[str, str], bool]) -> None:
        self._config = config
        self._wanted = wanted
        self._meter = GasMeter(is_own)
        self._notes: list[str] = []
        self._old = {} if wanted.check is None else _snapshot(wanted)
        self._stack = ExitStack()
        self._stack.enter_context(observed_by(self._meter))

    def stop(self) -> None:
        """Measure no more."""
        self._stack.close()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Take over what a worker of pytest-xdist measured."""
        sent = getattr(node, "workeroutput", {}).get(_KEY)
        if sent is None:
            self._notes.append(f"worker {node.gateway.id} ended without sending what it measured")
        else:
            self._meter.take(sent)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Send what was measured, in a worker; else write the snapshot, and compare."""
        if hasattr(self._config, "workerinput"):
            self._config.workeroutput[_KEY] = self._meter.to_plain()  # type: ignore[attr-defined]
            return
        if self._config.option.collectonly:
            return
        found = rows(self._meter.samples)
        if self._wanted.check is not None:
            self._compare(session, compare(self._old, found, self._wanted.tolerance))
        if self._wanted.snapshot is not None:
            try:
                tools.write_atomically(self._wanted.snapshot, written(found))
                self._notes.append(f"written to {self._wanted.snapshot}")
            except OSError as problem:
                self._notes.append(f"{self._wanted.snapshot} could not be written: {problem}")
                session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def _compare(self, session: pytest.Session, found: Comparison) -> None:
        if found.rose and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        self._notes += [f"more gas: {change}" for change in found.rose]
        self._notes += [f"less gas: {change}" for change in found.fell]
        self._notes += [f"not in the snapshot: {name}" for name in found.new]
        self._notes += [f"not called in this run: {name}" for name in found.uncalled]
        more = {change.function for change in found.rose}
        tolerance = f" by more than {self._wanted.tolerance:g} %" if self._wanted.tolerance else ""
        if more:
            self._notes.append(f"{len(more)} cost more than in {self._wanted.check}{tolerance}: the run fails")
        else:
            self._notes.append(f"nothing costs more than in {self._wanted.check}{tolerance}")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the table, and what the comparison found."""
        if hasattr(self._config, "workerinput") or self._config.option.collectonly:
            return
        terminalreporter.section("gas")
        if self._wanted.table:
            found = rows(self._meter.samples)
            for line in table(found) if found else ["no transaction to a contract of a project succeeded"]:
                terminalreporter.write_line(line)
        for note in self._notes:
            terminalreporter.write_line(f"- {note}")


def _snapshot(wanted: Wanted) -> dict[str, tuple[int, int, int]]:
    assert wanted.check is not None
    try:
        return read(wanted.check)
    except SnapshotUnreadable as problem:
        raise pytest.UsageError(f"--gas-check: {problem}") from problem
