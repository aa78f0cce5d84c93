"""Python values as arguments of ABI types: what each type takes, and the error for everything else.

bool             True or False
uintN, intN      an int in range; no bool, no float
address          an account, a contract, hex text (mixed case must be the right checksum), 20 bytes
bytesN           exactly N bytes, or their hex text
bytes            bytes, or hex text
string           text
fixedMxN         an int or a Decimal
T[], T[k]        a list, a tuple or another sequence
struct           a mapping with the members' names, a sequence in their order, an object with such attributes
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from eth_abi.abi import encode
from eth_abi.exceptions import EncodingError

from harness.chain.values.abi import Entry, names_of, split_array
from harness.chain.values.address import Address, address_bytes
from harness.chain.values.value_errors import NotAnAddress, ValueMisfit
from harness.errors import did_you_mean

_HEX = re.compile(r"(?:0[xX])?((?:[0-9a-fA-F]{2})*)")
_NUMBER = re.compile(r"(u?)int(\d*)")
_FIXED = re.compile(r"u?fixed\d+x\d+")
_BYTES = re.compile(r"bytes(\d*)")
_BINARY = (bytes, bytearray, memoryview)
_NO_STRUCT = (str, bool, int, float, Decimal, type(None), *_BINARY)


def coerce(item: Entry, value: Any, where: str) -> Any:
    """Return the value as eth_abi takes it for this parameter; raises ValueMisfit."""
    kind: str = item["type"]
    bounds = _bounds(kind)
    if bounds is not None:
        return _integer(value, kind, *bounds, where)
    array = split_array(kind)
    if array is not None:
        return _array(item, array[0], array[1], value, where)
    if kind == "tuple":
        return _struct(item["components"], value, where)
    if kind == "address":
        return _address(value, where)
    if kind == "bool":
        return _of_type(value, bool, where, "True or False")
    if kind == "string":
        return _text(value, where)
    if kind == "function":
        return _binary(value, 24, where)
    sized = _BYTES.fullmatch(kind)
    if sized is not None:
        return _binary(value, int(sized[1]) if sized[1] else None, where)
    return _decimal(value, kind, where)


def read_as_hex(item: Entry, value: Any) -> int:
    """Return how many texts within the value are read as hex, not as text.

    An `Address` for an address is what it is.
    """
    kind: str = item["type"]
    array = split_array(kind)
    if array is not None:
        return sum(read_as_hex({**item, "type": array[0]}, member) for member in value)
    if kind == "tuple":
        parts = item["components"]
        members = _members(parts, value, "")
        return sum(read_as_hex(part, member) for part, member in zip(parts, members, strict=True))
    if not isinstance(value, str):
        return 0
    own = "address" if isinstance(value, Address) else "string"
    return int(kind != own)


def _of_type(value: Any, kind: type, where: str, expected: str) -> Any:
    if not isinstance(value, kind):
        raise ValueMisfit(where, value, expected)
    return value


@lru_cache(maxsize=256)
def _bounds(kind: str) -> tuple[int, int] | None:
    """Return the lowest and highest value of an integer type; None for any other type."""
    number = _NUMBER.fullmatch(kind)
    if number is None:
        return None
    bits = int(number[2] or 256)
    return (0, 2**bits - 1) if number[1] else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _integer(value: Any, kind: str, low: int, high: int, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        of_kind = isinstance(value, int) and not isinstance(value, bool)
        raise ValueMisfit(where, value, f"{kind}, an int from {_bound(low)} to {_bound(high)}", of_kind)
    return int(value)


def _bound(number: int) -> str:
    """Return a bound of an integer type, as a power of two where it is long."""
    if abs(number) < 2**64:
        return str(number)
    return f"-2**{(-number).bit_length() - 1}" if number < 0 else f"2**{number.bit_length()} - 1"


def _address(value: Any, where: str) -> str:
    try:
        return "0x" + address_bytes(value).hex()
    except NotAnAddress as error:
        expected = f"address: an account, a contract, 0x and 40 hex digits, or 20 bytes ({error.reason})"
        raise ValueMisfit(where, value, expected) from None


def _binary(value: Any, size: int | None, where: str) -> bytes:
    kind = "bytes" if size is None else f"bytes{size}"
    if isinstance(value, str):
        digits = _HEX.fullmatch(value)
        found = None if digits is None else bytes.fromhex(digits[1])
    else:
        found = bytes(value) if isinstance(value, _BINARY) else None
    if found is None:
        raise ValueMisfit(where, value, f"{kind}, as bytes or as hex text")
    if size is not None and len(found) != size:
        raise ValueMisfit(where, value, f"{kind}: {size} bytes, not {len(found)}")
    return found


def _text(value: Any, where: str) -> str:
    _of_type(value, str, where, "string, as text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueMisfit(where, value, "string: text that UTF-8 can encode") from None
    return str(value)


def _decimal(value: Any, kind: str, where: str) -> Any:
    if not _FIXED.fullmatch(kind):
        raise ValueMisfit(where, value, f"{kind}, a type that no call from outside can pass")
    expected = f"{kind}, an int or a Decimal that it holds exactly"
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise ValueMisfit(where, value, expected)
    try:
        encode([kind], [value])
    except (EncodingError, ArithmeticError, ValueError) as error:
        raise ValueMisfit(where, value, f"{expected} ({error})", out_of_range=True) from None
    return value


def _array(item: Entry, element: str, length: int | None, value: Any, where: str) -> list[Any]:
    if isinstance(value, (str, *_BINARY)) or not isinstance(value, Sequence):
        many = "" if length is None else f" of {length}"
        raise ValueMisfit(where, value, f"{item['type']}, a list or tuple{many}")
    if length is not None and len(value) != length:
        raise ValueMisfit(where, value, f"{item['type']}, a list or tuple of {length}, not of {len(value)}")
    part = {**item, "type": element}
    return [coerce(part, member, f"{where}[{place}]") for place, member in enumerate(value)]


def _struct(parts: Sequence[Entry], value: Any, where: str) -> tuple[Any, ...]:
    members = _members(parts, value, where)
    named = zip(parts, names_of(parts), members, strict=True)
    return tuple(coerce(part, member, f"{where}.{name}") for part, name, member in named)


def _members(parts: Sequence[Entry], value: Any, where: str) -> list[Any]:
    names = names_of(parts)
    if isinstance(value, Mapping):
        if value.keys() == set(names):
            return [value[name] for name in names]
        missing = [name for name in names if name not in value]
        unknown = [key for key in value if key not in names]
        hint = f", without {', '.join(map(repr, unknown))}" if unknown else f", also {', '.join(missing)}"
        raise ValueMisfit(
            where, value, _struct_of(names) + hint + (did_you_mean(unknown[0], missing) if unknown else "")
        )
    if isinstance(value, Sequence) and not isinstance(value, _NO_STRUCT):
        if len(value) != len(parts):
            raise ValueMisfit(where, value, f"{_struct_of(names)}: {len(parts)} members, not {len(value)}")
        return list(value)
    absent = object()
    found = [absent if isinstance(value, _NO_STRUCT) else getattr(value, name, absent) for name in names]
    if absent in found:
        raise ValueMisfit(where, value, f"{_struct_of(names)}; it has no {names[found.index(absent)]!r}")
    return found


def _struct_of(names: Sequence[str]) -> str:
    return f"a struct of ({', '.join(names)})"
