"""`harness serve` as a process."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Condition, Thread
from typing import Any

from tests.support.clients import ask
from tests.support.ends import PATIENCE

COMMAND = [sys.executable, "-m", "harness", "serve"]
PORTS = ["--l1-port", "0", "--l2-port", "0"]


class Process:
    """A running `harness serve`; ``command`` may be another one that comes to the same."""

    def __init__(self, *options: str, command: Sequence[str] = COMMAND) -> None:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            [*command, *PORTS, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
        )
        self.lines: list[str] = []
        self.urls: dict[str, str] = {}
        self._changed = Condition()
        self._is_ended = False
        # It reads to the end: a pipe that nobody empties would stop the server.
        self._reading = Thread(target=self._read, daemon=True)
        self._reading.start()
        try:
            self._wait(lambda: len(self.urls) == 2, "opened its ports")
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                with self._changed:
                    self.lines.append(line.rstrip())
                    if found := re.match(r"(L[12]) +(http://\S+)", line):
                        self.urls[found[1]] = found[2]
                    self._changed.notify_all()
        with self._changed:
            self._is_ended = True
            self._changed.notify_all()

    def _wait(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for a condition of what it has printed."""
        with self._changed:
            self._changed.wait_for(lambda: condition() or self._is_ended, PATIENCE)
            told = "it ended" if self._is_ended else f"{PATIENCE:g} s have passed"
            assert condition(), "\n".join([*self.lines, f"{told} before it {what}"])

    def said(self, beginning: str) -> str:
        """Return the rest of the first line that begins so, and wait for it."""

        def found() -> list[str]:
            return [line.removeprefix(beginning) for line in self.lines if line.startswith(beginning)]

        self._wait(lambda: bool(found()), f"said {beginning!r}")
        return found()[0]

    def ask(self, layer: str, method: str, *params: Any) -> Any:
        """Return the result of a request."""
        return ask(self.urls[layer], method, *params)

    def until(self, condition: Callable[[], Any], seconds: float = 2 * PATIENCE) -> Any:
        """Return what a condition gives as soon as that is true; the process lives in its own time."""
        end = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < end, "\n".join(self.lines)
            assert self.process.poll() is None, "\n".join(self.lines)
            time.sleep(0.05)
        return found

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal; return the exit code."""
        self.process.send_signal(how)
        code = self.process.wait(PATIENCE)
        self._reading.join()
        return code


@contextmanager
def running(*options: str, command: Sequence[str] = COMMAND) -> Iterator[Process]:
    found = Process(*options, command=command)
    try:
        yield found
    finally:
        found.process.kill()
        found.process.wait()
