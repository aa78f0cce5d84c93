"""Executes in this process what a node executed: the same transaction, on the state that the node gives.

No node gives the steps of every call, and none runs other code in place of a contract's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.chain.backend import CallRequest
from harness.chain.nodes.client import NodeClient
from harness.chain.pyevm.evm import surroundings
from harness.chain.pyevm.replay import Scene
from harness.chain.values.hexadecimal import hexed, unhex
from harness.chain.values.settings import BLOCK_GAS_LIMIT
from harness.chain.values.transactions import Sent, Transaction, decode, impersonate

Known = Mapping[bytes, bytes]
"""Bytes of transactions by hash, with the impersonated ones, which a node cannot give."""


class _NodeWorld:
    """The state after one block of a node, of which each part is requested once. Raises if the node is gone or forgot
    the state."""

    def __init__(self, node: NodeClient, block_hash: str) -> None:
        self._node = node
        self._block = {"blockHash": block_hash}
        self._known: dict[tuple[str, ...], str] = {}

    def _ask(self, method: str, *params: str) -> str:
        key = (method, *params)
        if key not in self._known:
            self._known[key] = self._node.rpc(method, *params, self._block)
        return self._known[key]

    def nonce(self, address: bytes) -> int:
        return int(self._ask("eth_getTransactionCount", hexed(address)), 16)

    def balance(self, address: bytes) -> int:
        return int(self._ask("eth_getBalance", hexed(address)), 16)

    def code(self, address: bytes) -> bytes:
        return unhex(self._ask("eth_getCode", hexed(address)))

    def storage(self, address: bytes, slot: int) -> int:
        return int(self._ask("eth_getStorageAt", hexed(address), hexed(slot.to_bytes(32, "big"))), 16)

    def has_storage(self, address: bytes) -> bool:
        """Return False, as the nodes that can edit storage create over it; elsewhere no account has storage alone."""
        return False


def transaction_scene(node: NodeClient, chain_id: int, known: Known, tx_hash: bytes) -> Scene:
    """Return a mined transaction, after those before it in its block."""
    mined = node.rpc("eth_getTransactionByHash", hexed(tx_hash))
    block = node.rpc("eth_getBlockByHash", mined["blockHash"], False)
    hashes = [unhex(found) for found in block["transactions"]]
    *before, sent = [_sent(node, known, chain_id, found) for found in hashes[: hashes.index(tx_hash) + 1]]
    context = _context(node, block, chain_id, int(block["number"], 16), int(block["timestamp"], 16))
    return Scene(node.rules, _NodeWorld(node, block["parentHash"]), context, sent, tuple(before))


def call_scene(node: NodeClient, chain_id: int, block_hash: str, now: int | None, call: CallRequest) -> Scene:
    """Return a call after a block, at ``now`` if that is not the block's time."""
    block = node.rpc("eth_getBlockByHash", block_hash, False)
    world = _NodeWorld(node, block_hash)
    number, time = int(block["number"], 16), int(block["timestamp"], 16)
    context = _context(node, block, chain_id, *((number, time) if now is None else (number + 1, now)))
    tx = call.as_transaction(chain_id, world.nonce(call.sender), call.gas or BLOCK_GAS_LIMIT)
    return Scene(node.rules, world, context, impersonate(tx, call.sender))


def _context(node: NodeClient, block: Mapping[str, Any], chain_id: int, number: int, timestamp: int) -> Any:
    def ancestors() -> Iterator[bytes]:
        parent = block["parentHash"]
        while int(parent, 16):
            yield unhex(parent)
            parent = node.rpc("eth_getBlockByHash", parent, False)["parentHash"]

    return surroundings(
        number=number,
        timestamp=timestamp,
        coinbase=unhex(block["miner"]),
        gas_limit=int(block["gasLimit"], 16),
        prev_randao=unhex(block.get("mixHash") or "0x" + "00" * 32),
        base_fee=int(block.get("baseFeePerGas") or "0x0", 16),
        excess_blob_gas=int(block.get("excessBlobGas") or "0x0", 16),
        chain_id=chain_id,
        hashes=ancestors(),
    )


def _sent(node: NodeClient, known: Known, chain_id: int, tx_hash: bytes) -> Sent:
    """Return a mined transaction; one that somebody else sent is read field by field and needs no signature."""
    if tx_hash in known:
        return decode(known[tx_hash], impersonated=True)
    found = node.rpc("eth_getTransactionByHash", hexed(tx_hash))
    price, to = int(found["gasPrice"], 16), found.get("to")
    tx = Transaction(
        2, chain_id, int(found["nonce"], 16), price, price, int(found["gas"], 16),
        None if to is None else unhex(to), int(found["value"], 16), unhex(found["input"]),
    )  # fmt: skip
    return impersonate(tx, unhex(found["from"]))
