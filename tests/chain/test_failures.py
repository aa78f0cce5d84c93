"""No node, a dead node, a node of another chain, and verbs that a node lacks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from harness.chain import open_chain
from harness.chain.chain import Chain
from harness.chain.errors import (
    AnvilDied,
    ChainClosed,
    RpcUnreachable,
    UnknownBackend,
    UnsupportedOperation,
    WrongNode,
)
from harness.chain.nodes.anvil import AnvilBackend
from harness.errors import AnvilNotFound, BackendUnavailable
from tests.support.ends import watched

NOWHERE = "http://127.0.0.1:9"


def test_unknown_backend_names_those_there_are():
    with pytest.raises(
        UnknownBackend, match="unknown backend 'ganache', expected 'py-evm', 'anvil', 'hardhat' or an http URL"
    ):
        open_chain("ganache")


def test_unreachable_url_is_named():
    with pytest.raises(
        RpcUnreachable, match=r"no Ethereum node answers at http://127.0.0.1:9: .*Connection refused"
    ) as caught:
        open_chain(NOWHERE)
    assert caught.value.url == NOWHERE
    assert isinstance(caught.value, BackendUnavailable)


def test_url_that_is_no_node_is_unreachable(tmp_path):
    class Page(BaseHTTPRequestHandler):
        def do_POST(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>hello</html>")

        def log_message(self, *args):
            return None

    server = HTTPServer(("127.0.0.1", 0), Page)
    Thread(target=server.serve_forever, daemon=True).start()
    with pytest.raises(RpcUnreachable):
        open_chain(f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()


def test_absent_anvil_is_named(monkeypatch):
    monkeypatch.setenv("HARNESS_ANVIL", "/nowhere/anvil")
    with pytest.raises(AnvilNotFound, match="/nowhere/anvil"):
        open_chain("anvil")


def test_anvil_that_ends_at_once_shows_its_last_words(tmp_path):
    broken = tmp_path / "anvil"
    broken.write_text("#!/bin/sh\necho cannot bind\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(AnvilDied) as caught:
        AnvilBackend(900, binary=broken)
    assert caught.value.exit_code == 3
    assert "cannot bind" in str(caught.value)


def test_closed_chain_is_named():
    other = open_chain("py-evm", name="spare")
    other.close()
    other.close()
    with pytest.raises(ChainClosed, match="chain spare is closed"):
        _ = other.block_number


def _children(pid: int) -> list[int]:
    """Processes below ``pid``, from /proc."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            child = int(stat.parent.name)
            found += [child, *_children(child)]
    return found


def _anvil_pids(pid: int) -> list[int]:
    return [child for child in _children(pid) if Path(f"/proc/{child}/comm").read_text().strip() == "anvil"]


@pytest.fixture
def anvil():
    """An anvil of this test's own."""
    with Chain(AnvilBackend(905)) as own:
        yield own


@pytest.mark.only_anvil
def test_dead_anvil_is_named(anvil):
    process = anvil.backend._own._process
    (child,) = _anvil_pids(process.pid)
    os.kill(child, signal.SIGKILL)
    with pytest.raises(AnvilDied) as caught:
        _ = anvil.block_number
    assert caught.value.exit_code == 128 + signal.SIGKILL


@pytest.mark.only_anvil
def test_close_ends_anvil():
    own = open_chain("anvil", chain_id=906)
    (child,) = _anvil_pids(own.backend._own._process.pid)
    with watched(child) as ends:
        own.close()
        assert ends()
    with pytest.raises(ChainClosed):
        own.mine()


@pytest.mark.only_anvil
def test_anvil_ends_with_the_process_that_started_it():
    """Even if that process is killed outright."""
    program = """
        from harness.chain import open_chain
        chain = open_chain("anvil")
        print(chain.backend._own._process.pid, flush=True)
        input()
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        shell = int(process.stdout.readline())
        (child,) = _anvil_pids(shell)
        with watched(shell) as shell_ends, watched(child) as anvil_ends:
            process.kill()
            assert shell_ends() and anvil_ends()


@pytest.mark.only_anvil
def test_url_attaches_to_a_running_node(anvil):
    with open_chain(anvil.backend.url) as attached:
        assert attached.chain_id == 905
        receipt = attached.send(sender=attached.accounts.alice, to=attached.accounts.bob, value=1)
        assert receipt.succeeded
        target = attached.warp(1_000)
        attached.mine()
        assert attached.head.timestamp == target
    assert anvil.backend.rpc("anvil_getAutomine") is True


@pytest.mark.only_anvil
def test_url_with_another_chain_id_is_refused(anvil):
    with pytest.raises(WrongNode) as caught:
        open_chain(anvil.backend.url, chain_id=1)
    assert (caught.value.url, caught.value.actual, caught.value.expected) == (anvil.backend.url, 905, 1)


PLAIN_NODE_LACKS = {
    "set the time": lambda chain: chain.warp(10),
    "mine": lambda chain: chain.mine(),
    "order transactions within a block": lambda chain: chain.block().__enter__(),
    "take a snapshot": lambda chain: chain.snapshot(),
    "reorganise": lambda chain: chain.reorg(1),
    "impersonate": lambda chain: chain.send(sender=chain.impersonate("0x" + "11" * 20)),
    "setBalance": lambda chain: chain.set_balance("0x" + "11" * 20, 1),
}


@pytest.fixture
def plain(anvil):
    """A node without the verbs of development nodes: an anvil that is treated as one."""
    anvil.backend.rpc("evm_setAutomine", True)
    anvil.backend.verbs = None
    anvil.backend.name = "rpc"
    return anvil


@pytest.mark.only_anvil
@pytest.mark.parametrize("operation", PLAIN_NODE_LACKS)
def test_plain_node_names_the_verb_it_lacks(plain, operation):
    before = plain.head
    with pytest.raises(UnsupportedOperation) as caught:
        PLAIN_NODE_LACKS[operation](plain)
    assert caught.value.operation == operation
    assert plain.head == before


@pytest.mark.only_anvil
def test_plain_node_takes_transactions(plain, contracts):
    alice = plain.accounts.alice
    probe = plain.deploy(contracts["ChainProbe"], 5, sender=alice)
    assert probe.increment(sender=alice).events[0].count == 6
    assert probe.count() == 6


def test_several_chains_live_side_by_side(backend_name, contracts):
    with open_chain(backend_name, chain_id=900) as one, open_chain(backend_name, chain_id=901) as two:
        alice = one.accounts.alice
        first = one.deploy(contracts["ChainProbe"], 1, sender=alice)
        second = two.deploy(contracts["ChainProbe"], 2, sender=alice)
        assert first.address == second.address
        assert (first.environment().id, second.environment().id) == (900, 901)
        first.increment(sender=alice)
        assert (first.count(), second.count()) == (2, 2)
        assert (one.block_number, two.block_number) == (2, 1)
