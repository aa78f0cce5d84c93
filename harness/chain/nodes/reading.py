"""What anyone can read from a node: blocks, accounts, receipts, calls and traces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from harness.chain.backend import CallFailed, CallRequest, Frame, Head, RawReceipt
from harness.chain.errors import (
    InsufficientFunds,
    IntrinsicGasTooLow,
    RpcError,
    UnknownBlock,
    UnknownTransaction,
    UnsupportedOperation,
    WrongNode,
)
from harness.chain.nodes import parsing as parse
from harness.chain.nodes.client import NodeAnswer, NodeClient, NodeReplay
from harness.chain.values.causes import REVERTED
from harness.chain.values.hexadecimal import hexed, unhex
from harness.chain.values.rules import DEFAULT_RULES, L1Rules
from harness.chain.values.transactions import (
    create_address,
)
from harness.errors import HarnessError
from harness.primitives.addresses import checksum_address


def _transaction_scene(*arguments: Any) -> Any:
    from harness.chain.nodes.replay import transaction_scene  # imports py-evm, which only a failure needs

    return transaction_scene(*arguments)


def _call_scene(*arguments: Any) -> Any:
    from harness.chain.nodes.replay import call_scene

    return call_scene(*arguments)


class NodeReader(NodeClient):
    """The reading half of an `RpcBackend`: no method changes the chain.

    ``chain_id`` None accepts the node's; another one than the node's raises WrongNode.
    """

    def __init__(self, url: str, chain_id: int | None = None, rules: L1Rules = DEFAULT_RULES) -> None:
        super().__init__(url, rules)
        self._newest: RawReceipt | None = None
        self._head: tuple[Any, Head] | None = None
        actual = int(self.rpc("eth_chainId"), 16)
        if chain_id is not None and actual != chain_id:
            raise WrongNode(url, actual, chain_id)
        self.chain_id = actual
        version = str(self.rpc("web3_clientVersion")).lower()
        self.verbs = next((prefix for prefix in ("anvil", "hardhat") if prefix in version), None)
        self.name = self.verbs or "rpc"
        self._next_timestamp: int | None = None
        self._holding = False
        self._sent: dict[bytes, bytes] = {}

    # -- reading

    @property
    def _tag(self) -> str:
        return "pending" if self._holding else "latest"

    def head(self) -> Head:
        found = self.rpc("eth_getBlockByNumber", "latest", False)
        if self._head is None or found is not self._head[0]:
            self._head = found, parse.head(found)
            self._keep("eth_getBlockByNumber", (found["number"], False), found)
        return self._head[1]

    def block(self, number: int) -> Head:
        return parse.head(self._block(number))

    def _block(self, number: int) -> Any:
        valid = isinstance(number, int) and number >= 0
        found = self.rpc("eth_getBlockByNumber", hex(number), False) if valid else None
        if found is None:
            raise UnknownBlock(number, self.head().number)
        return found

    def transactions(self, number: int) -> Sequence[bytes]:
        block = self._block(number)
        return [unhex(tx_hash) for tx_hash in block["transactions"]]

    def nonce(self, address: bytes) -> int:
        return int(self.rpc("eth_getTransactionCount", hexed(address), self._tag), 16)

    def balance(self, address: bytes) -> int:
        return int(self.rpc("eth_getBalance", hexed(address), self._tag), 16)

    def code(self, address: bytes) -> bytes:
        return unhex(self.rpc("eth_getCode", hexed(address), self._tag))

    def storage(self, address: bytes, slot: int) -> int:
        return int(self.rpc("eth_getStorageAt", hexed(address), hex(slot), self._tag), 16)

    def _exchange(self, body: Any, is_read: bool) -> Any:
        self._newest = None  # it was the newest when nothing had been asked since
        return super()._exchange(body, is_read)

    def receipt(self, tx_hash: bytes) -> RawReceipt:
        if self._newest is not None and self._newest.tx_hash == tx_hash:
            return self._newest
        found = self.rpc("eth_getTransactionReceipt", hexed(tx_hash))
        if found is None:
            raise UnknownTransaction(hexed(tx_hash))
        return self._receipt(found, self.rpc("eth_getBlockByNumber", found["blockNumber"], False))

    def _receipt(self, found: Any, block: Any) -> RawReceipt:
        """Return a receipt. Where a creation failed, Hardhat's names no address, though the creation had one."""
        receipt = parse.receipt(found, block)
        if receipt.to is not None or receipt.contract_address is not None:
            return receipt
        nonce = int(self.rpc("eth_getTransactionByHash", found["transactionHash"])["nonce"], 16)
        return replace(receipt, contract_address=create_address(unhex(receipt.sender), nonce))

    def now(self) -> int:
        if self._next_timestamp is not None:
            return self._next_timestamp
        return self.head().timestamp + int(self._holding)

    # -- calls

    def call(self, call: CallRequest) -> bytes:
        self._check_value(call)
        try:
            return unhex(self.rpc("eth_call", parse.call_request(call), *self._call_context()))
        except NodeAnswer as answer:
            failure = parse.call_failure(answer.code, answer.message, answer.data)
            if failure is None:
                raise self._refused_call(answer, call) from None
            raise CallFailed(failure[0], failure[1], self._frame_of_call(call)) from None

    def _check_value(self, call: CallRequest) -> None:
        """Raise InsufficientFunds for a value that Hardhat would lend to a call."""
        if self.verbs == "hardhat" and call.value and (balance := self.balance(call.sender)) < call.value:
            raise InsufficientFunds(checksum_address(call.sender), balance, call.value)

    def _refused_call(self, answer: NodeAnswer, call: CallRequest) -> HarnessError:
        """Return why a node did not execute a call, in the words of every chain where they fit."""
        balance = self.balance(call.sender) if call.value else 0
        if balance < call.value:
            return InsufficientFunds(checksum_address(call.sender), balance, call.value)
        needed = call.as_transaction().intrinsic_gas
        if call.gas is not None and call.gas < needed:
            return IntrinsicGasTooLow(call.gas, needed)
        return RpcError("eth_call", answer.message, answer.code, answer.data)

    def _call_context(self) -> list[Any]:
        """Block, state overrides and block overrides of a call: the next block's time if it was set."""
        if self.verbs == "hardhat":
            return ["latest" if self._next_timestamp is None and not self._holding else "pending"]
        if self._holding:
            return ["pending", None, {"time": hex(self.now())}]
        if self._next_timestamp is None:
            return ["latest"]
        return ["latest", None, {"time": hex(self._next_timestamp), "number": hex(self.head().number + 1)}]

    def _frame_of_call(self, call: CallRequest) -> Frame | None:
        try:
            return self._traced(call)
        except NodeAnswer:
            return None

    def trace_call(self, call: CallRequest) -> Frame:
        self._check_value(call)
        try:
            return self._traced(call)
        except NodeAnswer as answer:
            refused = self._refused_call(answer, call)
            if not isinstance(refused, RpcError):
                raise refused from None
            raise UnsupportedOperation("trace a call", self.name, answer.message) from None

    def _traced(self, call: CallRequest) -> Frame:
        request = parse.call_request(call)
        frame = parse.frame(self.rpc("debug_traceCall", request, self._tag, {"tracer": "callTracer"}))
        if self._holding:
            return frame
        head = hexed(self.head().hash)
        return replace(
            frame, replay=NodeReplay(partial(_call_scene, self, self.chain_id, head, self._next_timestamp, call))
        )

    def trace(self, tx_hash: bytes) -> Frame:
        name = hexed(tx_hash)
        replay = NodeReplay(partial(_transaction_scene, self, self.chain_id, self._sent, tx_hash))
        try:
            found = self.rpc("debug_traceTransaction", name, {"tracer": "callTracer"})
            if "type" not in found:  # anvil answers for a transaction that it does not know
                raise UnknownTransaction(name)
            frame = parse.frame(found)
            if frame.kind == "CREATE" and frame.error is not None:
                frame = self._with_address(frame, name)
        except NodeAnswer:
            frame = self._outermost(tx_hash)
            if frame.error is not None:
                frame = parse.with_calls_of(frame, replay(None))
        return replace(frame, replay=replay)

    def _outermost(self, tx_hash: bytes) -> Frame:
        """Return what a node without callTracer knows: the outermost call, its outcome replayed on the block before."""
        receipt = self.receipt(tx_hash)
        sent = self.rpc("eth_getTransactionByHash", hexed(tx_hash))
        output, error = b"", None
        try:
            request = {key: sent[key] for key in ("from", "to", "value", "gas", "input") if sent.get(key) is not None}
            output = unhex(self.rpc("eth_call", request, hex(receipt.block_number - 1)))
        except NodeAnswer as answer:
            output, error = parse.call_failure(answer.code, answer.message, answer.data) or (b"", answer.message)
        target = receipt.to or receipt.contract_address or parse.ZERO_ADDRESS
        return Frame(
            kind="CALL" if receipt.to else "CREATE",
            sender=receipt.sender,
            address=target,
            code_address=target,
            value=int(sent["value"], 16),
            gas=int(sent["gas"], 16),
            gas_used=receipt.gas_used,
            input=unhex(sent["input"]),
            output=output,
            error=None if receipt.succeeded else error or REVERTED,
            children=(),
        )

    def _with_address(self, frame: Frame, tx_hash: str) -> Frame:
        """Name the contract that a failed creation would have made; the tracer does not."""
        nonce = int(self.rpc("eth_getTransactionByHash", tx_hash)["nonce"], 16)
        address = create_address(unhex(frame.sender), nonce)
        return replace(frame, address=address, code_address=address)
