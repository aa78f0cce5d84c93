"""The parameters of JSON-RPC methods: what a method's annotations say is what it is given, or RpcError -32602.

A method of a table names the kind of each parameter in its annotation, and gets the value that the kind reads. In this
process web3 also gives bytes for text of digits, and whole numbers for quantities.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints

from harness.chain.errors import RpcError
from harness.chain.values.hexadecimal import unhex
from harness.errors import brief

INVALID_PARAMS = -32602
_DIGITS = frozenset("0123456789abcdefABCDEF")
_WORD_DIGITS = 64


class Misfit(ValueError):
    """A parameter is not of its kind; the message says what was found and what was expected."""

    def __init__(self, actual: object, expected: str, where: str = "") -> None:
        super().__init__(f"{where and where + ' is '}{brief(actual)}, expected {expected}")
        self.actual = actual
        self.expected = expected


def quantity(value: Any) -> int:
    """Return a whole number below 2**256 from 0x and digits; raises Misfit."""
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    else:
        digits = _digits(value)
        significant = digits.lstrip("0")
        if not digits or len(significant) > _WORD_DIGITS:
            raise Misfit(value, "0x and the hex digits of a number below 2**256")
        number = int(significant or "0", 16)
    if not 0 <= number < 2**256:
        raise Misfit(value, "a number from 0 to 2**256 - 1")
    return number


def _digits(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex()
    if not isinstance(value, str) or value[:2] not in ("0x", "0X") or not _DIGITS.issuperset(value[2:]):
        raise Misfit(value, "0x and hex digits")
    return value[2:]


def data(value: Any) -> bytes:
    """Return bytes from 0x and two digits a byte; raises Misfit."""
    if isinstance(value, bytes):
        return value
    digits = _digits(value)
    if len(digits) % 2:
        raise Misfit(value, "two hex digits for each byte")
    return unhex(digits)


def _fixed(value: Any, size: int, what: str) -> bytes:
    found = data(value)
    if len(found) != size:
        raise Misfit(value, f"{what} of {size} bytes, not {len(found)}")
    return found


def address(value: Any) -> bytes:
    """Return the 20 bytes of an address; raises Misfit."""
    return _fixed(value, 20, "an address")


def hash32(value: Any) -> bytes:
    """Return the 32 bytes of a hash; raises Misfit."""
    return _fixed(value, 32, "a hash")


def flag(value: Any) -> bool:
    """Return true or false; raises Misfit."""
    if not isinstance(value, bool):
        raise Misfit(value, "true or false")
    return value


def seconds(value: Any) -> int:
    """Return a whole number from a number, or from its digits in base 10 or, after 0x, in base 16; raises Misfit."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _WORD_DIGITS:
        return int(value)
    return quantity(value)


def text(value: Any) -> str:
    """Return text; raises Misfit."""
    if not isinstance(value, str):
        raise Misfit(value, "text")
    return value


def fields(value: Any) -> Mapping[str, Any]:
    """Return an object; raises Misfit."""
    if not isinstance(value, Mapping):
        raise Misfit(value, "an object")
    return value


def items(value: Any) -> Sequence[Any]:
    """Return a list; raises Misfit."""
    if not isinstance(value, list | tuple):
        raise Misfit(value, "a list")
    return value


def slots(value: Any) -> list[int]:
    """Return the numbers of storage slots; raises Misfit."""
    return [quantity(item) for item in items(value)]


def percentiles(value: Any) -> list[float]:
    """Return percentages that do not fall; raises Misfit."""
    found = [item for item in items(value) if isinstance(item, int | float) and not isinstance(item, bool)]
    if len(found) != len(value) or found != sorted(found) or any(not 0 <= item <= 100 for item in found):
        raise Misfit(value, "numbers from 0 to 100 that do not fall")
    return [float(item) for item in found]


TAGS = ("latest", "pending", "earliest", "safe", "finalized")


@dataclass(frozen=True, slots=True)
class BlockName:
    """How a request names a block: exactly one of ``tag``, ``number`` and ``hash`` is not None."""

    tag: str | None = None
    number: int | None = None
    hash: bytes | None = None


LATEST = BlockName("latest")


def block(value: Any) -> BlockName:
    """Return what a tag, a number, a hash or an object of EIP-1898 names; raises Misfit."""
    if isinstance(value, BlockName):
        return value
    if isinstance(value, Mapping):
        named = [key for key in ("blockNumber", "blockHash") if value.get(key) is not None]
        if len(named) != 1:
            raise Misfit(dict(value), "an object with either blockNumber or blockHash")
        if named == ["blockNumber"]:
            return BlockName(number=quantity(value["blockNumber"]))
        return BlockName(hash=hash32(value["blockHash"]))
    if isinstance(value, bytes) and len(value) == 32:
        return BlockName(hash=value)
    if isinstance(value, str) and not value.startswith(("0x", "0X")):
        if value not in TAGS:
            raise Misfit(value, f"a number, a hash, or one of {', '.join(TAGS)}")
        return BlockName(value)
    if isinstance(value, str) and len(value) == 2 + _WORD_DIGITS:
        return BlockName(hash=hash32(value))
    return BlockName(number=quantity(value))


Quantity = Annotated[int, quantity]
Seconds = Annotated[int, seconds]
Data = Annotated[bytes, data]
Address = Annotated[bytes, address]
Hash = Annotated[bytes, hash32]
Flag = Annotated[bool, flag]
Text = Annotated[str, text]
Fields = Annotated[Mapping[str, Any], fields]
Items = Annotated[Sequence[Any], items]
Slots = Annotated[list[int], slots]
Percentiles = Annotated[list[float], percentiles]
Block = Annotated[BlockName, block]


class _Parameter(NamedTuple):
    name: str
    read: Callable[[Any], Any]
    is_required: bool


@lru_cache(maxsize=1024)
def _parameters(method: Callable[..., Any]) -> tuple[_Parameter, ...]:
    hints = get_type_hints(method, include_extras=True)
    found = list(inspect.signature(method).parameters.values())[1:]  # without self
    return tuple(
        _Parameter(each.name, _reader(hints[each.name]), each.default is inspect.Parameter.empty) for each in found
    )


def _reader(hint: Any) -> Callable[[Any], Any]:
    """Return what reads the kind that an annotation names, which may stand beside None."""
    if get_origin(hint) is Annotated:
        reader: Callable[[Any], Any] = get_args(hint)[1]
        return reader
    return next(_reader(part) for part in get_args(hint) if part is not type(None))


def invoke(name: str, method: Callable[..., Any], given: Any) -> Any:
    """Call a method of a table with a request's parameters, each read as its annotation says.

    A parameter that may be left out may also be null. Raises RpcError -32602 for what is missing, left over or of
    another kind, and what the method raises.
    """
    wanted = _parameters(getattr(method, "__func__", method))
    if not isinstance(given, list | tuple):
        raise RpcError(name, f"invalid params: {brief(given)}, expected a list", INVALID_PARAMS)
    least = sum(each.is_required for each in wanted)
    if not least <= len(given) <= len(wanted):
        expected = str(least) if least == len(wanted) else f"{least} to {len(wanted)}"
        raise RpcError(name, f"invalid params: {len(given)} are given, expected {expected}", INVALID_PARAMS)
    read = {}
    for each, value in zip(wanted, given, strict=False):
        if value is None and not each.is_required:
            continue
        try:
            read[each.name] = each.read(value)
        except Misfit as problem:
            raise RpcError(name, f"invalid params: {each.name}: {problem}", INVALID_PARAMS) from None
    return method(**read)
