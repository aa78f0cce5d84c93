"""Scenario files as pytest collects them: each case of a file is a test."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from _pytest._code.code import TerminalRepr

from harness.errors import HarnessError
from harness.scenarios.finding import cases_of, name_of, opened, sources_of
from harness.scenarios.loading import load
from harness.scenarios.records import Row
from harness.scenarios.result import Result
from harness.scenarios.running import play
from harness.scenarios.scenario import Scenario
from harness.scenarios.storing import write
from harness.tools import cache_dir


class Broken(Exception):
    """A scenario of which an expectation does not hold, or which could not be played; ``result`` is what it did."""

    def __init__(self, said: str, result: Result | None = None) -> None:
        super().__init__(said)
        self.said = said
        self.result = result


class ScenarioFile(pytest.File):
    """A scenario's file."""

    def collect(self) -> Iterator[ScenarioItem]:
        """Yield the cases of the scenario; a mistake in the file is an error of collection."""
        try:
            # Collecting compiles nothing: calls are checked when the test runs.
            scenario = load(self.path, sources_of(self.path)[0].names)
        except (HarnessError, OSError) as problem:
            raise self.CollectError(str(problem)) from None
        for case, one in cases_of(scenario):
            values = ", ".join(f"{path}={value}" for path, value in case.items())
            name = name_of(self.path) + (f"[{values}]" if values else "")
            yield ScenarioItem.from_parent(self, name=name, scenario=one, case=case)


class ScenarioItem(pytest.Item):
    """A case of a scenario: it passes if every expectation holds."""

    def __init__(self, *, scenario: Scenario, case: Mapping[str, Any], **keywords: Any) -> None:
        super().__init__(**keywords)
        self.scenario = scenario
        self.case = case

    def runtest(self) -> None:
        """Play the scenario on the backend of ``--l1``, or else on its own."""
        backend = self.config.getoption("--l1")
        try:
            _, sources, root = opened(self.path)
            result = play(self.scenario, sources, root=root, backend=backend, case=self.case)
        except HarnessError as problem:
            raise Broken(f"{self.scenario.name}: {problem}") from None
        if not result.holds:
            raise Broken(shown(result, self._keep(result)), result)

    def _keep(self, result: Result) -> Path:
        """Write the result where a replay finds it."""
        name = re.sub(r"[^\w.-]+", "-", self.name).strip("-")[:100]
        # Projects share the cache, and have files of one name.
        place = sha256(str(self.path.resolve()).encode()).hexdigest()[:8]
        return write(result, cache_dir() / "results" / f"{name}.{place}.{result.backend}.result.json")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str | TerminalRepr:
        """Show what does not hold; a traceback only for what is no failed expectation."""
        if isinstance(excinfo.value, Broken):
            return excinfo.value.said
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the file, and the scenario's name."""
        return self.path, 0, self.scenario.name


def shown(result: Result, kept: Path) -> str:
    """Return what a failed scenario prints: its outcome, each expectation, and the command that plays it again."""
    lines = [f"{result.scenario.name}: {result.headline}"]
    lines += [_line(row) for row in result.expectations]
    return "\n".join([*lines, f"play it again: harness replay {kept}"])


def _line(row: Row) -> str:
    if row.holds:
        return f"  ok     {row.what}: {row.actual}"
    return f"  BROKEN {row.what}: expected {row.expected}, actual {row.actual}"
