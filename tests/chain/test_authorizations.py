"""Accounts that run a contract's code (EIP-7702), on each backend."""

from __future__ import annotations

from typing import Any

import pytest
import rlp
from eth_account import Account as Signer

from harness.chain import Chain, ether
from harness.chain.values.refusals import IntrinsicGasTooLow, MalformedTransaction
from harness.chain.values.transactions import Transaction, sign
from harness.chain.values.value_errors import OutOfRange, UnknownAccount
from harness.primitives.delegation import designator
from tests.support.wallets import WalletLibrary, each_library

RETURNS_ITSELF = bytes.fromhex("30 5f 52 60205ff3")  # address(this)
WALLET = b"\x7a" * 20
CHAIN_ID = 900


@pytest.fixture
def wallet(chain: Chain) -> bytes:
    chain.set_code(WALLET, RETURNS_ITSELF)
    return WALLET


def test_authorize_lets_an_account_run_a_contracts_code(chain: Chain, wallet: bytes, alice: Any) -> None:
    receipt = chain.authorize(alice, wallet)
    assert receipt.succeeded
    assert chain.code(alice) == designator(wallet)
    assert chain.nonce(alice) == 2, "of the transaction and of the authorisation"
    assert chain.call(to=alice)[12:] == alice.address_bytes


def test_authorize_calls_the_account_only_with_data_or_value(chain: Chain, alice: Any) -> None:
    chain.set_code(WALLET, bytes.fromhex("5f35 5f55"))  # keeps the first word of calldata
    chain.set_storage(alice, 0, 3)
    chain.authorize(alice, WALLET)
    assert chain.storage(alice, 0) == 3
    chain.authorize(alice, WALLET, data=(9).to_bytes(32, "big"))
    assert chain.storage(alice, 0) == 9
    chain.authorize(alice, WALLET, sender=chain.accounts.bob, to=chain.accounts.bob, data=b"\x01")
    assert chain.storage(alice, 0) == 9


def test_somebody_else_can_pay_for_an_authorisation(chain: Chain, wallet: bytes, alice: Any, bob: Any) -> None:
    before = chain.balance(alice)
    chain.authorize(alice, wallet, sender=bob, value=5)
    assert (chain.code(alice), chain.nonce(alice)) == (designator(wallet), 1)
    assert chain.balance(alice) == before + 5


def test_nobody_as_delegate_takes_the_delegation_away(chain: Chain, wallet: bytes, alice: Any, bob: Any) -> None:
    chain.authorize(alice, wallet)
    chain.send(sender=alice, to=bob, value=1)  # a sender with a designator
    chain.authorize(alice, None)
    assert chain.code(alice) == b""


def test_several_authorisations_travel_in_one_transaction(chain: Chain, wallet: bytes, accounts: Any) -> None:
    alice, bob, carol = accounts.alice, accounts.bob, accounts.carol
    good = chain.authorization(alice, wallet)
    elsewhere = chain.authorization(bob, wallet, chain_id=5)
    anywhere = chain.authorization(carol, wallet, chain_id=0)
    late = chain.authorization(bob, wallet, nonce=7)
    receipt = chain.send(sender=accounts.dave, to=bob, authorizations=[good, elsewhere, anywhere, late])
    assert receipt.succeeded
    assert [chain.code(who) for who in (alice, bob, carol)] == [designator(wallet), b"", designator(wallet)]


def test_a_failed_call_leaves_the_delegation(chain: Chain, alice: Any) -> None:
    chain.set_code(WALLET, bytes.fromhex("5f5ffd"))
    receipt = chain.authorize(alice, WALLET, data=b"\x01", check=False)
    assert not receipt.succeeded
    assert chain.code(alice) == designator(WALLET)


@pytest.mark.parametrize(
    ("change", "refusal", "words"),
    [
        ({"authorizations": ()}, MalformedTransaction, "needs an authorization"),
        ({"to": None}, MalformedTransaction, "cannot create a contract"),
        ({"gas": 45_999}, IntrinsicGasTooLow, "46000"),
    ],
    ids=["empty list", "to nobody", "too little gas"],
)
def test_a_set_code_transaction_that_breaks_a_rule_is_refused(
    chain: Chain, alice: Any, change: dict[str, Any], refusal: type[Exception], words: str
) -> None:
    from dataclasses import replace

    listed = (chain.authorization(alice, WALLET),)
    tx = Transaction(4, CHAIN_ID, 0, 1, 10**10, 100_000, bytes(20), 0, b"", authorizations=listed)
    before = chain.version
    with pytest.raises(refusal, match=words):
        chain.send_transaction(replace(tx, **change), alice)
    assert chain.version == before


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (2, 2**64, "at most 8 bytes"),
        (3, 256, "at most 1 bytes"),
        (1, bytes(19), "not an address of 20 bytes"),
        (0, b"\x00\x01", "canonical integer"),
        (4, 2**256, "at most 32 bytes"),
    ],
)
def test_a_malformed_tuple_makes_the_transaction_malformed(
    chain: Chain, alice: Any, place: int, value: Any, words: str
) -> None:
    authorizations = (chain.authorization(alice, WALLET),)
    tx = Transaction(4, CHAIN_ID, 0, 1, 10**10, 100_000, bytes(20), 0, b"", authorizations=authorizations)
    fields = rlp.decode(sign(tx, alice.key).raw[1:])
    fields[9][0][place] = value
    with pytest.raises(MalformedTransaction, match=words):
        chain.send_raw(b"\x04" + rlp.encode(fields))


def test_a_tuple_with_a_number_that_it_cannot_hold_is_not_signed(chain: Chain, alice: Any) -> None:
    chain_id, delegate, *rest = chain.authorization(alice, WALLET)
    for place, bits in enumerate((64, 8, 256, 256)):
        numbers: list[int] = list(rest)
        numbers[place] = 2**bits
        tx = Transaction(
            4, CHAIN_ID, 0, 1, 10**10, 100_000, bytes(20), 0, b"", authorizations=((chain_id, delegate, *numbers),)
        )  # type: ignore[arg-type]
        with pytest.raises(OutOfRange, match="of an authorization is"):
            chain.send_transaction(tx, alice)


def test_ten_thousand_tuples_cost_more_gas_than_a_transaction_may_have(chain: Chain, alice: Any) -> None:
    listed = (chain.authorization(alice, WALLET),) * 10_000
    tx = Transaction(4, CHAIN_ID, 0, 1, 10**10, 2**24, bytes(20), 0, b"", authorizations=listed)
    with pytest.raises(IntrinsicGasTooLow, match="250021000"):
        chain.send_transaction(tx, alice)


def test_an_authorisation_with_numbers_that_none_can_hold_is_not_signed(chain: Chain, alice: Any) -> None:
    for fields in ({"nonce": 2**64 - 1}, {"nonce": 2**64}, {"chain_id": 2**256}, {"nonce": -1}):
        with pytest.raises(OutOfRange):
            chain.authorization(alice, WALLET, **fields)
    with pytest.raises(UnknownAccount):
        chain.authorize(chain.impersonate(WALLET), WALLET)


def test_an_account_without_a_key_can_pay_for_an_authorisation(chain: Chain, wallet: bytes, alice: Any) -> None:
    payer = chain.impersonate("0x" + "99" * 20)
    chain.set_balance(payer, ether(1))
    chain.authorize(alice, wallet, sender=payer)
    assert chain.code(alice) == designator(wallet)


def test_a_call_takes_authorisations_and_changes_nothing(chain: Chain, wallet: bytes, alice: Any) -> None:
    signed = chain.authorization(alice, wallet)
    before = chain.version
    assert chain.call(to=alice, authorizations=[signed])[12:] == alice.address_bytes
    assert chain.call(to=alice) == b""
    assert (chain.version, chain.code(alice)) == (before, b"")


def test_a_call_sees_only_authorisations_that_hold(chain: Chain, wallet: bytes, alice: Any) -> None:
    late = chain.authorization(alice, wallet, nonce=3)
    assert chain.call(to=alice, authorizations=[late]) == b""
    chain.send(sender=alice, to=alice)
    chain.send(sender=alice, to=alice)
    chain.send(sender=alice, to=alice)
    assert chain.call(to=alice, authorizations=[late])[12:] == alice.address_bytes
    with pytest.raises(IntrinsicGasTooLow, match="46000"):
        chain.call(to=alice, authorizations=[late], gas=45_999)
    with pytest.raises(OutOfRange, match="y parity of an authorization is 256"):
        chain.call(to=alice, authorizations=[(*late[:3], 256, *late[4:])])


# -- signed by the wallets' libraries


def test_eth_account_signs_a_set_code_transaction_for_l1(chain: Chain, wallet: bytes, alice: Any, bob: Any) -> None:
    authority, payer = Signer.from_key(alice.private_key), Signer.from_key(bob.private_key)
    signed = authority.sign_authorization({"chainId": CHAIN_ID, "address": wallet, "nonce": 0})
    transaction = {
        "type": 4, "chainId": CHAIN_ID, "nonce": 0, "maxPriorityFeePerGas": 10**9, "maxFeePerGas": 10**11,
        "gas": 100_000, "to": bytes.fromhex(alice.address[2:]), "value": 0, "data": "0x", "accessList": [],
        "authorizationList": [signed],
    }  # fmt: skip
    receipt = chain.send_raw(bytes(payer.sign_transaction(transaction).raw_transaction))
    assert receipt.succeeded
    assert chain.code(alice) == designator(wallet)


@each_library
def test_a_wallet_library_signs_a_set_code_transaction_for_l1(
    chain: Chain, wallet: bytes, alice: Any, bob: Any, library: WalletLibrary
) -> None:
    receipt = chain.send_raw(library.sign(chain, alice, bob, wallet))
    assert receipt.succeeded
    assert chain.code(alice) == designator(wallet)
    assert chain.call(to=alice)[12:] == alice.address_bytes
