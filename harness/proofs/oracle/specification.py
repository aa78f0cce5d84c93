"""Runs transactions on ``ethereum-execution``, Ethereum's specification in Python, and tells each step.

This program runs in an environment of its own, so it imports nothing of the harness. It reads a transaction as one line
of JSON on stdin, and answers with one line on stdout:

    {"fork": "osaka", "chain_id": 1, "test": {"env": ..., "pre": ...}, "raw": "0x...", "limit": 300}
                                               as in a state test; the most seconds for an answer, 0 is no limit
    {"steps": [[depth, pc, opcode, gas, memory, refund, returndata, kept, [item, ...]], ...], "root": ..., "logs": ...}
    {"refused": reason}                        the transaction is invalid
    {"fault": traceback}                       the specification itself failed

A step is told before it runs. ``memory`` is a size in bytes, ``returndata`` a CRC-32. The stack is the first ``kept``
items of the step before, as many as are equal, then the given ones. A precompile is a step, too: its opcode is 256 plus
its address.
"""

from __future__ import annotations

import json
import signal
import sys
import traceback
import zlib
from importlib import import_module
from typing import Any

PRECOMPILE = 256
_RING = 256
_NEAR = 20


class Tracer:
    """Keeps each step of a transaction, as `ethereum.trace` tells them."""

    def __init__(self) -> None:
        self.steps: list[list[Any]] = []
        self.authorized = 0
        self._stack: list[Any] = []

    def __call__(self, evm: Any, event: Any) -> None:
        """Keep a step that begins."""
        kind = type(event).__name__
        if kind == "OpStart":
            self._keep(evm, event.op.value)
        elif kind == "EvmStop":
            if evm.running:
                self._keep(evm, event.op.value)
        elif kind == "PrecompileStart":
            self._keep(evm, PRECOMPILE + int.from_bytes(event.address, "big"))
        elif kind == "OpException" and type(event.error).__name__ == "InvalidOpcode":
            self._keep(evm, event.error.code)

    def _keep(self, evm: Any, opcode: int) -> None:
        refund, frame = self.authorized, evm
        while frame is not None:
            refund += frame.refund_counter
            frame = frame.message.parent_evm
        before, now = self._stack, list(evm.stack)
        self._stack = now
        least = min(len(before), len(now))
        kept = max(0, least - _NEAR)
        if before[:kept] != now[:kept]:
            kept = 0
        while kept < least and before[kept] == now[kept]:
            kept += 1
        self.steps.append(
            [
                int(evm.message.depth),
                int(evm.pc),
                opcode,
                int(evm.gas_left),
                len(evm.memory),
                int(refund),
                zlib.crc32(evm.return_data),
                kept,
                [f"{int(item):x}" for item in now[kept:]],
            ]
        )


class Specification:
    """One fork of the specification."""

    def __init__(self, name: str) -> None:
        self.fork, self.state, self.types, self.vm, self.transactions, self.interpreter = (
            import_module(f"ethereum.forks.{name}.{module}")
            for module in ("fork", "state", "fork_types", "vm", "transactions", "vm.interpreter")
        )
        self.trace = import_module("ethereum.trace")
        self.bytes: Any = import_module("ethereum_types.bytes")
        self.numbers: Any = import_module("ethereum_types.numeric")
        self.rlp: Any = import_module("ethereum_rlp.rlp")
        self.hash: Any = import_module("ethereum.crypto.hash")
        self.tracer = Tracer()
        self._count_authorizations()

    def _count_authorizations(self) -> None:
        """Have the tracer know the refund of authorisations (EIP-7702), which is added only at the end."""
        set_delegation: Any = getattr(self.interpreter, "set_delegation", None)
        if set_delegation is None:
            return

        def counted(message: Any) -> Any:
            refund = set_delegation(message)
            self.tracer.authorized = int(refund)
            return refund

        vars(self.interpreter)["set_delegation"] = counted

    def run(self, test: dict[str, Any], chain_id: int, raw: bytes) -> dict[str, Any]:
        """Run a transaction on the prestate of a state test."""
        self.tracer = Tracer()
        self.trace.set_evm_trace(self.tracer)
        state = self._state(test["pre"])
        block = self._block(test["env"], chain_id, state)
        output = self.vm.BlockOutput()
        try:
            self.fork.process_transaction(block, output, self._transaction(raw), self.numbers.Uint(0))
        except import_module("ethereum.exceptions").EthereumException as error:
            return {"refused": f"{type(error).__name__}: {error}"}
        logs = self.hash.keccak256(self.rlp.encode(output.block_logs))
        return {
            "steps": self.tracer.steps,
            "root": bytes(self.state.state_root(state)).hex(),
            "logs": bytes(logs).hex(),
        }

    def _state(self, accounts: dict[str, Any]) -> Any:
        state, types, numbers = self.state.State(), self.types, self.numbers
        for address, given in accounts.items():
            place = types.Address(_bytes(address))
            account = types.Account(
                nonce=numbers.Uint(_int(given["nonce"])),
                balance=numbers.U256(_int(given["balance"])),
                code=self.bytes.Bytes(_bytes(given["code"])),
            )
            self.state.set_account(state, place, account)
            for slot, value in given["storage"].items():
                key = self.bytes.Bytes32(_int(slot).to_bytes(32, "big"))
                self.state.set_storage(state, place, key, numbers.U256(_int(value)))
        return state

    def _block(self, env: dict[str, str], chain_id: int, state: Any) -> Any:
        numbers, number = self.numbers, _int(env["currentNumber"])
        # State tests define the hash of block n as the Keccak of its decimal digits.
        hashes = [self.hash.keccak256(str(n).encode()) for n in range(max(0, number - _RING), number)]
        return self.vm.BlockEnvironment(
            chain_id=numbers.U64(chain_id),
            state=state,
            block_gas_limit=numbers.Uint(_int(env["currentGasLimit"])),
            block_hashes=hashes,
            coinbase=self.types.Address(_bytes(env["currentCoinbase"])),
            number=numbers.Uint(number),
            base_fee_per_gas=numbers.Uint(_int(env["currentBaseFee"])),
            time=numbers.U256(_int(env["currentTimestamp"])),
            prev_randao=self.bytes.Bytes32(_int(env["currentRandom"]).to_bytes(32, "big")),
            excess_blob_gas=numbers.U64(_int(env["currentExcessBlobGas"])),
            parent_beacon_block_root=self.hash.Hash32(bytes(32)),
        )

    def _transaction(self, raw: bytes) -> Any:
        if raw[0] < 0xC0:
            return self.transactions.decode_transaction(self.bytes.Bytes(raw))
        return self.rlp.decode_to(self.transactions.LegacyTransaction, raw)


def _int(text: str) -> int:
    return int(text, 16)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def main() -> None:
    """Answer lines of stdin until it ends."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # who asked has gone
    forks: dict[str, Specification] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        name = asked["fork"]
        # The kernel's alarm ends this process. The specification may be in native code, where no exception reaches it.
        signal.setitimer(signal.ITIMER_REAL, asked["limit"])
        try:
            if name not in forks:
                forks[name] = Specification(name)
            answer = forks[name].run(asked["test"], asked["chain_id"], _bytes(asked["raw"]))
        except Exception:
            answer = {"fault": traceback.format_exc()}
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.stdout.write(json.dumps(answer, separators=(",", ":")) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    main()
