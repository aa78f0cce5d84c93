"""Benchmarks as ratios of two things that are measured in one run on one machine. No test insists on a time.

Each module here belongs to one layer and has a function ``ratios() -> Iterator[Ratio]``, except those that help them.
The runner finds it by its place in this package.
"""

from __future__ import annotations
