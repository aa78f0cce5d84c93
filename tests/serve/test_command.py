"""`harness serve` as a process: what it prints, when it ends, and what it says of what it cannot do."""

from __future__ import annotations

import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.support.clients import socket_to
from tests.support.serving import COMMAND, PORTS, running


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(how: signal.Signals) -> None:
    with running() as served, socket_to(served.urls["L2"]) as socket:
        socket.ask("eth_subscribe", "newHeads")
        assert served.ask("L1", "eth_chainId") == hex(900)
        assert served.ask("L2", "eth_chainId") == hex(901)
        code, seconds = served.end(how)
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


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--l1", "http://127.0.0.1:1"], "http://127.0.0.1:1"),
        (["--speed", "0"], "no factor above 0"),
        (["--speed", "fast"], "no factor above 0"),
        (["--l1-port", "70000"], "out of range"),
        (["--deployment", "pyproject.toml"], "need --l1"),
        (["--manual", "--block-time", "12"], "--block-time means nothing with --manual"),
        (["--scenario", "no-such-scenario"], "no-such-scenario"),
    ],
)
def test_what_cannot_be_done_is_one_line(options: list[str], said: str) -> None:
    done = subprocess.run([*COMMAND, *PORTS, *options], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


OTHER = '{"format": 9, "sha256": "", "state": ""}'
CHANGED = '{"format": 1, "sha256": "00", "state": "{}"}'


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 1}', OTHER, CHANGED])
def test_a_state_that_is_not_whole_is_refused_and_stays(tmp_path: Path, content: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(content)
    done = subprocess.run([*COMMAND, *PORTS, "--state", str(path)], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {path} holds no state that can be served: ")
    assert path.read_text() == content
