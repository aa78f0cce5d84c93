"""Hardhat 3 as a child process, in a folder of its own that holds its configuration."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from harness import tools
from harness.chain.backend import Head
from harness.chain.errors import UnsupportedOperation
from harness.chain.nodes import parsing as parse
from harness.chain.nodes.process import Launch, NodeProcess, OwnNodeBackend
from harness.chain.values.accounts import HD_PATH, MNEMONIC, NAMES
from harness.chain.values.rules import DEFAULT_RULES, L1Rules, l1_rules
from harness.chain.values.settings import BLOCK_GAS_LIMIT, FUNDS, GENESIS_BASE_FEE, GENESIS_TIME
from harness.chain.values.transactions import TX_GAS_CAP
from harness.errors import ToolNotFound

_REAL_ROW = 7
"""Most blocks that Hardhat executes one by one for a request: one, then one as the edge of what it makes up, and 5."""

_READY = re.compile(r"JSON-RPC server at http://([^/\s]+)")


def _configuration(chain_id: int, rules: L1Rules) -> str:
    network = {
        "type": "edr-simulated",
        "chainId": chain_id,
        "hardfork": rules.fork_name,
        "initialDate": datetime.fromtimestamp(GENESIS_TIME, UTC).isoformat(),
        "initialBaseFeePerGas": GENESIS_BASE_FEE,
        "blockGasLimit": BLOCK_GAS_LIMIT,
        "coinbase": "0x" + "00" * 20,
        "allowUnlimitedContractSize": False,
        "throwOnTransactionFailures": False,
        "mining": {"auto": False, "interval": 0, "mempool": {"order": "fifo"}},
        "accounts": {"mnemonic": MNEMONIC, "path": HD_PATH, "count": len(NAMES), "accountsBalance": str(FUNDS)},
    }
    return f"export default {json.dumps({'networks': {'node': network}})};\n"


class HardhatProcess(NodeProcess):
    """A running Hardhat and its URL. Raises ToolNotFound and NodeDied.

    Hardhat runs in no project but one in which it is installed. So its folder has a link to where it is installed.
    """

    def __init__(self, chain_id: int, rules: L1Rules = DEFAULT_RULES) -> None:
        node, home = tools.hardhat()
        self._folder = TemporaryDirectory(prefix="harness-hardhat-")
        root = Path(self._folder.name)
        (root / "package.json").write_text(json.dumps({"type": "module", "private": True}), encoding="utf-8")
        (root / "hardhat.config.js").write_text(_configuration(chain_id, rules), encoding="utf-8")
        (root / "node_modules").symlink_to(home / "node_modules")
        script = root / "node_modules" / "hardhat" / "dist" / "src" / "cli.js"
        command = [str(node.executable), str(script), "node", "--hostname", "127.0.0.1", "--port", "0"]
        private = {f"XDG_{kind}_HOME": str(root / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")}
        extra = {**private, "HARDHAT_DISABLE_TELEMETRY_PROMPT": "true", "CI": "true", "NO_COLOR": "1"}
        try:
            super().__init__(Launch("hardhat", command, _READY, root, extra))
        except OSError as problem:
            raise ToolNotFound("hardhat", str(problem)) from problem

    def stop(self) -> None:
        """End Hardhat, wait for its end, and remove its folder."""
        super().stop()
        self._folder.cleanup()


class HardhatBackend(OwnNodeBackend):
    """A Hardhat that this process starts and ends."""

    def __init__(
        self, chain_id: int = 900, *, gas_cap: int | None = TX_GAS_CAP, rules: L1Rules = DEFAULT_RULES
    ) -> None:
        if rules.blobs != l1_rules(rules.fork_name).blobs:
            raise UnsupportedOperation("set the blob schedule", "hardhat", "it has the numbers of its fork")
        self._marks: list[tuple[int, int]] = []
        super().__init__(HardhatProcess(chain_id, rules), chain_id, gas_cap=gas_cap, rules=rules)
        self.rpc("hardhat_setLoggingEnabled", False)

    # Hardhat removes blocks only by restoring a snapshot, which ends all later ones. So one is taken before each block:
    # its block's number and its identity. Edits that were made between two blocks stay with the earlier one.

    def _mine_row(self, count: int) -> None:
        """Mine blocks whose base fees follow from one another.

        Hardhat makes up the middle of a longer row, and gives all of it the base fee of the block before. That is right
        only where the fee cannot fall any further.
        """
        while count > 0:
            head = self.head()
            is_level = (
                self._next_base_fee is None and head.gas_used == 0 and parse.base_fee_after(head) == head.base_fee
            )
            row = count if is_level else min(count, _REAL_ROW)
            super()._mine_row(row)
            count -= row

    def _mine_on(self, head: Head) -> int:
        self._marks.append((head.number, int(self.rpc("evm_snapshot"), 16)))
        return super()._mine_on(head)

    def restore(self, snapshot: object) -> None:
        identity = getattr(snapshot, "identity", "0x0")
        super().restore(snapshot)
        self._marks = [mark for mark in self._marks if mark[1] < int(identity, 16)]

    def _remove(self, last: int, depth: int) -> None:
        number, identity = next(mark for mark in reversed(self._marks) if mark[0] <= last)
        self._marks = [mark for mark in self._marks if mark[1] < identity]
        self.rpc("evm_revert", hex(identity))
        if number < last:  # the blocks between were mined in a row, and are empty
            self._mine_behind(self.head().timestamp, last - number)

    def _drop_pending(self) -> None:
        super()._drop_pending()
        for pending in self.rpc("eth_pendingTransactions"):
            self.rpc("hardhat_dropTransaction", pending["hash"])
