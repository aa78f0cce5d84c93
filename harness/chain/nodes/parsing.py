"""A node's JSON-RPC answers as the harness's values, and requests for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from eth_typing import Hash32

from harness.chain.backend import CallRequest, Frame, Head, Log, RawReceipt
from harness.chain.values.causes import common_cause
from harness.chain.values.hexadecimal import hexed, unhex
from harness.chain.values.transactions import Authorization, Transaction
from harness.primitives.addresses import checksum_address

Json = Mapping[str, Any]
ZERO_ADDRESS = "0x" + "00" * 20


def hash32(value: bytes) -> Hash32:
    return Hash32(value)


def slot_key(slot: str | int) -> str:
    """Return a storage key as every node reads it, with 32 bytes; anvil refuses keys without leading zeros."""
    number = slot if isinstance(slot, int) else int(slot, 16)
    return hexed(number.to_bytes(32, "big"))


def head(block: Json) -> Head:
    return Head(
        int(block["number"], 16),
        unhex(block["hash"]),
        unhex(block["parentHash"]),
        int(block["timestamp"], 16),
        int(block.get("baseFeePerGas", "0x0"), 16),
        int(block["gasLimit"], 16),
        int(block["gasUsed"], 16),
        unhex(block["stateRoot"]),
    )


def base_fee_after(parent: Head) -> int:
    """Return the base fee of the next block (EIP-1559)."""
    target = parent.gas_limit // 2
    gap = abs(parent.gas_used - target)
    change = parent.base_fee * gap // target // 8
    return parent.base_fee + max(change, 1) if parent.gas_used > target else max(parent.base_fee - change, 0)


def receipt(found: Json, block: Json) -> RawReceipt:
    return RawReceipt(
        tx_hash=unhex(found["transactionHash"]),
        block_number=int(found["blockNumber"], 16),
        block_hash=unhex(found["blockHash"]),
        timestamp=int(block["timestamp"], 16),
        index=int(found["transactionIndex"], 16),
        sender=checksum_address(unhex(found["from"])),
        to=_address(found.get("to")),
        contract_address=_address(found.get("contractAddress")),
        gas_used=int(found["gasUsed"], 16),
        gas_price=int(found.get("effectiveGasPrice", "0x0"), 16),
        succeeded=int(found["status"], 16) == 1,
        logs=tuple(
            Log(
                checksum_address(unhex(entry["address"])),
                tuple(unhex(topic) for topic in entry["topics"]),
                unhex(entry["data"]),
                int(entry["logIndex"], 16),
            )
            for entry in found["logs"]
        ),
    )


def _address(value: str | None) -> str | None:
    return None if value is None else checksum_address(unhex(value))


def request(tx: Transaction, sender: bytes) -> dict[str, Any]:
    """Return a transaction that a node sends in its own name."""
    call = CallRequest(sender, tx.to, tx.data, tx.value, tx.gas, None, tx.authorizations, tx.access_list)
    return {
        **call_request(call),
        "nonce": hex(tx.nonce),
        "maxFeePerGas": hex(tx.max_fee),
        "maxPriorityFeePerGas": hex(tx.priority_fee),
    }


def _authorization(item: Authorization) -> dict[str, Any]:
    chain_id, delegate, nonce, y_parity, r, s = item
    named = {"chainId": chain_id, "nonce": nonce, "yParity": y_parity, "r": r, "s": s}
    return {"address": hexed(delegate), **{name: hex(number) for name, number in named.items()}}


def call_request(call: CallRequest) -> dict[str, Any]:
    fields: dict[str, Any] = {"from": hexed(call.sender), "data": hexed(call.data), "value": hex(call.value)}
    if call.to is not None:
        fields["to"] = hexed(call.to)
    if call.gas is not None:
        fields["gas"] = hex(call.gas)
    if call.access_list:
        fields["accessList"] = [
            {"address": hexed(address), "storageKeys": [hexed(slot.to_bytes(32, "big")) for slot in slots]}
            for address, slots in call.access_list
        ]
    if call.authorizations:
        fields["authorizationList"] = [_authorization(item) for item in call.authorizations]
    return fields


def call_failure(code: int | None, message: str, data: Any) -> tuple[bytes, str] | None:
    """Return revert data and cause if the error says that the call was executed and failed, else None."""
    if isinstance(data, Mapping):
        data = data.get("data")
    found = unhex(data) if isinstance(data, str) and data.startswith("0x") else b""
    words = ("revert", "EVM error", "out of gas", "opcode", "stack", "VM Exception")
    if code == 3 or found or any(word.lower() in message.lower() for word in words):
        return found, common_cause(message)
    return None


def frame(found: Json) -> Frame:
    """Return a call of geth's callTracer."""
    kind = found["type"]
    target = checksum_address(unhex(found.get("to") or ZERO_ADDRESS))
    sender = checksum_address(unhex(found["from"]))
    delegated = kind in ("DELEGATECALL", "CALLCODE")
    return Frame(
        kind=kind,
        sender=sender,
        address=sender if delegated else target,
        code_address=target,
        value=0 if kind == "DELEGATECALL" else int(found.get("value") or "0x0", 16),
        gas=int(found["gas"], 16),
        gas_used=int(found["gasUsed"], 16),
        input=unhex(found["input"]),
        output=unhex(found.get("output") or "0x"),
        error=None if found.get("error") is None else common_cause(found["error"]),
        children=tuple(frame(child) for child in found.get("calls", ())),
    )


def with_calls_of(frame: Frame, again: Frame | None) -> Frame:
    """Return a frame without calls together with the calls of its repetition, if that failed alike."""
    if again is None or again.error is None or again.output != frame.output:
        return frame
    return replace(frame, error=again.error, children=tuple(map(_without_steps, again.children)))


def _without_steps(frame: Frame) -> Frame:
    children = tuple(map(_without_steps, frame.children))
    return replace(frame, code=None, steps=None, called_at=None, children=children)
