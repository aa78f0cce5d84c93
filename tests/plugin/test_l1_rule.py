"""The suite's own marker: a test that plays on the L1 of ``--l1`` has it, and no other test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Run

CONFTEST = (Path(__file__).resolve().parents[1] / "conftest.py").read_text(encoding="utf-8")

MARKED = {
    "the fixture": "def test_it(l1): assert l1.backend.name == 'anvil'",
    "a fixture that needs it": "def test_it(accounts, rollup): assert rollup.l1.backend.name == 'anvil'",
    "a fixture of the file": (
        "import pytest\n@pytest.fixture\ndef chain(l1): return l1\n"
        "def test_it(chain): assert chain.backend.name == 'anvil'"
    ),
    "each backend at hand": (
        "from tests.support.backends import l1\ndef test_it(l1): assert l1.backend.name == 'anvil'"
    ),
    "its name": (
        "from harness import open_chain\n"
        "def test_it(l1_name):\n with open_chain(l1_name) as chain: assert chain.backend.name == 'anvil'"
    ),
    "anvil alone": "import pytest\n@pytest.mark.only_anvil\ndef test_it(): pass",
}

UNMARKED = {
    "no chain": "def test_it(): pass",
    "a chain of its own": "from harness import open_chain\ndef test_it(): open_chain().close()",
    "a fixture of its own by that name": (
        "import pytest\nfrom harness import open_chain\n"
        "@pytest.fixture\ndef l1():\n with open_chain() as chain: yield chain\n"
        "def test_it(l1): assert l1.backend.name == 'py-evm'"
    ),
}


@pytest.mark.parametrize("way", MARKED)
def test_what_asks_for_the_chosen_l1_is_marked(run: Run, way: str) -> None:
    run({"conftest.py": CONFTEST, "test_a.py": MARKED[way]}, "--l1=anvil", "-m", "on_l1").assert_outcomes(passed=1)


@pytest.mark.parametrize("way", UNMARKED)
def test_what_plays_elsewhere_is_not(run: Run, way: str) -> None:
    run({"conftest.py": CONFTEST, "test_a.py": UNMARKED[way]}, "--l1=anvil").assert_outcomes(passed=1)
    run({}, "--l1=anvil", "-m", "on_l1").assert_outcomes(deselected=1)
