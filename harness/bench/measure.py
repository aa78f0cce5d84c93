"""Rates, times and sizes, and the ratio of two of them."""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass

Action = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Ratio:
    """Two measured values; ``value`` is subject over reference, both in ``unit``.

    ``at_least`` and ``at_most`` are what the project promises of the ratio; None if it promises nothing. ``sizes`` is
    how much work subject and reference stand for, where the ratio is a point of a curve.
    """

    name: str
    subject: float
    reference: float
    unit: str
    against: str
    at_least: float | None = None
    at_most: float | None = None
    sizes: tuple[int, int] | None = None

    @property
    def value(self) -> float:
        return self.subject / self.reference if self.reference else float("inf")

    @property
    def kept(self) -> bool | None:
        """Whether the promise is kept; None if there is none."""
        if self.at_least is not None:
            return self.value >= self.at_least
        return None if self.at_most is None else self.value <= self.at_most

    @property
    def promise(self) -> str:
        if self.at_least is not None:
            return f"at least {self.at_least:g}"
        return "" if self.at_most is None else f"at most {self.at_most:g}"


def rate(action: Action, *, seconds: float = 1.0, warm: int = 5) -> float:
    """Return the calls per second of wall time, after ``warm`` calls that do not count."""
    for _ in range(warm):
        action()
    gc.collect()
    calls, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds:
        action()
        calls += 1
    return calls / spent


def best_time(action: Action, *, rounds: int = 7, before: Action | None = None) -> float:
    """Return the milliseconds of the quickest of several calls, each after ``before``, which does not count."""
    best = float("inf")
    for _ in range(rounds):
        if before is not None:
            before()
        start = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - start)
    return best * 1_000


def memory(action: Action, *, calls: int = 50) -> float:
    """Return the kilobytes that a call leaves behind, on average."""
    action()
    gc.collect()
    tracemalloc.start()
    for _ in range(calls):
        action()
    gc.collect()
    left, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return left / calls / 1_000
