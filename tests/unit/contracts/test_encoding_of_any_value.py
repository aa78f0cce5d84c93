"""Whatever a test passes, a binding encodes it as eth_abi does or refuses it by name; answers likewise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import make_dataclass
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.chain.values.abi import split_array, type_of
from harness.chain.values.accounts import Account
from harness.contracts.binding.functions import Overload
from harness.contracts.errors import UndecodableAnswer, WrongArguments

Item = Mapping[str, Any]

WIDTHS = st.integers(1, 32)
NAMES = st.sampled_from(["count", "index", "_fields", "class", "from", "names", "self", "address", "value", "x"])
PLAIN = st.one_of(
    st.sampled_from(["bool", "address", "string", "bytes", "function"]),
    WIDTHS.map(lambda size: f"bytes{size}"),
    WIDTHS.map(lambda size: f"uint{8 * size}"),
    WIDTHS.map(lambda size: f"int{8 * size}"),
)
ITEMS: st.SearchStrategy[Item] = st.recursive(
    PLAIN.map(lambda kind: {"type": kind, "name": "a"}),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["[]", "[1]", "[2]"])).map(
            lambda pair: {**pair[0], "type": pair[0]["type"] + pair[1]}
        ),
        st.lists(st.tuples(NAMES, inner), min_size=1, max_size=3, unique_by=lambda pair: pair[0]).map(
            lambda parts: {"type": "tuple", "name": "a", "components": [{**item, "name": name} for name, item in parts]}
        ),
    ),
    max_leaves=4,
)


def right_values(item: Item) -> st.SearchStrategy[tuple[Any, Any]]:
    """Values that the type takes, each with what eth_abi is given for it."""
    kind: str = item["type"]
    array = split_array(kind)
    if array is not None:
        element, size = array
        many = st.lists(
            right_values({**item, "type": element}), min_size=size or 0, max_size=3 if size is None else size
        )
        return many.flatmap(
            lambda pairs: st.sampled_from([list, tuple]).map(
                lambda kind: (kind(p[0] for p in pairs), [p[1] for p in pairs])
            )
        )
    if kind == "tuple":
        return st.tuples(*map(right_values, item["components"])).flatmap(
            lambda pairs: shapes([part["name"] for part in item["components"]], pairs)
        )
    if kind == "bool":
        return st.booleans().map(same)
    if kind == "string":
        return st.text(st.characters(exclude_categories=["Cs"])).map(same)
    if kind == "address":
        return st.binary(min_size=20, max_size=20).flatmap(addresses)
    if kind.startswith(("uint", "int")):
        bits = int(kind.removeprefix("u").removeprefix("int"))
        low, high = (0, 2**bits - 1) if kind[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        return st.integers(low, high).map(same)
    size = 24 if kind == "function" else int(kind.removeprefix("bytes") or 0)
    return st.binary(min_size=size, max_size=size or 40).flatmap(binaries)


def same(value: Any) -> tuple[Any, Any]:
    return value, value


def addresses(raw: bytes) -> st.SearchStrategy[tuple[Any, Any]]:
    text = "0x" + raw.hex()
    return st.sampled_from([raw, text, text.upper(), raw.hex(), Account(text), Account(text).address]).map(
        lambda form: (form, text)
    )


def binaries(raw: bytes) -> st.SearchStrategy[tuple[Any, Any]]:
    forms: list[Any] = [raw, bytearray(raw), memoryview(raw), raw.hex(), "0x" + raw.hex().upper()]
    return st.sampled_from(forms).map(lambda form: (form, raw))


def shapes(names: list[str], pairs: tuple[tuple[Any, Any], ...]) -> st.SearchStrategy[tuple[Any, Any]]:
    values = dict(zip(names, (pair[0] for pair in pairs), strict=True))
    plain = tuple(pair[1] for pair in pairs)
    forms: list[Any] = [values, tuple(values.values()), list(values.values()), SimpleNamespace(**values)]
    return st.sampled_from(forms).map(lambda form: (form, plain))


ANY_VALUE = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.sampled_from([2**256, -(2**255) - 1, 10**1000, 300, -129]),
        st.floats(),
        st.decimals(),
        st.text(),
        st.text("0123456789abcdefABCDEFx ", max_size=66),
        st.binary(max_size=40),
        st.just("\udcff"),
        st.builds(object),
        st.sets(st.integers(), max_size=2),
        st.just(Decimal("NaN")),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(st.one_of(NAMES, st.integers()), inner, max_size=3),
        inner.map(lambda value: SimpleNamespace(count=value, address=value)),
        inner.map(make_dataclass("Data", ["count"])),
    ),
    max_leaves=6,
)


def function(*inputs: Item) -> Overload:
    return Overload({"name": "f", "stateMutability": "view", "inputs": inputs, "outputs": inputs})


@settings(max_examples=400)
@given(ITEMS.flatmap(lambda item: st.tuples(st.just(item), right_values(item))))
def test_a_value_that_the_type_takes_is_encoded_as_eth_abi_does(drawn: tuple[Item, tuple[Any, Any]]) -> None:
    item, (value, plain) = drawn
    expected = encode([type_of(item)], [plain])
    bound = function(item)
    assert bound.encode((value,)) == bound.selector + expected
    again = bound.decode(expected)
    assert bound.encode((again,)) == bound.selector + expected


@settings(max_examples=600)
@given(ITEMS, ANY_VALUE)
def test_any_other_value_is_encoded_as_eth_abi_does_or_refused(item: Item, value: Any) -> None:
    bound = function(item)
    try:
        data = bound.encode((value,))
    except WrongArguments as refused:
        assert refused.what == bound.signature and "expected" in str(refused)
        return
    (decoded,) = [bound.decode(data[4:])]
    assert data == bound.selector + encode([type_of(item)], [plainly(item, value)])
    assert bound.encode((decoded,)) == data


def plainly(item: Item, value: Any) -> Any:
    """The value as eth_abi is given it, for the few of any values that a type takes."""
    kind: str = item["type"]
    array = split_array(kind)
    if array is not None:
        return [plainly({**item, "type": array[0]}, member) for member in value]
    if kind == "tuple":
        parts = item["components"]
        if isinstance(value, Mapping):
            value = [value[part["name"]] for part in parts]
        elif not isinstance(value, (list, tuple)):
            value = [getattr(value, part["name"]) for part in parts]
        return tuple(plainly(part, member) for part, member in zip(parts, value, strict=True))
    if kind == "address" and isinstance(value, SimpleNamespace):
        value = value.address
    if kind.startswith(("bytes", "function")) and isinstance(value, str):
        return bytes.fromhex(value.lower().removeprefix("0x"))
    return value


@settings(max_examples=400)
@given(
    ITEMS,
    st.lists(
        st.one_of(st.binary(min_size=32, max_size=32), st.integers(0, 128).map(lambda n: n.to_bytes(32, "big"))),
        max_size=8,
    ),
    st.binary(max_size=3),
)
def test_any_answer_is_decoded_or_refused(item: Item, words: list[bytes], rest: bytes) -> None:
    data = b"".join(words) + rest
    try:
        function(item).decode(data)
    except UndecodableAnswer as refused:
        assert refused.data == data


@pytest.mark.parametrize("kind", ["fixed128x18", "ufixed64x2"])
def test_fixed_point_numbers_are_encoded_or_refused(kind: str) -> None:
    bound = function({"type": kind, "name": "a"})
    assert bound.encode((Decimal("1.25"),))[4:] == encode([kind], [Decimal("1.25")])
    for wrong in (1.25, True, "1", Decimal("NaN"), Decimal("1e200"), Decimal("0.0000000000000000001"), 2**256):
        with pytest.raises(WrongArguments, match="a is"):
            bound.encode((wrong,))


def test_types_that_no_call_can_pass_are_refused() -> None:
    for kind in ("mapping(uint256 => uint256)", "Lib.Data storage", "uint7", "bytes33"):
        bound = function({"type": kind, "name": "a"})
        with pytest.raises(WrongArguments):
            bound.encode((1,))
        with pytest.raises(UndecodableAnswer):
            bound.decode(bytes(32))


def test_a_number_that_python_does_not_write_is_refused_by_name() -> None:
    with pytest.raises(WrongArguments, match=r"a is .*too long to be shown.*uint256"):
        function({"type": "uint256", "name": "a"}).encode((10**5000,))
