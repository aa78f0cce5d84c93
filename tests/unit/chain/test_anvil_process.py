"""anvil as a child process, played by a script that says that it listens."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from harness.chain.nodes import anvil
from harness.chain.nodes import process as nodes
from tests.support.ends import PATIENCE, watched

SCRIPT = """#!/bin/sh
echo $$ > {pid}
echo Listening on 127.0.0.1:1
exec sleep 600
"""


def test_stop_ends_anvil_even_where_another_process_holds_the_pipe_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that was forked from this one has the pipe too, so closing it here tells the shell nothing."""
    monkeypatch.setattr(nodes, "_STOP_SECONDS", 0.2)
    binary, pid = tmp_path / "anvil", tmp_path / "pid"
    binary.write_text(SCRIPT.format(pid=pid))
    binary.chmod(0o755)
    process = anvil.AnvilProcess(binary, 900)
    stdin = process._process.stdin
    assert stdin is not None
    held = os.dup(stdin.fileno())
    try:
        with watched(int(pid.read_text())) as ends:
            stopping = threading.Thread(target=process.stop, daemon=True)
            stopping.start()
            stopping.join(PATIENCE)
            assert not stopping.is_alive()
            assert ends()
    finally:
        os.close(held)
