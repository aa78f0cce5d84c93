"""The README's first test of one's own, as a stranger would type it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Run

README = Path(__file__).resolve().parents[2] / "README.md"
TEXT = README.read_text(encoding="utf-8")
CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)
FILE = re.compile(r"^`([\w./]+)`\n\n```\w+\n(.*?)```", re.MULTILINE | re.DOTALL)


def project() -> dict[str, str]:
    files = dict(FILE.findall(TEXT))
    assert set(files) == {"pyproject.toml", "src/Counter.sol", "test_counter.py"}
    return files


@pytest.mark.parametrize("backend", ["py-evm", "anvil"])
def test_the_first_test_of_ones_own_passes(run: Run, backend: str) -> None:
    run(project(), f"--l1={backend}", settings=None).assert_outcomes(passed=3)


def test_the_failure_shown_is_the_one_that_comes(run: Run) -> None:
    files = project()
    guard = "with reverts(Counter.AboveLimit, actual=3, limit=2):"
    files["test_counter.py"] = files["test_counter.py"].replace(guard, "if True:")
    result = run(files, settings=None)
    shown = re.search(r"^Counter\.increment\(\).*$", TEXT, re.MULTILINE)
    assert shown is not None
    result.stdout.fnmatch_lines([shown[0].replace("[", "[[]")])


SECTIONS = ("Channels", "The rollup", "The provable machine and the dispute game")


@pytest.mark.parametrize("title", SECTIONS)
def test_the_tests_of_the_other_sections_pass(run: Run, title: str) -> None:
    section = TEXT.split(f"## {title}\n")[1].split("\n## ")[0]
    (code,) = CODE.findall(section)
    result = run(project() | {"test_counter.py": code}, settings=None)
    result.assert_outcomes(passed=code.count("def test_"))
