"""Accounts of L2 that run a contract's code (EIP-7702), and what L1 sees of them."""

from __future__ import annotations

from typing import Any

import pytest
from eth_account import Account as Signer

from harness.chain.errors import RevertedSilently
from harness.chain.values.refusals import IntrinsicGasTooLow, MalformedTransaction
from harness.chain.values.transactions import Transaction
from harness.primitives.delegation import designator
from tests.support.wallets import WalletLibrary, each_library

KEEPS_A_WORD = bytes.fromhex("5f355f55")
"""Keeps the first word of its calldata."""


def listed(signed: Any) -> dict[str, str]:
    """An authorisation as JSON-RPC has it."""
    chain_id, delegate, *numbers = signed
    named = zip(("nonce", "yParity", "r", "s"), map(hex, numbers), strict=True)
    return {"chainId": hex(chain_id), "address": "0x" + delegate.hex(), **dict(named)}


@pytest.fixture
def wallet(rollup: Any, accounts: Any) -> bytes:
    """A contract of L2 whose code accounts may run."""
    code = KEEPS_A_WORD
    initcode = bytes([0x63]) + code + bytes.fromhex("5f526004601cf3")
    receipt = rollup.l2.send(sender=accounts.bob, data=initcode)
    assert rollup.l2.code(receipt.contract_address) == code
    return bytes.fromhex(receipt.contract_address[2:])


def test_authorize_is_as_short_as_on_l1(rollup: Any, accounts: Any, wallet: bytes) -> None:
    alice, l2 = accounts.alice, rollup.l2
    nonce = l2.nonce(alice)
    receipt = l2.authorize(alice, wallet)
    assert receipt.succeeded and l2.code(alice) == designator(wallet)
    assert l2.nonce(alice) == nonce + 2, "of the transaction and of the authorisation"
    l2.send(sender=accounts.bob, to=alice, data=(9).to_bytes(32, "big"))
    assert l2.storage(alice, 0) == 9
    l2.send(sender=alice, to=accounts.bob, value=1)
    l2.authorize(alice, None)
    assert l2.code(alice) == b""


def test_somebody_else_pays_for_an_authorisation_of_l2(rollup: Any, accounts: Any, wallet: bytes) -> None:
    alice, bob = accounts.alice, accounts.bob
    before = rollup.l2.balance(alice)
    rollup.l2.authorize(alice, wallet, sender=bob, value=5)
    assert rollup.l2.code(alice) == designator(wallet)
    assert rollup.l2.balance(alice) == before + 5


def test_authorisations_are_derived_from_l1_alone(rollup: Any, accounts: Any, wallet: bytes) -> None:
    rollup.l2.authorize(accounts.alice, wallet, data=(7).to_bytes(32, "big"))
    rollup.sequencer.post()
    rollup.node.sync()
    state = rollup.node.idle_after(len(rollup.node.derived)).state
    assert state.code(accounts.alice.address_bytes) == designator(wallet)
    assert state.storage(accounts.alice.address_bytes, 0) == 7
    assert state.root == rollup.l2.backend.unsafe.idle.state.root


def test_eth_account_signs_type_4_for_l2(rollup: Any, accounts: Any, wallet: bytes) -> None:
    l2, payer, signer = rollup.l2, accounts.bob, Signer.create()
    given = signer.sign_authorization({"chainId": l2.chain_id, "address": wallet, "nonce": 0})
    raw = Signer.from_key(payer.key).sign_transaction(
        {
            "type": 4, "chainId": l2.chain_id, "nonce": l2.nonce(payer), "gas": 100_000, "maxFeePerGas": 10**10,
            "maxPriorityFeePerGas": 1, "to": wallet, "value": 0, "data": b"", "accessList": [],
            "authorizationList": [given],
        }
    )  # fmt: skip
    assert l2.send_raw(bytes(raw.raw_transaction)).succeeded
    assert l2.code(signer.address) == designator(wallet)


@each_library
def test_a_wallet_library_signs_type_4_for_l2(
    rollup: Any, accounts: Any, wallet: bytes, library: WalletLibrary
) -> None:
    alice, l2 = accounts.alice, rollup.l2
    receipt = l2.send_raw(library.sign(l2, alice, accounts.bob, wallet))
    assert receipt.succeeded and l2.code(alice) == designator(wallet)
    rollup.confirm_all()
    assert rollup.node.idle.state.code(alice.address_bytes) == designator(wallet)


def test_a_trace_of_l2_shows_what_a_delegated_account_ran(rollup: Any, accounts: Any, wallet: bytes) -> None:
    rollup.l2.authorize(accounts.alice, wallet)
    receipt = rollup.l2.send(sender=accounts.bob, to=accounts.alice, data=(9).to_bytes(32, "big"))
    frame = receipt.trace().frame
    assert frame.address == accounts.alice.address and frame.error is None


def test_a_bad_authorisation_is_named_and_changes_nothing(rollup: Any, accounts: Any, wallet: bytes) -> None:
    alice, bob, l2 = accounts.alice, accounts.bob, rollup.l2
    before = l2.nonce(bob)
    with pytest.raises(IntrinsicGasTooLow, match="46000"):
        l2.authorize(alice, wallet, sender=bob, gas=45_999)
    with pytest.raises(MalformedTransaction, match="it is of type 4 and has no authorisation"):
        l2.send_transaction(Transaction(4, l2.chain_id, before, 0, 10**9, 100_000, bob.address_bytes, 0, b""), bob)
    assert (l2.code(alice), l2.nonce(bob)) == (b"", before)


def test_a_call_of_l2_takes_authorisations_and_changes_nothing(rollup: Any, accounts: Any, wallet: bytes) -> None:
    alice, l2 = accounts.alice, rollup.l2
    signed, before = l2.authorization(alice, wallet), l2.version
    data = (9).to_bytes(32, "big")
    request = {
        "from": accounts.bob.address, "to": alice.address, "data": "0x" + data.hex(),
        "authorizationList": [listed(signed)],
    }  # fmt: skip
    gas = l2.w3.eth.estimate_gas(request)
    assert gas > 21_000 + 25_000 + 20_000, "the account's code keeps a word"
    assert l2.call(to=alice, data=data, authorizations=[signed]) == b""
    assert l2.w3.eth.call(request) == b""
    assert (l2.version, l2.code(alice), l2.storage(alice, 0)) == (before, b"", 0)
    l2.send(sender=accounts.bob, to=alice, data=data, authorizations=[signed], gas=gas)
    assert l2.storage(alice, 0) == 9


def test_a_call_of_l2_warms_what_is_listed(rollup: Any, accounts: Any) -> None:
    tells_the_price = bytes.fromhex("5a 6007 54 50 5a 90 03 5f 52 6020 5f f3")
    initcode = bytes([0x6D]) + tells_the_price + bytes.fromhex("5f52600e 6012f3")
    contract = rollup.l2.send(sender=accounts.bob, data=initcode).contract_address
    listed = {"address": contract, "storageKeys": ["0x" + (7).to_bytes(32, "big").hex()]}
    cold, warm = (
        int.from_bytes(rollup.l2.w3.eth.call({"to": contract, "accessList": entries}), "big")
        for entries in ([], [listed])
    )
    assert cold - warm == 2_000
    plain, paid = (rollup.l2.w3.eth.estimate_gas({"to": contract, "accessList": entries}) for entries in ([], [listed]))
    assert paid - plain == 2_400 + 1_900 - 2_000


def test_a_call_with_authorisations_shows_where_the_delegate_fails(rollup: Any, accounts: Any) -> None:
    refuses = rollup.l2.send(sender=accounts.bob, data=bytes.fromhex("635f5ffd00 5f526004601cf3"))
    signed = rollup.l2.authorization(accounts.alice, refuses.contract_address)
    with pytest.raises(RevertedSilently) as refused:
        rollup.l2.call(to=accounts.alice, authorizations=[signed])
    assert refused.value.trace.frame.address == accounts.alice.address


@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas"])
def test_a_call_of_l2_that_no_transaction_could_make_is_refused(
    rollup: Any, accounts: Any, wallet: bytes, method: str
) -> None:
    l2 = rollup.l2
    signed = l2.authorization(accounts.alice, wallet)
    nobody = {"from": accounts.bob.address, "authorizationList": [listed(signed)]}
    answer = l2.w3.provider.make_request(method, [nobody])
    assert "cannot create a contract" in answer["error"]["message"]
    poor = nobody | {"to": accounts.alice.address, "gas": hex(45_999)}
    if method == "eth_call":
        assert "46000" in l2.w3.provider.make_request(method, [poor])["error"]["message"]


@pytest.mark.l1(fork="prague")
@pytest.mark.rollup(fork="cancun")
def test_before_prague_l2_takes_no_authorisation_of_a_call(rollup: Any, accounts: Any) -> None:
    signed = rollup.l2.authorization(accounts.alice, b"\x7a" * 20)
    for ask in (rollup.l2.call, rollup.l2.trace_call):
        with pytest.raises(MalformedTransaction, match="no authorisations before Prague"):
            ask(to=accounts.alice, authorizations=[signed])


@pytest.mark.l1(fork="prague")
@pytest.mark.rollup(fork="cancun")
def test_before_prague_l2_takes_no_authorisation(rollup: Any, accounts: Any) -> None:
    with pytest.raises(MalformedTransaction, match="type 4 is none of 0, 1 and 2"):
        rollup.l2.authorize(accounts.alice, b"\x7a" * 20, gas=100_000)
