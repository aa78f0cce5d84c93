"""Compiling something shows as one line of pytest's report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.contracts import versions
from harness.contracts.compiling import solc

if TYPE_CHECKING:
    from tests.plugin.conftest import Run

TEST = "def test_it(A, B): assert A and B"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Two contracts that no cache holds, and a compiler that need not be looked for."""
    monkeypatch.setenv("HARNESS_SOLC", str(solc.find(versions.BUILT_IN).path))
    texts = {f"src/{name}.sol": f"contract {name} {{ string public s = '{tmp_path}'; }}" for name in "AB"}
    return {**texts, "test_a.py": TEST}


def told(result: pytest.RunResult) -> list[str]:
    return [line for line in (*result.outlines, *result.errlines) if "compiling" in line]


@pytest.mark.parametrize("quiet", [(), ("-q",), ("-s",)])
def test_one_line_for_all_that_is_compiled(run: Run, files: dict[str, str], quiet: tuple[str, ...]) -> None:
    assert told(run(files, *quiet)) == ["harness: compiling src/A.sol, solc 0.8.37; further tasks are not shown"]
    assert told(run(files, *quiet)) == []


def test_no_line_where_none_is_wanted(run: Run, files: dict[str, str]) -> None:
    assert told(run(files, "-qq")) == []
