"""A node as a child process: it starts on a free port, and ends when this process ends.

A shell stands between. It waits on a pipe from this process, and the pipe closes however this process ends, so the node
cannot outlive it.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from typing import Self

from harness.chain.errors import NodeDied
from harness.chain.nodes.node import RpcBackend
from harness.chain.values.rules import L1Rules
from harness.errors import HarnessError

_READY_SECONDS = 180
_STOP_SECONDS = 10
"""Longest that a node may take to end, because it is told to or by itself. Then it is killed, or counts as running."""

_GUARD = """
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
(read -r _ <&3; kill -9 $child 2>/dev/null) >/dev/null 2>&1 &
exec 3<&-
wait $child
"""


@dataclass(frozen=True, slots=True)
class Launch:
    """How a node is started. ``ready`` matches the line in which it says where it listens; group 1 is host and port.

    ``extra`` is added to the environment.
    """

    name: str
    command: Sequence[str]
    ready: re.Pattern[str]
    folder: Path | None = None
    extra: Mapping[str, str] | None = None


class NodeProcess:
    """A running node and its URL. Raises OSError if it cannot be started, and NodeDied if it ends before it listens."""

    died: type[NodeDied] = NodeDied

    def __init__(self, launch: Launch) -> None:
        self.name = launch.name
        self._ready = launch.ready
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, launch.name, *launch.command],
            cwd=launch.folder,
            env={**os.environ, **(launch.extra or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._output: deque[str] = deque(maxlen=40)
        ready: Queue[str | None] = Queue()
        self._reader = threading.Thread(target=self._read, args=(ready,), daemon=True)
        self._reader.start()
        self.url = f"http://{self._address(ready)}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _read(self, ready: Queue[str | None]) -> None:
        """Read all that the node prints, so that the pipe does not fill up; put None into ``ready`` at the end."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._output.append(line)
            if found := self._ready.search(line):
                ready.put(found[1])
        ready.put(None)

    def _address(self, ready: Queue[str | None]) -> str:
        try:
            address = ready.get(timeout=_READY_SECONDS)
        except Empty:
            address = None
        if address is None:
            self.stop()
            raise self.death()
        return address

    def death(self) -> NodeDied:
        """Return the exception for a process that ended."""
        self._reader.join(timeout=5)
        return self.died(self.name, self._process.poll(), "".join(self._output))

    @property
    def ended(self) -> bool:
        """Return whether the process has ended; waits for one that is ending. Ask it once the node does not answer."""
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        """End the node and wait for its end."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:  # who was forked from here holds the pipe open, so the shell waits
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._reader.join(timeout=5)
        assert self._process.stdout is not None
        self._process.stdout.close()


class OwnNodeBackend(RpcBackend):
    """A chain on a node that this process started, which ends with it."""

    def __init__(self, own: NodeProcess, chain_id: int, *, gas_cap: int | None, rules: L1Rules) -> None:
        self._own = own
        try:
            super().__init__(own.url, chain_id, gas_cap=gas_cap, rules=rules)
        except BaseException:
            own.stop()
            raise

    def _unreachable(self, problem: Exception) -> HarnessError:
        return self._own.death() if self._own.ended else super()._unreachable(problem)

    def close(self) -> None:
        self._own.stop()
