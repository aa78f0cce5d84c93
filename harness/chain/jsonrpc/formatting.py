"""Blocks, transactions and receipts as JSON-RPC shows them."""

from __future__ import annotations

from typing import Any

from harness.chain.backend import Frame, Log, RawReceipt
from harness.chain.jsonrpc.local import AccountProof, LocalBlock
from harness.chain.values.hexadecimal import hexed, unhex
from harness.chain.values.transactions import Sent
from harness.primitives.addresses import checksum_address

Json = dict[str, Any]
data = hexed


def quantity(value: int) -> str:
    return hex(value)


def number(value: str | int) -> int:
    return value if isinstance(value, int) else int(value, 16)


def address(value: str | bytes) -> bytes:
    """Return an address's text; raises ValueError unless it has 20 bytes."""
    raw = unhex(value)
    if len(raw) != 20:
        raise ValueError(f"address has {len(raw)} bytes, expected 20")
    return raw


def slot(value: str | int) -> int:
    """Return a storage slot's number; raises ValueError unless it has at most 256 bits."""
    found = number(value)
    if not 0 <= found < 2**256:
        raise ValueError(f"storage slot is {found:#x}, expected at most 256 bits")
    return found


def block(found: LocalBlock, full: bool) -> Json:
    header = found.shown_header
    transactions: list[Any] = [
        transaction(found, index) if full else data(sent.hash) for index, sent in enumerate(found.transactions)
    ]
    size = len(header.encode()) + sum(len(sent.raw) for sent in found.transactions)
    shown: Json = {
        "number": quantity(found.number),
        "hash": data(found.hash),
        "parentHash": data(header.parent_hash),
        "nonce": data(header.nonce),
        "sha3Uncles": data(header.uncles_hash),
        "logsBloom": data(header.bloom.to_bytes(256, "big")),
        "transactionsRoot": data(header.transaction_root),
        "stateRoot": data(header.state_root),
        "receiptsRoot": data(header.receipt_root),
        "miner": checksum_address(header.coinbase),
        "difficulty": quantity(header.difficulty),
        "totalDifficulty": quantity(0),
        "extraData": data(header.extra_data),
        "mixHash": data(header.mix_hash),
        "size": quantity(size),
        "gasLimit": quantity(header.gas_limit),
        "gasUsed": quantity(header.gas_used),
        "timestamp": quantity(header.timestamp),
        "baseFeePerGas": quantity(header.base_fee),
        "withdrawalsRoot": data(header.withdrawals_root),
        "withdrawals": [],
        "blobGasUsed": quantity(header.blob_gas_used),
        "excessBlobGas": quantity(header.excess_blob_gas),
        "parentBeaconBlockRoot": data(header.parent_beacon_block_root),
        "transactions": transactions,
        "uncles": [],
    }
    if header.requests_hash is not None:
        shown["requestsHash"] = data(header.requests_hash)
    return shown


def transaction(found: LocalBlock, index: int) -> Json:
    sent = found.transactions[index]
    tx = sent.tx
    shown: Json = {
        "hash": data(sent.hash),
        "type": quantity(tx.type_id),
        "nonce": quantity(tx.nonce),
        "blockHash": data(found.hash),
        "blockNumber": quantity(found.number),
        "transactionIndex": quantity(index),
        "from": checksum_address(sent.sender),
        "to": None if tx.to is None else checksum_address(tx.to),
        "value": quantity(tx.value),
        "gas": quantity(tx.gas),
        "gasPrice": quantity(found.receipts[index].gas_price),
        "input": data(tx.data),
        "v": quantity(_v(sent)),
        "r": data(tx.r.to_bytes(32, "big")),
        "s": data(tx.s.to_bytes(32, "big")),
    }
    if sent.extra is not None:
        return {**shown, **sent.extra}
    if tx.chain_id is not None:
        shown["chainId"] = quantity(tx.chain_id)
    if tx.type_id >= 1:
        shown["yParity"] = quantity(tx.y_parity)
        shown["accessList"] = [
            {"address": checksum_address(address), "storageKeys": [data(slot.to_bytes(32, "big")) for slot in slots]}
            for address, slots in tx.access_list
        ]
    if tx.type_id >= 2:
        shown["maxFeePerGas"] = quantity(tx.max_fee)
        shown["maxPriorityFeePerGas"] = quantity(tx.priority_fee)
    if tx.type_id == 3:
        shown["maxFeePerBlobGas"] = quantity(tx.max_blob_fee)
        shown["blobVersionedHashes"] = [data(item) for item in tx.blob_hashes]
    if tx.type_id == 4:
        shown["authorizationList"] = [_authorization(item) for item in tx.authorizations]
    return shown


def _v(sent: Sent) -> int:
    if sent.tx.type_id:
        return sent.tx.y_parity
    return sent.tx.y_parity + (27 if sent.tx.chain_id is None else 35 + 2 * sent.tx.chain_id)


def _authorization(item: tuple[int, bytes, int, int, int, int]) -> Json:
    chain_id, address, nonce, y_parity, r, s = item
    return {
        "chainId": quantity(chain_id),
        "address": checksum_address(address),
        "nonce": quantity(nonce),
        "yParity": quantity(y_parity),
        "r": data(r.to_bytes(32, "big")),
        "s": data(s.to_bytes(32, "big")),
    }


def log(entry: Log, receipt: RawReceipt) -> Json:
    return {
        "address": entry.address,
        "topics": [data(topic) for topic in entry.topics],
        "data": data(entry.data),
        "blockNumber": quantity(receipt.block_number),
        "blockHash": data(receipt.block_hash),
        "blockTimestamp": quantity(receipt.timestamp),
        "transactionHash": data(receipt.tx_hash),
        "transactionIndex": quantity(receipt.index),
        "logIndex": quantity(entry.index),
        "removed": False,
    }


def receipt(found: LocalBlock, index: int) -> Json:
    raw = found.receipts[index]
    sent = found.transactions[index]
    bloom = int(found.blooms[index]).to_bytes(256, "big")
    shown: Json = {
        "transactionHash": data(raw.tx_hash),
        "transactionIndex": quantity(index),
        "blockHash": data(raw.block_hash),
        "blockNumber": quantity(raw.block_number),
        "from": raw.sender,
        "to": raw.to,
        "contractAddress": raw.contract_address,
        "cumulativeGasUsed": quantity(sum(item.gas_used for item in found.receipts[: index + 1])),
        "gasUsed": quantity(raw.gas_used),
        "effectiveGasPrice": quantity(raw.gas_price),
        "status": quantity(int(raw.succeeded)),
        "type": quantity(sent.tx.type_id),
        "logs": [log(entry, raw) for entry in raw.logs],
        "logsBloom": data(bloom),
    }
    if sent.tx.type_id == 3:
        shown["blobGasUsed"] = quantity(2**17 * len(sent.tx.blob_hashes))
    return shown if raw.extra is None else {**shown, **raw.extra}


def proof(found: AccountProof) -> Json:
    """Return an account's proof as eth_getProof shows it."""
    return {
        "address": checksum_address(found.address),
        "accountProof": [data(node) for node in found.nodes],
        "balance": quantity(found.balance),
        "nonce": quantity(found.nonce),
        "codeHash": data(found.code_hash),
        "storageHash": data(found.storage_root),
        "storageProof": [
            {"key": quantity(item.slot), "value": quantity(item.value), "proof": [data(node) for node in item.nodes]}
            for item in found.slots
        ],
    }


def frame(found: Frame) -> Json:
    """Return a call as geth's callTracer shows it."""
    shown: Json = {
        "type": found.kind,
        "from": found.sender,
        "to": found.code_address,
        "gas": quantity(found.gas),
        "gasUsed": quantity(found.gas_used),
        "input": data(found.input),
        "output": data(found.output),
    }
    if found.kind not in ("STATICCALL", "DELEGATECALL"):
        shown["value"] = quantity(found.value)
    if found.error is not None:
        shown["error"] = found.error
    if found.children:
        shown["calls"] = [frame(child) for child in found.children]
    return shown
