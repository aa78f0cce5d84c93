"""What the page is told: everything when a chain has changed, else the time alone."""

from __future__ import annotations

import time
from collections.abc import Hashable, Sequence

from harness.serve.describing import Json, Sent, overview
from harness.testbed.rollup import Rollup

_PAUSE = 0.25
"""Seconds between two overviews, which cost more than a request."""


class Watch:
    """One subscriber's view of a rollup."""

    def __init__(self, rollup: Rollup, sent: Sent) -> None:
        self._rollup = rollup
        self._sent = sent
        self._seen: Hashable = None
        self._now = 0
        self._last = 0.0

    def changes(self) -> Sequence[Json]:
        """Return what is new, as one object or none."""
        if time.monotonic() - self._last < _PAUSE:
            return ()
        rollup = self._rollup
        seen, now = (rollup.l1.head.hash, rollup.l2.backend.head().hash), rollup.l1.now
        if (seen, now) == (self._seen, self._now):
            return ()
        found = overview(rollup, self._sent) if seen != self._seen else {"now": hex(now)}
        self._seen, self._now, self._last = seen, now, time.monotonic()
        return (found,)
