"""Assertions about events: `emitted(receipt, Counter.Incremented, count=6)`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.chain.codec import DecodedEvent, decode_event
from harness.contracts.bindings import EventType
from harness.contracts.errors import EventMissing

if TYPE_CHECKING:
    from harness.chain.receipts import Receipt


def events_of(receipt: Receipt, kind: EventType) -> list[DecodedEvent]:
    """The events of one kind in a receipt, in order; of one contract if ``kind`` comes from a contract."""
    found = []
    for log in receipt.logs:
        if log.topics[:1] == (kind.topic,) and kind.address in (None, log.address):
            event = decode_event(kind.entry, log.address, log.topics, log.data)
            if event is not None:
                found.append(event)
    return found


def emitted(receipt: Receipt, kind: EventType, **fields: Any) -> DecodedEvent:
    """The first event of this kind with these fields; an account or contract stands for its address.

    Raises EventMissing, an AssertionError that lists what was emitted.
    """
    wanted = {name: getattr(value, "address", value) for name, value in fields.items()}
    for event in events_of(receipt, kind):
        if all(event.fields.get(name, _ABSENT) == value for name, value in wanted.items()):
            return event
    shown = ", ".join(f"{name}={value!r}" for name, value in wanted.items())
    raise EventMissing(f"{kind!r}({shown})", tuple(_shown(event) for event in receipt.events))


def not_emitted(receipt: Receipt, kind: EventType) -> None:
    """Raise AssertionError if the receipt has an event of this kind."""
    found = events_of(receipt, kind)
    if found:
        raise AssertionError(f"{kind!r} was emitted: {', '.join(_shown(event) for event in found)}")


_ABSENT = object()


def _shown(event: DecodedEvent) -> str:
    fields = ", ".join(f"{name}={value!r}" for name, value in event.fields.items())
    return f"{event.contract or event.address}.{event.name}({fields})"
