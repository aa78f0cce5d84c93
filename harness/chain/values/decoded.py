"""Decoded structs, errors, events and calls. A contract's own names go before those of the harness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.chain.values.value_errors import UnknownField


class Struct(tuple[Any, ...]):
    """A decoded Solidity struct: a tuple whose members are attributes too, and items by name.

    ``names`` are the members' names. A member hides ``names`` and the methods of tuple that share its name, such as
    ``count``.
    """

    def __new__(cls, names: Sequence[str], values: Sequence[Any]) -> Struct:
        """Build a struct from the members' names and values, in order."""
        self = super().__new__(cls, values)
        self.__dict__.update(zip(names, values, strict=True))
        return self

    def __getattr__(self, name: str) -> Any:
        if name == "names":
            return tuple(self.__dict__)
        raise UnknownField("struct", name, self.__dict__, "member")

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            if key in self.__dict__:
                return self.__dict__[key]
            return self.__getattr__(key)
        return super().__getitem__(key)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a decoded struct cannot be changed: {name!r} stays {self.__dict__.get(name)!r}")

    def __reduce__(self) -> Any:
        """Return what pickle needs to build an equal struct."""
        return type(self), (tuple(self.__dict__), tuple(self))

    def __repr__(self) -> str:
        return "(" + ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items()) + ")"


@dataclass(frozen=True, slots=True)
class DecodedError:
    """A revert's name, signature and fields; ``contract`` is the contract whose ABI declares it."""

    name: str
    signature: str
    fields: Mapping[str, Any]
    contract: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class DecodedEvent:
    """An event's name and fields, the emitting address, and the contract whose ABI declares it.

    A field is an item, and also an attribute unless it has one of those four names. An indexed field of dynamic type is
    its hash.
    """

    name: str
    fields: Mapping[str, Any]
    address: str
    contract: str = ""

    def __getattr__(self, name: str) -> Any:
        return self[name]

    def __getitem__(self, name: str) -> Any:
        own = record_of(self)
        if name in own.fields:
            return own.fields[name]
        raise UnknownField(f"event {own.name}", name, own.fields)

    def __reduce__(self) -> Any:
        return type(self), _parts(self)

    def __repr__(self) -> str:
        return shown_event(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DecodedEvent) and _parts(self) == _parts(other)

    def __hash__(self) -> int:
        name, _, address, contract = _parts(self)
        return hash((name, address, contract))


class FoundEvent(DecodedEvent):
    """The event that was asked for; each of its fields is an attribute, whatever its name.

    If the event has a field ``name``, ``event.name`` is that field; `record_of` gives the event's own four.
    """

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            return object.__getattribute__(self, name)
        fields = object.__getattribute__(self, "fields")
        return fields[name] if name in fields else object.__getattribute__(self, name)


def _parts(event: DecodedEvent) -> tuple[str, Mapping[str, Any], str, str]:
    name, fields, address, contract = (object.__getattribute__(event, part) for part in DecodedEvent.__slots__)
    return name, fields, address, contract


def record_of(event: DecodedEvent) -> DecodedEvent:
    """Return the event with its own name, fields, address and contract as attributes."""
    return DecodedEvent(*_parts(event)) if isinstance(event, FoundEvent) else event


_MANY = 32
"""Members of a list from which on the middle ones are left out of a shortened value."""


def shown(value: Any, longest: int | None = None) -> str:
    """Return a decoded value as text for people; bytes in hex.

    With ``longest``, a longer text or number is shortened to its beginning and end, and so is a list of more than 32
    members. A struct always shows every member, so that differences stay visible.
    """
    if isinstance(value, Struct):
        return "(" + ", ".join(f"{name}={shown(member, longest)}" for name, member in vars(value).items()) + ")"
    if isinstance(value, (list, tuple)):
        members = [shown(member, longest) for member in value]
        if longest is not None and len(members) > _MANY:
            half = _MANY // 2
            members[half:-half] = [f"… {len(members) - _MANY} more …"]
        return "[" + ", ".join(members) + "]"
    text = "0x" + value.hex() if isinstance(value, (bytes, bytearray)) else repr(value)
    if longest is None or len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]}…{text[-half:]} ({len(text)} characters)"


def shown_event(event: DecodedEvent) -> str:
    """Return ``Contract.Event(field=value, ...)`` for people."""
    record = record_of(event)
    fields = ", ".join(f"{name}={shown(value)}" for name, value in record.fields.items())
    return f"{record.contract or record.address}.{record.name}({fields})"


@dataclass(frozen=True, slots=True)
class DecodedCall:
    """A call's function name and arguments; arguments is None if the data is too short for them."""

    name: str
    signature: str
    fields: Mapping[str, Any] | None
