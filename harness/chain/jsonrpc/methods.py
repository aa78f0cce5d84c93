"""The JSON-RPC methods of a chain in this process, L1 or L2, for web3 and for servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.chain.backend import CallFailed, World
from harness.chain.errors import RpcError, UnknownTransaction
from harness.chain.jsonrpc import formatting as fmt
from harness.chain.jsonrpc.call_object import estimate_gas, parse_call
from harness.chain.jsonrpc.filters import Filters, matching_logs
from harness.chain.jsonrpc.local import Execution, LocalBlock, LocalNode
from harness.chain.values.accounts import well_known_accounts
from harness.chain.values.blobs import decode_with_sidecar
from harness.chain.values.causes import REVERTED
from harness.chain.values.codec import ERROR_STRING, decode_fields
from harness.chain.values.hexadecimal import unhex
from harness.chain.values.transactions import Transaction, check_number, check_numbers, sign
from harness.errors import HarnessError
from harness.primitives.addresses import checksum_address

if TYPE_CHECKING:
    from web3.types import RPCError, RPCResponse

Params = Sequence[Any]
_PRIORITY_FEE = 10**9


class LocalRpc:
    """Answers requests about one backend, by a table of methods."""

    def __init__(self, backend: LocalNode) -> None:
        self._backend = backend
        self._filters = Filters(backend.blocks.copy)
        self._snapshots: list[object] = []
        self._impersonated: set[bytes] = set()
        self._methods = self._table()

    def _table(self) -> dict[str, Callable[..., Any]]:
        """Return the function of each method, by the method's name."""
        named: tuple[Callable[..., Any], ...] = (
            self.eth_chainId, self.net_version, self.net_listening, self.web3_clientVersion, self.eth_syncing,
            self.eth_accounts, self.eth_blockNumber, self.eth_gasPrice, self.eth_maxPriorityFeePerGas,
            self.eth_blobBaseFee, self.eth_feeHistory,
            self.eth_getBalance, self.eth_getTransactionCount, self.eth_getCode, self.eth_getStorageAt,
            self.eth_getProof,
            self.eth_getBlockByNumber, self.eth_getBlockByHash, self.eth_getBlockTransactionCountByNumber,
            self.eth_getBlockTransactionCountByHash, self.eth_getTransactionByHash, self.eth_getRawTransactionByHash,
            self.eth_getTransactionByBlockNumberAndIndex, self.eth_getTransactionReceipt, self.eth_getBlockReceipts,
            self.eth_getLogs,
            self.eth_newFilter, self.eth_newBlockFilter, self.eth_newPendingTransactionFilter,
            self.eth_getFilterChanges, self.eth_getFilterLogs, self.eth_uninstallFilter,
            self.eth_call, self.eth_estimateGas, self.eth_sendRawTransaction, self.eth_sendTransaction,
            self.debug_traceTransaction,
            self.evm_mine, self.evm_setNextBlockTimestamp, self.evm_increaseTime, self.evm_snapshot, self.evm_revert,
        )  # fmt: skip
        edits: dict[str, Callable[..., Any]] = {
            "impersonateAccount": self._impersonate,
            "stopImpersonatingAccount": self._stop_impersonating,
            "setBalance": self._set_balance,
            "setNonce": self._set_nonce,
            "setCode": self._set_code,
            "setStorageAt": self._set_storage,
        }
        verbs = {f"{node}_{name}": edit for node in ("anvil", "hardhat") for name, edit in edits.items()}
        return {method.__name__: method for method in named} | verbs

    def handle(self, method: str, params: Params) -> RPCResponse:
        """Return a whole JSON-RPC answer; refusals and reverts are its ``error``."""
        self._backend.follow()
        try:
            return {"jsonrpc": "2.0", "id": 1, "result": self.find(method)(*params)}
        except CallFailed as failure:
            error = _revert(failure)
        except RpcError as refusal:
            error = {"code": refusal.code or -32000, "message": refusal.reason}
        except HarnessError as refusal:
            error = {"code": -32000, "message": str(refusal)}
        except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError) as mistake:
            error = {"code": -32602, "message": f"invalid parameters of {method}: {mistake!r}"}
        return {"jsonrpc": "2.0", "id": 1, "error": error}

    def find(self, method: str) -> Callable[..., Any]:
        """Return the function of a method; raises RpcError if there is none."""
        known = self._methods.get(method)
        if known is None:
            raise RpcError(method, f"the method {method} does not exist or is not available", -32601)
        return known

    # -- the chain

    def eth_chainId(self) -> str:
        return fmt.quantity(self._backend.chain_id)

    def net_version(self) -> str:
        return str(self._backend.chain_id)

    def net_listening(self) -> bool:
        return True

    def web3_clientVersion(self) -> str:
        return f"rollup-harness/{self._backend.name}"

    def eth_syncing(self) -> bool:
        return False

    def eth_accounts(self) -> list[str]:
        return [account.address for account in well_known_accounts()]

    def eth_blockNumber(self) -> str:
        return fmt.quantity(len(self._backend.blocks) - 1)

    def eth_gasPrice(self) -> str:
        return fmt.quantity(self._backend.next_base_fee() + _PRIORITY_FEE)

    def eth_maxPriorityFeePerGas(self) -> str:
        return fmt.quantity(_PRIORITY_FEE)

    def eth_blobBaseFee(self) -> str:
        return fmt.quantity(self._backend.blob_base_fee())

    def eth_feeHistory(self, count: Any, newest: Any, percentiles: Sequence[float] | None = None) -> fmt.Json:
        last = self._number(newest)
        first = max(0, last - fmt.number(count) + 1)
        headers = [self._backend.blocks[number].shown_header for number in range(first, last + 1)]
        following = self._backend.blocks[last + 1].shown_header if last + 1 < len(self._backend.blocks) else None
        after = self._backend.next_base_fee() if following is None else following.base_fee
        shown: fmt.Json = {
            "oldestBlock": fmt.quantity(first),
            "baseFeePerGas": [fmt.quantity(header.base_fee) for header in headers] + [fmt.quantity(after)],
            "gasUsedRatio": [header.gas_used / header.gas_limit for header in headers],
        }
        if percentiles:
            shown["reward"] = [[fmt.quantity(_PRIORITY_FEE)] * len(percentiles) for _ in headers]
        return shown

    # -- accounts

    def eth_getBalance(self, address: str, block: Any = "latest") -> str:
        return fmt.quantity(self._world(block).balance(fmt.address(address)))

    def eth_getTransactionCount(self, address: str, block: Any = "latest") -> str:
        return fmt.quantity(self._world(block).nonce(fmt.address(address)))

    def eth_getCode(self, address: str, block: Any = "latest") -> str:
        return fmt.data(self._world(block).code(fmt.address(address)))

    def eth_getStorageAt(self, address: str, slot: Any, block: Any = "latest") -> str:
        value = self._world(block).storage(fmt.address(address), fmt.slot(slot))
        return fmt.data(value.to_bytes(32, "big"))

    def eth_getProof(self, address: str, slots: Sequence[Any], block: Any = "latest") -> fmt.Json:
        wanted = [fmt.slot(slot) for slot in slots]
        return fmt.proof(self._backend.proof(self._number(block), fmt.address(address), wanted))

    # -- blocks and transactions

    def eth_getBlockByNumber(self, block: Any, full: bool = False) -> fmt.Json | None:
        try:
            return fmt.block(self._block(block), full)
        except RpcError:
            return None

    def eth_getBlockByHash(self, block_hash: str, full: bool = False) -> fmt.Json | None:
        found = self._backend.number_of(unhex(block_hash))
        return None if found is None else fmt.block(self._backend.blocks[found], full)

    def eth_getBlockTransactionCountByNumber(self, block: Any) -> str:
        return fmt.quantity(len(self._block(block).transactions))

    def eth_getBlockTransactionCountByHash(self, block_hash: str) -> str | None:
        found = self._backend.number_of(unhex(block_hash))
        return None if found is None else fmt.quantity(len(self._backend.blocks[found].transactions))

    def eth_getTransactionByHash(self, tx_hash: str) -> fmt.Json | None:
        place = self._place(tx_hash)
        return None if place is None else fmt.transaction(*place)

    def eth_getRawTransactionByHash(self, tx_hash: str) -> str | None:
        place = self._place(tx_hash)
        return None if place is None else fmt.data(place[0].transactions[place[1]].raw)

    def eth_getTransactionByBlockNumberAndIndex(self, block: Any, index: Any) -> fmt.Json | None:
        found = self._block(block)
        position = fmt.number(index)
        return fmt.transaction(found, position) if position < len(found.transactions) else None

    def eth_getTransactionReceipt(self, tx_hash: str) -> fmt.Json | None:
        place = self._place(tx_hash)
        return None if place is None else fmt.receipt(*place)

    def eth_getBlockReceipts(self, block: Any) -> list[fmt.Json]:
        found = self._block(block)
        return [fmt.receipt(found, index) for index in range(len(found.receipts))]

    def eth_getLogs(self, wanted: Mapping[str, Any]) -> list[fmt.Json]:
        if wanted.get("blockHash") is not None:
            number = self._backend.number_of(unhex(wanted["blockHash"]))
            if number is None:
                raise RpcError("eth_getLogs", f"unknown block {wanted['blockHash']}")
            return list(self._logs(wanted, number, number))
        first = self._number(wanted.get("fromBlock", "latest"))
        last = self._number(wanted.get("toBlock", "latest"))
        return list(self._logs(wanted, first, last))

    def _logs(self, wanted: Mapping[str, Any], first: int, last: int) -> Iterator[fmt.Json]:
        return matching_logs(self._backend.blocks.mined(first, last), wanted)

    # -- filters

    def eth_newFilter(self, wanted: Mapping[str, Any]) -> str:
        return fmt.quantity(self._filters.add("logs", wanted))

    def eth_newBlockFilter(self) -> str:
        return fmt.quantity(self._filters.add("blocks", {}))

    def eth_newPendingTransactionFilter(self) -> str:
        return fmt.quantity(self._filters.add("transactions", {}))

    def eth_getFilterChanges(self, identity: str) -> list[Any]:
        return self._filters.changes(fmt.number(identity))

    def eth_getFilterLogs(self, identity: str) -> list[fmt.Json]:
        return self.eth_getLogs(self._filters.wanted(fmt.number(identity)))

    def eth_uninstallFilter(self, identity: str) -> bool:
        return self._filters.remove(fmt.number(identity))

    # -- execution

    def eth_call(self, request: Mapping[str, Any], block: Any = "latest", overrides: Any = None) -> str:
        if overrides:
            raise RpcError("eth_call", "state overrides are not available", -32602)
        return fmt.data(self._backend.call_at(self._historical(block), parse_call(request)))

    def eth_estimateGas(self, request: Mapping[str, Any], block: Any = "latest") -> str:
        call, number = parse_call(request), self._historical(block)
        balance = self._backend.world(number).balance(call.sender)

        def run(limit: int) -> Execution:
            return self._backend.execution(number, replace(call, gas=limit))

        return fmt.quantity(estimate_gas(call, run, balance, self._backend.estimate_cap))

    def eth_sendRawTransaction(self, raw: str) -> str:
        sent = decode_with_sidecar(unhex(raw))
        self._backend.submit(sent)
        return fmt.data(sent.hash)

    def eth_sendTransaction(self, request: Mapping[str, Any]) -> str:
        wanted = parse_call(request)
        sender = wanted.sender
        account = well_known_accounts().get(checksum_address(sender))
        base_fee = self._backend.next_base_fee()
        price = request.get("gasPrice")
        tip = fmt.number(price or request.get("maxPriorityFeePerGas", _PRIORITY_FEE))
        top = fmt.number(price or request.get("maxFeePerGas", 2 * base_fee + tip))
        nonce = request.get("nonce")
        tx = Transaction(
            4 if wanted.authorizations else 2,
            fmt.number(request.get("chainId", self._backend.chain_id)),
            self._backend.nonce(sender) if nonce is None else fmt.number(nonce),
            min(tip, top),
            top,
            wanted.gas or fmt.number(self.eth_estimateGas(request)),
            wanted.to,
            wanted.value,
            wanted.data,
            wanted.access_list,
            authorizations=wanted.authorizations,
        )
        check_numbers(tx)
        if account is not None and account.key is not None:
            sent = sign(tx, account.key, sender)
            self._backend.submit(sent)
            return fmt.data(sent.hash)
        if sender not in self._impersonated:
            raise RpcError("eth_sendTransaction", f"no key for {checksum_address(sender)}; impersonate it first")
        return fmt.data(self._backend.submit_as(tx, sender))

    def debug_traceTransaction(self, tx_hash: str, options: Mapping[str, Any] | None = None) -> fmt.Json:
        tracer = (options or {}).get("tracer")
        if tracer != "callTracer":
            raise RpcError("debug_traceTransaction", f"tracer is {tracer!r}, only 'callTracer' is available", -32602)
        return fmt.frame(self._backend.trace(unhex(tx_hash)))

    # -- the verbs of development nodes; anvil and Hardhat use the same names with different prefixes

    def evm_mine(self, timestamp: Any = None) -> str:
        if timestamp is not None:
            self.evm_setNextBlockTimestamp(timestamp)
        self._backend.mine()
        return "0x0"

    def evm_setNextBlockTimestamp(self, timestamp: Any) -> None:
        target = fmt.number(timestamp)
        check_number("time", target, 64)
        self._backend.set_next_timestamp(target)

    def evm_increaseTime(self, seconds: Any) -> str:
        target = self._backend.now() + fmt.number(seconds)
        check_number("time", target, 64)
        self._backend.set_next_timestamp(target)
        return fmt.quantity(target)

    def evm_snapshot(self) -> str:
        self._snapshots.append(self._backend.snapshot())
        return fmt.quantity(len(self._snapshots))

    def evm_revert(self, identity: Any) -> bool:
        position = fmt.number(identity) - 1
        if not 0 <= position < len(self._snapshots):
            return False
        self._backend.restore(self._snapshots[position])
        del self._snapshots[position:]
        return True

    def _impersonate(self, address: str) -> None:
        self._impersonated.add(fmt.address(address))

    def _stop_impersonating(self, address: str) -> None:
        self._impersonated.discard(fmt.address(address))

    def _set_balance(self, address: str, balance: Any) -> None:
        wei = fmt.number(balance)
        check_number("balance", wei, 256)
        self._backend.set_balance(fmt.address(address), wei)

    def _set_nonce(self, address: str, nonce: Any) -> None:
        count = fmt.number(nonce)
        check_number("nonce", count, 64)
        self._backend.set_nonce(fmt.address(address), count)

    def _set_code(self, address: str, code: str) -> None:
        self._backend.set_code(fmt.address(address), unhex(code))

    def _set_storage(self, address: str, slot: Any, value: str) -> bool:
        self._backend.set_storage(fmt.address(address), fmt.slot(slot), fmt.slot(value))
        return True

    # -- block names

    def _number(self, block: Any) -> int:
        """Return the block number of a name, number or EIP-1898 object."""
        head = len(self._backend.blocks) - 1
        if isinstance(block, Mapping):
            if "blockNumber" in block:
                return self._number(block["blockNumber"])
            found = self._backend.number_of(unhex(block["blockHash"]))
            if found is None:
                raise RpcError("block", f"unknown block {block['blockHash']}", -32001)
            return found
        match block:
            case None | "latest" | "pending":
                return head
            case "safe":
                return self._backend.heads()[0]
            case "finalized":
                return self._backend.heads()[1]
            case "earliest":
                return 0
        number = fmt.number(block)
        if not 0 <= number <= head:
            raise RpcError("block", f"unknown block {number}, the head is {head}", -32001)
        return number

    def _historical(self, block: Any) -> int | None:
        """Return the block number of a past state; None for the newest."""
        number = self._number(block)
        return number if number < len(self._backend.blocks) - 1 else None

    def _block(self, block: Any) -> LocalBlock:
        return self._backend.blocks[self._number(block)]

    def _world(self, block: Any) -> World:
        return self._backend.world(self._historical(block))

    def _place(self, tx_hash: str) -> tuple[LocalBlock, int] | None:
        try:
            number, index = self._backend.locate(unhex(tx_hash))
        except UnknownTransaction:
            return None
        return self._backend.blocks[number], index


def _revert(failure: CallFailed) -> RPCError:
    message = "execution reverted"
    if failure.data[:4] == ERROR_STRING:
        found = decode_fields([{"type": "string", "name": "reason"}], failure.data[4:])
        message += f": {found['reason']}" if found else ""
    elif not failure.data and failure.cause not in ("", REVERTED):
        message += f": {failure.cause}"
    return {"code": 3, "message": message, "data": fmt.data(failure.data)}
