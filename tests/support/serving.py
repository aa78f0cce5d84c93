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
from threading import Event, Thread
from typing import Any

from tests.support.clients import ask

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
        self._opened = Event()
        # It reads to the end: a pipe that nobody empties would stop the server.
        self._reading = Thread(target=self._read, daemon=True)
        self._reading.start()
        is_open = self._opened.wait(120)
        if len(self.urls) < 2:
            self.process.kill()
            self._reading.join()
            raise AssertionError("\n".join([*self.lines, "it ended" if is_open else "it opened no ports in 120 s"]))

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self.lines.append(line.rstrip())
                if found := re.match(r"(L[12]) +(http://\S+)", line):
                    self.urls[found[1]] = found[2]
                if len(self.urls) == 2:
                    self._opened.set()
        self._opened.set()

    def ask(self, layer: str, method: str, *params: Any) -> Any:
        """Return the result of a request."""
        return ask(self.urls[layer], method, *params)

    def until(self, condition: Callable[[], Any], seconds: float = 60) -> Any:
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
        code = self.process.wait(60)
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
