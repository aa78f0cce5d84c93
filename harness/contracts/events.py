"""Assertions about events: ``emitted(receipt, counter.Incremented, count=6)``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.chain.values.abi import is_hashed_as_topic, names_of, topic
from harness.chain.values.codec import (
    DecodedEvent,
    FoundEvent,
    decode_event,
    record_of,
    same_topic,
    same_value,
    shown_event,
)
from harness.chain.values.decoded import shown
from harness.contracts.binding.members import EventType, Variant, meant
from harness.contracts.errors import EventMissing, EventPresent, WrongArguments
from harness.errors import did_you_mean

if TYPE_CHECKING:
    from harness.chain.backend import Log
    from harness.chain.receipts import Receipt


def events_of(receipt: Receipt, kind: EventType, /) -> list[DecodedEvent]:
    """Return the events of one kind in a receipt, in order.

    An event of a contract matches that contract only; an event of a contract type matches every contract. Raises
    WrongArguments if ``kind`` is no event.
    """
    return [event for _, event in _found(receipt, _event(kind))]


def emitted(receipt: Receipt, kind: EventType, /, **fields: Any) -> DecodedEvent:
    """Return the first event of this kind with these fields.

    A field takes every form that an argument takes. A log holds only the hash of an indexed field of dynamic type; give
    the hash or the value. An event of a contract matches that contract only; an event of a contract type matches every
    contract.

    Raises EventMissing, an AssertionError that lists what was emitted, and WrongArguments if ``kind`` is no event.
    """
    event_type = _event(kind)
    for variant, event in _found(receipt, event_type):
        if _has(variant, event, fields):
            return event
    emitted_ones = tuple(shown_event(event) for event in receipt.events)
    raise EventMissing(_wanted(event_type, fields), emitted_ones, _unknown_field(event_type, fields))


def not_emitted(receipt: Receipt, kind: EventType, /, **fields: Any) -> None:
    """Assert that a receipt has no event of this kind with these fields.

    Fields work as in `emitted`. Raises EventPresent, an AssertionError, if there is one, and WrongArguments if ``kind``
    is no event or has no such field.
    """
    event_type = _event(kind)
    unknown = _unknown_field(event_type, fields)
    if unknown:
        raise WrongArguments("not_emitted", fields, f"fields of {event_type!r}", unknown)
    found = [event for variant, event in _found(receipt, event_type) if _has(variant, event, fields)]
    if found:
        raise EventPresent(_wanted(event_type, fields), tuple(shown_event(event) for event in found))


def _event(kind: Any) -> EventType:
    found = meant(EventType, kind)
    if found is None:
        raise WrongArguments("emitted", kind, "an event of a contract or contract type, such as token.Transfer")
    return found


def _found(receipt: Receipt, kind: EventType) -> list[tuple[Variant, DecodedEvent]]:
    found = []
    for log in receipt.logs:
        if kind.address not in (None, log.address):
            continue
        for variant in kind.variants:
            event = _decoded(receipt, kind, variant, log)
            if event is not None:
                found.append((variant, event))
                break
    return found


def _decoded(receipt: Receipt, kind: EventType, variant: Variant, log: Log) -> DecodedEvent | None:
    """Return the log as this event, else None; a log with another event's topic is no anonymous event."""
    if variant.anonymous:
        if receipt.chain.knowledge.named_event(log) is not None:
            return None
    elif log.topics[:1] != (topic(variant.entry),):
        return None
    event = decode_event(variant.entry, log.address, log.topics, log.data)
    if event is None:
        return None
    return FoundEvent(variant.name, event.fields, log.address, kind.contract)


def _has(variant: Variant, event: DecodedEvent, wanted: Mapping[str, Any]) -> bool:
    """Return whether the event has all these fields."""
    items = dict(zip(names_of(variant.inputs), variant.inputs, strict=True))
    found = record_of(event).fields
    for name, value in wanted.items():
        if name not in items:
            return False
        hashed = items[name].get("indexed") and is_hashed_as_topic(items[name])
        if not (same_topic if hashed else same_value)(items[name], value, found[name]):
            return False
    return True


def _wanted(kind: EventType, fields: Mapping[str, Any]) -> str:
    wanted = (f"{name}={shown(getattr(value, 'address', value))}" for name, value in fields.items())
    return f"{kind!r}({', '.join(wanted)})"


def _unknown_field(kind: EventType, fields: Mapping[str, Any]) -> str:
    """Say which field no event of this kind has; "" if there is none."""
    known = dict.fromkeys(name for variant in kind.variants for name in names_of(variant.inputs))
    unknown = next((name for name in fields if name not in known), None)
    if unknown is None:
        return ""
    return f"it has no field {unknown!r}, only {', '.join(known)}{did_you_mean(unknown, known)}"
