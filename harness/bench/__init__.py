"""Benchmarks as ratios: two things measured in one run on one machine, never a time that a test insists on.

Each module here but `measure` and `runner` is one layer's and has a function ``ratios() -> Iterator[Ratio]``; the
runner finds it because it is here.
"""

from __future__ import annotations
