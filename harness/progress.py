"""Long tasks report their progress on stderr: a spinner on a terminal, else a line every ten seconds.

Under pytest it is one line of the report, when something is downloaded or compiled for the first time.
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
    """Report a task as long as the body runs; ``what`` is as in "compiling src/A.sol"."""
    reporter = _reporters[-1]
    reporter.begin(what)
    try:
        yield
    finally:
        reporter.finish(what)


def take_over(reporter: Reporter) -> Callable[[], None]:
    """Let another reporter print for the whole process; the returned function ends that."""
    _reporters.append(reporter)
    return lambda: _reporters.remove(reporter)


class Reporter:
    """Counts the tasks of all threads; subclasses print them by `show` and `end`."""

    def __init__(self) -> None:
        self.done = 0
        self.running: list[str] = []
        self._lock = RLock()

    def begin(self, what: str) -> None:
        """Note that a task begins."""
        with self._lock, suppress(OSError, ValueError):  # a stream that is closed stops no work
            self.running.append(what)
            self.show(what)

    def finish(self, what: str) -> None:
        """Note that a task has ended."""
        with self._lock, suppress(OSError, ValueError):
            self.running.remove(what)
            self.done += 1
            if not self.running:
                self.end()

    def show(self, what: str) -> None:
        """Print a task that begins."""

    def end(self) -> None:
        """Print that no task is running any more."""

    def line(self, what: str) -> str:
        """Return a task in words, with counts."""
        others = len(self.running) - 1
        counts = [f"{others} more under way"] * bool(others) + [f"{self.done} done"] * bool(self.done)
        return f"{what} ({', '.join(counts)})" if counts else what


class StderrReporter(Reporter):
    """Prints to stderr, as it is at the moment of printing."""

    def __init__(self) -> None:
        super().__init__()
        self._spinner: Status | None = None
        self._printed_at = -SECONDS_BETWEEN_LINES

    def show(self, what: str) -> None:
        """Print a task, on a terminal as a spinner."""
        stream = sys.stderr
        if stream is None:
            return
        if not stream.isatty():
            now = time.monotonic()
            if now - self._printed_at >= SECONDS_BETWEEN_LINES:
                self._printed_at = now
                print(self.line(what), file=stream, flush=True)
            return
        from rich.console import Console
        from rich.text import Text

        if self._spinner is None:
            self._spinner = Console(stderr=True).status("")
            self._spinner.start()
        self._spinner.update(Text(self.line(what)))

    def end(self) -> None:
        """Take the spinner away."""
        if self._spinner is not None:
            self._spinner.stop()
            self._spinner = None


class Tally:
    """The progress of a run of ``total`` parts, with the time that is left; a context manager.

    It prints to stderr: a bar on a terminal, else a line every ten seconds. ``total`` may be None until it is known.
    """

    def __init__(self, what: str, total: int | None = None) -> None:
        self.what = what
        self.total = total
        self.done = 0
        self._bar: Any = None
        self._began = self._printed_at = 0.0

    def __enter__(self) -> Tally:
        self._began = self._printed_at = time.monotonic()
        if sys.stderr is not None and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task(self.what, total=self.total)
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, by: int = 1) -> None:
        """Note that ``by`` more parts are done."""
        self.done += by
        if self._bar is not None:
            self._bar.update(self._task, completed=self.done, total=self.total)
            return
        now = time.monotonic()
        if now - self._printed_at >= SECONDS_BETWEEN_LINES:
            self._printed_at = now
            with suppress(OSError, ValueError, AttributeError):  # a stream that is closed or None stops no work
                print(self.line(now - self._began), file=sys.stderr, flush=True)

    def now(self, what: str) -> None:
        """Show what is running, as part of the whole."""
        if self._bar is not None:
            self._bar.update(self._task, description=what)

    def line(self, elapsed: float) -> str:
        """Return how far the run is after ``elapsed`` seconds, in words."""
        if self.total is None:
            return f"{self.what}: {self.done} done"
        left = elapsed / self.done * (self.total - self.done) if self.done else 0.0
        return f"{self.what}: {self.done} of {self.total} done, about {duration(left)} left"


class TallyReporter(Reporter):
    """Shows tasks as parts of a tally, whose bar is on the terminal already."""

    def __init__(self, tally: Tally) -> None:
        super().__init__()
        self._tally = tally

    def show(self, what: str) -> None:
        """Show a task beside the bar."""
        self._tally.now(what)


def duration(seconds: float) -> str:
    """Return a time in words: "40 s", "3 min 20 s", "2 h 5 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60} s" if whole < 3_600 else f"{whole // 3_600} h {whole % 3_600 // 60} min"


class PytestReporter(Reporter):
    """Prints in pytest's report; a worker of xdist has no report, and ``-qq`` silences it."""

    def __init__(self, config: Any) -> None:
        super().__init__()
        self._config = config

    def show(self, what: str) -> None:
        """Print the first task of the run."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        first = self.done == 0 and len(self.running) == 1
        if not first or reporter is None or self._config.option.verbose <= -2:
            return
        capture = self._config.pluginmanager.get_plugin("capturemanager")
        with nullcontext() if capture is None else capture.global_and_fixture_disabled():
            reporter.ensure_newline()
            reporter.write_line(f"harness: {what}; further tasks are not shown")


_reporters: list[Reporter] = [StderrReporter()]
"""The reporters of this process, of which the last one prints. There is one list because there is one stderr."""
