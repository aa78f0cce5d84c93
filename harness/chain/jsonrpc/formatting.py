"""Blocks, transactions and receipts as JSON-RPC shows them."""

from __future__ import annotations

from typing import Any

from harness.chain.backend import Log, RawReceipt
from harness.chain.jsonrpc.local import AccountProof, BlockHeader, LocalBlock
from harness.chain.values.hexadecimal import hexed
from harness.chain.values.transactions import AccessList, Sent
from harness.primitives.addresses import checksum_address

Json = dict[str, Any]
data = hexed


def quantity(value: int) -> str:
    return hex(value)


def block(found: LocalBlock, full: bool) -> Json:
    transactions: list[Any] = [
        transaction(found, index) if full else data(sent.hash) for index, sent in enumerate(found.transactions)
    ]
    size = len(found.shown_header.encode()) + sum(len(sent.raw) for sent in found.transactions)
    return {**header(found), **_body(size, transactions)}


def pending_block(following: BlockHeader) -> Json:
    """Return the block that would be mined next, as geth shows it: without hash, nonce and fee recipient."""
    return {**pending_header(following), **_body(len(following.encode()), [])}


def pending_header(following: BlockHeader) -> Json:
    return {**_header(following), "hash": None, "nonce": None, "miner": None}


def _body(size: int, transactions: list[Any]) -> Json:
    return {"size": quantity(size), "transactions": transactions, "uncles": [], "withdrawals": []}


def header(found: LocalBlock) -> Json:
    """Return a block without its transactions."""
    return {**_header(found.shown_header), "hash": data(found.hash)}


def _header(header: BlockHeader) -> Json:
    shown: Json = {
        "number": quantity(header.number),
        "parentHash": data(header.parent_hash),
        "nonce": data(header.nonce),
        "sha3Uncles": data(header.uncles_hash),
        "logsBloom": data(header.bloom.to_bytes(256, "big")),
        "transactionsRoot": data(header.transaction_root),
        "stateRoot": data(header.state_root),
        "receiptsRoot": data(header.receipt_root),
        "miner": checksum_address(header.coinbase),
        "difficulty": quantity(header.difficulty),
        "extraData": data(header.extra_data),
        "mixHash": data(header.mix_hash),
        "gasLimit": quantity(header.gas_limit),
        "gasUsed": quantity(header.gas_used),
        "timestamp": quantity(header.timestamp),
        "baseFeePerGas": quantity(header.base_fee),
        "withdrawalsRoot": data(header.withdrawals_root),
        "blobGasUsed": quantity(header.blob_gas_used),
        "excessBlobGas": quantity(header.excess_blob_gas),
        "parentBeaconBlockRoot": data(header.parent_beacon_block_root),
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
        "blockTimestamp": quantity(found.shown_header.timestamp),
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
        shown["accessList"] = access_list(tx.access_list)
    if tx.type_id >= 2:
        shown["maxFeePerGas"] = quantity(tx.max_fee)
        shown["maxPriorityFeePerGas"] = quantity(tx.priority_fee)
    if tx.type_id == 3:
        shown["maxFeePerBlobGas"] = quantity(tx.max_blob_fee)
        shown["blobVersionedHashes"] = [data(item) for item in tx.blob_hashes]
    if tx.type_id == 4:
        shown["authorizationList"] = [_authorization(item) for item in tx.authorizations]
    return shown


def access_list(found: AccessList) -> list[Json]:
    return [
        {"address": checksum_address(address), "storageKeys": [data(slot.to_bytes(32, "big")) for slot in slots]}
        for address, slots in found
    ]


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
            {
                "key": data(item.slot.to_bytes(32, "big")),
                "value": quantity(item.value),
                "proof": [data(node) for node in item.nodes],
            }
            for item in found.slots
        ],
    }
