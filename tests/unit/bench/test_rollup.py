"""The peak of memory that a benchmark reports: its own process's, and no other's."""

from __future__ import annotations

import subprocess
import sys

MIB = 1 << 20
READS = """
from harness.bench.rollup import _peak_memory
before = _peak_memory()
held = b"x" * (64 << 20)
during = _peak_memory()
del held
print(before, during, _peak_memory())
"""


def _peaks() -> list[float]:
    """Return what a process reads before it holds 64 MiB, while it holds them, and after that."""
    ran = subprocess.run([sys.executable, "-c", READS], capture_output=True, text=True, check=True)
    return [float(word) for word in ran.stdout.split()]


def test_a_peak_is_what_a_process_has_held_at_most_in_mib() -> None:
    before, during, after = _peaks()
    assert 60 < during - before < 80
    assert after > during - 4  # the kernel counts pages in batches


def test_a_peak_has_nothing_of_what_the_parent_held_at_the_fork() -> None:
    alone = _peaks()[0]
    held = b"x" * (int(2 * alone) * MIB)
    assert _peaks()[0] < len(held) / MIB
