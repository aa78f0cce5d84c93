"""Runs a workload in a process of its own and says how much processor time each round took.

``python subject.py KIND``, with a worktree of the harness on PYTHONPATH. The worktree may be of an earlier commit, so
this file imports nothing of its neighbours, uses public names only, and looks for those that moved.

It reads lines of JSON: a list of blocks, each a list of raw transactions in hexadecimal. For each it writes a line
``{"seconds": processor time, "gas": gas used}``. It fails if a transaction fails.

    l2          the rollup: from raw bytes through sequencing and execution to posted batches
    l1          the chain on py-evm, native calls
    l1-web3     the same through web3
    eth-tester, eth-tester-web3   bare eth-tester with the same accounts
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

CHAIN_ID = 901
GENESIS_TIME = 1_700_000_000
FUNDS = 10_000 * 10**18
Blocks = list[list[bytes]]


def found(name: str, *modules: str) -> Any:
    """Return a public name from the first of these modules that has it."""
    for module in modules:
        try:
            return getattr(import_module(module), name)
        except (ImportError, AttributeError):
            continue
    raise SystemExit(f"{name} is in none of {', '.join(modules)}")


class L2:
    """The rollup."""

    def __init__(self) -> None:
        open_chain = found("open_chain", "harness.chain.opening")
        rollup_type = found("Rollup", "harness.testbed.rollup", "harness.scenarios.rollup")
        self.l1 = open_chain()
        self.rollup = rollup_type.deploy(self.l1)
        alice, bob = self.l1.accounts.alice, self.l1.accounts.bob
        self.rollup.fund([bob])
        self.rollup.l2.send(sender=bob, to=alice, value=FUNDS // 20)  # a deposit would use a nonce of hers
        self.w3 = self.rollup.l2.w3

    def before(self) -> None:
        """Let L1 go on, so that the sequencer may spend gas again, and post what is left."""
        self.l1.mine(16)
        self.rollup.sequencer.post()
        self.rollup.node.sync()

    def run(self, blocks: Blocks) -> None:
        backend = self.rollup.l2.backend
        for block in blocks:
            backend.open_block()
            for raw in block:
                backend.take(raw)
            backend.close_block()
        self.rollup.sequencer.post()


class L1:
    """The chain on py-evm."""

    def __init__(self) -> None:
        self.chain = found("open_chain", "harness.chain.opening")("py-evm", CHAIN_ID)
        self.w3 = self.chain.w3

    def before(self) -> None:
        """Nothing accumulates."""

    def run(self, blocks: Blocks) -> None:
        for block in blocks:
            if len(block) == 1:
                self.chain.send_raw(block[0])
                continue
            with self.chain.block():
                for raw in block:
                    self.chain.send_raw(raw)


class ThroughWeb3:
    """A chain with one transaction to a block, sent and waited for through web3."""

    def __init__(self, inner: Any) -> None:
        self.w3 = inner.w3

    def before(self) -> None:
        """Nothing accumulates."""

    def run(self, blocks: Blocks) -> None:
        for block in blocks:
            for raw in block:
                self.w3.eth.get_transaction_receipt(self.w3.eth.send_raw_transaction(raw))


class EthTester:
    """Bare eth-tester, one transaction to a block, as it comes."""

    def __init__(self) -> None:
        from eth_tester import EthereumTester, PyEVMBackend
        from web3 import EthereumTesterProvider, Web3

        accounts = found("well_known_accounts", "harness.chain.values.accounts", "harness.chain.accounts")()
        state = {
            account.address_bytes: {"balance": FUNDS, "nonce": 0, "code": b"", "storage": {}} for account in accounts
        }
        parameters = PyEVMBackend.generate_genesis_params({"gas_limit": 60_000_000, "timestamp": GENESIS_TIME})
        self.tester: Any = EthereumTester(PyEVMBackend(genesis_parameters=parameters, genesis_state=state))
        self.w3: Any = Web3(EthereumTesterProvider(self.tester))

    def before(self) -> None:
        """Nothing accumulates."""

    def run(self, blocks: Blocks) -> None:
        for block in blocks:
            for raw in block:
                self.tester.get_transaction_receipt(self.tester.send_raw_transaction("0x" + raw.hex()))


KINDS: dict[str, Callable[[], Any]] = {
    "l2": L2,
    "l1": L1,
    "l1-web3": lambda: ThroughWeb3(L1()),
    "eth-tester": EthTester,
    "eth-tester-web3": lambda: ThroughWeb3(EthTester()),
}


def gas_of(w3: Any, blocks: Blocks) -> int:
    """Return the gas that the transactions used; fails if one failed."""
    from eth_utils import keccak

    total = 0
    for block in blocks:
        for raw in block:
            receipt = w3.eth.get_transaction_receipt(keccak(raw))
            if receipt["status"] != 1:
                raise SystemExit(f"transaction 0x{keccak(raw).hex()} failed")
            total += receipt["gasUsed"]
    return total


def main(kind: str) -> None:
    runner = KINDS[kind]()
    for line in sys.stdin:
        blocks = [[bytes.fromhex(raw) for raw in block] for block in json.loads(line)]
        runner.before()
        gc.collect()
        start = time.process_time()
        runner.run(blocks)
        seconds = time.process_time() - start
        print(json.dumps({"seconds": seconds, "gas": gas_of(runner.w3, blocks)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
