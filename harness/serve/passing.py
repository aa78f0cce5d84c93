"""Letting time pass at once, when nobody wants to wait for it."""

from __future__ import annotations

from harness.testbed.runner import Runner

_MOST_TURNS = 10_000


def let_pass(runner: Runner, seconds: int | None) -> int:
    """Let the agents act at once for so many seconds of chain time, or until all is quiet; return the turns."""
    if seconds is None:
        return runner.run_until_quiet(_MOST_TURNS)
    end = runner.chain.now + seconds
    alarm = _Alarm(end)
    runner.join(alarm)
    try:
        return runner.run_until(lambda: runner.chain.now >= end, f"{seconds} seconds", _MOST_TURNS)
    finally:
        runner.leave(alarm)


class _Alarm:
    """A participant that only waits."""

    name = "alarm"

    def __init__(self, moment: int) -> None:
        self._moment = moment

    def play(self) -> int:
        return 0

    def wakes_at(self) -> int | None:
        return self._moment
