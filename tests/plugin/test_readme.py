"""The README's first test of one's own, as a stranger would type it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Run

README = Path(__file__).resolve().parents[2] / "README.md"
FILE = re.compile(r"^`([\w./]+)`\n\n```\w+\n(.*?)```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("backend", ["py-evm", "anvil"])
def test_the_first_test_of_ones_own_passes(run: Run, backend: str) -> None:
    files = dict(FILE.findall(README.read_text(encoding="utf-8")))
    assert set(files) == {"pyproject.toml", "src/Counter.sol", "test_counter.py"}
    run(files, f"--l1={backend}", settings=None).assert_outcomes(passed=3)


def test_the_failure_shown_is_the_one_that_comes(run: Run) -> None:
    files = dict(FILE.findall(README.read_text(encoding="utf-8")))
    files["test_counter.py"] = files["test_counter.py"].replace(
        "with reverts(Counter.AboveLimit, actual=3, limit=2):", "if True:"
    )
    result = run(files, settings=None)
    shown = re.search(r"^Counter\.increment\(\).*$", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert shown is not None
    result.stdout.fnmatch_lines([shown[0].replace("[", "[[]")])
