"""The npm package ``solc`` as a process that compiles one request after the other, several at once.

Starting that compiler costs more than most compilations: V8 has 8 MB of WebAssembly to translate, and the code gets
fast only while it runs. So one process per package stays until this one ends, and its threads share that code.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from functools import cache, cached_property
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from harness.errors import ToolNotFound

_SCRIPT = Path(__file__).with_name("solc_node.js")
_MOST_AT_ONCE = 8
"""Most compilations at once: each may hold some hundred megabytes."""
_PATIENCE = 2.0
"""Seconds that the process has to end by itself."""


def workers() -> int:
    """Return how many compilations are worth starting at once on this machine."""
    return min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, _MOST_AT_ONCE)


def compile_standard(node: Path, package: Path, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the standard JSON output of the package in this folder; raises ToolNotFound if the compiler fails."""
    answer = _service(node, package, os.getpid()).ask(json.dumps(request))
    try:
        output: dict[str, Any] = json.loads(answer)
    except ValueError as problem:
        raise ToolNotFound("solc", f"{node} {package} failed: {answer[:80]!r} is no JSON") from problem
    return output


def version(node: Path, package: Path) -> str:
    """Return what the package says that its version is; raises ToolNotFound if this Node.js cannot run it."""
    return _service(node, package, os.getpid()).version


@cache
def _service(node: Path, package: Path, process: int) -> _Service:
    """Return this process's service. There is one, so that all that is compiled here shares it.

    A forked child has another number, so it starts its own and does not take its parent's answers.
    """
    return _Service((str(node), str(_SCRIPT), str(package), str(workers())))


class _Service:
    """Hands requests to a process, which starts with the first one, and anew after it died."""

    def __init__(self, command: tuple[str, ...]) -> None:
        self._command = command
        self._lock = Lock()
        self._run: _Run | None = None

    @cached_property
    def version(self) -> str:
        return self.ask("")

    def ask(self, request: str) -> str:
        """Return the answer to a request of one line; raises ToolNotFound."""
        with self._lock:
            if self._run is None or self._run.ended:
                self._run = _Run(self._command)
            answer = self._run.send(request)
        return answer.result()


class _Run:
    """One life of the process, and the answers that it owes.

    Requests are sent by one thread at a time. Another thread reads, which takes no lock: if it waited for a sender, and
    that for the process, and that for its answers to be read, none would go on.
    """

    def __init__(self, command: tuple[str, ...]) -> None:
        self.ended = False
        self._end = ""
        self._owed: dict[int, Future[str]] = {}
        self._sent = 0
        self._name = f"{command[0]} {command[2]}"
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115  (the reader closes it)
        try:
            # In a session of its own it does not see Control-C. It ends with its stdin.
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._stderr, start_new_session=True
            )
        except OSError as problem:
            self._stderr.close()
            raise ToolNotFound("solc", f"{self._name} failed: {problem}") from problem
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()
        atexit.register(self._stop)

    def send(self, request: str) -> Future[str]:
        """Send a request of one line, and return the answer to come."""
        assert self._process.stdin is not None
        self._sent += 1
        answer = self._owed[self._sent] = Future()
        try:
            self._process.stdin.write(f"{self._sent}\t{request}\n".encode())
            self._process.stdin.flush()
        except (OSError, ValueError):  # it has ended, and the reader says why
            pass
        if self.ended:  # perhaps the reader has looked for the last time
            self._owe_nothing()
        return answer

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            try:
                self._take(line.decode().rstrip("\n"))
            except (ValueError, KeyError):  # no answer of ours: nothing that follows can be trusted
                self._process.kill()
        with suppress(OSError), self._process:  # closes the pipes; a request may still be in one
            self._process.wait()
        with self._stderr:
            self._stderr.seek(0)
            said = self._stderr.read().decode(errors="replace").strip().splitlines()
        self._end = f"it ended with {self._process.returncode}{f': {said[-1]}' if said else ''}"
        self.ended = True
        self._owe_nothing()
        atexit.unregister(self._stop)

    def _take(self, line: str) -> None:
        number, kind, text = line.split("\t", 2)
        answer = self._owed.pop(int(number))
        if kind == "ok":
            answer.set_result(text)
        else:
            answer.set_exception(ToolNotFound("solc", f"{self._name} failed: {text}"))

    def _owe_nothing(self) -> None:
        """Fail what was not answered, by how the process ended and its last words."""
        while self._owed:
            try:
                _, answer = self._owed.popitem()
            except KeyError:  # the sender and the reader both come here
                return
            answer.set_exception(ToolNotFound("solc", f"{self._name} failed: {self._end}"))

    def _stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._reader.join(_PATIENCE)
        if self._reader.is_alive():  # a forked child still holds our end of its stdin
            self._process.kill()
