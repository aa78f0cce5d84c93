"""How a cost grows: measured at several sizes, with the exponent that fits it."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median

from harness.bench.measure import Ratio

_AROUND = 9
"""Calls whose median stands for the cost at a size, unless they are cheap."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Processor time, in milliseconds, by size; sizes ascend."""

    name: str
    points: Sequence[tuple[int, float]]

    @property
    def exponent(self) -> float:
        """The slope of the straight line that fits the logarithms best: 0 for a flat cost, 1 for a linear one."""
        xs, ys = ([math.log(value) for value in values] for values in zip(*self.points, strict=True))
        x, y = fmean(xs), fmean(ys)
        return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)

    def each(self) -> Iterator[Ratio]:
        """Yield every point of the curve, against the first."""
        least, first = self.points[0]
        for size, cost in self.points[1:]:
            yield Ratio(f"{self.name}, {size:,}", cost, first, "ms", f"ms at {least:,}", sizes=(size, least))

    def flat(self, at_most: float = 1.5) -> Iterator[Ratio]:
        """Yield the points and the exponent of a cost that does not grow; the last may be so many times the first."""
        *between, last = self.each()
        yield from between
        yield replace(last, at_most=at_most)
        decades = math.log(self.points[-1][0] / self.points[0][0])
        bound = math.log(at_most) / decades
        yield Ratio(f"{self.name}: exponent", self.exponent, 1.0, "", "of a straight line", at_most=bound)

    def straight(self, at_most: float) -> Iterator[Ratio]:
        """Yield the points and the exponent of a cost that grows with its size."""
        yield from self.each()
        yield Ratio(f"{self.name}: exponent", self.exponent, 1.0, "", "of a straight line", at_most=at_most)


def milliseconds(action: Callable[[], object]) -> float:
    """Return the processor time of a call."""
    start = time.process_time()
    action()
    return (time.process_time() - start) * 1_000


def along(name: str, step: Callable[[], object], sizes: Sequence[int], around: int = _AROUND) -> Curve:
    """Repeat a step up to the last size; each size is measured by the median of the last ``around`` calls up to it."""
    points, done = [], 0
    for size in sizes:
        while done < size - around:
            step()
            done += 1
        gc.collect()
        costs = [milliseconds(step) for _ in range(size - done)]
        done = size
        points.append((size, median(costs)))
    return Curve(name, points)
