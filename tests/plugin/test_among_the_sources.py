"""A file among the sources that cannot be used stops only the test that asks for it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Run

TESTS = """
import pytest

def test_it(l1, accounts, Counter):
    assert l1.deploy(Counter, sender=accounts.alice).number() == 0

def test_of_a_text_that_is_none(Latin):
    pass

def test_of_a_draft(Draft):
    pass

def test_of_a_missing_package(CounterTest):
    pass
"""


def test_only_the_test_that_needs_a_bad_file_fails(run: Run, pytester: pytest.Pytester) -> None:
    src = pytester.path / "src"
    (src / "Folder.sol").mkdir(parents=True)
    (src / "Latin.sol").write_bytes(b"// Gr\xfc\xdfe\ncontract Latin {}")
    (src / "Binary.sol").write_bytes(bytes(range(256)))
    os.symlink("gone.sol", src / "Broken.sol")
    os.symlink(src, src / "circle")
    files = {
        "src/Draft.sol": "contract Draft { function half(",
        "src/Counter.t.sol": 'import "forge-std/Test.sol"; contract CounterTest is Test {}',
        "src/Empty.sol": "",
        "test_a.py": TESTS,
    }
    result = run(files)
    result.assert_outcomes(passed=1, errors=3, warnings=2)
    result.stdout.fnmatch_lines(
        [
            "*Latin.sol cannot be compiled: byte 0xfc at offset 5, line 1, is not UTF-8",
            "*refused src/Draft.sol*",
            "*src/Counter.t.sol imports 'forge-std/Test.sol', which is at none of these places*",
            "*Broken.sol is skipped: the link leads nowhere*",
            "*Binary.sol is skipped: byte * is not UTF-8*",
        ]
    )
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_a_contract_may_have_any_name(run: Run) -> None:
    names = ("request", "__init__", "__name__", "lambda", "pytest_configure", "pytest_unheard_of", "$", "pytestmark")
    files = {
        "src/Names.sol": " ".join(f"contract {name} {{}}" for name in names),
        "test_a.py": f"def test_it(contracts, __init__):\n    assert all(name in contracts for name in {names})\n"
        "    assert contracts['request'] and contracts['__init__'] is __init__",
    }
    run(files).assert_outcomes(passed=1)


def test_where_warnings_are_errors_one_line_names_the_file(run: Run, pytester: pytest.Pytester) -> None:
    (pytester.path / "src").mkdir()
    (pytester.path / "src/Binary.sol").write_bytes(b"\xff\xfe")
    result = run({"test_a.py": "def test_it(): pass"}, "-W", "error")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *Binary.sol is skipped: *"])


def test_a_folder_of_sources_that_is_not_there_fails_only_who_asks_for_a_contract(
    run: Run, pytester: pytest.Pytester
) -> None:
    (pytester.path / "pyproject.toml").write_text('[tool.harness]\ncontracts = "scr"\n')
    result = run({"test_a.py": "def test_alone(): pass\ndef test_it(contracts): contracts['Counter']"}, settings=None)
    result.assert_outcomes(passed=1, failed=1, warnings=1)
    result.stdout.fnmatch_lines(["*ConfigError: *contracts is 'scr', expected a folder, but */scr is not there"])
