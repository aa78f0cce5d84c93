"""`harness serve` as a process: what it prints, when it ends, and what it says of a port that is taken."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

COMMAND = [sys.executable, "-m", "harness", "serve"]
PORTS = ["--l1-port", "0", "--l2-port", "0"]


class Process:
    """A running `harness serve`."""

    def __init__(self, *options: str) -> None:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            [*COMMAND, *PORTS, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
        )
        assert self.process.stdout is not None
        self.lines: list[str] = []
        self.urls: dict[str, str] = {}
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if found := re.match(r"(L[12]) +(http://\S+)", line):
                self.urls[found[1]] = found[2]
            if len(self.urls) == 2:
                return
        raise AssertionError("\n".join(self.lines))

    def ask(self, layer: str, method: str, *params: Any) -> Any:
        """Return the result of a request."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        with urllib.request.urlopen(self.urls[layer], body, timeout=30) as answer:
            return json.load(answer)["result"]

    def end(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Send a signal; return the exit code, and the seconds that it took."""
        began = time.monotonic()
        self.process.send_signal(how)
        code = self.process.wait(20)
        return code, time.monotonic() - began


@contextmanager
def running(*options: str) -> Iterator[Process]:
    found = Process(*options)
    try:
        yield found
    finally:
        found.process.kill()
        found.process.communicate()


def test_a_signal_ends_it_cleanly() -> None:
    with running() as served:
        assert served.ask("L1", "eth_chainId") == hex(900)
        assert served.ask("L2", "eth_chainId") == hex(901)
        code, seconds = served.end()
        assert code == 0
        assert seconds < 5  # a second, but for the load of the machine
        with pytest.raises(OSError):
            served.ask("L1", "eth_chainId")


@pytest.mark.parametrize("layer", ["l1", "l2"])
def test_a_port_in_use_is_one_clear_line(layer: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run([*COMMAND, *PORTS, f"--{layer}-port", str(port)], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"error: {layer.upper()} cannot listen on 127.0.0.1:{port}: Address already in use\n"
