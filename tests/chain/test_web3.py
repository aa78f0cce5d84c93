"""web3 on a chain of the harness behaves as on any node."""

from __future__ import annotations

import pytest
import rlp
from eth_hash.auto import keccak
from trie import HexaryTrie
from web3 import Web3
from web3.exceptions import ContractCustomError, ContractLogicError, TransactionNotFound, Web3RPCError

from harness.chain import ether
from harness.chain.values.transactions import Transaction, sign


@pytest.fixture
def w3(chain):
    return chain.w3


@pytest.fixture
def bound(w3, probe):
    return w3.eth.contract(address=probe.address, abi=list(probe.abi))


def test_w3_is_web3(w3):
    assert type(w3) is Web3
    assert w3.is_connected()
    assert w3.eth.chain_id == 900
    assert w3.net.version == "900"


def test_contract_calls_transactions_and_events(chain, w3, bound, alice):
    assert bound.functions.count().call() == 5
    tx_hash = bound.functions.increment().transact({"from": alice.address})
    receipt = w3.eth.wait_for_transaction_receipt(tx_hash)
    assert receipt["status"] == 1
    assert bound.events.Incremented().process_receipt(receipt)[0]["args"]["count"] == 6
    assert [log["args"]["count"] for log in bound.events.Incremented().get_logs(from_block=0)] == [6]
    assert bound.functions.count().call(block_identifier=receipt["blockNumber"] - 1) == 5


def test_reverts_are_web3s(bound):
    with pytest.raises(ContractCustomError):
        bound.functions.failWithError(9).call()
    with pytest.raises(ContractLogicError, match="no tea"):
        bound.functions.failWithMessage("no tea").call()


def test_raw_transactions_obey_the_rules_and_are_mined(chain, w3, alice, bob):
    tx = Transaction(2, 900, 0, 10**9, 10**10, 21_000, bob.address_bytes, 5, b"")
    before = chain.block_number
    w3.eth.send_raw_transaction(sign(tx, alice.key).raw)
    assert chain.block_number == before + 1
    with pytest.raises(Web3RPCError, match="used already; expected 1"):
        w3.eth.send_raw_transaction(sign(tx, alice.key).raw)
    wrong = Transaction(2, 901, 1, 10**9, 10**10, 21_000, bob.address_bytes, 5, b"")
    with pytest.raises(Web3RPCError, match="chain id 901, this chain is 900"):
        w3.eth.send_raw_transaction(sign(wrong, alice.key).raw)
    assert chain.block_number == before + 1


def test_blocks_and_transactions_read_back(chain, w3, alice, bob):
    receipt = chain.send(sender=alice, to=bob, value=5)
    block = w3.eth.get_block(receipt.block_number, full_transactions=True)
    (tx,) = block["transactions"]
    assert (tx["from"], tx["to"], tx["value"], tx["type"]) == (alice.address, bob.address, 5, 2)
    assert block["hash"] == w3.eth.get_block(block["hash"])["hash"] == receipt.block_hash
    assert block["timestamp"] == receipt.timestamp
    seen = w3.eth.get_transaction_receipt(receipt.hash)
    assert (seen["gasUsed"], seen["effectiveGasPrice"]) == (receipt.gas_used, receipt.gas_price)
    with pytest.raises(TransactionNotFound):
        w3.eth.get_transaction(b"\1" * 32)


def test_a_contract_can_be_deployed(chain, w3, alice, contracts):
    kind = contracts["ChainProbe"]
    factory = w3.eth.contract(abi=list(kind.abi), bytecode=kind.artifact.bytecode)
    receipt = w3.eth.wait_for_transaction_receipt(factory.constructor(8).transact({"from": alice.address}))
    assert chain.at(kind, receipt["contractAddress"]).count() == 8


@pytest.mark.needs("geth-answers")
def test_estimated_gas_suffices_and_is_not_far_off(chain, w3, alice, bob, bound):
    request = {"from": alice.address, "to": bob.address, "value": ether(1)}
    assert w3.eth.estimate_gas(request) == 21_000
    estimate = bound.functions.increment().estimate_gas({"from": alice.address})
    receipt = w3.eth.wait_for_transaction_receipt(
        bound.functions.increment().transact({"from": alice.address, "gas": estimate})
    )
    assert receipt["status"] == 1
    assert estimate < receipt["gasUsed"] * 1.1
    with pytest.raises(ContractCustomError):
        bound.functions.failWithError(1).estimate_gas({"from": alice.address})


def test_proofs_verify_against_the_state_root(chain, w3, alice, bob, probe):
    probe.increment(sender=alice)
    root = w3.eth.get_block("latest")["stateRoot"]
    proof = w3.eth.get_proof(probe.address, [0, 7])
    nodes = [rlp.decode(bytes(node)) for node in proof["accountProof"]]
    nonce, balance, storage_root, code_hash = rlp.decode(
        HexaryTrie.get_from_proof(bytes(root), keccak(bytes.fromhex(probe.address[2:])), nodes)
    )
    assert storage_root == bytes(proof["storageHash"])
    assert code_hash == keccak(chain.code(probe))
    assert (int.from_bytes(nonce, "big"), int.from_bytes(balance, "big")) == (1, 0)
    held, absent = proof["storageProof"]
    for slot, item, value in ((0, held, 6), (7, absent, 0)):
        nodes = [rlp.decode(bytes(node)) for node in item["proof"]]
        found = HexaryTrie.get_from_proof(storage_root, keccak(slot.to_bytes(32, "big")), nodes)
        assert int.from_bytes(rlp.decode(found) if found else b"", "big") == value


def test_call_tracer_shows_the_calls(chain, w3, alice, probe):
    probe.makeInner(1, sender=alice)
    receipt = probe.tryInner(4, sender=alice)
    answer = w3.provider.make_request("debug_traceTransaction", ["0x" + receipt.hash.hex(), {"tracer": "callTracer"}])[
        "result"
    ]
    assert int(answer["gasUsed"], 16) == receipt.gas_used
    assert [call["type"] for call in answer["calls"]] == ["CALL", "CALL"]
    assert answer["calls"][1]["error"] == "execution reverted"


@pytest.mark.needs("geth-answers")
def test_filters_report_what_is_new(chain, w3, alice, bound):
    blocks = w3.eth.filter("latest")
    logs = bound.events.Incremented().create_filter(from_block="latest")
    bound.functions.increment().transact({"from": alice.address})
    assert len(blocks.get_new_entries()) == 1
    assert [entry["args"]["count"] for entry in logs.get_new_entries()] == [6]
    assert logs.get_new_entries() == []


def test_logs_are_found_by_topic_and_address(chain, w3, alice, bob, probe):
    probe.increment(sender=alice)
    probe.increment(sender=bob)
    topic = probe.Incremented.topic
    padded = b"\0" * 12 + bob.address_bytes
    query = {"fromBlock": 0, "address": probe.address}
    assert len(w3.eth.get_logs({**query, "topics": [topic]})) == 2
    assert len(w3.eth.get_logs({**query, "topics": [None, padded]})) == 1
    assert len(w3.eth.get_logs({**query, "topics": [[topic, b"\1" * 32], padded]})) == 1
    assert w3.eth.get_logs({**query, "topics": [b"\1" * 32]}) == []
    assert w3.eth.get_logs({"fromBlock": 0, "address": bob.address}) == []


def test_fee_history_and_gas_price(chain, w3, alice, bob):
    chain.send(sender=alice, to=bob)
    history = w3.eth.fee_history(1, "latest")
    assert history["baseFeePerGas"] == [chain.head.base_fee, chain.backend.next_base_fee()]
    assert w3.eth.gas_price >= chain.backend.next_base_fee()


@pytest.mark.needs("geth-answers")
def test_unknown_method_is_an_rpc_error(w3):
    answer = w3.provider.make_request("eth_makeCoffee", [])
    assert answer["error"]["code"] == -32601
