"""The suite's own rule: no skip but for a row of the capability table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Run

CONFTEST = (Path(__file__).resolve().parents[1] / "conftest.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "test",
    [
        "import pytest\ndef test_it(): pytest.skip('later')",
        "import pytest\n@pytest.mark.skip(reason='later')\ndef test_it(): pass",
        "import pytest\n@pytest.mark.skipif(True, reason='capability: py-evm lacks calls')\ndef test_it(): pass",
        "import pytest\n@pytest.mark.skip(reason='capability: py-evm lacks nothing-known')\ndef test_it(): pass",
    ],
)
def test_a_skip_that_is_no_row_fails(run: Run, test: str) -> None:
    result = run({"conftest.py": CONFTEST, "test_a.py": test})
    outcomes = result.parseoutcomes()
    assert outcomes.get("failed", 0) + outcomes.get("errors", 0) + outcomes.get("error", 0) == 1
    result.stdout.fnmatch_lines(["*skipped for a reason that is no row of the capability table: *"])


def test_a_module_that_skips_itself_fails(run: Run) -> None:
    result = run({"conftest.py": CONFTEST, "test_a.py": "import pytest\npytest.importorskip('no_such_module')"})
    assert result.ret != 0


def test_a_row_excuses_where_the_backend_lacks_it_and_only_there(run: Run) -> None:
    test = "import pytest\n@pytest.mark.needs('seed')\ndef test_it(l1): pass"
    run({"conftest.py": CONFTEST, "test_a.py": test}).assert_outcomes(passed=1)
    run({}, "--l1=anvil").assert_outcomes(skipped=1)
