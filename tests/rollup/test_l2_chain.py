"""L2 as a chain: what works on L1 works here, through the harness and through web3."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils import to_canonical_address

from harness import ether, reverts
from harness.agents.sequencer import Censors, Stopped
from harness.chain.errors import (
    FeeTooLow,
    GasAboveCap,
    InsufficientFunds,
    IntrinsicGasTooLow,
    MalformedTransaction,
    NonceTooHigh,
    NonceTooLow,
    UnknownTransaction,
    UnsupportedOperation,
    WrongChainId,
)
from harness.chain.values.transactions import Transaction, sign
from harness.primitives.hashing import keccak256
from harness.testbed.rollup import Rollup


@pytest.fixture
def counter(rollup: Rollup, contracts: Any, alice: Any) -> Any:
    return rollup.l2.deploy(contracts["Counter"], 2, sender=alice)


def test_chain_ids_differ(rollup: Rollup) -> None:
    assert rollup.l2.chain_id == rollup.l2.w3.eth.chain_id == 901
    assert rollup.l1.chain_id == 900


def test_a_trace_tells_changes_of_storage(rollup: Rollup, counter: Any, alice: Any) -> None:
    receipt = counter.increment(sender=alice)
    rollup.l2.mine()
    counter.increment(sender=alice)
    (change, *_) = receipt.trace().effects
    assert (change.address, change.before, change.after) == (counter.address, 0, 1)
    assert str(receipt.trace()).splitlines()[1].endswith(": 0 → 1")


def test_a_revert_is_decoded_with_its_trace(rollup: Rollup, counter: Any, bob: Any) -> None:
    with reverts(counter.NotOwner, actual=bob) as caught:
        counter.reset(sender=bob)
    assert "Counter.reset" in str(caught.error.trace)
    assert "Counter.sol:" in str(caught.error.trace)
    with reverts(counter.NotOwner, actual=bob):
        counter.reset.call(sender=bob)


def test_the_trace_shows_the_calls(rollup: Rollup, contracts: Any, counter: Any, alice: Any) -> None:
    forwarder = contracts["Forwarder"].deploy(rollup.l2, sender=alice)
    receipt = forwarder.forward(counter.address, counter.functions["increment"].encode(), sender=alice)
    trace = receipt.trace()
    assert [child.function for child in trace.children] == ["increment"]
    assert trace.frame.gas_used == receipt.gas_used
    deposit = rollup.deposit(0, sender=alice, to=counter, data=counter.functions["increment"].encode())
    assert deposit.trace().function == "increment"


def test_block_groups_transactions(rollup: Rollup, alice: Any, bob: Any) -> None:
    with rollup.l2.block():
        first = rollup.l2.send(sender=alice, to=bob, value=1)
        second = rollup.l2.send(sender=bob, to=alice, value=1)
    assert (first.block_number, first.index) == (second.block_number, 0)
    assert second.index == 1


def test_time_is_l1s(rollup: Rollup, alice: Any, bob: Any) -> None:
    rollup.l2.warp(1_000)
    receipt = rollup.l2.send(sender=alice, to=bob, value=1)
    assert receipt.timestamp == rollup.l2.now == rollup.l1.now
    rollup.sequencer.post()
    assert rollup.l2.receipt(receipt.hash).timestamp == receipt.timestamp


def test_mine_makes_empty_blocks(rollup: Rollup) -> None:
    height = rollup.l2.block_number
    rollup.l2.mine(3)
    assert rollup.l2.block_number == height + 3
    rollup.sequencer.post()
    assert rollup.l2.safe_head == height + 3


REFUSED = [
    ({"chain_id": 1}, WrongChainId),
    ({"nonce": 10**6}, NonceTooHigh),
    ({"gas": 20_999}, IntrinsicGasTooLow),
    ({"gas": 2**23 + 1}, GasAboveCap),
    ({"max_fee": 1, "priority_fee": 0}, FeeTooLow),
    ({"value": 10**30}, InsufficientFunds),
    ({"type_id": 3, "blob_hashes": (b"\x01" * 32,)}, MalformedTransaction),
    ({"data": bytes(50_001), "gas": 2_000_000}, MalformedTransaction),
    ({"to": None, "data": bytes(49_153), "gas": 2_000_000}, MalformedTransaction),
]


@pytest.mark.parametrize(
    ("change", "error"), REFUSED, ids=[error.__name__ + str(i) for i, (_, error) in enumerate(REFUSED)]
)
def test_what_l2_would_skip_is_refused_and_changes_nothing(
    rollup: Rollup, alice: Any, bob: Any, change: dict[str, Any], error: type[Exception]
) -> None:
    fields: dict[str, Any] = {
        "type_id": 2,
        "chain_id": 901,
        "nonce": rollup.l2.nonce(alice),
        "priority_fee": 0,
        "max_fee": 10**9,
        "gas": 21_000,
        "to": bob.address_bytes,
        "value": 1,
        "data": b"",
    }
    root = rollup.l2.head.state_root
    with pytest.raises(error):
        rollup.l2.send_raw(sign(Transaction(**(fields | change)), alice.private_key).raw)
    assert rollup.l2.head.state_root == root


def test_a_nonce_used_is_refused(rollup: Rollup, alice: Any, bob: Any) -> None:
    rollup.l2.send(sender=alice, to=bob, value=1)
    with pytest.raises(NonceTooLow):
        rollup.l2.send(sender=alice, to=bob, value=1, nonce=rollup.l2.nonce(alice) - 1)


@pytest.mark.parametrize("raw", [b"", b"\x02", b"\xf8\x00", b"\x02\xc0"])
def test_bad_rlp_is_refused(rollup: Rollup, raw: bytes) -> None:
    with pytest.raises(MalformedTransaction):
        rollup.l2.send_raw(raw)


def test_types_0_1_and_2_are_taken(rollup: Rollup, alice: Any, bob: Any) -> None:
    before = rollup.l2.balance(bob)
    for type_id, chain_id in ((0, 901), (0, None), (1, 901), (2, 901)):
        access = ((bob.address_bytes, (1, 2)),) if type_id else ()
        tx = Transaction(
            type_id, chain_id, rollup.l2.nonce(alice), 10**8, 10**8, 40_000, bob.address_bytes, 1, b"", access
        )
        receipt = rollup.l2.send_raw(sign(tx, alice.private_key).raw)
        assert receipt.gas_used == 21_000 + (2_400 + 2 * 1_900 if access else 0)
    assert rollup.l2.balance(bob) == before + 4
    rollup.sequencer.post()
    assert rollup.l2.safe_head == rollup.l2.unsafe_head


@pytest.mark.parametrize("verb", ["set_balance", "set_nonce"])
def test_state_cannot_be_edited(rollup: Rollup, alice: Any, verb: str) -> None:
    with pytest.raises(UnsupportedOperation):
        getattr(rollup.l2, verb)(alice, 1)


def test_nobody_is_impersonated(rollup: Rollup, alice: Any, bob: Any) -> None:
    with pytest.raises(UnsupportedOperation):
        rollup.l2.send(sender=rollup.l2.impersonate(bob), to=alice, value=1)


def test_an_unknown_transaction_is_said_to_be_unknown(rollup: Rollup) -> None:
    with pytest.raises(UnknownTransaction):
        rollup.l2.receipt(b"\x01" * 32)


def test_predeploys_are_there_and_hold_nothing_of_value(rollup: Rollup) -> None:
    genesis = rollup.contracts.genesis.state
    for contract in (rollup.passer, rollup.l2_token_bridge, rollup.fee_vault):
        assert genesis.code(to_canonical_address(contract.address)) == contract.type.artifact.runtime
    from harness.testbed.conservation import total_supply

    assert total_supply(genesis) == 0


class TestWeb3:
    """`rollup.l2.w3` is a real Web3."""

    def test_blocks_and_heads(self, rollup: Rollup, alice: Any, bob: Any) -> None:
        w3 = rollup.l2.w3
        rollup.confirm_all()
        rollup.l2.send(sender=alice, to=bob, value=1)
        latest, safe, finalized = (w3.eth.get_block(name) for name in ("latest", "safe", "finalized"))
        assert latest["number"] > safe["number"] == finalized["number"]
        assert latest["stateRoot"] == rollup.l2.head.state_root
        assert w3.eth.get_block(latest["hash"])["number"] == latest["number"]
        assert w3.eth.get_block(latest["number"] - 1)["hash"] == latest["parentHash"]
        assert latest["baseFeePerGas"] == rollup.config.base_fee

    def test_a_signed_transaction_from_outside(self, rollup: Rollup, alice: Any, bob: Any) -> None:
        from eth_account import Account

        w3 = rollup.l2.w3
        signed = Account.sign_transaction(
            {
                "to": bob.address,
                "value": 5,
                "gas": 21_000,
                "nonce": w3.eth.get_transaction_count(alice.address),
                "chainId": 901,
                "maxFeePerGas": 10**9,
                "maxPriorityFeePerGas": 0,
            },
            alice.private_key,
        )
        tx_hash = w3.eth.send_raw_transaction(signed.raw_transaction)
        receipt = w3.eth.wait_for_transaction_receipt(tx_hash)
        assert (receipt["status"], receipt["gasUsed"]) == (1, 21_000)
        shown = w3.eth.get_transaction(tx_hash)
        assert (shown["from"], shown["to"], shown["value"]) == (alice.address, bob.address, 5)

    def test_a_contract_through_web3(self, rollup: Rollup, counter: Any, alice: Any) -> None:
        w3 = rollup.l2.w3
        contract = w3.eth.contract(address=counter.address, abi=list(counter.abi))
        gas = contract.functions.increment().estimate_gas({"from": alice.address})
        tx_hash = contract.functions.increment().transact({"from": alice.address, "gas": gas})
        receipt = w3.eth.get_transaction_receipt(tx_hash)
        assert receipt["status"] == 1
        assert contract.functions.number().call() == 1
        logs = w3.eth.get_logs({"address": counter.address, "fromBlock": 0})
        assert [log["transactionHash"] for log in logs] == [tx_hash]
        assert len(contract.events.Incremented().get_logs(from_block=0)) == 1
        assert contract.functions.number().call(block_identifier=receipt["blockNumber"] - 1) == 0

    def test_get_proof_opens_the_state_root(self, rollup: Rollup, counter: Any, alice: Any) -> None:
        import rlp
        from eth_hash.auto import keccak
        from trie import HexaryTrie

        counter.increment(sender=alice)
        w3 = rollup.l2.w3
        proof = w3.eth.get_proof(counter.address, [0])
        root = w3.eth.get_block("latest")["stateRoot"]
        nodes = [rlp.decode(bytes(node)) for node in proof["accountProof"]]
        leaf = HexaryTrie.get_from_proof(root, keccak(to_canonical_address(counter.address)), nodes)
        assert rlp.decode(leaf)[2] == proof["storageHash"]
        for slot in proof["storageProof"]:
            nodes = [rlp.decode(bytes(node)) for node in slot["proof"]]
            value = HexaryTrie.get_from_proof(proof["storageHash"], keccak(bytes(32)), nodes)
            found = int.from_bytes(rlp.decode(value), "big") if value else 0
            assert found == int.from_bytes(slot["value"], "big") == rollup.l2.storage(counter, 0)

    def test_a_deposit_is_shown(self, rollup: Rollup, alice: Any, bob: Any) -> None:
        receipt = rollup.deposit(ether(1), sender=alice, to=bob)
        shown = rollup.l2.w3.eth.get_transaction(receipt.hash)
        assert (shown["from"], shown["to"], shown["type"]) == (alice.address, bob.address, 0x7E)
        deposited = rollup.node.inbox.messages[-1]
        assert (shown["sourceHash"], shown["mint"], shown["isSystemTx"]) == (
            "0x" + deposited.source.hex(), hex(ether(1)), False,
        )  # fmt: skip
        assert "accessList" not in shown and "maxFeePerGas" not in shown
        raw = rollup.l2.w3.eth.get_raw_transaction(receipt.hash)
        assert raw[0] == 0x7E and keccak256(bytes(raw)) == receipt.hash
        assert rollup.l2.w3.eth.get_transaction_receipt(receipt.hash)["status"] == 1

    def test_a_call_that_reverts(self, rollup: Rollup, counter: Any, bob: Any) -> None:
        from web3.exceptions import ContractCustomError

        contract = rollup.l2.w3.eth.contract(address=counter.address, abi=list(counter.abi))
        with pytest.raises(ContractCustomError):
            contract.functions.reset().call({"from": bob.address})

    def test_filters_report_a_transaction_once_whether_unsafe_or_safe(
        self, rollup: Rollup, counter: Any, alice: Any
    ) -> None:
        eth = rollup.l2.w3.eth
        contract = eth.contract(address=counter.address, abi=list(counter.abi))
        logs = contract.events.Incremented().create_filter(from_block="latest")
        blocks, pending = eth.filter("latest"), eth.filter("pending")
        receipt = counter.increment(sender=alice)
        assert [log["transactionHash"] for log in logs.get_new_entries()] == [receipt.hash]
        assert pending.get_new_entries() == [receipt.hash]
        assert blocks.get_new_entries() == [rollup.l2.head.hash]
        floor = rollup.l1.block_number
        rollup.sequencer.post()
        assert logs.get_new_entries() == pending.get_new_entries() == []
        assert blocks.get_new_entries()[-1] == rollup.l2.head.hash != receipt.block_hash
        rollup.l1.reorg(rollup.l1.block_number - floor)
        rollup.sequencer.post()
        assert logs.get_new_entries() == pending.get_new_entries() == []


@pytest.mark.parametrize("fault", [Stopped(), Censors()], ids=["stopped", "censoring"])
def test_a_sequencer_that_refuses_from_now_on_takes_back_nothing(rollup: Rollup, alice: Any, fault: Any) -> None:
    """The deposit that pays for a transaction stays drafted with it when another batch comes first."""
    held = rollup.l2.balance(alice)
    rollup.deposit(ether(1), sender=alice)
    sent = rollup.l2.send(sender=alice, to=alice, value=held + ether(1) // 2)
    rollup.sequencer.become(fault)
    rollup.sequencer.post_data(b"")
    assert rollup.l2.balance(alice) > held
    assert rollup.unsafe.dropped == ()
    assert rollup.l2.receipt(sent.hash).succeeded
