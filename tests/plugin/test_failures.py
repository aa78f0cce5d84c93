"""A failing test tells the Solidity part first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Run

FAILING = """
def test_it(l1, accounts, Counter):
    counter = l1.deploy(Counter, sender=accounts.alice)
    counter.set(3, sender=accounts.alice)
"""


@pytest.mark.parametrize("arguments", [(), ("-n", "1")], ids=["one process", "xdist"])
def test_contract_function_error_and_line_come_ahead_of_python(run: Run, arguments: tuple[str, ...]) -> None:
    result = run({"test_a.py": FAILING}, *arguments)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*--- Solidity ---*",
            "Counter.set(value=3)*reverted: Odd(actual=3) at src/Counter.sol:9",
            "*--- Python ---*",
            ">*counter.set(3, sender=accounts.alice)",
            "E *RevertedWithError: reverted: Odd(actual=3)",
            "FAILED test_a.py::test_it - *RevertedWithError*",
        ]
    )
    result.stdout.no_fnmatch_line("*/harness/*.py:*")


def test_the_whole_traceback_is_there_on_demand(run: Run) -> None:
    result = run({"test_a.py": FAILING}, "--full-trace")
    result.stdout.fnmatch_lines(["*/harness/contracts/*.py:*"])


def test_a_revert_for_another_reason_shows_its_call_tree(run: Run) -> None:
    test = FAILING.replace("    counter.set", "    from harness import reverts\n    with reverts('full'): counter.set")
    result = run({"test_a.py": test})
    result.stdout.fnmatch_lines(
        ["*--- Solidity ---*", "Counter.set(value=3)*Odd(actual=3)*", "*expected message 'full'"]
    )


def test_a_failure_without_a_contract_is_pytests_own(run: Run) -> None:
    result = run({"test_a.py": "def test_it(l1): assert 1 == 2"})
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*Solidity*")
