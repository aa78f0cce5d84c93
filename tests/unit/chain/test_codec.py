from __future__ import annotations

from types import SimpleNamespace

import pytest
from eth_hash.auto import keccak

from harness.chain.codec import (
    AbiIndex,
    decode_values,
    encode_arguments,
    selector,
    signature,
    topic,
    type_of,
)
from harness.chain.console import console_line
from harness.chain.units import ether, gwei

POINT = {"type": "tuple", "name": "p", "components": [{"type": "uint8", "name": "x"}, {"type": "address", "name": "o"}]}
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
