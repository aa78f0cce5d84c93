"""The bytes that both sides hash: one file, read by Python and by Solidity."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from eth_utils import to_checksum_address

from harness.chain.chain import Chain
from harness.primitives.hashing import Tag, keccak256, tagged_hash, word
from harness.rollup.codec.messages import DEPOSIT, Batch, DelayedMessage, Deposit, L1Attributes, aliased, source_hash
from harness.rollup.forks import fork_of
from harness.rollup.withdrawals import OutputRootProof, Withdrawal

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "rollup.json").read_text())


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _of(kind: str) -> Any:
    return pytest.mark.parametrize("vector", VECTORS[kind], ids=range(len(VECTORS[kind])))


@pytest.fixture(scope="module")
def probe(l1: Chain, contracts: Any) -> Any:
    return contracts["InboxHashingProbe"].deploy(l1, sender=l1.accounts.alice)


@_of("batch")
def test_batch(probe: Any, vector: dict[str, Any]) -> None:
    data = _bytes(vector["data"])
    rest = [vector[name] for name in ("minTimestamp", "maxTimestamp", "l1Block", "delayedCount")]
    fork, parent_hash = vector["fork"], _bytes(vector["l1ParentHash"])
    seen = (vector["l1BaseFee"], vector["l1Timestamp"], parent_hash, vector["l1BlobBaseFee"])
    made = Batch(vector["index"], data, *rest, fork_of(fork), L1Attributes(*seen))
    words = (keccak256(data), len(data), *rest, fork, *seen)
    assert made.hash == tagged_hash(Tag.BATCH, vector["index"], *words) == _bytes(vector["hash"])
    assert probe.batch(vector["index"], words) == _bytes(vector["hash"])


@_of("delayed")
def test_delayed(probe: Any, vector: dict[str, Any]) -> None:
    index, kind, block, time, gas = (vector[name] for name in ("index", "kind", "l1Block", "l1Timestamp", "gasLimit"))
    payload = _bytes(vector["payload"])
    message = DelayedMessage(index, kind, _bytes(vector["sender"]), block, time, gas, payload)
    assert message.hash == _bytes(vector["hash"])
    assert probe.delayed(index, kind, vector["sender"], block, time, gas, payload) == message.hash


@_of("assertion")
def test_assertion(probe: Any, vector: dict[str, Any]) -> None:
    words = (_bytes(vector["parent"]), vector["end"], _bytes(vector["root"]), vector["attempt"])
    assert tagged_hash(Tag.ASSERTION, *words) == probe.assertion(*words) == _bytes(vector["hash"])


@_of("withdrawal")
def test_withdrawal(probe: Any, vector: dict[str, Any]) -> None:
    message = Withdrawal(
        int(vector["nonce"], 16),
        to_checksum_address(vector["sender"]),
        to_checksum_address(vector["target"]),
        int(vector["value"]),
        vector["gasLimit"],
        _bytes(vector["data"]),
    )
    assert message.hash == probe.withdrawal(*message.struct) == _bytes(vector["hash"])
    assert word(message.slot) == probe.sentSlot(message.hash) == _bytes(vector["slot"])


@_of("outputRoot")
def test_output_root(probe: Any, vector: dict[str, Any]) -> None:
    words = [_bytes(vector[name]) for name in ("version", "stateRoot", "passerStorageRoot", "blockHash")]
    assert OutputRootProof(*words).root == probe.outputRoot(*words) == _bytes(vector["hash"])


@_of("opaqueData")
def test_opaque_data(probe: Any, vector: dict[str, Any]) -> None:
    given = (
        int(vector["mint"]),
        int(vector["value"]),
        vector["gasLimit"],
        vector["isCreation"],
        _bytes(vector["data"]),
    )
    assert probe.opaque(*given) == _bytes(vector["opaqueData"])


@_of("deposit")
def test_deposit(probe: Any, vector: dict[str, Any]) -> None:
    to = None if vector["isCreation"] else _bytes(vector["to"])
    numbers = (int(vector["mint"]), int(vector["value"]), vector["gasLimit"])
    sender, source = _bytes(vector["sender"]), source_hash(_bytes(vector["l1BlockHash"]), vector["logIndex"])
    deposit = Deposit(sender, to, *numbers, _bytes(vector["data"]), source)
    assert source == _bytes(vector["sourceHash"])
    assert deposit.hash == _bytes(vector["transactionHash"])
    assert deposit.payload == _bytes(vector["payload"])
    assert Deposit.decode(sender, deposit.payload, source) == deposit
    opaque = probe.opaque(*numbers, vector["isCreation"], deposit.data)
    message = DelayedMessage.deposited(3, sender, _bytes(vector["to"]), opaque, 4, 5, source)
    assert message == DelayedMessage(3, DEPOSIT, sender, 4, 5, deposit.gas_limit, deposit.payload, source)
    assert message.transaction_hash == deposit.hash
    assert probe.deposit(vector["isCreation"], vector["to"], *numbers, deposit.data) == deposit.payload


@_of("alias")
def test_alias(probe: Any, vector: dict[str, Any]) -> None:
    assert aliased(_bytes(vector["address"])) == _bytes(vector["aliased"])
    assert probe.aliased(vector["address"]) == to_checksum_address(vector["aliased"])
