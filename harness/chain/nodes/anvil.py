"""anvil as a child process."""

from __future__ import annotations

import re
from pathlib import Path

from harness import tools
from harness.chain.errors import AnvilDied, UnsupportedOperation
from harness.chain.nodes.process import Launch, NodeProcess, OwnNodeBackend
from harness.chain.values.accounts import HD_PATH, MNEMONIC, NAMES
from harness.chain.values.rules import DEFAULT_RULES, L1Rules, l1_rules
from harness.chain.values.settings import BLOCK_GAS_LIMIT, FUNDS, GENESIS_BASE_FEE, GENESIS_TIME
from harness.chain.values.transactions import TX_GAS_CAP
from harness.errors import AnvilNotFound

_READY = re.compile(r"^Listening on (\S+)")


class AnvilProcess(NodeProcess):
    """A running anvil and its URL."""

    died = AnvilDied

    def __init__(self, binary: Path, chain_id: int, rules: L1Rules = DEFAULT_RULES) -> None:
        try:
            super().__init__(Launch("anvil", [str(binary), *_arguments(chain_id, rules)], _READY))
        except OSError as problem:
            raise AnvilNotFound((f"{binary}: {problem}",)) from problem


def _arguments(chain_id: int, rules: L1Rules) -> list[str]:
    settings = {
        "--host": "127.0.0.1",
        "--port": 0,
        "--chain-id": chain_id,
        "--hardfork": rules.fork_name,
        "--mnemonic": MNEMONIC,
        "--derivation-path": f"{HD_PATH}/",
        "--accounts": len(NAMES),
        "--balance": FUNDS // 10**18,
        "--timestamp": GENESIS_TIME,
        "--gas-limit": BLOCK_GAS_LIMIT,
        "--block-base-fee-per-gas": GENESIS_BASE_FEE,
        "--order": "fifo",
        # Above 500 blocks anvil moves the oldest states by hash to files that it leaves behind, and reads some of them
        # back without contracts. Blocks that snapshots let recur have equal hashes, so newer states would go as well,
        # and a rollback would lead to one of those. So many are kept in memory instead, tens of kilobytes each.
        "--prune-history": 100_000,
    }
    return ["--no-mining", "--steps-tracing", *(str(part) for pair in settings.items() for part in pair)]


class AnvilBackend(OwnNodeBackend):
    """An anvil that this process starts and ends.

    ``is_private`` says that nobody else writes to it, so that its head stays what it was until this object writes.
    """

    def __init__(
        self,
        chain_id: int = 900,
        *,
        binary: Path | None = None,
        gas_cap: int | None = TX_GAS_CAP,
        rules: L1Rules = DEFAULT_RULES,
        is_private: bool = False,
    ) -> None:
        if rules.blobs != l1_rules(rules.fork_name).blobs:
            raise UnsupportedOperation("set the blob schedule", "anvil", "it has the numbers that its fork began with")
        own = AnvilProcess(binary if binary is not None else tools.anvil(), chain_id, rules)
        super().__init__(own, chain_id, gas_cap=gas_cap, rules=rules)
        self._next_base_fee = self.next_base_fee()
        self._steadily += is_private
