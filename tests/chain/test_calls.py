"""A call or estimate that no node would execute is refused by name, as a transaction is, and changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils import to_checksum_address
from web3.exceptions import Web3RPCError

from harness import ether
from harness.chain.chain import Chain
from harness.chain.errors import (
    FeeTooLow,
    InsufficientFunds,
    IntrinsicGasTooLow,
    MalformedTransaction,
    NotBytes,
    OutOfRange,
    TimeNotAhead,
    UnknownAccount,
    UnknownBlock,
    UnknownTransaction,
)
from harness.chain.values.accounts import Account
from harness.errors import Reverted

RICH = ether(10**9)
PRECOMPILES_THAT_TAKE_NO_INPUT = range(1, 9)


@pytest.mark.parametrize("number", PRECOMPILES_THAT_TAKE_NO_INPUT)
def test_ether_reaches_a_precompile(chain: Chain, alice: Any, number: int) -> None:
    target = to_checksum_address(number.to_bytes(20, "big"))
    before = chain.balance(target)
    assert chain.send(sender=alice, to=target, value=1).gas_used > 21_000
    assert chain.balance(target) == before + 1


@pytest.mark.needs("geth-calls")
@pytest.mark.parametrize("number", PRECOMPILES_THAT_TAKE_NO_INPUT)
def test_an_estimate_covers_a_precompile(chain: Chain, alice: Any, number: int) -> None:
    target = to_checksum_address(number.to_bytes(20, "big"))
    request: Any = {"from": alice.address, "to": target, "value": 1}
    gas = chain.w3.eth.estimate_gas(request)
    assert chain.send(sender=alice, to=target, value=1, gas=gas).succeeded


def test_a_precompile_that_wants_input_fails_and_keeps_nothing(chain: Chain, alice: Any) -> None:
    blake2f = bytes(19) + b"\x09"
    with pytest.raises(Reverted):
        chain.send(sender=alice, to=blake2f, value=1)
    assert chain.balance(blake2f) == 0


def test_ether_to_oneself_and_to_the_coinbase_costs_21000(chain: Chain, alice: Any) -> None:
    coinbase = chain.w3.eth.get_block("latest")["miner"]
    for target in (alice, coinbase):
        assert chain.send(sender=alice, to=target, value=1).gas_used == 21_000


def test_ether_sent_to_a_contract_in_the_making_arrives_or_stays(chain: Chain, contracts: Any, alice: Any) -> None:
    probe = chain.deploy(contracts["ChainProbe"], 5, sender=alice, value=7)
    assert chain.balance(probe) == 7
    before = chain.balance(alice)
    with pytest.raises(InsufficientFunds):
        chain.deploy(contracts["ChainProbe"], 5, sender=alice, value=RICH)
    assert chain.balance(alice) == before
    destroys_itself = bytes.fromhex("33ff")
    receipt = chain.send(sender=alice, data=destroys_itself, value=3)
    assert chain.balance(receipt.contract_address) == 0
    chain.send(sender=alice, to=receipt.contract_address, value=4)
    assert chain.balance(receipt.contract_address) == 4


def test_a_call_may_not_carry_more_than_its_sender_has(chain: Chain, probe: Any, alice: Any) -> None:
    for ask in (chain.call, chain.trace_call):
        with pytest.raises(InsufficientFunds) as refused:
            ask(sender=alice, to=probe, value=RICH)
        assert (refused.value.balance, refused.value.required) == (chain.balance(alice), RICH)
    with pytest.raises(InsufficientFunds):
        chain.call(to=probe, value=chain.balance(bytes(20)) + 1)
    assert chain.call(sender=alice, to=probe, value=chain.balance(alice)) == b""


@pytest.mark.needs("geth-answers")
@pytest.mark.parametrize("method", ["call", "estimate_gas"])
def test_web3_hears_of_insufficient_funds(chain: Chain, probe: Any, alice: Any, method: str) -> None:
    with pytest.raises(Web3RPCError, match=r"(?i)insufficient funds"):
        getattr(chain.w3.eth, method)({"from": alice.address, "to": probe.address, "value": RICH})


@pytest.mark.parametrize("gas", [0, 1, 20_999])
def test_a_call_needs_its_intrinsic_gas(chain: Chain, probe: Any, gas: int) -> None:
    with pytest.raises(IntrinsicGasTooLow) as refused:
        chain.call(to=probe, gas=gas)
    assert (refused.value.gas, refused.value.required) == (gas, 21_000)
    assert chain.call(to=probe, gas=30_000) == b""


@pytest.mark.needs("geth-calls")
def test_a_call_may_ask_for_any_amount_of_gas(chain: Chain, probe: Any) -> None:
    assert chain.call(to=probe, gas=2**64 - 1) == b""


@pytest.mark.needs("edits")
def test_a_call_comes_from_whoever_it_says(chain: Chain, probe: Any, alice: Any) -> None:
    poor = Account.from_key(99)
    data = probe.environment.encode()
    assert chain.call(sender=poor, to=probe, data=data)[-20:] == poor.address_bytes
    assert chain.call(sender=probe, to=probe, data=data)[-20:] == bytes.fromhex(probe.address[2:])
    chain.set_nonce(poor, 2**64 - 1)
    chain.set_balance(poor, ether(1))
    with pytest.raises(MalformedTransaction, match="EIP-2681"):
        chain.send(sender=poor, to=alice, value=1)


@pytest.mark.needs("edits", "geth-answers")
def test_a_call_does_not_count_so_its_sender_may_have_the_last_nonce(chain: Chain, probe: Any) -> None:
    poor = Account.from_key(99)
    chain.set_nonce(poor, 2**64 - 1)
    assert chain.call(sender=poor, to=probe, data=probe.environment.encode())[-20:] == poor.address_bytes


class TestFeesOfACall:
    """A call that names a gas price is asked to be able to pay it."""

    pytestmark = pytest.mark.needs("geth-calls")

    @pytest.mark.parametrize("method", ["call", "estimate_gas"])
    def test_who_cannot_pay_is_refused(self, chain: Chain, alice: Any, method: str) -> None:
        poor = Account.from_key(99)
        with pytest.raises(Web3RPCError, match="insufficient funds"):
            getattr(chain.w3.eth, method)({"from": poor.address, "to": alice.address, "gasPrice": 10**10})

    def test_below_the_base_fee_is_refused(self, chain: Chain, alice: Any) -> None:
        request: Any = {"from": alice.address, "to": alice.address, "maxFeePerGas": 1, "maxPriorityFeePerGas": 0}
        with pytest.raises(Web3RPCError, match="base fee"):
            chain.w3.eth.call(request)

    def test_what_the_balance_pays_for_bounds_an_estimate(self, chain: Chain, probe: Any) -> None:
        poor, price = Account.from_key(99), 10**10
        request: Any = {"from": poor.address, "to": probe.address, "gasPrice": price, "data": probe.increment.encode()}
        chain.set_balance(poor, ether(1))
        needed = chain.w3.eth.estimate_gas(request)
        chain.set_balance(poor, needed * price)
        assert chain.w3.eth.estimate_gas(request) == needed
        chain.set_balance(poor, 22_000 * price)
        with pytest.raises(Web3RPCError, match="gas required exceeds allowance \\(22000\\)"):
            chain.w3.eth.estimate_gas(request)

    def test_both_kinds_of_fee_are_too_many(self, chain: Chain, alice: Any) -> None:
        request: Any = {"from": alice.address, "to": alice.address, "gasPrice": "0x1", "maxFeePerGas": "0x1"}
        answer: Any = chain.w3.provider.make_request("eth_call", [request])  # type: ignore[arg-type]
        assert answer["error"]["code"] == -32602


REFUSED: list[tuple[str, dict[str, Any], type[Exception]]] = [
    ("value", {"value": -1}, OutOfRange),
    ("value", {"value": 2**256}, OutOfRange),
    ("value", {"value": 1.5}, OutOfRange),
    ("value", {"value": "1"}, OutOfRange),
    ("gas", {"gas": -1}, OutOfRange),
    ("gas", {"gas": 2**64}, OutOfRange),
    ("nonce", {"nonce": -1}, OutOfRange),
    ("nonce", {"nonce": 2**64}, OutOfRange),
    ("max_fee", {"max_fee": "1"}, OutOfRange),
    ("max_fee", {"max_fee": 1}, FeeTooLow),
    ("priority_fee", {"priority_fee": 2**256}, OutOfRange),
    ("data", {"data": 5}, NotBytes),
    ("data", {"data": "0xzz"}, NotBytes),
    ("sender", {"sender": "0x" + "11" * 20}, UnknownAccount),
]


@pytest.mark.parametrize(("field", "change", "error"), REFUSED, ids=[str(change) for _, change, _ in REFUSED])
def test_what_no_transaction_can_hold_is_refused_by_name(
    chain: Chain, alice: Any, bob: Any, field: str, change: dict[str, Any], error: type[Exception]
) -> None:
    before = chain.head
    with pytest.raises(error):
        chain.send(**{"sender": alice, "to": bob, "value": 1, **change})
    if field in ("value", "gas", "data"):
        with pytest.raises(error):
            chain.call(**{"sender": alice, "to": bob, **change})
    assert chain.head == before
    assert chain.send(sender=alice, to=bob, value=1).succeeded


def test_what_a_chain_does_not_have_is_said_by_name(chain: Chain) -> None:
    for number in (-1, chain.block_number + 1, "1", None):
        with pytest.raises(UnknownBlock):
            chain.block_at(number)  # type: ignore[arg-type]
    for tx_hash in ("zz", b"\x01" * 32, "0x" + "11" * 32):
        with pytest.raises(UnknownTransaction):
            chain.receipt(tx_hash)
        with pytest.raises(UnknownTransaction):
            chain.trace(tx_hash)


@pytest.mark.needs("edits")
def test_an_edit_takes_what_an_account_can_hold(chain: Chain, alice: Any) -> None:
    edits = [
        lambda: chain.set_balance(alice, 2**256),
        lambda: chain.set_balance(alice, -1),
        lambda: chain.set_nonce(alice, 2**64),
        lambda: chain.set_storage(alice, 2**256, 1),
        lambda: chain.set_storage(alice, 1, -1),
        lambda: chain.storage(alice, -1),
    ]
    for edit in edits:
        with pytest.raises(OutOfRange):
            edit()
    with pytest.raises(NotBytes):
        chain.set_code(alice, 5)  # type: ignore[arg-type]
    assert chain.balance(alice) == ether(10_000)


@pytest.mark.needs("time", "mining")
def test_time_and_number_of_blocks_are_whole_numbers(chain: Chain) -> None:
    before = chain.head, chain.now
    for wrong in (1.5, "1", 2**64):
        with pytest.raises(OutOfRange):
            chain.warp(wrong)  # type: ignore[arg-type]
        with pytest.raises(OutOfRange):
            chain.warp(to=wrong)  # type: ignore[arg-type]
    for wrong in (-1, 1.5, "1"):
        with pytest.raises(OutOfRange):
            chain.mine(wrong)  # type: ignore[arg-type]
    with pytest.raises(TimeNotAhead):
        chain.warp(-1)
    assert (chain.head, chain.now) == before


@pytest.mark.needs("geth-calls")
@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_call", ["text"]),
        ("eth_call", [{"to": "0x12"}]),
        ("eth_getBalance", ["0x12"]),
        ("eth_getStorageAt", ["0x" + "11" * 20, hex(2**256)]),
        ("anvil_setBalance", ["0x" + "11" * 20, hex(2**256)]),
        ("anvil_setNonce", ["0x" + "11" * 20, hex(2**64)]),
        ("evm_setNextBlockTimestamp", [2**70]),
    ],
)
def test_a_request_that_makes_no_sense_is_answered_with_an_error(
    chain: Chain, method: str, params: list[object]
) -> None:
    answer: Any = chain.w3.provider.make_request(method, params)  # type: ignore[arg-type]
    assert answer["error"]["code"] in (-32602, -32000)
