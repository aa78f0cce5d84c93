"""A unit test that opens an L1 chain fails, whichever way it opens it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

CONFTEST = (Path(__file__).resolve().parents[1] / "unit" / "conftest.py").read_text(encoding="utf-8")
RULE = "*a unit test opens no L1 chain*"

OPENED = {
    "by the fixture": "def test_a(l1): pass",
    "by a fixture that needs it": "def test_a(accounts): pass",
    "by a call": "from harness import open_chain\ndef test_a(): open_chain()",
    "by its backend": "from harness.chain.pyevm.backend import PyEvmBackend\ndef test_a(): PyEvmBackend()",
    "at a node": "from harness import open_chain\ndef test_a(): open_chain('http://127.0.0.1:9')",
    "for the module": "from harness import open_chain\nL1 = open_chain()\ndef test_a(): pass",
    "by a fixture of the file": (
        "import pytest\nfrom harness import open_chain\n"
        "@pytest.fixture(scope='session')\ndef chain(): return open_chain()\ndef test_a(chain): pass"
    ),
}


@pytest.mark.parametrize("way", OPENED)
def test_a_unit_test_that_opens_an_l1_fails(run: Any, way: str) -> None:
    result = run({"unit/conftest.py": CONFTEST, "unit/test_a.py": OPENED[way]})
    assert result.ret != pytest.ExitCode.OK
    result.stdout.fnmatch_lines([RULE])


def test_a_test_elsewhere_opens_one_as_it_likes(run: Any) -> None:
    test = "from harness import open_chain\ndef test_b(l1): open_chain()"
    unit = "def test_a(): assert 2 + 2 == 4"
    run({"unit/conftest.py": CONFTEST, "unit/test_a.py": unit, "test_b.py": test}).assert_outcomes(passed=2)
