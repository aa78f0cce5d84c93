"""Runs a workload in a process of its own and says how much processor time each round took.

``python subject.py KIND``, with a worktree of the harness on PYTHONPATH. The worktree may be of an earlier commit, so
this file imports nothing of its neighbours, uses public names only, and looks for those that moved.

It reads lines of JSON: a list of blocks, each a list of raw transactions in hexadecimal. For each it writes a line
``{"seconds": processor time, "gas": gas used}``; no gas where there are no receipts. It fails if a transaction fails.

    l2          the rollup: from raw bytes through sequencing and execution to posted batches
    l1          the chain on py-evm, native calls
    l1-web3     the same through web3
    l1-messages  the same from an account without a key, so that nothing is signed or recovered
    eth-tester, eth-tester-web3   bare eth-tester with the same accounts
    titanoboa    message calls of titanoboa's environment, which has neither signatures nor blocks nor receipts
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple

CHAIN_ID = 901
GENESIS_TIME = 1_700_000_000
FUNDS = 10_000 * 10**18
ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
"""Who signs all transactions."""

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


class Message(NamedTuple):
    """A transaction of type 2 without its signature."""

    nonce: int
    gas: int
    to: bytes
    value: int
    data: bytes

    @classmethod
    def of(cls, raw: bytes) -> Message:
        import rlp

        fields = rlp.decode(raw[1:])
        number = partial(int.from_bytes, byteorder="big")
        return cls(number(fields[1]), number(fields[4]), fields[5], number(fields[6]), fields[7])


class L1Messages:
    """The chain on py-evm, whose sender has no key."""

    def __init__(self) -> None:
        self.chain = found("open_chain", "harness.chain.opening")("py-evm", CHAIN_ID)
        self.sender = self.chain.impersonate(ALICE)
        self.w3 = None

    def before(self) -> None:
        """Nothing accumulates."""

    def prepare(self, block: list[bytes]) -> list[Message]:
        return [Message.of(raw) for raw in block]

    def run(self, blocks: list[list[Message]]) -> None:
        for block in blocks:
            with self.chain.block():
                for _, gas, to, value, data in block:
                    target = "0x" + to.hex() if to else None
                    self.chain.send(sender=self.sender, to=target, value=value, data=data, gas=gas)


class Titanoboa:
    """titanoboa's environment."""

    def __init__(self) -> None:
        # Not there where types are checked: it has an environment of its own.
        self.env: Any = import_module("boa").env
        self.address: Any = import_module("boa.util.abi").Address
        self.sender = self.address(ALICE)
        self.env.set_balance(self.sender, FUNDS)
        self.w3 = None

    def before(self) -> None:
        """Nothing accumulates."""

    def prepare(self, block: list[bytes]) -> list[Message]:
        return [Message.of(raw) for raw in block]

    def run(self, blocks: list[list[Message]]) -> None:
        for block in blocks:
            for nonce, gas, to, value, data in block:
                if not to:
                    self._deploy(nonce, gas, data)
                    continue
                done = self.env.raw_call(self.address(to), sender=self.sender, gas=gas, value=value, data=data)
                if not done.is_success:
                    raise SystemExit(f"message to 0x{to.hex()} failed: {done.error}")

    def _deploy(self, nonce: int, gas: int, code: bytes) -> None:
        import rlp
        from eth_utils import keccak

        place = keccak(rlp.encode([bytes.fromhex(ALICE[2:]), nonce]))[12:]
        self.env.deploy(sender=self.sender, gas=gas, bytecode=code, override_address=self.address(place))


KINDS: dict[str, Callable[[], Any]] = {
    "l2": L2,
    "l1": L1,
    "l1-web3": lambda: ThroughWeb3(L1()),
    "l1-messages": L1Messages,
    "titanoboa": Titanoboa,
    "eth-tester": EthTester,
    "eth-tester-web3": lambda: ThroughWeb3(EthTester()),
}


def gas_of(w3: Any, blocks: Blocks) -> int | None:
    """Return the gas that the transactions used, None without receipts; fails if one failed."""
    if w3 is None:
        return None
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
        work = [runner.prepare(block) for block in blocks] if hasattr(runner, "prepare") else blocks
        runner.before()
        gc.collect()
        start = time.process_time()
        runner.run(work)
        seconds = time.process_time() - start
        print(json.dumps({"seconds": seconds, "gas": gas_of(runner.w3, blocks)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
