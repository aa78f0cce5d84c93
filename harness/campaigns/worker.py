"""What a worker does: it keeps what the cases of each kind need open, and turns errors into outcomes."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace

from harness.campaigns import drawn, scenarios
from harness.campaigns.case import Case, Opener, Outcome, Play, Verdict

KINDS: Mapping[str, Opener] = {
    **{name: each.open for name, each in drawn.DRAWN.items()},
    scenarios.KIND: scenarios.opened_for,
}
"""Who plays the cases of each kind."""


class Stage:
    """Plays the cases of one process, of any kind."""

    def __init__(self, kinds: Mapping[str, Opener] = KINDS) -> None:
        self._kinds = kinds
        self._opened: dict[tuple[str, str], tuple[Play, ExitStack]] = {}

    def play(self, case: Case) -> Outcome:
        """Play a case; an error is an outcome, too. What was open for a case that crashed is not used again."""
        began = time.process_time()
        try:
            outcome = self._player(case)(case)
        except Exception as problem:
            self._drop(case)
            reason = " ".join(f"{type(problem).__name__}: {problem}".split())
            outcome = Outcome(Verdict.CRASHED, reason, replay=case.data + "\n")
        return replace(outcome, seconds=time.process_time() - began, worker=str(os.getpid()))

    def close(self) -> None:
        """Close all that is open."""
        for _, stack in self._opened.values():
            with suppress(Exception):
                stack.close()
        self._opened.clear()

    def _player(self, case: Case) -> Play:
        key = (case.kind, case.l1)
        if key not in self._opened:
            with ExitStack() as stack:
                play = stack.enter_context(self._kinds[case.kind](case.l1))
                self._opened[key] = (play, stack.pop_all())
        return self._opened[key][0]

    def _drop(self, case: Case) -> None:
        _, stack = self._opened.pop((case.kind, case.l1), (None, ExitStack()))
        with suppress(Exception):
            stack.close()
