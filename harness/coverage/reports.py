"""The reports that can be asked for."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

KINDS = {"term": "", "lcov": "lcov.info", "html": "cov-sol.html"}
"""The kinds of reports, each with the file that it is written to unless told otherwise."""


class Report(NamedTuple):
    """A report that is asked for; ``path`` is None for the terminal."""

    kind: str
    path: Path | None


def report_of(text: str, folder: Path) -> Report:
    """Return the report that an option names; raises UsageError for one that cannot be written."""
    kind, _, name = text.partition(":")
    if kind not in KINDS or (kind == "term" and name):
        expected = "term, lcov, lcov:FILE, html or html:FILE"
        raise pytest.UsageError(f"--cov-sol-report is {text!r}, expected {expected}")
    if kind == "term":
        return Report(kind, None)
    path = folder / (name or KINDS[kind])
    if path.is_dir():
        raise pytest.UsageError(f"--cov-sol-report is {text!r}: {path} is a folder, expected a file to write")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a"):
            pass
    except OSError as problem:
        raise pytest.UsageError(f"--cov-sol-report is {text!r}: {path} cannot be written: {problem}") from problem
    return Report(kind, path)
