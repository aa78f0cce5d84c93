"""`harness deploy` onto Hardhat: another EVM, another JSON-RPC, and the limit on the size of contracts enforced."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

import pytest

from harness import ether, tools
from harness.chain import open_chain
from harness.chain.capabilities import missing
from harness.chain.nodes.process import _GUARD, _READY_SECONDS
from harness.chain.values.accounts import MNEMONIC
from harness.cli import main
from harness.config import DEFAULT_L1_FORK
from harness.errors import Reverted, ToolNotFound
from harness.primitives.delegation import designator
from harness.testbed import deployment
from harness.testbed.conservation import Conservation

HARDHAT_VERSION = "2.29.1"
CHAIN_ID = 31337
PERIOD = 1_000
READY = "JSON-RPC server at "
CONFIG = """
module.exports = {
  networks: {
    hardhat: {
      hardfork: "FORK",
      chainId: 31337,
      mining: { auto: true, interval: 0 },
      blockGasLimit: 60000000,
      allowUnlimitedContractSize: false,
    },
  },
};
"""


@contextmanager
def _node(node: tools.NodeJs, home: Path, folder: Path, fork: str) -> Iterator[str]:
    """A Hardhat node on a free port; gives its URL. As with anvil, a shell ends it however this process ends."""
    config = folder / "hardhat.config.js"
    config.write_text(CONFIG.replace("FORK", fork), encoding="utf-8")
    private = {f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")}
    script = home / "node_modules" / "hardhat" / "internal" / "cli" / "cli.js"
    options = ["--config", str(config), "node", "--hostname", "127.0.0.1", "--port", "0"]
    process = subprocess.Popen(
        ["/bin/sh", "-c", _GUARD, "hardhat", str(node.executable), str(script), *options],
        cwd=home,  # Hardhat insists on being the one that is installed where it is started
        env={**os.environ, **private, "HARDHAT_DISABLE_TELEMETRY_PROMPT": "true", "CI": "true", "NO_COLOR": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdin is not None and process.stdout is not None
    said: Queue[str | None] = Queue()
    reader = threading.Thread(target=_take_in, args=(process.stdout, said), daemon=True)
    reader.start()
    try:
        yield _address(said)
    finally:
        process.stdin.close()
        process.wait()
        reader.join()
        process.stdout.close()


def _take_in(output: Iterable[str], said: Queue[str | None]) -> None:
    """Read all that the node prints, for the pipe must not fill up; None at the end."""
    for line in output:
        said.put(line)
    said.put(None)


def _address(said: Queue[str | None]) -> str:
    """Where the node says that it listens."""
    lines = []
    while (line := said.get(timeout=_READY_SECONDS)) is not None:
        lines.append(line)
        if READY in line:
            return line.partition(READY)[2].strip().rstrip("/")
    raise AssertionError("Hardhat ended before it listened:\n" + "".join(lines))


Installed = tuple[tools.NodeJs, Path]


@pytest.fixture
def hardhat() -> Installed:
    """A Node.js, and the folder in which Hardhat is installed."""
    try:
        node = tools.any_node()
        return node, tools.npm_package("hardhat", HARDHAT_VERSION, node)
    except ToolNotFound:
        pytest.skip(str(missing("hardhat", ("offline",))))


@pytest.mark.parametrize("fork", ["prague", "osaka"])
def test_hardhat_runs_the_fork_that_it_was_started_with(hardhat: Installed, tmp_path: Path, fork: str) -> None:
    probe, alice = b"\xc1" * 20, "alice"
    with _node(*hardhat, tmp_path, fork) as url, open_chain(url, fork=fork) as l1:
        l1.set_code(probe, bytes.fromhex("6001 1e 5f52 60205ff3"))  # CLZ of 1
        if fork == "osaka":
            assert l1.call(to=probe) == (255).to_bytes(32, "big")
        else:
            with pytest.raises(Reverted):
                l1.call(to=probe)
        l1.authorize(l1.accounts[alice], probe)
        assert l1.code(l1.accounts[alice]) == designator(probe)


def test_a_rollup_is_deployed_and_driven_on_hardhat(
    hardhat: Installed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fork = DEFAULT_L1_FORK
    with _node(*hardhat, tmp_path, fork) as url, open_chain(url, fork=fork) as l1:
        assert l1.backend.name == "hardhat"
        alice, bob, trent = l1.accounts.alice, l1.accounts.bob, l1.accounts.trent
        command = ["deploy", "--rpc", url, "--out", str(tmp_path), "--mnemonic", MNEMONIC]
        assert main([*command, "--sequencer", trent.address, "--period", str(PERIOD)]) == 0, capsys.readouterr().err

        found = deployment.load(tmp_path / f"{CHAIN_ID}.json")
        assert found.complete
        rollup = found.attach(l1, sequencer=trent, proposer=l1.accounts.peggy)
        assert rollup.config.period == PERIOD
        books = Conservation(rollup).watch()
        rollup.deposit(ether(2), sender=alice)
        sent = rollup.withdraw(ether(1), sender=alice, to=bob)
        rollup.confirm_all()
        before = l1.balance(bob)
        rollup.execute(sent, sender=alice)
        assert l1.balance(bob) == before + ether(1)
        assert l1.balance(rollup.portal) == ether(1)
        assert books.checks > 0
