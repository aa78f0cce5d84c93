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
from harness.chain.nodes.anvil import _GUARD
from harness.chain.values.accounts import MNEMONIC
from harness.cli import main
from harness.errors import ToolNotFound
from harness.testbed import deployment
from harness.testbed.conservation import Conservation

HARDHAT_VERSION = "2.29.1"
CHAIN_ID = 31337
PERIOD = 1_000
READY_SECONDS = 60
READY = "JSON-RPC server at "
CONFIG = """
module.exports = {
  networks: {
    hardhat: {
      hardfork: "prague",
      chainId: 31337,
      mining: { auto: true, interval: 0 },
      blockGasLimit: 60000000,
      allowUnlimitedContractSize: false,
    },
  },
};
"""


@contextmanager
def _node(node: tools.NodeJs, home: Path, folder: Path) -> Iterator[str]:
    """A Hardhat node on a free port; gives its URL. As with anvil, a shell ends it however this process ends."""
    config = folder / "hardhat.config.js"
    config.write_text(CONFIG, encoding="utf-8")
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
    while (line := said.get(timeout=READY_SECONDS)) is not None:
        lines.append(line)
        if READY in line:
            return line.partition(READY)[2].strip().rstrip("/")
    raise AssertionError("Hardhat ended before it listened:\n" + "".join(lines))


def test_a_rollup_is_deployed_and_driven_on_hardhat(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without a network npm would wait for more than a minute before it gives up.
    monkeypatch.setenv("npm_config_fetch_retry_mintimeout", "500")
    monkeypatch.setenv("npm_config_fetch_retry_maxtimeout", "2000")
    try:
        node = tools.any_node()
        home = tools.npm_package("hardhat", HARDHAT_VERSION, node)
    except ToolNotFound:
        pytest.skip(str(missing("hardhat", ("offline",))))
    with _node(node, home, tmp_path) as url, open_chain(url) as l1:
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
