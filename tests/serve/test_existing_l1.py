"""`harness serve --l1 URL`: L2 on an L1 that is there already, and what such an L1 may lack."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness import tools
from harness.chain import open_chain
from harness.chain.nodes.process import Launch, NodeProcess
from harness.chain.values.accounts import well_known_accounts
from harness.chain.values.transactions import Transaction, sign
from harness.cli import main
from tests.support.clients import ask
from tests.support.serving import COMMAND, PORTS, running

pytestmark = pytest.mark.only_anvil


@contextmanager
def anvil(*options: str) -> Iterator[str]:
    command = [str(tools.anvil()), "--port", "0", "--chain-id", "900", "--accounts", "20", *options]
    with NodeProcess(Launch("anvil", command, re.compile(r"^Listening on (\S+)"))) as node:
        yield node.url


def test_l2_is_served_on_an_anvil_that_is_there() -> None:
    with anvil("--hardfork", "osaka") as url, running("--l1", url, "--l1-chain-id", "900", "--manual") as served:
        assert served.urls["L1"] == url  # no port of L1 is opened
        alice, bob = well_known_accounts()[0], well_known_accounts()[1]
        before = int(served.ask("L2", "eth_getBalance", bob.address, "latest"), 16)
        nonce = int(served.ask("L2", "eth_getTransactionCount", alice.address, "latest"), 16)
        tx = Transaction(2, 901, nonce, 0, 10**11, 21_000, bob.address_bytes, 5, b"")
        sent = served.ask("L2", "eth_sendRawTransaction", "0x" + sign(tx, alice.private_key).raw.hex())
        assert served.ask("L2", "eth_getTransactionReceipt", sent)["status"] == "0x1"
        assert int(served.ask("L2", "eth_getBalance", bob.address, "latest"), 16) == before + 5
        head = ask(url, "eth_blockNumber")
        served.ask("L2", "rollup_run", "0x3c")
        (newest, *_) = served.ask("L2", "rollup_batches", "0x0", "0x10")[::-1]
        assert int(newest["l1Block"], 16) > int(head, 16)
        status = served.ask("L2", "rollup_syncStatus")
        assert status["safeL2"]["number"] == status["unsafeL2"]["number"]


def test_a_half_written_deployment_is_refused_and_kept_and_the_next_run_goes_on(tmp_path: Path) -> None:
    with anvil("--hardfork", "osaka") as url:
        assert main(["deploy", "--rpc", url, "--out", str(tmp_path), "--node"]) == 0
        path, head = tmp_path / "900.json", ask(url, "eth_blockNumber")
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        command = [*COMMAND, *PORTS, "--l1", url, "--deployment", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"error: {path} is no deployment file") and done.stderr.count("\n") == 1
        assert main(["deploy", "--rpc", url, "--out", str(tmp_path), "--node"]) == 2
        assert path.read_bytes() == whole[: len(whole) // 2]
        path.write_bytes(whole)
        with running("--l1", url, "--deployment", str(path), "--manual") as served:
            assert served.ask("L2", "rollup_contracts")
            assert ask(url, "eth_blockNumber") == head


@pytest.mark.parametrize(
    ("node", "options", "said"),
    [
        ((), ("--l1-chain-id", "5"), "chain id 900, expected 5"),
        (("--balance", "0"), (), "balance of 0x"),
        (("--hardfork", "shanghai"), (), "precompile 11 "),
    ],
    ids=["another chain", "no money", "without opcodes"],
)
def test_an_l1_that_cannot_carry_a_rollup_is_one_line(
    node: tuple[str, ...], options: tuple[str, ...], said: str
) -> None:
    with anvil(*node) as url:
        command = [*COMMAND, *PORTS, "--l1", url, *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
        assert said in done.stderr
        with open_chain(url) as chain:
            assert chain.block_number == 0
