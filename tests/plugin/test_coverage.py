"""`--cov-sol` shows, and writes, which lines of a project's Solidity its tests ran."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Run

ONE = """
def test_one(l1, accounts, Counter):
    l1.deploy(Counter, sender=accounts.alice).increment(sender=accounts.alice)
"""
TWO = """
def test_two(rollup, accounts, Counter):
    counter = rollup.l2.deploy(Counter, sender=accounts.alice)
    counter.set(2, sender=accounts.alice)
"""
REVERTING = """
from harness import reverts

def test_three(l1, accounts, Counter):
    with reverts(Counter.Odd, actual=3):
        l1.deploy(Counter, sender=accounts.alice).set(3, sender=accounts.alice)
"""


def rows(result: pytest.RunResult) -> dict[str, list[str]]:
    """Return the table's rows by file, in columns."""
    found = [re.split(r"\s{2,}", line.strip()) for line in result.outlines]
    return {row[0]: row[1:] for row in found if row[0].endswith(".sol") or row[0] == "TOTAL"}


UNUSED = "contract Unused { function f() external { g(); } function g() internal {} }"
EVERYTHING = {"test_one.py": ONE, "test_two.py": TWO, "test_three.py": REVERTING}


def test_a_table_shows_what_ran_on_l1(run: Run) -> None:
    result = run({"test_one.py": ONE, "src/Unused.sol": UNUSED}, "--cov-sol")
    result.assert_outcomes(passed=1)
    assert rows(result) == {
        "src/Counter.sol": ["1/3 33.3%", "0/2 0.0%", "1/3 33.3%", "7-9"],
        "src/Unused.sol": ["0/1 0.0%", "-", "0/2 0.0%", "1"],
        "TOTAL": ["1/4 25.0%", "0/2 0.0%", "1/5 20.0%"],
    }
    result.stdout.fnmatch_lines(
        "- compiled for this run without an optimizer; the limits on the size of code (EIP-170*"
    )


def test_what_ran_on_l2_alone_counts(run: Run) -> None:
    result = run({"test_two.py": TWO}, "--cov-sol")
    result.assert_outcomes(passed=1)
    assert rows(result)["src/Counter.sol"] == ["2/3 66.6%", "1/2 50.0%", "2/3 66.6%", "6"]


def test_l2_is_measured_where_l1_is_a_foreign_node(run: Run) -> None:
    result = run({"test_one.py": ONE, "test_two.py": TWO}, "--cov-sol", "--l1=anvil")
    result.assert_outcomes(passed=2)
    assert rows(result)["src/Counter.sol"] == ["2/3 66.6%", "1/2 50.0%", "2/3 66.6%", "6"]
    result.stdout.fnmatch_lines("- the L1 is anvil: what runs there is not measured, what runs on L2 is")


def test_what_the_workers_ran_is_put_together(run: Run) -> None:
    alone = run(EVERYTHING, "--cov-sol")
    result = run(EVERYTHING, "--cov-sol", "-n", "2", "--dist=loadfile")
    result.assert_outcomes(passed=3)
    assert rows(result) == rows(alone)
    assert rows(result)["TOTAL"] == ["3/3 100.0%", "2/2 100.0%", "3/3 100.0%"]


def test_a_worker_that_dies_is_named(run: Run) -> None:
    files = {"test_one.py": ONE, "test_dies.py": "import os\n\ndef test_dies():\n    os._exit(1)\n"}
    result = run(files, "--cov-sol", "-n", "1", "--max-worker-restart=0")
    result.stdout.fnmatch_lines("- worker gw0 ended without sending what it measured: what it ran is missing here")


def test_tracefile_and_page_tell_the_same_as_the_table(run: Run, pytester: pytest.Pytester) -> None:
    reports = ("--cov-sol-report=lcov:out/a.info", "--cov-sol-report=html", "--cov-sol-report=term")
    result = run({"test_one.py": ONE, "test_three.py": REVERTING}, *reports)
    result.assert_outcomes(passed=2)
    assert rows(result)["src/Counter.sol"] == ["3/3 100.0%", "1/2 50.0%", "3/3 100.0%"]
    trace = (pytester.path / "out/a.info").read_text().splitlines()
    assert trace[:5] == [
        "TN:",
        f"SF:{pytester.path}/src/Counter.sol",
        "FN:6,Counter.increment",
        "FN:7,Counter.set",
        "FN:8,Counter._check",
    ]
    assert {"FNDA:1,Counter.set", "BRDA:9,0,0,1", "BRDA:9,0,1,0", "BRF:2", "BRH:1", "DA:9,1", "LF:3", "LH:3"} <= {
        *trace
    }
    page = (pytester.path / "cov-sol.html").read_text()
    assert "if: never false" in page
    assert "1/2 50.0%" in page
    assert 'class="hit"><td class="n">7</td>' in page
    assert 'class="part"><td class="n">9</td>' in page
    assert not re.search(r"https?:|<script|<link|url\(", page)


def test_a_contract_above_the_limits_can_be_measured(run: Run) -> None:
    """Without an optimizer it has more than 24,576 bytes of code, and more than 49,152 of initcode."""
    body = "\n".join(f"        total += uint256(keccak256(abi.encode(total, {n}, address(this))));" for n in range(290))
    files = {
        "src/Large.sol": f"""
pragma solidity ^0.8.20;
contract Large {{
    uint256 public total;
    function run() external {{
        unchecked {{
{body}
        }}
    }}
}}
""",
        "test_large.py": """
def test_large(l1, accounts, Large):
    large = l1.deploy(Large, sender=accounts.alice)
    large.run(sender=accounts.alice)
    assert len(l1.code(large)) >= 2 * 24_576
""",
    }
    result = run(files, "--cov-sol")
    result.assert_outcomes(passed=1)
    assert rows(result)["src/Large.sol"] == ["290/290 100.0%", "-", "1/1 100.0%"]


def test_a_file_that_only_via_ir_compiles_has_lines_and_functions(run: Run) -> None:
    names = [f"a{n}" for n in range(18)]
    text = f"""
pragma solidity ^0.8.20;
contract Deep {{
    function sum(uint256 a) external pure returns (uint256 r) {{
        {" ".join(f"uint256 {name} = a;" for name in names)}
        r = {" + ".join(names)};
        if (r > 1000)
            r = 2;
    }}
}}
"""
    test = "def test_deep(l1, accounts, Deep):\n    assert l1.deploy(Deep, sender=accounts.alice).sum(3) == 54\n"
    result = run({"src/Deep.sol": text, "test_deep.py": test}, "--cov-sol", settings="via-ir = true")
    result.assert_outcomes(passed=1)
    assert rows(result)["src/Deep.sol"] == ["2/3 66.6%", "not measured", "1/1 100.0%", "8"]
    result.stdout.fnmatch_lines("- only via-ir compiles src/Deep.sol: their branches are not measured, nor*")


def test_a_branch_that_leaves_no_jump_is_named(run: Run) -> None:
    text = """
pragma solidity ^0.8.20;
contract Plain { uint256 public one = 1; }
abstract contract NobodyMakesIt {
    uint256 internal chosen = block.number > 1
        ? 2 : 3;
}
"""
    test = "def test_plain(l1, accounts, Plain):\n    assert l1.deploy(Plain, sender=accounts.alice).one() == 1\n"
    result = run({"src/Plain.sol": text, "test_plain.py": test}, "--cov-sol")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines("- not measured: src/Plain.sol:5: branch of ?:: its code has no jump")


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("pdf", "--cov-sol-report is 'pdf', expected term, lcov, lcov:FILE, html or html:FILE"),
        ("html:src", "--cov-sol-report is 'html:src': * is a folder, expected a file to write"),
        ("lcov:pyproject.toml/a", "--cov-sol-report is 'lcov:pyproject.toml/a': * cannot be written: *"),
    ],
)
def test_a_report_that_cannot_be_written_is_refused_before_anything_runs(run: Run, option: str, says: str) -> None:
    result = run({"test_one.py": ONE}, f"--cov-sol-report={option}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(f"ERROR: {says}")


def test_a_project_without_sources_is_refused(run: Run) -> None:
    only_artifacts = {"pyproject.toml": '[tool.harness]\nartifacts = "built"\n', "built/README": ""}
    result = run({"test_one.py": ONE, **only_artifacts}, "--cov-sol", settings=None)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        "ERROR: --cov-sol measures contracts compiled from sources, and * names artifacts, */built;*"
    )
    result = run({"src/Counter.sol": "", "test_one.py": ""}, "--cov-sol")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines("ERROR: --cov-sol found no contracts to measure: contracts in * leads to */src")


def test_a_file_that_does_not_compile_is_named(run: Run) -> None:
    result = run({"test_one.py": ONE, "src/Broken.sol": "contract Broken { uint256 = ; }"}, "--cov-sol")
    result.assert_outcomes(passed=1)
    assert rows(result)["TOTAL"] == ["1/3 33.3%", "0/2 0.0%", "1/3 33.3%"]
    result.stdout.fnmatch_lines("- not measured: src/Broken.sol: *")
