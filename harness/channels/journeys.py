"""Payments that pass through a party, and their records in its journal."""

from __future__ import annotations

from dataclasses import dataclass

from harness.channels.journal import Record
from harness.channels.ledger import decode_lock, encode_lock
from harness.channels.routing import Hop
from harness.channels.types import Lock

Place = tuple[bytes, Lock]
"""A lock, and the channel that holds it."""


@dataclass(slots=True)
class Journey:
    """A payment that passes through a party.

    ``incoming`` is the lock that came in, None at the payer. ``outgoing`` is the lock that went out.
    """

    incoming: Place | None
    outgoing: Place | None
    hops: tuple[Hop, ...]

    def touches(self, channel: bytes) -> bool:
        """Return whether one of its locks is in this channel."""
        return any(place is not None and place[0] == channel for place in (self.incoming, self.outgoing))

    @property
    def hashlock(self) -> bytes:
        place = self.incoming or self.outgoing
        return place[1].hashlock if place else b""

    def as_record(self) -> Record:
        return ["journey", _place(self.incoming), _place(self.outgoing), [_encode_hop(hop) for hop in self.hops]]

    @classmethod
    def of(cls, incoming: Record | None, outgoing: Record | None, hops: list[Record]) -> Journey:
        return cls(_unplace(incoming), _unplace(outgoing), tuple(_decode_hop(hop) for hop in hops))


def _place(place: Place | None) -> Record | None:
    return None if place is None else [place[0].hex(), encode_lock(place[1])]


def _unplace(record: Record | None) -> Place | None:
    return None if record is None else (bytes.fromhex(record[0]), decode_lock(record[1]))


def _encode_hop(hop: Hop) -> Record:
    return [hop.channel.hex(), hop.recipient, hop.amount, hop.expiry]


def _decode_hop(record: Record) -> Hop:
    return Hop(bytes.fromhex(record[0]), record[1], record[2], record[3])
