"""The README's commands and tests, run as a reader would type them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness import guides
from tests.plugin.snippets import Snippet, files_of, snippets_of

if TYPE_CHECKING:
    from tests.plugin.conftest import Run

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
SNIPPETS = snippets_of(README)
EXAMPLES = [each for each in SNIPPETS if each.is_test]


def project() -> dict[str, str]:
    files = files_of(SNIPPETS)
    assert set(files) == {"pyproject.toml", "src/Counter.sol", "test_counter.py"}
    return files


@pytest.mark.parametrize("backend", ["py-evm", pytest.param("anvil", marks=pytest.mark.only_anvil)])
def test_the_first_test_passes(run: Run, backend: str) -> None:
    run(project(), f"--l1={backend}", settings=None).assert_outcomes(passed=1)


def test_the_failure_shown_is_the_one_that_comes(run: Run) -> None:
    files = project()
    guard = "with reverts(Counter.AboveLimit, actual=2, limit=1):"
    assert guard in files["test_counter.py"]
    files["test_counter.py"] = files["test_counter.py"].replace(guard, "if True:")
    result = run(files, settings=None)
    shown = re.search(r"^Counter\.increment\(\).*$", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert shown is not None
    result.stdout.fnmatch_lines([shown[0].replace("[", "[[]")])


def test_there_are_three_examples() -> None:
    assert len(EXAMPLES) == 3


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"line {example.line}")
def test_an_example_passes(run: Run, example: Snippet) -> None:
    result = run(project() | {"test_counter.py": example.body}, settings=None)
    result.assert_outcomes(passed=example.number_of_tests)


def test_every_link_leads_to_a_file() -> None:
    links = re.findall(r"\]\(([^)#]+)", README.read_text(encoding="utf-8"))
    assert len(links) > 10
    assert [link for link in links if "://" not in link and not (ROOT / link).is_file()] == []


def test_every_guide_is_listed() -> None:
    listed = re.findall(r"\]\(harness/guides/([a-z-]+)\.md\)", README.read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(guides.ORDER)
