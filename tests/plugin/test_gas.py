"""`--gas` shows what functions cost; a snapshot of that can be committed, and a run be compared with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from harness.gas.options import DEFAULT

if TYPE_CHECKING:
    from tests.plugin.conftest import Run

ON_L1 = """
import pytest
from harness import reverts

@pytest.mark.parametrize("number", [2, 4, 0])
def test_set(l1, accounts, Counter, number):
    counter = l1.deploy(Counter, sender=accounts.alice)
    counter.increment(sender=accounts.alice)
    counter.set(number, sender=accounts.alice)
    with reverts(Counter.Odd):
        counter.set(3, sender=accounts.alice)
"""
ON_L2 = """
def test_set(rollup, accounts, Counter):
    counter = rollup.l2.deploy(Counter, sender=accounts.alice)
    first = counter.set(2, sender=accounts.alice)
    rollup.sequencer.post()
    (batch,) = rollup.node.inbox.batches
    print("share", len(batch.data))
"""
PROXY = """
pragma solidity ^0.8.20;
contract Proxy {
    constructor(address target) {
        assembly { sstore(0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc, target) }
    }
    fallback() external payable {
        assembly {
            calldatacopy(0, 0, calldatasize())
            let done := delegatecall(
                gas(), sload(0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc),
                0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            switch done case 0 { revert(0, returndatasize()) } default { return(0, returndatasize()) }
        }
    }
}
"""
BEHIND_A_PROXY = """
def test_proxy(l1, accounts, Counter, Proxy):
    counter = l1.deploy(Counter, sender=accounts.alice)
    proxy = l1.deploy(Proxy, counter, sender=accounts.alice)
    proxy.increment(sender=accounts.alice)
"""


def rows(result: pytest.RunResult) -> dict[str, list[int]]:
    """Return the numbers of the table, by layer and function."""
    found = [re.fullmatch(r"(l[12])\s+(\S.*?)((?:\s+(?:[\d,]+|-))+)", line.rstrip()) for line in result.outlines]
    return {
        f"{row[1]} {row[2]}": [int(text.replace(",", "")) for text in row[3].split() if text != "-"]
        for row in found
        if row
    }


def test_a_table_shows_calls_and_gas_of_what_succeeded(run: Run) -> None:
    result = run({"test_a.py": ON_L1}, "--gas")
    result.assert_outcomes(passed=3)
    found = rows(result)
    assert list(found) == ["l1 Counter.constructor", "l1 Counter.increment()", "l1 Counter.set(uint256)"]
    assert found["l1 Counter.increment()"][0] == 3
    calls, least, median, most = found["l1 Counter.set(uint256)"]
    assert calls == 3
    assert least < median == most  # zero gives a refund; the failed calls, which are cheaper still, do not count


def test_the_workers_samples_are_put_together(run: Run) -> None:
    alone = rows(run({"test_a.py": ON_L1}, "--gas"))
    assert rows(run({"test_a.py": ON_L1}, "--gas", "-n", "2")) == alone


def test_what_ran_on_l2_is_shown_with_its_bytes_and_their_share_of_the_batchs_gas(run: Run) -> None:
    result = run({"test_b.py": ON_L2}, "--gas", "-s")
    result.assert_outcomes(passed=1)
    found = rows(result)
    assert list(found) == ["l2 Counter.constructor", "l2 Counter.set(uint256)"]
    size = int(re.search(r"share (\d+)", result.stdout.str())[1])  # type: ignore[index]
    (calls, *gas, small, cheap), (_, *_, large, dear) = (
        found["l2 Counter.set(uint256)"],
        found["l2 Counter.constructor"],
    )
    assert calls == 1 and len({*gas}) == 1
    assert small + large == size
    assert abs(dear / cheap - large / small) < 0.01
    assert 21_000 < dear + cheap < 500_000


def test_calls_through_a_proxy_are_those_of_the_implementation(run: Run) -> None:
    found = rows(run({"src/Proxy.sol": PROXY, "test_c.py": BEHIND_A_PROXY}, "--gas"))
    assert set(found) == {"l1 Counter.constructor", "l1 Proxy.constructor", "l1 Counter.increment()"}


def test_contracts_of_the_harness_have_no_rows(run: Run) -> None:
    result = run(
        {"test_d.py": "def test_d(rollup, accounts):\n    rollup.deposit(5, sender=accounts.alice)\n"}, "--gas"
    )
    result.assert_outcomes(passed=1)
    assert rows(result) == {}
    result.stdout.fnmatch_lines("no transaction to a contract of a project succeeded")


def test_a_snapshot_is_sorted_and_stable_and_a_run_agrees_with_it(run: Run, pytester: pytest.Pytester) -> None:
    run({"test_a.py": ON_L1}, f"--gas-snapshot={DEFAULT}").assert_outcomes(passed=3)
    text = (pytester.path / DEFAULT).read_text()
    names = [" ".join(line.split()[:2]) for line in text.splitlines()[1:]]
    assert names == ["l1 Counter.constructor", "l1 Counter.increment()", "l1 Counter.set(uint256)"]
    run({}, f"--gas-snapshot={DEFAULT}", "-p", "no:randomly", "-n", "2")
    assert (pytester.path / DEFAULT).read_text() == text
    result = run({}, "--gas-check")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(f"- nothing costs more than in */{DEFAULT}")


def change(text: str, function: str, factor: float) -> str:
    """Return a snapshot in which a function's numbers are multiplied."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if function in line:
            *name, least, median, most = line.split()
            lines[number] = " ".join([*name, *(str(int(int(gas) * factor)) for gas in (least, median, most))])
    return "\n".join(lines) + "\n"


def test_a_function_that_costs_more_is_named_and_fails_the_run(run: Run, pytester: pytest.Pytester) -> None:
    run({"test_a.py": ON_L1}, "--gas-snapshot=a.gas")
    path = pytester.path / "a.gas"
    text = path.read_text()
    (now,) = {line.split()[2] for line in text.splitlines() if "increment" in line}
    path.write_text(change(text, "increment", 0.9))
    result = run({}, "--gas-check=a.gas")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    old = int(int(now) * 0.9)
    result.stdout.fnmatch_lines(f"- more gas: l1 Counter.increment(): median was {old:,}, is {int(now):,} (+11.11 %)")
    result.stdout.fnmatch_lines("- 1 cost more than in */a.gas: the run fails")
    result = run({}, "--gas-check=a.gas", "--gas-tolerance=11.2")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines("- nothing costs more than in */a.gas by more than 11.2 %")


def test_what_costs_less_is_new_or_was_not_called_is_named_and_fails_nothing(
    run: Run, pytester: pytest.Pytester
) -> None:
    run({"test_a.py": ON_L1}, "--gas-snapshot=a.gas")
    path = pytester.path / "a.gas"
    lines = change(path.read_text(), "increment", 2).splitlines()
    kept = [line for line in lines if "constructor" not in line]
    path.write_text("\n".join([*kept, "l2 Gone.away() 1 2 3"]))
    result = run({}, "--gas-check=a.gas")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines("- less gas: l1 Counter.increment(): max was *(-50.00 %)")
    result.stdout.fnmatch_lines("- not in the snapshot: l1 Counter.constructor")
    result.stdout.fnmatch_lines("- not called in this run: l2 Gone.away()")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            ["--gas-check"],
            "--gas-check is 'gas.snapshot', which is not there; expected *",
        ),
        (
            ["--gas-check", "src"],
            "--gas-check is 'src', which is a folder; expected --gas-check=FILE*",
        ),
        (["--gas-check=test_a.py"], "--gas-check: */test_a.py:2: it is 'import pytest', expected layer, function,*"),
        (["--gas-snapshot=src"], "--gas-snapshot is 'src': */src is no place for a file"),
        (["--gas-snapshot=no/a"], "--gas-snapshot is 'no/a': */no/a is no place for a file"),
        (["--gas-tolerance=-1"], "--gas-tolerance is -1.0, expected a percentage from 0 on"),
        (["--gas", "--cov-sol"], "--gas and --cov-sol exclude each other: *"),
    ],
)
def test_options_that_cannot_be_followed_are_refused_before_anything_runs(
    run: Run, options: list[str], says: str
) -> None:
    result = run({"test_a.py": ON_L1}, *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(f"ERROR: {says}")
