"""The JSON-RPC methods that look into the pool, in front of those of the chain behind it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from harness.chain.errors import RpcError
from harness.chain.jsonrpc import formatting as fmt
from harness.chain.jsonrpc.methods import LocalRpc
from harness.chain.jsonrpc.parameters import LATEST, Address, Block, Flag, Hash, Seconds
from harness.chain.values.hexadecimal import hexed
from harness.chain.values.transactions import Sent
from harness.primitives.addresses import checksum_address
from harness.serve.pool import Pool

Contents = dict[str, dict[str, dict[str, Any]]]


class PoolMethods:
    """``rpc`` is the table of the chain that has the pool before it."""

    def __init__(self, pool: Pool, rpc: LocalRpc) -> None:
        self._pool = pool
        self._rpc = rpc

    def table(self) -> Mapping[str, Any]:
        """Return the function of each method."""
        named = {name: getattr(self, name) for name in dir(type(self)) if name.startswith(("eth_", "txpool_", "evm_"))}
        for node in ("anvil", "hardhat"):
            named[f"{node}_getAutomine"] = self._automines
            named[f"{node}_dropTransaction"] = self._drop
        named["anvil_setAutomine"] = self.evm_setAutomine
        named["anvil_setIntervalMining"] = self.evm_setIntervalMining
        named["anvil_dropAllTransactions"] = self._pool.clear
        return named

    # -- what waits is a transaction, too

    def eth_getTransactionCount(self, address: Address, block: Block = LATEST) -> str:
        if block.tag == "pending":
            return fmt.quantity(self._pool.nonce(address))
        found: str = self._rpc.find("eth_getTransactionCount")(address, block)
        return found

    def eth_getTransactionByHash(self, tx_hash: Hash) -> fmt.Json | None:
        waiting = self._pool.find(tx_hash)
        found: fmt.Json | None = self._rpc.find("eth_getTransactionByHash")(tx_hash)
        return shown(waiting) if found is None and waiting is not None else found

    def eth_getRawTransactionByHash(self, tx_hash: Hash) -> str | None:
        waiting = self._pool.find(tx_hash)
        found: str | None = self._rpc.find("eth_getRawTransactionByHash")(tx_hash)
        return hexed(waiting.raw) if found is None and waiting is not None else found

    def eth_pendingTransactions(self) -> list[fmt.Json]:
        return [shown(each) for each in self._pool.contents()[0]]

    # -- the pool itself

    def txpool_status(self) -> fmt.Json:
        pending, queued = self._pool.contents()
        return {"pending": fmt.quantity(len(pending)), "queued": fmt.quantity(len(queued))}

    def txpool_content(self) -> Mapping[str, Contents]:
        pending, queued = self._pool.contents()
        return {"pending": _by_sender(pending, shown), "queued": _by_sender(queued, shown)}

    def txpool_contentFrom(self, address: Address) -> Mapping[str, Any]:
        found, who = self.txpool_content(), checksum_address(address)
        return {name: each.get(who, {}) for name, each in found.items()}

    def txpool_inspect(self) -> Mapping[str, Any]:
        pending, queued = self._pool.contents()
        return {"pending": _by_sender(pending, _in_a_line), "queued": _by_sender(queued, _in_a_line)}

    # -- mining

    def evm_setAutomine(self, on: Flag) -> bool:
        self._pool.automine = on
        self._pool.settle()
        return True

    def evm_setIntervalMining(self, seconds: Seconds) -> bool:
        if seconds == 0:
            return True  # no interval is what there is
        reason = "only L1 of `harness serve`, where its time passes by itself, mines at an interval: call evm_mine"
        raise RpcError("evm_setIntervalMining", reason, -32004)

    def _automines(self) -> bool:
        return self._pool.automine

    def _drop(self, tx_hash: Hash) -> str | None:
        return hexed(tx_hash) if self._pool.drop(tx_hash) else None


def shown(sent: Sent) -> fmt.Json:
    """Return a transaction that waits, as JSON-RPC shows it: it has no block."""
    nowhere: Any = SimpleNamespace(
        transactions=(sent,), hash=bytes(32), number=0, shown_header=SimpleNamespace(timestamp=0),
        receipts=(SimpleNamespace(gas_price=sent.tx.max_fee),),
    )  # fmt: skip
    of_block = ("blockHash", "blockNumber", "blockTimestamp", "transactionIndex")
    return {**fmt.transaction(nowhere, 0), **dict.fromkeys(of_block)}


def _in_a_line(sent: Sent) -> str:
    tx = sent.tx
    to = "contract creation" if tx.to is None else checksum_address(tx.to)
    return f"{to}: {tx.value} wei + {tx.gas} gas at {tx.max_fee} wei"


def _by_sender(listed: list[Sent], show: Any) -> Contents:
    found: Contents = defaultdict(dict)
    for sent in listed:
        found[checksum_address(sent.sender)][str(sent.tx.nonce)] = show(sent)
    return dict(found)
