"""Which function a call means, and which of its keywords are arguments."""

from __future__ import annotations

from typing import Any

import pytest

from harness.chain.values.address import address_of
from harness.contracts.binding.arguments import Given, choose
from harness.contracts.binding.functions import Overload
from harness.contracts.errors import AmbiguousOverload, WrongArguments

BOB = "0x" + "bb" * 20
OWN = ("sender", "value", "gas")


def overload(*inputs: str) -> Overload:
    """``overload("address to", "uint256 value")``"""
    parameters = [dict(zip(("type", "name"), each.split(" "), strict=False)) for each in inputs]
    return Overload({"name": "f", "stateMutability": "payable", "inputs": parameters, "outputs": []})


def chosen(*overloads: Overload, args: tuple[Any, ...] = (), **keywords: Any) -> tuple[str, tuple[Any, ...], Any]:
    kind, values, left = choose("C.f", overloads, Given(args, keywords, OWN), "functions")
    return kind.signature, values, left


@pytest.mark.parametrize(
    ("first", "second", "args", "meant"),
    [
        ("string", "bytes", ("cafe",), "string"),
        ("string", "bytes", (b"cafe",), "bytes"),
        ("string", "bytes32", ("0x" + "11" * 32,), "string"),
        ("string", "address", (address_of(BOB),), "address"),
        ("string", "address", (BOB,), "string"),
        ("address", "bytes32", (BOB,), "address"),
        ("address", "bytes32", ("0x" + "11" * 32,), "bytes32"),
        ("bytes4", "bytes32", (b"\1" * 4,), "bytes4"),
        ("bool", "uint256", (True,), "bool"),
        ("bool", "uint256", (1,), "uint256"),
        ("uint8", "string", (300,), "uint8"),
        ("uint256[]", "uint256[2]", ([1, 2, 3],), "uint256[]"),
        ("uint256[]", "address[]", ([BOB],), "address[]"),
        ("string[]", "bytes[]", (["cafe", "text"],), "string[]"),
        ("uint256", "uint256[]", ([1],), "uint256[]"),
    ],
)
def test_the_overload_is_chosen_by_python_type(first: str, second: str, args: tuple[Any, ...], meant: str) -> None:
    for order in ((first, second), (second, first)):
        assert chosen(*map(overload, order), args=args)[0] == f"f({meant})"


@pytest.mark.parametrize(
    ("first", "second", "args"),
    [
        ("uint256", "int256", (5,)),
        ("uint256", "uint8", (256,)),
        ("uint256[]", "uint256[2]", ([1, 2],)),
        ("uint256[]", "address[]", ([],)),
        ("address", "bytes", (BOB,)),
        ("address", "bytes20", (b"\1" * 20,)),
        ("bytes", "bytes32", (b"\1" * 32,)),
    ],
)
def test_an_ambiguous_call_is_refused(first: str, second: str, args: tuple[Any, ...]) -> None:
    with pytest.raises(AmbiguousOverload) as caught:
        chosen(overload(first), overload(second), args=args)
    assert caught.value.signatures == (f"f({first})", f"f({second})")


def test_better_in_one_argument_and_worse_in_another_is_ambiguous() -> None:
    crossed = overload("string", "bytes"), overload("bytes", "string")
    with pytest.raises(AmbiguousOverload):
        chosen(*crossed, args=("cafe", "cafe"))
    assert chosen(*crossed, args=("cafe", b"cafe"))[0] == "f(string,bytes)"


def test_no_overload_that_fits_is_reported_with_each_reason() -> None:
    with pytest.raises(WrongArguments, match=r"f\(uint256\): _0 is None.*f\(string\): _0 is None"):
        chosen(overload("uint256"), overload("string"), args=(None,))


def test_a_keyword_that_names_an_open_parameter_is_the_argument() -> None:
    transfer = overload("address to", "uint256 value")
    assert chosen(transfer, args=(BOB,), value=5, sender=1) == ("f(address,uint256)", (BOB, 5), {"sender": 1})
    assert chosen(transfer, value=5, to=BOB) == ("f(address,uint256)", (BOB, 5), {})
    assert chosen(transfer, args=(BOB, 5), value=1) == ("f(address,uint256)", (BOB, 5), {"value": 1})


def test_a_keyword_that_could_be_either_in_two_overloads_is_refused() -> None:
    with pytest.raises(AmbiguousOverload):
        chosen(overload(), overload("uint256 value"), value=1)
    assert chosen(overload(), overload("uint256 value"), args=(1,), value=1)[0] == "f(uint256)"


def test_sender_is_the_calls_own_where_an_overload_leaves_it() -> None:
    kinds = overload("uint256 a"), overload("uint256 a", "address sender")
    assert chosen(*kinds, args=(1,), sender=BOB) == ("f(uint256)", (1,), {"sender": BOB})
    assert chosen(*kinds, args=(1, BOB), sender=BOB)[0] == "f(uint256,address)"


def test_any_parameter_name_can_be_given() -> None:
    odd = overload("uint256 self", "uint256 what", "uint256 args", "uint256 from")
    given = Given((), {"self": 1, "what": 2, "args": 3, "from": 4}, OWN)
    assert choose("C.f", (odd,), given, "functions")[1] == (1, 2, 3, 4)


def test_a_misspelt_parameter_of_overloads_is_reported() -> None:
    with pytest.raises(WrongArguments, match=r"f\(uint256\): it has no parameter 'amuont'; did you mean amount"):
        chosen(overload("uint256 amount"), overload("address to", "uint256 amount"), amuont=5)


def test_a_value_out_of_range_is_reported_for_the_one_overload_with_that_many_parameters() -> None:
    with pytest.raises(WrongArguments, match="a is 300, expected uint8"):
        kind, values, _ = choose("C.f", (overload("uint8 a"), overload()), Given((300,), {}), "functions")
        kind.encode(values)


STRUCT = {"type": "tuple", "name": "s", "components": [{"type": "uint8", "name": "a"}, {"type": "bytes4", "name": "b"}]}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"a": 1, "c": b"1234"}, r"s is .*struct of \(a, b\), without 'c'"),
        ({"a": 1}, "also b"),
        ((1,), "2 members, not 1"),
        ("ab", "it has no 'a'"),
        (None, "it has no 'a'"),
        (5, "it has no 'a'"),
        ((1, b"123"), "s.b is b'123', expected bytes4: 4 bytes, not 3"),
        ((256, b"1234"), "s.a is 256, expected uint8, an int from 0 to 255"),
        ((-1, b"1234"), "s.a is -1"),
        ((True, b"1234"), "s.a is True"),
        ((1, "0x123"), "s.b is '0x123', expected bytes4, as bytes or as hex text"),
    ],
)
def test_a_value_that_does_not_fit_is_reported_with_the_way_to_it(value: Any, told: str) -> None:
    kind = Overload({"name": "f", "stateMutability": "view", "inputs": [STRUCT], "outputs": []})
    with pytest.raises(WrongArguments, match=told):
        kind.encode((value,))
