"""What may not enter a block, with the same exception on every backend and nothing changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.chain import TX_GAS_CAP, ether
from harness.chain.errors import (
    BadSignature,
    FeeTooLow,
    GasAboveCap,
    InsufficientFunds,
    IntrinsicGasTooLow,
    MalformedTransaction,
    NonceTooHigh,
    NonceTooLow,
    SenderHasCode,
    TransactionRejected,
    WrongChainId,
)
from harness.chain.values.transactions import Transaction, encode, sign


@pytest.fixture
def transfer(chain, alice, bob):
    """An honest transfer, to be spoiled."""
    return Transaction(2, chain.chain_id, chain.nonce(alice), 10**9, 10**10, 21_000, bob.address_bytes, 5, b"")


@pytest.fixture
def refused(chain, alice, bob):
    """Send, expect this exception, and find the chain as it was."""

    def attempt(kind, send):
        before = chain.head, chain.nonce(alice), chain.balance(alice), chain.balance(bob)
        with pytest.raises(kind) as caught:
            send()
        assert isinstance(caught.value, TransactionRejected)
        assert (chain.head, chain.nonce(alice), chain.balance(alice), chain.balance(bob)) == before
        return caught.value

    return attempt


def test_send_for_another_chain_is_refused(chain, alice, transfer, refused):
    raw = sign(replace(transfer, chain_id=901), alice.key).raw
    error = refused(WrongChainId, lambda: chain.send_raw(raw))
    assert (error.actual, error.expected) == (901, 900)
    assert str(error) == "transaction is signed for chain id 901, this chain is 900"


def test_send_of_a_protected_legacy_transaction_for_another_chain_is_refused(chain, alice, transfer, refused):
    raw = sign(replace(transfer, type_id=0, chain_id=1, priority_fee=10**10), alice.key).raw
    assert refused(WrongChainId, lambda: chain.send_raw(raw)).actual == 1


def test_send_of_an_unprotected_legacy_transaction_succeeds(chain, alice, bob, transfer):
    before = chain.balance(bob)
    receipt = chain.send_raw(sign(replace(transfer, type_id=0, chain_id=None, priority_fee=10**10), alice.key).raw)
    assert receipt.succeeded
    assert chain.balance(bob) == before + 5


@pytest.mark.parametrize("type_id", [0, 1, 2])
def test_send_of_each_transaction_type_succeeds(chain, alice, transfer, type_id):
    access = ((alice.address_bytes, (1, 2)),) if type_id else ()
    tip = transfer.max_fee if type_id < 2 else transfer.priority_fee
    tx = replace(transfer, type_id=type_id, gas=60_000, access_list=access, priority_fee=tip)
    assert chain.send_raw(sign(tx, alice.key).raw).succeeded


def test_send_above_the_gas_cap_is_refused(chain, alice, transfer, refused):
    raw = sign(replace(transfer, gas=TX_GAS_CAP + 1), alice.key).raw
    error = refused(GasAboveCap, lambda: chain.send_raw(raw))
    assert (error.gas, error.cap) == (2**24 + 1, 2**24)


def test_send_at_the_gas_cap_succeeds(chain, alice, transfer):
    assert chain.send_raw(sign(replace(transfer, gas=TX_GAS_CAP), alice.key).raw).gas_used == 21_000


def test_send_with_a_used_nonce_is_refused(chain, alice, bob, transfer, refused):
    chain.send(sender=alice, to=bob, value=1)
    raw = sign(transfer, alice.key).raw
    error = refused(NonceTooLow, lambda: chain.send_raw(raw))
    assert (error.sender, error.actual, error.expected) == (alice.address, 0, 1)


def test_send_with_a_nonce_that_leaves_a_gap_is_refused(chain, alice, transfer, refused):
    error = refused(NonceTooHigh, lambda: chain.send_raw(sign(replace(transfer, nonce=3), alice.key).raw))
    assert (error.sender, error.actual, error.expected) == (alice.address, 3, 0)


def test_send_beyond_the_balance_is_refused(chain, alice, transfer, refused):
    tx = replace(transfer, value=ether(10_000))
    error = refused(InsufficientFunds, lambda: chain.send_raw(sign(tx, alice.key).raw))
    assert error.sender == alice.address
    assert error.balance == ether(10_000)
    assert error.required == ether(10_000) + 21_000 * 10**10


def test_send_below_the_intrinsic_gas_is_refused(chain, alice, transfer, refused):
    tx = replace(transfer, data=b"\1" * 100, gas=22_600)
    error = refused(IntrinsicGasTooLow, lambda: chain.send_raw(sign(tx, alice.key).raw))
    assert (error.gas, error.required) == (22_600, 25_000)  # the floor of EIP-7623: 21,000 + 10 * 4 * 100


def test_send_below_the_base_fee_is_refused(chain, alice, transfer, refused):
    tx = replace(transfer, max_fee=1, priority_fee=1)
    error = refused(FeeTooLow, lambda: chain.send_raw(sign(tx, alice.key).raw))
    assert error.actual == 1
    assert error.required == chain.backend.next_base_fee()


def test_send_with_a_tip_above_the_highest_fee_is_refused(chain, alice, transfer, refused):
    tx = replace(transfer, priority_fee=transfer.max_fee + 1)
    assert refused(FeeTooLow, lambda: chain.send_raw(sign(tx, alice.key).raw)).what == "priority fee"


@pytest.mark.parametrize("spoilt", [{"r": 0}, {"s": 0}, {"r": 2**256 - 1}], ids=["no r", "no s", "r beyond the field"])
def test_send_with_a_signature_of_nobody_is_refused(chain, alice, transfer, refused, spoilt):
    signed = sign(transfer, alice.key).tx
    refused(BadSignature, lambda: chain.send_raw(encode(replace(signed, **spoilt))))


def test_send_with_the_other_signature_of_the_same_sender_is_refused(chain, alice, transfer, refused):
    """Whoever sees a signature can make a second one of it; EIP-2 leaves one of them valid."""
    signed = sign(transfer, alice.key).tx
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    other = replace(signed, s=order - signed.s, y_parity=1 - signed.y_parity)
    error = refused(BadSignature, lambda: chain.send_raw(encode(other)))
    assert "EIP-2" in str(error)


@pytest.mark.parametrize("raw", [b"", b"\x02", b"\x05\xc0", b"\xc3\x01\x02\x03", b"\x02\xc3\x01\x02\x03", b"\x80"])
def test_send_of_bytes_that_are_no_transaction_is_refused(chain, raw, refused):
    refused(MalformedTransaction, lambda: chain.send_raw(raw))


def test_send_of_initcode_that_is_too_long_is_refused(chain, alice, transfer, refused):
    tx = replace(transfer, to=None, data=bytes(49_153), gas=16_000_000)
    refused(MalformedTransaction, lambda: chain.send_raw(sign(tx, alice.key).raw))


@pytest.mark.needs("edits")
def test_send_from_an_address_with_code_is_refused(chain, alice, transfer, refused):
    chain.set_code(alice, b"\x00")
    error = refused(SenderHasCode, lambda: chain.send_raw(sign(transfer, alice.key).raw))
    assert error.sender == alice.address


@pytest.mark.needs("edits")
def test_send_from_a_delegated_address_succeeds(chain, alice, bob, transfer):
    chain.set_code(alice, b"\xef\x01\x00" + bob.address_bytes)
    assert chain.send_raw(sign(transfer, alice.key).raw).succeeded


def test_chain_id_is_the_same_to_clients_and_to_contracts(chain, probe):
    assert chain.w3.eth.chain_id == chain.chain_id == 900
    assert probe.environment().id == 900
