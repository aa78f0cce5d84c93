from __future__ import annotations

from types import SimpleNamespace

import pytest
from eth_hash.auto import keccak

from harness.chain.console import console_line
from harness.chain.values.codec import (
    AbiIndex,
    decode_values,
    encode_arguments,
    mutability,
    selector,
    signature,
    topic,
    type_of,
)
from harness.chain.values.units import ether, gwei
from harness.chain.values.value_errors import Undecodable, ValueMisfit

POINT = {"type": "tuple", "name": "p", "components": [{"type": "uint8", "name": "x"}, {"type": "address", "name": "o"}]}
FN = keccak(b"f()")[:4]
WHO = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


def test_type_of_spells_tuples_out():
    assert type_of(POINT) == "(uint8,address)"
    assert type_of({**POINT, "type": "tuple[2][]"}) == "(uint8,address)[2][]"


def test_signature_selector_and_topic():
    entry = {"name": "transfer", "inputs": [{"type": "address"}, {"type": "uint256"}]}
    assert signature(entry) == "transfer(address,uint256)"
    assert selector(entry).hex() == "a9059cbb"
    assert topic(entry) == keccak(b"transfer(address,uint256)")


@pytest.mark.parametrize("value", [{"x": 1, "o": WHO}, (1, WHO), SimpleNamespace(x=1, o=SimpleNamespace(address=WHO))])
def test_structs_encode_from_every_shape(value):
    encoded = encode_arguments([POINT], [value])
    (point,) = decode_values([POINT], encoded)
    assert point == (1, WHO)
    assert (point.x, point.o) == (1, WHO)
    with pytest.raises(AttributeError, match="struct has no member 'y'; it has x, o"):
        _ = point.y


def test_arrays_of_structs_and_hex_bytes():
    items = [{**POINT, "type": "tuple[]"}, {"type": "bytes32[2]"}]
    encoded = encode_arguments(items, [[(1, WHO), (2, WHO)], ["0x" + "11" * 32, b"\x22" * 32]])
    points, words = decode_values(items, encoded)
    assert [point.x for point in points] == [1, 2]
    assert words == [b"\x11" * 32, b"\x22" * 32]


def test_index_leaves_anonymous_events_out():
    event = {"type": "event", "name": "E", "inputs": []}
    assert AbiIndex([{**event, "anonymous": True}]).events == {}
    assert len(AbiIndex([event]).events) == 1


def test_decoding_of_short_data_gives_none():
    index = AbiIndex([{"type": "error", "name": "E", "inputs": [{"type": "uint256", "name": "a"}]}])
    (code,) = index.errors
    assert index.decode_error(code + bytes(31)) is None
    assert index.decode_error(code + bytes(32)).fields == {"a": 0}
    assert index.decode_error(b"") is None


def _log(types, *values):
    return console_line(
        keccak(f"log({','.join(types)})".encode())[:4] + encode_arguments([{"type": kind} for kind in types], values)
    )


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (lambda: _log(["string"], "hello"), "hello"),
        (lambda: _log(["uint256", "bool", "address", "string"], 1, True, WHO, "x"), f"1 true {WHO} x"),
        (lambda: _log(["int256"], -5), "-5"),
        (lambda: _log(["bytes4"], b"\x01\x02\x03\x04"), "0x01020304"),
        (lambda: _log(["string", "uint256", "uint256"], "%d of %s: 100%%", 1, 2), "1 of 2: 100%"),
        (lambda: _log(["string", "uint256", "bool"], "%d", 1, False), "1 false"),
        (lambda: console_line(keccak(b"log(uint)")[:4] + bytes(32)), "0"),
        (lambda: console_line(keccak(b"logBytes32(bytes32)")[:4] + b"\x01" * 32), "0x" + "01" * 32),
        (lambda: console_line(b"\x01\x02\x03\x04\x05"), "0x0102030405"),
        (lambda: console_line(keccak(b"log(string)")[:4]), "0x41304fac"),
    ],
)
def test_console_lines(line, text):
    assert line() == text


def test_units():
    assert ether(1) == 10**18
    assert ether("0.1") == 10**17
    assert ether(0.1) == 10**17
    assert gwei(2) == 2 * 10**9
    with pytest.raises(ValueError, match="expected a whole number of wei"):
        gwei("0.0000000001")


TEXT = {"type": "string", "name": "text"}


def test_text_that_is_no_utf8_is_escaped_at_any_depth():
    raw = encode_arguments([{"type": "bytes"}], [b"\xff\x80tail"])
    assert decode_values([TEXT], raw) == ["\\xff\\x80tail"]
    nested = {"type": "tuple[]", "name": "p", "components": [TEXT, {"type": "string[1]", "name": "more"}]}
    plain = {"type": "tuple[]", "components": [{"type": "bytes"}, {"type": "bytes[1]"}]}
    ((first,),) = decode_values([nested], encode_arguments([plain], [[(b"\xff", [b"\xfe"])]]))
    assert (first.text, first.more) == ("\\xff", ["\\xfe"])


def test_decoding_names_what_was_expected():
    with pytest.raises(Undecodable, match=r"0x00 does not decode as \(uint8 x, address o\)") as caught:
        decode_values(POINT["components"], b"\0")
    assert caught.value.data == b"\0"


def test_a_wrong_number_of_arguments_is_refused():
    with pytest.raises(ValueMisfit, match=r"expected 2 for \(uint8 x, address o\)"):
        encode_arguments(POINT["components"], [1])


def test_index_gives_an_anonymous_event_only_if_no_other_fits():
    def nameless(name, *kinds):
        inputs = [{"type": kind, "name": f"a{i}", "indexed": False} for i, kind in enumerate(kinds)]
        return {"type": "event", "name": name, "anonymous": True, "inputs": inputs}

    number, text = encode_arguments([{"type": "uint256"}], [5]), encode_arguments([TEXT], ["five"])
    alone = AbiIndex([nameless("A", "uint256"), nameless("B", "string")])
    assert alone.decode_anonymous(WHO, (), number).fields == {"a0": 5}
    assert alone.decode_anonymous(WHO, (), text).name == "B"
    assert alone.decode_anonymous(WHO, (), number + bytes(32)) is None
    assert alone.decode_anonymous(WHO, (bytes(32),), number) is None
    twins = AbiIndex([nameless("A", "uint256"), nameless("C", "int256")])
    assert twins.decode_anonymous(WHO, (), number) is None


@pytest.mark.parametrize(
    ("abi", "data", "value", "told"),
    [
        ([("function", "f", "nonpayable")], FN, 1, "f() is not payable, but 1 wei"),
        ([("function", "f", "nonpayable")], FN, 0, ""),
        ([("function", "f", "payable")], FN, 1, ""),
        ([("receive", "", "payable")], b"", 1, ""),
        ([("receive", "", "payable")], b"\1", 1, "no function 0x01"),
        ([("fallback", "", "payable")], b"", 1, ""),
        ([("fallback", "", "nonpayable")], b"", 1, "fallback() is not payable, but 1 wei"),
        ([("fallback", "", "nonpayable")], b"", 0, ""),
        ([], b"", 1, "neither receive() nor fallback()"),
        ([], b"\1\2\3\4\5", 0, "no function 0x01020304, and no fallback()"),
    ],
)
def test_index_says_what_a_contract_lacks(abi, data, value, told):
    index = AbiIndex([{"type": kind, "name": name, "stateMutability": how} for kind, name, how in abi])
    found = index.refusal(data, value)
    assert told in found and bool(told) == bool(found)


def test_mutability_of_compilers_before_0_4_16_is_read():
    assert [mutability(entry) for entry in ({"constant": True}, {"payable": True}, {"constant": False}, {})] == [
        "view",
        "payable",
        "nonpayable",
        "nonpayable",
    ]
