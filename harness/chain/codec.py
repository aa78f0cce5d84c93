"""ABI encoding and decoding: of arguments, and of calls, errors and events by their selectors and topics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak
from eth_utils import to_canonical_address, to_checksum_address

Entry = Mapping[str, Any]

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


def type_of(item: Entry) -> str:
    """Canonical type of an ABI parameter, tuples spelled out."""
    kind: str = item["type"]
    if not kind.startswith("tuple"):
        return kind
    return "(" + ",".join(type_of(part) for part in item["components"]) + ")" + kind[len("tuple") :]


def types_of(items: Sequence[Entry]) -> list[str]:
    return [type_of(item) for item in items]


def signature(entry: Entry) -> str:
    return f"{entry['name']}({','.join(types_of(entry.get('inputs', ())))})"


def selector(entry: Entry) -> bytes:
    """First four bytes of the hash of the signature."""
    return keccak(signature(entry).encode())[:4]


def topic(entry: Entry) -> bytes:
    """Hash of an event's signature."""
    return keccak(signature(entry).encode())


def encode_arguments(items: Sequence[Entry], values: Sequence[Any]) -> bytes:
    """Encode; a value may be an account or contract for its address, a mapping or dataclass for a tuple."""
    prepared = [_prepare(item, value) for item, value in zip(items, values, strict=True)]
    return encode(types_of(items), prepared)


def decode_values(items: Sequence[Entry], data: bytes) -> list[Any]:
    """Decode; addresses are checksummed, tuples become `Struct`."""
    return [_present(item, value) for item, value in zip(items, decode(types_of(items), data), strict=True)]


class Struct(tuple[Any, ...]):
    """A decoded Solidity struct: a tuple whose members are attributes too."""

    names: tuple[str, ...]

    def __new__(cls, names: Sequence[str], values: Sequence[Any]) -> Struct:
        self = super().__new__(cls, values)
        self.names = tuple(names)
        return self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in self.names:
            raise AttributeError(f"struct has no member {name!r}; it has {', '.join(self.names)}")
        return self[self.names.index(name)]

    def __repr__(self) -> str:
        return "(" + ", ".join(f"{name}={value!r}" for name, value in zip(self.names, self, strict=True)) + ")"


def _split_array(kind: str) -> str | None:
    """Element type of an array type; None for anything else."""
    return kind[: kind.rindex("[")] if kind.endswith("]") else None


def _prepare(item: Entry, value: Any) -> Any:
    kind: str = item["type"]
    element = _split_array(kind)
    if element is not None:
        return [_prepare({**item, "type": element}, member) for member in value]
    if kind == "tuple":
        return _prepare_tuple(item["components"], value)
    if kind == "address":
        address = getattr(value, "address", value)
        return "0x" + address.hex() if isinstance(address, bytes) else address
    if kind.startswith("bytes") and isinstance(value, str):
        return bytes.fromhex(value.removeprefix("0x"))
    return value


def _prepare_tuple(components: Sequence[Entry], value: Any) -> tuple[Any, ...]:
    if isinstance(value, Mapping):
        members = [value[part["name"]] for part in components]
    elif isinstance(value, (tuple, list)):
        members = list(value)
    else:
        members = [getattr(value, part["name"]) for part in components]
    return tuple(_prepare(part, member) for part, member in zip(components, members, strict=True))


def _present(item: Entry, value: Any) -> Any:
    kind: str = item["type"]
    element = _split_array(kind)
    if element is not None:
        return [_present({**item, "type": element}, member) for member in value]
    if kind == "tuple":
        parts = item["components"]
        members = [_present(part, member) for part, member in zip(parts, value, strict=True)]
        return Struct([part["name"] for part in parts], members)
    if kind == "address":
        return _checksummed(value)
    return value


@lru_cache(maxsize=4_096)
def _checksummed(address: str) -> str:
    return str(to_checksum_address(address))


@lru_cache(maxsize=4_096)
def _canonical(address: str) -> bytes:
    return bytes(to_canonical_address(address))


@dataclass(frozen=True, slots=True)
class DecodedError:
    """A revert's name, signature and fields; ``contract`` is the one whose ABI told."""

    name: str
    signature: str
    fields: Mapping[str, Any]
    contract: str = ""


@dataclass(frozen=True, slots=True)
class DecodedEvent:
    """An event's name and fields, by attribute as well; indexed fields of dynamic type are their hash."""

    name: str
    fields: Mapping[str, Any]
    address: str
    contract: str = ""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in self.fields:
            raise AttributeError(f"event {self.name} has no field {name!r}; it has {', '.join(self.fields)}")
        return self.fields[name]

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]


@dataclass(frozen=True, slots=True)
class DecodedCall:
    """A call's function name and arguments; arguments is None if the data is too short for them."""

    name: str
    signature: str
    fields: Mapping[str, Any] | None


def _named(items: Sequence[Entry], values: Sequence[Any]) -> dict[str, Any]:
    return {item.get("name") or f"_{i}": value for i, (item, value) in enumerate(zip(items, values, strict=True))}


def decode_fields(items: Sequence[Entry], data: bytes) -> dict[str, Any] | None:
    """Values by name; None if the data does not fit."""
    try:
        return _named(items, decode_values(items, data))
    except (DecodingError, OverflowError, ValueError):
        return None


class AbiIndex:
    """One ABI, looked up by selector and topic."""

    def __init__(self, abi: Sequence[Entry]) -> None:
        self.functions: dict[bytes, Entry] = {}
        self.errors: dict[bytes, Entry] = {}
        self.events: dict[bytes, Entry] = {}
        for entry in abi:
            if entry["type"] == "function":
                self.functions[selector(entry)] = entry
            elif entry["type"] == "error":
                self.errors[selector(entry)] = entry
            elif entry["type"] == "event" and not entry.get("anonymous", False):
                self.events[topic(entry)] = entry

    def decode_call(self, data: bytes) -> DecodedCall | None:
        entry = self.functions.get(data[:4])
        if entry is None:
            return None
        return DecodedCall(entry["name"], signature(entry), decode_fields(entry.get("inputs", ()), data[4:]))

    def decode_output(self, data: bytes, output: bytes) -> Mapping[str, Any] | None:
        entry = self.functions.get(data[:4])
        return None if entry is None else decode_fields(entry.get("outputs", ()), output)

    def decode_error(self, data: bytes) -> DecodedError | None:
        entry = self.errors.get(data[:4])
        if entry is None:
            return None
        fields = decode_fields(entry.get("inputs", ()), data[4:])
        return None if fields is None else DecodedError(entry["name"], signature(entry), fields)

    def decode_event(self, address: str, topics: Sequence[bytes], data: bytes) -> DecodedEvent | None:
        entry = self.events.get(topics[0]) if topics else None
        if entry is None:
            return None
        return decode_event(entry, address, topics, data)


def decode_event(entry: Entry, address: str, topics: Sequence[bytes], data: bytes) -> DecodedEvent | None:
    inputs = entry["inputs"]
    indexed = [item for item in inputs if item["indexed"]]
    plain = [item for item in inputs if not item["indexed"]]
    if len(indexed) != len(topics) - 1:
        return None
    found = decode_fields(plain, data)
    if found is None:
        return None
    values = iter(found.values())
    words = iter(topics[1:])
    fields = {
        item.get("name") or f"_{i}": _decode_topic(item, next(words)) if item["indexed"] else next(values)
        for i, item in enumerate(inputs)
    }
    return DecodedEvent(entry["name"], fields, address)


def _decode_topic(item: Entry, word: bytes) -> Any:
    kind: str = item["type"]
    if kind in ("string", "bytes") or kind.endswith("]") or kind.startswith("tuple"):
        return word
    return decode_values([item], word)[0]


def address_bytes(value: Any) -> bytes:
    """Twenty bytes of an account, a contract, hex or bytes."""
    value = getattr(value, "address", value)
    return value if isinstance(value, bytes) else _canonical(value)
