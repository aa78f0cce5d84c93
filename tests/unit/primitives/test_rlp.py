"""Strict RLP: what decodes encodes back to the same bytes; everything else is refused."""

from __future__ import annotations

import pytest
import rlp as reference
from hypothesis import given
from hypothesis import strategies as st

from harness.primitives import rlp

items = st.recursive(st.binary(max_size=70), lambda inner: st.lists(inner, max_size=5), max_leaves=20)


@given(items)
def test_encoding_is_that_of_the_reference(item: rlp.Item) -> None:
    encoded = rlp.encode(item)
    assert encoded == reference.encode(item)
    assert rlp.decode(encoded) == item


@given(st.binary(max_size=80))
def test_what_decodes_has_one_encoding(data: bytes) -> None:
    try:
        item = rlp.decode(data)
    except rlp.RlpError:
        return
    assert rlp.encode(item) == data


NOT_CANONICAL = {
    "nothing": b"",
    "a small byte with a prefix": b"\x81\x05",
    "long form for a short one": b"\xb8\x05hello",
    "leading zero": b"\xb9\x00\x40" + bytes(64),
    "short": b"\x83ab",
    "short list": b"\xc2\x01",
    "left over": b"\x01\x01",
    "inside a list": b"\xc1\x81\x00",
    "long form of a list": b"\xf8\x01\x01",
}


@pytest.mark.parametrize("data", NOT_CANONICAL.values(), ids=list(NOT_CANONICAL))
def test_what_is_not_canonical_is_refused(data: bytes) -> None:
    with pytest.raises(rlp.RlpError):
        rlp.decode(data)


def test_shapes_are_checked() -> None:
    with pytest.raises(rlp.RlpError, match="leading zero"):
        rlp.to_int(b"\x00\x01")
    with pytest.raises(rlp.RlpError, match="not below"):
        rlp.to_int(b"\x01\x00", bound=256)
    with pytest.raises(rlp.RlpError, match="a list where a number"):
        rlp.to_int([])
    with pytest.raises(rlp.RlpError, match="3 bytes where 0 or 20"):
        rlp.to_bytes(b"abc", (0, 20))
    with pytest.raises(rlp.RlpError, match="a list of 1"):
        rlp.to_list([b""], (2,))
    with pytest.raises(rlp.RlpError, match="nested"):
        rlp.decode(rlp.encode(_nested(40)))


def _nested(depth: int) -> list[object]:
    item: list[object] = []
    for _ in range(depth):
        item = [item]
    return item
