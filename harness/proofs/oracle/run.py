"""Compares random transactions with Ethereum's specification, in several processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from harness.proofs.oracle.cases import drawn_case
from harness.proofs.oracle.lanes import LANES, Lane
from harness.proofs.oracle.steps import Comparison, compare
from harness.proofs.oracle.worker import Oracle
from harness.proofs.workers import run_jobs

_AT_ONCE = 20
"""Programs of one job: so few that progress is seen and that the last job is short."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The outcome of the program with this seed."""

    lane: str
    seed: int
    outcome: Comparison


@cache
def _started() -> Oracle:
    return Oracle()


def _oracle() -> Oracle:
    """Return this process's oracle, which ends with it; another one if it has ended before."""
    if _started().has_ended:
        _started.cache_clear()
    return _started()


def compare_drawn(oracle: Oracle, lane: Lane, seed: int) -> Compared:
    """Compare the program that a seed draws; raises OracleFailed if the specification cannot say."""
    case = drawn_case(lane.fork, lane.types, seed)
    return Compared(lane.name, seed, compare(lane.tell(case), oracle.tell(case)))


@dataclass(frozen=True, slots=True)
class _Job:
    lane: str
    seeds: range

    def __call__(self) -> list[Compared]:
        return [self._one(seed) for seed in self.seeds]

    def _one(self, seed: int) -> Compared:
        try:
            return compare_drawn(_oracle(), LANES[self.lane], seed)
        except Exception as error:
            # Whatever it was, it fails this program and does not end the run.
            return Compared(self.lane, seed, Comparison(0, f"{type(error).__name__}: {error}"))

    def lost(self, error: Exception) -> list[Compared]:
        """Return the outcomes of a job whose process ended."""
        return [Compared(self.lane, seed, Comparison(0, str(error))) for seed in self.seeds]


def compare_all(lanes: Sequence[Lane], programs: int, seed: int, processes: int) -> Iterator[list[Compared]]:
    """Yield outcomes as they come: ``programs`` in all, spread over the lanes, with ascending seeds from ``seed`` on.

    Raises ToolNotFound if the specification is not at hand and cannot be fetched.
    """
    if processes <= 1:
        _oracle()
    else:
        with Oracle():  # fetches the package once, before there are several processes
            pass
    jobs = []
    for number, lane in enumerate(lanes):
        count = programs // len(lanes) + (number < programs % len(lanes))
        end = seed + count
        jobs += [_Job(lane.name, range(first, min(first + _AT_ONCE, end))) for first in range(seed, end, _AT_ONCE)]
    yield from run_jobs(jobs, processes, None, lambda job, error: job.lost(error))  # type: ignore[attr-defined]
