"""The end of a process of somebody else: its parent waits for it by `wait`, and nobody else can."""

from __future__ import annotations

import os
import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 120.0
"""Seconds after which a process that does not end hangs."""


@contextmanager
def watched(pid: int) -> Iterator[Callable[[], bool]]:
    """Yield a function that waits for the end of a process, and returns whether it came.

    A process that was killed has not ended yet: the kernel takes a moment.
    """
    end = os.pidfd_open(pid)
    try:
        yield lambda: bool(select.select([end], [], [], PATIENCE)[0])
    finally:
        os.close(end)
