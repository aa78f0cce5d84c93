"""``geth --dev`` as a child process, on a genesis block of the harness.

geth must be on PATH. It tells its own developer's genesis block, with the system contracts of its version; the harness
puts its chain id, fork and accounts into that. geth mines each transaction at the time of the clock. Nobody can change
its time, edit its state, or send without a key, so a chain on it has what a chain at the URL of any node has.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness import tools
from harness.chain.errors import NodeDied, UnsupportedOperation
from harness.chain.nodes.process import Launch, NodeProcess, OwnNodeBackend
from harness.chain.values.accounts import well_known_accounts
from harness.chain.values.rules import BLOB_SCHEDULE, DEFAULT_RULES, L1_FORKS, PRAGUE_BLOBS, L1Rules, l1_rules
from harness.chain.values.settings import BLOCK_GAS_LIMIT, FUNDS, GENESIS_BASE_FEE, GENESIS_TIME
from harness.chain.values.transactions import TX_GAS_CAP
from harness.errors import ToolNotFound

_READY = re.compile(r"HTTP server started\s+endpoint=(\S+)\s+auth=false")
"""A second server, for consensus clients, says auth=true."""

_SECONDS = 60
"""Longest that geth may take to tell or to write a genesis block."""

_PRAGUE = {"target": PRAGUE_BLOBS.target, "max": PRAGUE_BLOBS.most, "baseFeeUpdateFraction": PRAGUE_BLOBS.fraction}
_OSAKA = BLOB_SCHEDULE["osaka"]
_BLOBS = {
    "prague": _PRAGUE,
    "osaka": {"target": _OSAKA.target, "max": _OSAKA.most, "baseFeeUpdateFraction": _OSAKA.fraction},
}


def genesis(developers: dict[str, Any], chain_id: int, rules: L1Rules) -> dict[str, Any]:
    """Return geth's own developer's genesis block with the harness's chain id, fork, accounts and header."""
    config = dict(developers["config"])
    at_genesis = [name for name in L1_FORKS if L1_FORKS[name] <= rules.fork]
    # What geth knows behind Cancun is left out but for what the rules have: each fork has a time in its configuration.
    early = ("shanghaiTime", "cancunTime")
    config = {name: value for name, value in config.items() if not name.endswith("Time") or name in early}
    config |= {f"{name}Time": 0 for name in at_genesis}
    blobs = {"cancun": {"target": 3, "max": 6, "baseFeeUpdateFraction": 3_338_477}}
    config |= {"chainId": chain_id, "blobSchedule": blobs | {name: _BLOBS[name] for name in at_genesis}}
    funded = {account.address.removeprefix("0x").lower(): {"balance": hex(FUNDS)} for account in well_known_accounts()}
    return {
        **developers,
        "config": config,
        "alloc": {**developers["alloc"], **funded},
        "timestamp": hex(GENESIS_TIME),
        "gasLimit": hex(BLOCK_GAS_LIMIT),
        "baseFeePerGas": hex(GENESIS_BASE_FEE),
    }


class GethProcess(NodeProcess):
    """A running geth and its URL; its data are in a folder of its own. Raises ToolNotFound and NodeDied."""

    def __init__(self, chain_id: int, rules: L1Rules = DEFAULT_RULES) -> None:
        binary = tools.geth()
        self._folder = TemporaryDirectory(prefix="harness-geth-")
        data = Path(self._folder.name) / "data"
        try:
            self._write_genesis(binary, data, chain_id, rules)
            super().__init__(Launch("geth", _command(binary, data, chain_id), _READY))
        except OSError as problem:
            self._folder.cleanup()
            raise ToolNotFound("geth", str(problem)) from problem
        except BaseException:
            self._folder.cleanup()
            raise

    def _write_genesis(self, binary: Path, data: Path, chain_id: int, rules: L1Rules) -> None:
        told = _run([str(binary), "--dev", "dumpgenesis"])
        try:
            block = genesis(json.loads(told), chain_id, rules)
        except (ValueError, LookupError, TypeError) as problem:
            raise ToolNotFound("geth", f"{binary} tells no genesis block for developers: {problem!r}") from problem
        path = Path(self._folder.name) / "genesis.json"
        path.write_text(json.dumps(block), encoding="utf-8")
        _run([str(binary), "--datadir", str(data), "init", str(path)])

    def stop(self) -> None:
        """End geth, wait for its end, and remove its folder."""
        super().stop()
        self._folder.cleanup()


def _run(command: list[str]) -> str:
    """Return what geth prints; raises NodeDied if it fails, and OSError if it cannot be started."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired as problem:
        raise NodeDied("geth", None, f"{command[-1]} took more than {_SECONDS} s") from problem
    if done.returncode != 0:
        raise NodeDied("geth", done.returncode, done.stderr)
    return done.stdout


def _command(binary: Path, data: Path, chain_id: int) -> list[str]:
    settings = {
        "--datadir": data,
        "--networkid": chain_id,
        "--http.addr": "127.0.0.1",
        "--http.port": 0,
        "--http.api": "eth,net,web3,debug,txpool",
        "--authrpc.port": 0,
        "--rpc.txfeecap": 0,
        "--miner.gasprice": 1,  # the least that geth takes; by its default it leaves cheaper transactions waiting
        "--verbosity": 3,
    }
    options = ["--dev", "--http", "--ipcdisable", "--rpc.allow-unprotected-txs"]
    return [str(binary), *options, *(str(part) for pair in settings.items() for part in pair)]


class GethBackend(OwnNodeBackend):
    """A ``geth --dev`` that this process starts and ends."""

    def __init__(
        self, chain_id: int = 900, *, gas_cap: int | None = TX_GAS_CAP, rules: L1Rules = DEFAULT_RULES
    ) -> None:
        if rules.blobs != l1_rules(rules.fork_name).blobs:
            raise UnsupportedOperation("set the blob schedule", "geth", "it has the numbers of its fork")
        super().__init__(GethProcess(chain_id, rules), chain_id, gas_cap=gas_cap, rules=rules)
        self.name = "geth"
