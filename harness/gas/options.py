"""pytest's options of gas. What measures is imported if they are given."""

from __future__ import annotations

import pytest

from harness.gas.wanted import Wanted
from harness.projects import Projects

DEFAULT = "gas.snapshot"
"""The file that is compared with unless another one is named."""


def add_options(group: pytest.OptionGroup) -> None:
    """Add ``--gas``, ``--gas-snapshot``, ``--gas-check`` and ``--gas-tolerance``."""
    group.addoption("--gas", action="store_true", help="show what the functions of the project's contracts cost")
    group.addoption("--gas-snapshot", metavar="FILE", help="write the gas of each function to a file to commit")
    group.addoption(
        "--gas-check", metavar="FILE", nargs="?", const=DEFAULT,
        help=f"fail if a function costs more than in a snapshot (default: {DEFAULT})",
    )  # fmt: skip
    group.addoption(
        "--gas-tolerance", type=float, default=0.0, metavar="PERCENT",
        help="how much more gas --gas-check lets pass, in percent (default: 0)",
    )  # fmt: skip


def start(config: pytest.Config, projects: Projects) -> None:
    """Measure this run if the options ask for it; raises UsageError for files that cannot be used."""
    wanted = _wanted(config)
    if not (wanted.table or wanted.snapshot or wanted.check):
        return
    if config.getoption("--cov-sol") or config.getoption("--cov-sol-report"):
        raise pytest.UsageError("--gas and --cov-sol exclude each other: coverage runs code that is not optimized")
    from harness.gas.plugin import GasReport

    def is_own(name: str, source: str) -> bool:
        return any(source in project.index.get(name, ()) for project in projects)

    plugin = GasReport(config, wanted, is_own)
    config.pluginmanager.register(plugin, "harness-gas")
    config.add_cleanup(plugin.stop)


def _wanted(config: pytest.Config) -> Wanted:
    folder = config.invocation_params.dir
    snapshot, check = config.getoption("--gas-snapshot"), config.getoption("--gas-check")
    tolerance: float = config.getoption("--gas-tolerance")
    if not 0 <= tolerance < float("inf"):
        raise pytest.UsageError(f"--gas-tolerance is {tolerance}, expected a percentage from 0 on")
    if snapshot is not None:
        place = folder / snapshot
        if place.is_dir() or not place.parent.is_dir():
            raise pytest.UsageError(f"--gas-snapshot is {snapshot!r}: {place} is no place for a file")
    if check is not None and not (folder / check).is_file():
        found = "is a folder" if (folder / check).is_dir() else "is not there"
        raise pytest.UsageError(f"--gas-check is {check!r}, which {found}; expected --gas-check=FILE of --gas-snapshot")
    return Wanted(
        config.getoption("--gas"),
        None if snapshot is None else folder / snapshot,
        None if check is None else folder / check,
        tolerance,
    )
