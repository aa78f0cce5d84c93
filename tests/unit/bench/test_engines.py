"""A comparison takes turns, ignores the first round, and counts only equal work."""

from __future__ import annotations

import pytest

from harness.bench.contestants import Blocks, CannotMeasure, Contestant, Round
from harness.bench.engines import attempt, compare
from harness.bench.workloads import PER_BLOCK, ROUNDS, erc20_transfers, loops, swaps, transfers
from harness.chain.values.transactions import decode


class Scripted(Contestant):
    """Takes the seconds that it is told."""

    def __init__(self, seconds: list[float], gas: int = 21_000, log: list[str] | None = None, name: str = "") -> None:
        self.seconds, self.gas, self.name = seconds, gas, name
        self.log = [] if log is None else log
        self.sizes: list[list[int]] = []

    def run(self, blocks: Blocks) -> Round:
        self.log.append(self.name)
        self.sizes.append([len(block) for block in blocks])
        return Round(self.seconds.pop(0) if blocks else 0.0, self.gas)

    def stop(self) -> None:
        self.log.append(f"stop {self.name}")


def test_compare_takes_turns_and_returns_the_ratio_of_medians_without_the_first_round() -> None:
    log: list[str] = []
    here = Scripted([90.0, 1.0, 1.0, 2.0, 50.0, 2.0], log=log, name="here")
    there = Scripted([0.1, 4.0, 4.0, 4.0, 4.0, 4.0], log=log, name="there")
    ratio = compare("name", transfers(250), lambda: here, lambda: there, "there")
    assert (ratio.subject, ratio.reference, ratio.value) == (250 / 2.0, 250 / 4.0, 2.0)
    assert log[: 2 * (1 + ROUNDS)] == ["here", "there"] * (1 + ROUNDS)
    assert sorted(log[2 * (1 + ROUNDS) :]) == ["stop here", "stop there"]
    assert here.sizes[1:] == [[PER_BLOCK, PER_BLOCK, 50]] * ROUNDS


def test_compare_raises_if_the_work_was_not_equal() -> None:
    here, there = Scripted([1.0] * ROUNDS), Scripted([1.0] * ROUNDS, gas=21_001)
    with pytest.raises(CannotMeasure, match="21000 gas here, 21001 there"):
        compare("name", transfers(1), lambda: here, lambda: there, "there")


def test_a_contestant_that_is_not_there_leaves_out_one_comparison_with_its_reason() -> None:
    def missing() -> Contestant:
        raise CannotMeasure("there is none")

    problem = attempt("name", transfers(1), lambda: Scripted([]), missing, "there")
    assert str(problem) == "name is left out: there is none"


@pytest.mark.parametrize("make", [transfers, erc20_transfers, swaps, lambda size: loops(100_000, size)])
def test_a_workload_is_signed_in_a_row_from_nonce_0(make) -> None:  # type: ignore[no-untyped-def]
    workload = make(3)
    raws = [*workload.setup, *(raw for one in workload.rounds for raw in one)]
    assert [decode(raw).tx.nonce for raw in raws] == list(range(len(workload.setup) + 3 * ROUNDS))
