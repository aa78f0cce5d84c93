"""pytest's options of the coverage of Solidity. What measures is imported if they are given."""

from __future__ import annotations

import pytest

from harness.coverage.reports import Report, report_of
from harness.projects import TestedProject


def add_options(group: pytest.OptionGroup) -> None:
    """Add ``--cov-sol`` and ``--cov-sol-report``."""
    group.addoption("--cov-sol", action="store_true", help="measure which lines of Solidity run, and show a table")
    group.addoption(
        "--cov-sol-report", action="append", default=[], metavar="KIND[:FILE]",
        help="report of --cov-sol: term, lcov (to lcov.info) or html (to cov-sol.html); several may be given",
    )  # fmt: skip


def start(config: pytest.Config) -> None:
    """Measure this run if the options ask for it; raises UsageError for a report that cannot be written."""
    asked: list[str] = config.getoption("--cov-sol-report")
    if not asked and not config.getoption("--cov-sol"):
        return
    reports = [report_of(text, config.invocation_params.dir) for text in asked] or [Report("term", None)]
    from harness.coverage.plugin import SolidityCoverage

    plugin = SolidityCoverage(config, reports)
    config.pluginmanager.register(plugin, "harness-coverage")
    config.add_cleanup(plugin.stop)


def refuse_without_sources(config: pytest.Config, home: TestedProject) -> None:
    """Raise UsageError if the project of pytest's root folder has no sources that could be measured."""
    if home.config is None or not (config.getoption("--cov-sol") or config.getoption("--cov-sol-report")):
        return
    table = f"[tool.harness] of {home.root / 'pyproject.toml'}"
    if home.config.artifacts and not home.config.contracts:
        raise pytest.UsageError(
            f"--cov-sol measures contracts compiled from sources, and {table} names artifacts,"
            f" {' and '.join(map(str, home.config.artifacts))}; name the folder of the sources by contracts instead"
        )
    if not home.index:
        places = ", ".join(map(str, home.config.contracts)) or "no folder"
        raise pytest.UsageError(f"--cov-sol found no contracts to measure: contracts in {table} leads to {places}")
