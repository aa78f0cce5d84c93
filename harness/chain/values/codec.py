"""ABI encoding and decoding of arguments, calls, errors and events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError, ParseError

from harness.chain.values.abi import (
    Entry,
    described,
    is_hashed_as_topic,
    mutability,
    names_of,
    selector,
    signature,
    split_array,
    topic,
    type_of,
    types_of,
)
from harness.chain.values.address import Address, Addressed, address_bytes, checksummed
from harness.chain.values.coercion import coerce
from harness.chain.values.decoded import (
    DecodedCall,
    DecodedError,
    DecodedEvent,
    FoundEvent,
    Struct,
    record_of,
    shown_event,
)
from harness.chain.values.value_errors import Undecodable, ValueMisfit
from harness.primitives.hashing import keccak256

__all__ = [
    "ERROR_STRING",
    "PANIC",
    "PANIC_MEANINGS",
    "AbiIndex",
    "Address",
    "Addressed",
    "DecodedCall",
    "DecodedError",
    "DecodedEvent",
    "Entry",
    "FoundEvent",
    "Struct",
    "address_bytes",
    "coerce",
    "decode_event",
    "decode_fields",
    "decode_values",
    "described",
    "encode_arguments",
    "mutability",
    "names_of",
    "record_of",
    "same_topic",
    "same_value",
    "selector",
    "shown_event",
    "signature",
    "topic",
    "type_of",
    "types_of",
]

ERROR_STRING = bytes.fromhex("08c379a0")
PANIC = bytes.fromhex("4e487b71")

PANIC_MEANINGS = {
    0x00: "generic panic",
    0x01: "assertion failed",
    0x11: "arithmetic overflow or underflow",
    0x12: "division or modulo by zero",
    0x21: "value is no member of the enum",
    0x22: "corrupt storage byte array",
    0x31: "pop on an empty array",
    0x32: "array index out of bounds",
    0x41: "too much memory",
    0x51: "call of an uninitialised internal function",
}

_NOT_UTF8 = "backslashreplace"
"""How text that is no UTF-8 is shown: each wrong byte as ``\\xff``. Such text can be printed, but not sent back."""


def encode_arguments(items: Sequence[Entry], values: Sequence[Any]) -> bytes:
    """Return the encoding; `harness.chain.values.coercion` says which values a type takes. Raises ValueMisfit."""
    if len(items) != len(values):
        raise ValueMisfit("the list of arguments", tuple(values), f"{len(items)} for {described(items)}")
    named = zip(items, names_of(items), values, strict=True)
    coerced = [coerce(item, value, name) for item, name, value in named]
    try:
        return encode(types_of(items), coerced)
    except (EncodingError, ParseError, ValueError) as error:  # an ABI with a type that there is not, such as uint7
        raise ValueMisfit("the list of arguments", tuple(values), f"{described(items)} ({error})") from None


def decode_values(items: Sequence[Entry], data: bytes) -> list[Any]:
    """Return the values; addresses are `Address`, structs are `Struct`, arrays are lists. Raises Undecodable."""
    try:
        values = decode([_wire_type(item) for item in items], data)
    except (DecodingError, OverflowError, ValueError, ParseError) as error:
        raise Undecodable(data, described(items), str(error)) from None
    return [_present(item, value) for item, value in zip(items, values, strict=True)]


def _wire_type(item: Entry) -> str:
    """Return the type with bytes for string, because a contract may put any bytes into a string."""
    kind: str = item["type"]
    if kind.startswith("tuple"):
        return "(" + ",".join(_wire_type(part) for part in item["components"]) + ")" + kind[len("tuple") :]
    return "bytes" + kind[len("string") :] if kind.startswith("string") else kind


def _present(item: Entry, value: Any) -> Any:
    kind: str = item["type"]
    if kind == "address":
        return checksummed(value)
    if kind == "string":
        return value.decode("utf-8", _NOT_UTF8)
    array = split_array(kind)
    if array is not None:
        return [_present({**item, "type": array[0]}, member) for member in value]
    if kind == "tuple":
        parts = item["components"]
        members = [_present(part, member) for part, member in zip(parts, value, strict=True)]
        return Struct(names_of(parts), members)
    return value


def decode_fields(items: Sequence[Entry], data: bytes) -> dict[str, Any] | None:
    """Return the values by name; None if the data does not fit."""
    try:
        return dict(zip(names_of(items), decode_values(items, data), strict=True))
    except Undecodable:
        return None


def same_value(item: Entry, wanted: Any, found: Any) -> bool:
    """Return whether a decoded value is the wanted one, which may have every form that an argument may have."""
    if wanted == found:
        return True
    if item["type"] == "string" and isinstance(wanted, bytes):
        return bool(wanted.decode("utf-8", _NOT_UTF8) == found)
    try:
        data = encode_arguments([item], [wanted])
    except ValueMisfit:
        return False
    return bool(decode_values([item], data)[0] == found)


def same_topic(item: Entry, wanted: Any, found: bytes) -> bool:
    """Return whether the hash in a log is the wanted one, given as the hash or as the hashed value."""
    if same_value({"type": "bytes32"}, wanted, found):
        return True
    if isinstance(wanted, bytes) and item["type"] == "string":
        return bool(keccak256(wanted) == found)
    try:
        value = coerce(item, wanted, "topic")
    except ValueMisfit:
        return False
    return bool(keccak256(_in_place(item, value, True)) == found)


def _in_place(item: Entry, value: Any, outermost: bool = False) -> bytes:
    """Return the bytes that are hashed for an indexed value: its members in order, padded, without lengths."""
    kind: str = item["type"]
    array = split_array(kind)
    if array is not None:
        return b"".join(_in_place({**item, "type": array[0]}, member) for member in value)
    if kind == "tuple":
        parts = zip(item["components"], value, strict=True)
        return b"".join(_in_place(part, member) for part, member in parts)
    if kind in ("string", "bytes"):
        raw: bytes = value.encode() if isinstance(value, str) else value
        return raw if outermost else raw + bytes(-len(raw) % 32)
    return encode([kind], [value])


class AbiIndex:
    """One ABI, by selector and topic; ``anonymous`` are its events without a topic of their own."""

    def __init__(self, abi: Sequence[Entry]) -> None:
        self.functions: dict[bytes, Entry] = {}
        self.errors: dict[bytes, Entry] = {}
        self.events: dict[bytes, Entry] = {}
        self.anonymous: list[Entry] = []
        self._payable: dict[str, bool] = {}
        for entry in abi:
            kind = entry.get("type", "function")
            if kind == "function":
                self.functions[selector(entry)] = entry
            elif kind == "error":
                self.errors[selector(entry)] = entry
            elif kind == "event" and entry.get("anonymous", False):
                self.anonymous.append(entry)
            elif kind == "event":
                self.events[topic(entry)] = entry
            else:
                self._payable[kind] = mutability(entry) == "payable"

    def decode_call(self, data: bytes) -> DecodedCall | None:
        """Return the call that calldata makes; None if no function has its selector."""
        entry = self.functions.get(data[:4])
        if entry is None:
            return None
        return DecodedCall(entry["name"], signature(entry), decode_fields(entry.get("inputs", ()), data[4:]))

    def decode_error(self, data: bytes) -> DecodedError | None:
        """Return the custom error in revert data; None if no error of the ABI fits it."""
        entry = self.errors.get(data[:4])
        if entry is None:
            return None
        fields = decode_fields(entry.get("inputs", ()), data[4:])
        return None if fields is None else DecodedError(entry["name"], signature(entry), fields)

    def decode_event(self, address: str, topics: Sequence[bytes], data: bytes) -> DecodedEvent | None:
        """Return the event that has the log's topic; None if the ABI has none."""
        entry = self.events.get(topics[0]) if topics else None
        return None if entry is None else decode_event(entry, address, topics, data)

    def decode_anonymous(self, address: str, topics: Sequence[bytes], data: bytes) -> DecodedEvent | None:
        """Return the anonymous event that fits the log, if it is the only one."""
        found = [decode_event(entry, address, topics, data) for entry in self.anonymous]
        fitting = [event for event in found if event is not None]
        return fitting[0] if len(fitting) == 1 else None

    def refusal(self, data: bytes, value: int, *, creation: bool = False) -> str:
        """Return why a contract with this ABI reverts at once when called so with ``value`` wei; "" if it need not."""
        sent = f", but {value} wei came with the call"
        if creation:
            return f"the constructor is not payable{sent}" if value and not self._payable.get("constructor") else ""
        entry = self.functions.get(data[:4]) if data else None
        if entry is not None:
            return f"{entry['name']}() is not payable{sent}" if value and mutability(entry) != "payable" else ""
        if not data and "receive" in self._payable:
            return ""
        if "fallback" in self._payable:
            return f"fallback() is not payable{sent}" if value and not self._payable["fallback"] else ""
        if not data:
            return "it has neither receive() nor fallback()"
        return f"it has no function 0x{data[:4].hex()}, and no fallback()"


def decode_event(entry: Entry, address: str, topics: Sequence[bytes], data: bytes) -> DecodedEvent | None:
    """Return the event of this ABI entry in a log; None if the log does not fit it.

    An anonymous event has no mark of its own, so its data must be exactly what the ABI makes of the values.
    """
    inputs = entry.get("inputs", ())
    anonymous = bool(entry.get("anonymous", False))
    words = topics if anonymous else topics[1:]
    indexed = [item for item in inputs if item.get("indexed")]
    plain = [item for item in inputs if not item.get("indexed")]
    if len(indexed) != len(words):
        return None
    try:
        values = decode_values(plain, data)
        from_words = [
            word if is_hashed_as_topic(item) else decode_values([item], word)[0]
            for item, word in zip(indexed, words, strict=True)
        ]
        if anonymous and encode_arguments(plain, values) != data:
            return None
    except (Undecodable, ValueMisfit):
        return None
    from_data, from_topics = iter(values), iter(from_words)
    found = [next(from_topics) if item.get("indexed") else next(from_data) for item in inputs]
    return DecodedEvent(entry["name"], dict(zip(names_of(inputs), found, strict=True)), address)
