"""Alters plain values: every field of what is signed, hashed or proven, in turn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Record = TypeVar("Record", bound="DataclassInstance")


def altered_parts(parts: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield copies of named parts, each with one part altered in one way, and what was done."""
    for name, value in parts.items():
        for how, other in altered(value):
            yield f"{name} {how}", {**parts, name: other}


def altered_fields(record: Record) -> Iterator[tuple[str, Record]]:
    """Yield copies of a dataclass, each with one field altered in one way, and what was done."""
    for field in fields(record):
        for how, other in altered(getattr(record, field.name)):
            yield f"{field.name} {how}", replace(record, **{field.name: other})


def altered(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield other values of the same type, and how each differs. An address is a string of 42 characters."""
    if isinstance(value, bool):
        yield "reversed", not value
    elif isinstance(value, int):
        yield "one more", value + 1
        if value:
            yield "one less", value - 1
            yield "zero", 0
    elif isinstance(value, bytes):
        yield from _bytes(value)
    elif isinstance(value, str):
        yield "another address", "0x" + "5a" * 20
    elif isinstance(value, list):
        yield from _list(value)


def _bytes(value: bytes) -> Iterator[tuple[str, bytes]]:
    if not value:
        yield "a byte more", b"\x01"
        return
    yield "with another first bit", bytes([value[0] ^ 0x80]) + value[1:]
    yield "with another last bit", value[:-1] + bytes([value[-1] ^ 1])
    if len(value) == 32:
        if any(value):
            yield "zero", bytes(32)
    else:
        yield "a byte more", value + b"\0"
        yield "a byte less", value[:-1]


def _list(values: list[Any]) -> Iterator[tuple[str, list[Any]]]:
    yield "empty", []
    if len(values) > 1:
        yield "without the first", values[1:]
        yield "without the last", values[:-1]
        if any(each != values[0] for each in values):
            yield "the first in every place", values[:1] * len(values)
    if all(isinstance(each, bytes) and len(each) == 32 for each in values):
        # Nodes of a proof may come twice, and in any order. Words may not.
        yield "twice the last", [*values, *values[-1:]]
    for place, each in enumerate(values):
        for how, other in altered(each):
            yield f"[{place}] {how}", [*values[:place], other, *values[place + 1 :]]
