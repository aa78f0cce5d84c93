"""What takes long is told while it lasts: by a spinner with counts on a terminal, by a line now and then elsewhere.

That goes to stderr. In pytest it is one line of the report, the first time that anything is fetched or compiled.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from threading import RLock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.status import Status

SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def task(what: str) -> Iterator[None]:
    """Tell that something is under way, ``what`` as in "compiling src/A.sol", for as long as the body runs."""
    teller = _tellers[-1]
    teller.begin(what)
    try:
        yield
    finally:
        teller.finish(what)


def take_over(teller: Teller) -> Callable[[], None]:
    """Let another one tell of tasks, in the whole process; returns what gives that back."""
    _tellers.append(teller)
    return lambda: _tellers.remove(teller)


class Teller:
    """Counts tasks, of any thread; ``show`` and ``end`` are for whoever prints them."""

    def __init__(self) -> None:
        self.done = 0
        self.running: list[str] = []
        self._lock = RLock()

    def begin(self, what: str) -> None:
        with self._lock, suppress(OSError, ValueError):  # a stream that is closed stops no work
            self.running.append(what)
            self.show(what)

    def finish(self, what: str) -> None:
        with self._lock, suppress(OSError, ValueError):
            self.running.remove(what)
            self.done += 1
            if not self.running:
                self.end()

    def show(self, what: str) -> None:
        """Tell of a task that begins."""

    def end(self) -> None:
        """Tell that nothing is under way any more."""

    def line(self, what: str) -> str:
        """Return a task in words, with counts."""
        others = len(self.running) - 1
        counts = [f"{others} more under way"] * bool(others) + [f"{self.done} done"] * bool(self.done)
        return f"{what} ({', '.join(counts)})" if counts else what


class StderrTeller(Teller):
    """Tells on stderr as it is at the moment."""

    def __init__(self) -> None:
        super().__init__()
        self._spinner: Status | None = None
        self._told_at = -SECONDS_BETWEEN_LINES

    def show(self, what: str) -> None:
        stream = sys.stderr
        if stream is None:
            return
        if not stream.isatty():
            now = time.monotonic()
            if now - self._told_at >= SECONDS_BETWEEN_LINES:
                self._told_at = now
                print(self.line(what), file=stream, flush=True)
            return
        from rich.console import Console
        from rich.text import Text

        if self._spinner is None:
            self._spinner = Console(stderr=True).status("")
            self._spinner.start()
        self._spinner.update(Text(self.line(what)))

    def end(self) -> None:
        if self._spinner is not None:
            self._spinner.stop()
            self._spinner = None


class ReportTeller(Teller):
    """Tells in pytest's report; a worker of xdist has none, and -qq wants none."""

    def __init__(self, config: Any) -> None:
        super().__init__()
        self._config = config

    def show(self, what: str) -> None:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        first = self.done == 0 and len(self.running) == 1
        if not first or reporter is None or self._config.option.verbose <= -2:
            return
        capture = self._config.pluginmanager.get_plugin("capturemanager")
        with nullcontext() if capture is None else capture.global_and_fixture_disabled():
            reporter.ensure_newline()
            reporter.write_line(f"harness: {what}; what else the tests ask for follows")


_tellers: list[Teller] = [StderrTeller()]
"""Who tells, the last one: as there is one stderr, so there is one of these for the whole process."""
