"""Compares random transactions with Ethereum's specification, in several processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from harness.proofs.oracle.cases import drawn_case
from harness.proofs.oracle.lanes import LANES, Lane
from harness.proofs.oracle.steps import Comparison, compare
from harness.proofs.oracle.worker import Oracle
from harness.proofs.workers import TimeIsUp, run_jobs


@dataclass(frozen=True, slots=True)
class Compared:
    """The outcome of the program with this seed."""

    lane: str
    seed: int
    outcome: Comparison


@cache
def _started(limit: float | None) -> Oracle:
    return Oracle(limit)


def _oracle(limit: float | None) -> Oracle:
    """Return this process's oracle, which ends with it; another one if it has ended before."""
    if _started(limit).has_ended:
        _started.cache_clear()
    return _started(limit)


def compare_drawn(oracle: Oracle, lane: Lane, seed: int) -> Compared:
    """Compare the program that a seed draws; raises OracleFailed if the specification cannot say."""
    case = drawn_case(lane.fork, lane.types, seed)
    return Compared(lane.name, seed, compare(lane.tell(case), oracle.tell(case)))


@dataclass(frozen=True, slots=True)
class _Job:
    lane: str
    seed: int
    limit: float | None

    def __call__(self) -> Compared:
        try:
            return compare_drawn(_oracle(self.limit), LANES[self.lane], self.seed)
        except Exception as error:
            # Whatever it was, it fails this program and does not end the run.
            return self._failed(f"{type(error).__name__}: {error}")

    def lost(self, error: Exception) -> Compared:
        """Return the outcome of a program whose process ended. The draws are short: one without an end is a fault."""
        if isinstance(error, TimeIsUp):
            return self._failed(f"no end within {self.limit:g} s")
        return self._failed(str(error))

    def _failed(self, reason: str) -> Compared:
        return Compared(self.lane, self.seed, Comparison(0, reason))


def compare_all(
    lanes: Sequence[Lane], programs: int, seed: int, processes: int, limit: float | None = None
) -> Iterator[Compared]:
    """Yield outcomes as they come: ``programs`` in all, spread over the lanes, with ascending seeds from ``seed`` on.

    ``limit`` is the most seconds for a program. A program that takes longer counts as a difference. None is no limit.
    Raises ToolNotFound if the specification is not at hand and cannot be fetched.
    """
    with Oracle():  # fetches the package once, before there are several processes
        pass
    counts = [programs // len(lanes) + (number < programs % len(lanes)) for number in range(len(lanes))]
    jobs = [
        _Job(lane.name, seed + nth, limit) for lane, count in zip(lanes, counts, strict=True) for nth in range(count)
    ]
    yield from run_jobs(jobs, processes, limit, lambda job, error: job.lost(error))  # type: ignore[attr-defined]
