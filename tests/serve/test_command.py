"""`harness serve` as a process: what it prints, when it ends, and what it says of what it cannot do."""

from __future__ import annotations

import hashlib
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from http.client import HTTPException
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from harness.chain.values.accounts import well_known_accounts
from harness.serve.errors import StateUnreadable, StateUnwritable
from harness.serve.state import State, check_writable, read, resumed
from tests.support.clients import socket_to
from tests.support.serving import COMMAND, PORTS, running


def refused(*options: str) -> subprocess.CompletedProcess[str]:
    """Run a command that ends by itself; one that serves instead fails the test."""
    return subprocess.run([*COMMAND, *PORTS, *options], capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(how: signal.Signals) -> None:
    with running() as served, socket_to(served.urls["L2"]) as socket:
        socket.ask("eth_subscribe", "newHeads")
        assert served.ask("L1", "eth_chainId") == hex(900)
        assert served.ask("L2", "eth_chainId") == hex(901)
        assert served.end(how) == 0
        with pytest.raises(OSError):
            served.ask("L1", "eth_chainId")


CALLING = "5f355b5f5f5f5f60ff5ffa50600190038060025700"
"""Code that calls address 255 as often as the calldata says; 0 is 2**256, so that it ends when its gas does."""

ENDLESS = """
import sys, threading
from harness import cli
from harness.chain.pyevm import backend, evm
from harness.serve import quick

calls = []

def called(computation):
    calls.append(1)
    if len(calls) == 2:
        print("called on", threading.current_thread().name, flush=True)
    return computation

backend._call_gas = lambda gas: 2**62 if gas is None else gas
evm.OsakaComputationOfL1._precompiles[bytes(19) + bytes([255])] = called
quick._MOMENT = {moment}
sys.exit(cli.main())
"""
"""A command on which no gas ends that code, and which says on which thread it calls for the second time."""


@pytest.mark.parametrize(("moment", "thread"), [(3_600, "MainThread"), (-1, "keeper of the chains")])
def test_a_signal_ends_it_in_the_midst_of_a_call_without_an_end(tmp_path: Path, moment: int, thread: str) -> None:
    """Every request counts as quick, however slow this machine is, and is answered in the loop; or none does."""
    state = tmp_path / "state.json"
    command = [sys.executable, "-c", ENDLESS.format(moment=moment)]
    with running("--manual", "--state", str(state), command=[*command, "serve"]) as served:
        alice = well_known_accounts()[0].address
        size = f"{len(CALLING) // 2:02x}"
        creation = f"0x60{size}600c60003960{size}6000f3{CALLING}"
        sent = served.ask("L1", "eth_sendTransaction", {"from": alice, "data": creation})
        target = served.ask("L1", "eth_getTransactionReceipt", sent)["contractAddress"]
        head = served.ask("L1", "eth_blockNumber")
        served.ask("L1", "eth_call", {"to": target, "data": f"0x{1:064x}"})  # the first call, which soon ends
        endless = {"to": target, "data": f"0x{0:064x}"}
        asking = Thread(target=suppressed(served.ask), args=("L1", "eth_call", endless), daemon=True)
        asking.start()
        assert served.said("called on ") == thread
        assert served.end() == 0
        asking.join()
    assert read(state).now > 0
    with running("--manual", "--state", str(state)) as again:
        assert again.ask("L1", "eth_blockNumber") == head
        assert again.ask("L1", "eth_getCode", target, "latest") == "0x" + CALLING


def suppressed(ask: Callable[..., Any]) -> Callable[..., None]:
    """Return the function without its answer: the server may end before it gives one."""

    def quietly(*given: Any) -> None:
        with suppress(OSError, HTTPException, ValueError):
            ask(*given)

    return quietly


@pytest.mark.parametrize("layer", ["l1", "l2"])
def test_a_port_in_use_is_one_clear_line(layer: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = refused(f"--{layer}-port", str(port))
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
        (["--scenario", "no-such-scenario", "--seed", "0"], "--seed means nothing with --scenario"),
        (["--l1", "http://127.0.0.1:1", "--seed", "1"], "--seed means nothing with --l1"),
        (["--state", "pyproject.toml", "--seed", "1"], "--seed means nothing with a --state that is there already"),
    ],
)
def test_what_cannot_be_done_is_one_line(options: list[str], said: str) -> None:
    done = refused(*options)
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
    done = refused("--state", str(path))
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {path} holds no state that can be served: ")
    assert path.read_text() == content


def whole(state: dict[str, Any]) -> str:
    """Return a file whose sum fits its content."""
    body = json.dumps(state)
    return json.dumps({"format": 1, "sha256": hashlib.sha256(body.encode()).hexdigest(), "state": body})


EMPTY = {each.name: [] for each in fields(State)} | {"seed": 0, "head": "00", "now": 0, "since": 0}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "its blocks give the head"),
        ({"blocks": [[1, 1, []]]}, "it does not play out: "),
        ({"blocks": [["x"]]}, "it does not play out: "),
        ({"edits": [[0, "set_everything", []]]}, "no edit is named 'set_everything'"),
        ({"edits": [[0, "set_balance", ["zz"]]]}, "it does not play out: "),
    ],
)
def test_a_whole_state_that_does_not_play_out_is_refused_by_its_name(
    tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    path = tmp_path / "state.json"
    path.write_text(whole(EMPTY | changed))
    with pytest.raises(StateUnreadable) as caught:
        resumed(read(path), path)
    assert caught.value.path == str(path)
    assert said in caught.value.reason


@pytest.mark.parametrize("place", ["file/state.json", "folder", "file"])
def test_a_state_that_could_not_be_written_is_refused_at_the_start(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    (tmp_path / "file.part").mkdir()
    path = tmp_path / place
    with pytest.raises(StateUnwritable) as caught:
        check_writable(path)
    assert caught.value.path == str(path)


def test_where_a_state_can_be_written_nothing_is_left_behind(tmp_path: Path) -> None:
    check_writable(tmp_path / "new" / "state.json")
    assert list((tmp_path / "new").iterdir()) == []


def test_the_command_refuses_a_place_of_its_state_before_it_listens(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = refused("--state", str(tmp_path / "file" / "state.json"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: the state cannot be written to {tmp_path}/file/state.json: ")
