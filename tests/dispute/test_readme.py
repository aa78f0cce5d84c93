"""The table beside this file names tests that exist, and has a row for each scenario."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
FOLDERS = {"d": HERE, "c": ROOT / "tests/contracts/dispute", "p": ROOT / "tests/contracts/proofs"}
NAMED = re.compile(r"`((?:[\w/]+/)?\w+\.py)?(?:::(\w+))?(?:\[[^`]*\])?`")


def named(line: str) -> Iterator[tuple[Path, str]]:
    """Files and functions that a row names; a function without a file is in the file before it."""
    file = HERE
    for match in NAMED.finditer(line):
        path, function = match.groups()
        if path is not None:
            folder, _, rest = path.partition("/")
            file = FOLDERS[folder] / rest if folder in FOLDERS else ROOT / path if rest else file.parent / path
        if path is not None or function is not None:
            yield file, function or ""


def test_every_row_names_tests_that_exist() -> None:
    rows = [line for line in (HERE / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    scenarios = [row for row in rows if "tests/" in row or "`d/" in row or "`c/" in row or "`p/" in row]
    assert len(scenarios) > 40
    missing = []
    for row in scenarios:
        found = list(named(row))
        assert found, row
        for file, function in found:
            if not file.exists() or (function and f"def {function}(" not in file.read_text(encoding="utf-8")):
                missing.append(f"{file.name}::{function}")
    assert missing == []
