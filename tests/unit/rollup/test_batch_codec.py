"""The bytes of a batch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.rollup.codec.batch import Item, decode, encode, read_item
from harness.rollup.codec.messages import MAX_BATCH_BYTES, MAX_ITEMS, MAX_TRANSACTION_BYTES, Deposit
from harness.rollup.errors import BatchTooLong, MalformedDeposit, TooManyItems, TransactionTooLong

items = st.builds(Item, st.binary(max_size=80), st.none() | st.integers(0, 2**64 - 1))


@given(st.lists(items, max_size=20))
def test_what_is_encoded_is_decoded(wanted: list[Item]) -> None:
    data = encode(wanted)
    assert list(decode(data)) == wanted
    assert len(data) == sum(item.size for item in wanted)


@given(st.binary(max_size=300))
def test_any_bytes_decode_to_something(data: bytes) -> None:
    found = list(decode(data))
    again = b"".join(item.encode() for item in found)
    assert data.startswith(again)


@given(st.lists(items, min_size=1, max_size=5), st.data())
def test_a_cut_batch_keeps_its_whole_items(wanted: list[Item], draw: st.DataObject) -> None:
    data = encode(wanted)
    cut = draw.draw(st.integers(0, len(data) - 1))
    found = list(decode(data[:cut]))
    assert found == wanted[: len(found)]
    assert len(found) < len(wanted)


def test_the_layout_is_the_specified_one() -> None:
    assert Item(b"\xaa\xbb").encode() == bytes.fromhex("00 000002 aabb")
    assert Item(b"\xaa", 258).encode() == bytes.fromhex("01 0000000000000102 000001 aa")


@pytest.mark.parametrize(
    "data", [b"\x02", b"\x00", b"\x00\x00\x00", b"\x01" + bytes(10), b"\x00\x00\x00\x01", b"\xff" * 20]
)
def test_a_malformed_item_is_none(data: bytes) -> None:
    assert read_item(data, 0) is None


def test_512_items_are_refused() -> None:
    encode([Item(b"")] * MAX_ITEMS)
    with pytest.raises(TooManyItems) as caught:
        encode([Item(b"")] * (MAX_ITEMS + 1))
    assert (caught.value.actual, caught.value.maximum) == (512, 511)


def test_a_batch_above_96_kib_is_refused() -> None:
    full = [Item(bytes(MAX_TRANSACTION_BYTES)), Item(bytes(MAX_BATCH_BYTES - MAX_TRANSACTION_BYTES - 8))]
    assert len(encode(full)) == MAX_BATCH_BYTES
    with pytest.raises(BatchTooLong) as caught:
        encode([full[0], Item(full[1].raw + b"\0")])
    assert caught.value.actual == MAX_BATCH_BYTES + 1


def test_a_transaction_of_50001_bytes_is_refused() -> None:
    with pytest.raises(TransactionTooLong):
        Item(bytes(MAX_TRANSACTION_BYTES + 1)).encode()


@pytest.mark.parametrize("payload", [b"", bytes(92), b"\x02" + bytes(92)])
def test_a_payload_that_is_no_deposit_is_refused(payload: bytes) -> None:
    with pytest.raises(MalformedDeposit):
        Deposit.decode(bytes(20), payload)
