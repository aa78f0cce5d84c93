from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from eth_account import Account as EthAccount
from hypothesis import given
from hypothesis import strategies as st

from harness.chain.errors import BadSignature, MalformedTransaction
from harness.chain.values.accounts import well_known_accounts
from harness.chain.values.transactions import Transaction, create_address, decode, encode, impersonate, sign
from harness.chain.values.validity import check_rules

ALICE, BOB = well_known_accounts()[0], well_known_accounts()[1]
TRANSFER = Transaction(2, 900, 3, 10**9, 10**10, 50_000, BOB.address_bytes, 5, b"\x01\x02")
ACCESS = ((BOB.address_bytes, (0, 2**256 - 1)),)


def _for_eth_account(tx):
    fields = {"nonce": tx.nonce, "gas": tx.gas, "value": tx.value, "data": tx.data, "chainId": tx.chain_id}
    if tx.to is not None:
        fields["to"] = tx.to
    if tx.type_id < 2:
        fields["gasPrice"] = tx.max_fee
    else:
        fields["maxFeePerGas"], fields["maxPriorityFeePerGas"] = tx.max_fee, tx.priority_fee
    if tx.type_id:
        fields["type"] = tx.type_id
        fields["accessList"] = [
            {"address": address, "storageKeys": ["0x" + slot.to_bytes(32, "big").hex() for slot in slots]}
            for address, slots in tx.access_list
        ]
    return fields


@st.composite
def transactions(draw):
    type_id = draw(st.sampled_from([0, 1, 2]))
    max_fee = draw(st.integers(1, 2**64))
    words = st.integers(0, 2**256 - 1)
    slots = st.lists(words, max_size=3).map(tuple)
    access = draw(st.lists(st.tuples(st.binary(min_size=20, max_size=20), slots), max_size=3).map(tuple))
    return Transaction(
        type_id,
        draw(st.integers(1, 2**32)),
        draw(st.integers(0, 2**64 - 2)),
        max_fee if type_id < 2 else draw(st.integers(0, max_fee)),
        max_fee,
        draw(st.integers(21_000, 2**24)),
        draw(st.one_of(st.none(), st.binary(min_size=20, max_size=20))),
        draw(st.integers(0, 2**128)),
        draw(st.binary(max_size=100)),
        access_list=access if type_id else (),
    )


@given(tx=transactions(), key=st.integers(1, 2**128).map(lambda number: number.to_bytes(32, "big")))
def test_sign_gives_the_bytes_of_eth_account_and_decode_reads_them(tx, key):
    sent = sign(tx, key)
    theirs = EthAccount.sign_transaction(_for_eth_account(tx), key)
    assert sent.raw == bytes(theirs.raw_transaction)
    assert sent.hash == bytes(theirs.hash)
    assert decode(sent.raw) == sent
    assert encode(sent.tx) == sent.raw


@given(raw=st.binary(max_size=200))
def test_decode_of_any_bytes_reads_or_refuses(raw):
    with suppress(MalformedTransaction, BadSignature):
        assert encode(decode(raw).tx) == raw


@given(position=st.integers(0, 10_000), byte=st.integers(1, 255))
def test_decode_of_spoilt_bytes_never_yields_the_same_sender_and_content(position, byte):
    sent = sign(TRANSFER, ALICE.key)
    spoilt = bytearray(sent.raw)
    spoilt[position % len(spoilt)] ^= byte
    try:
        found = decode(bytes(spoilt))
    except (MalformedTransaction, BadSignature):
        return
    assert (found.sender, found.tx) != (sent.sender, sent.tx)


def test_sender_that_is_given_is_not_derived():
    assert sign(TRANSFER, ALICE.key, ALICE.address_bytes) == sign(TRANSFER, ALICE.key)


def test_blob_and_set_code_transactions_survive_the_round_trip():
    blob = replace(TRANSFER, type_id=3, max_blob_fee=7, blob_hashes=(b"\x01" + bytes(31),), access_list=ACCESS)
    authorization = (900, BOB.address_bytes, 0, 1, 2, 3)
    set_code = replace(TRANSFER, type_id=4, authorizations=(authorization,), access_list=ACCESS)
    for tx in (blob, set_code):
        assert decode(sign(tx, ALICE.key).raw).tx == sign(tx, ALICE.key).tx
        assert decode(sign(tx, ALICE.key).raw).sender == ALICE.address_bytes


def test_impersonated_bytes_are_refused_from_outside():
    sent = impersonate(TRANSFER, BOB.address_bytes)
    with pytest.raises(BadSignature):
        decode(sent.raw)
    assert decode(sent.raw, impersonated=True) == sent


def test_impersonation_needs_a_typed_transaction():
    with pytest.raises(MalformedTransaction):
        impersonate(replace(TRANSFER, type_id=0), BOB.address_bytes)


@pytest.mark.parametrize(
    ("changes", "gas"),
    [
        ({"data": b""}, 21_000),
        ({"data": bytes(10)}, 21_000 + 100),  # the floor: 10 per zero byte
        ({"data": b"\1" * 10}, 21_000 + 400),
        ({"data": b"", "to": None}, 53_000),
        ({"data": bytes(32), "to": None}, 53_000 + 32 * 4 + 2),
        ({"data": b"", "access_list": ACCESS}, 21_000 + 2_400 + 2 * 1_900),
        ({"data": b"", "type_id": 4, "authorizations": ((0, bytes(20), 0, 0, 0, 0),)}, 21_000 + 25_000),
    ],
)
def test_intrinsic_gas(changes, gas):
    assert replace(TRANSFER, **changes).intrinsic_gas == gas


@pytest.mark.parametrize(
    "changes",
    [
        {"type_id": 3, "blob_hashes": ()},
        {"type_id": 3, "blob_hashes": (b"\x02" + bytes(31),)},
        {"type_id": 3, "blob_hashes": (b"\x01" + bytes(31),), "to": None, "gas": 100_000},
        {"type_id": 4, "gas": 100_000},
        {"type_id": 4, "authorizations": ((0, bytes(20), 0, 0, 0, 0),), "to": None, "gas": 100_000},
    ],
    ids=["no blob", "blob of another version", "creation with blobs", "no authorization", "creation with set-code"],
)
def test_check_rules_refuses_ill_formed_typed_transactions(changes):
    with pytest.raises(MalformedTransaction):
        check_rules(sign(replace(TRANSFER, **changes), ALICE.key), 900)


def test_check_rules_without_a_cap():
    check_rules(sign(replace(TRANSFER, gas=2**30), ALICE.key), 900, None)


def test_create_address_is_that_of_the_yellow_paper():
    assert create_address(ALICE.address_bytes, 0) == "0x5FbDB2315678afecb367f032d93F642f64180aa3"
