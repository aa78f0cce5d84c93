"""What a party remembers, folded from its journal: the same records give the same memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from harness.channels.end import ChannelEnd
from harness.channels.errors import UnknownRecord
from harness.channels.journal import Journal, Record
from harness.channels.journeys import Journey
from harness.channels.locks import hashlock_of
from harness.channels.messages import Domain, Signer
from harness.channels.types import Side, Terms


@dataclass(slots=True)
class PartyMemory:
    """One party's channels, invoices and payments under way, and the journal that holds them.

    ``invoices`` maps a hashlock to preimage and amount. ``preimages`` are those known outside, with those that this
    party has sent.
    """

    address: str
    signer: Signer
    domain: Domain
    journal: Journal
    ends: dict[bytes, ChannelEnd] = field(default_factory=dict, kw_only=True)
    invoices: dict[bytes, tuple[bytes, int]] = field(default_factory=dict, kw_only=True)
    journeys: list[Journey] = field(default_factory=list, kw_only=True)
    preimages: dict[bytes, bytes] = field(default_factory=dict, kw_only=True)

    def write(self, record: Record) -> None:
        """Keep a record, and take it in once it is safe."""
        self.journal.append(record)
        self.apply(record)

    def apply(self, record: Record) -> None:
        """Take in one record of the journal; raises UnknownRecord."""
        match record:
            case "join", *fields:
                self._on_record_join(*fields)
            case "end", *fields:
                self._on_record_end(*fields)
            case "invoice", *fields:
                self._on_record_invoice(*fields)
            case "learn", *fields:
                self._on_record_learn(*fields)
            case "journey", *fields:
                self._on_record_journey(*fields)
            case _:
                raise UnknownRecord(record)

    def _on_record_join(self, terms: Record) -> None:
        joined = Terms(*terms)
        side = joined.side_of(self.address)
        assert side is not None, f"{self.address} is no party of {joined}"
        # This is no closure, so that a copy of the party writes into the copy's journal.
        write = partial(self._note_end, joined.channel.hex())
        self.ends[joined.channel] = ChannelEnd.create(self.domain, joined, Side(side), self.signer, write)

    def _note_end(self, channel: str, record: Record) -> None:
        self.journal.append(["end", channel, record])

    def _on_record_end(self, channel: str, record: Record) -> None:
        self.ends[bytes.fromhex(channel)].ledger.apply(record)

    def _on_record_invoice(self, preimage: str, amount: int) -> None:
        secret = bytes.fromhex(preimage)
        self.invoices[hashlock_of(secret)] = (secret, amount)

    def _on_record_learn(self, preimage: str) -> None:
        secret = bytes.fromhex(preimage)
        self.preimages[hashlock_of(secret)] = secret

    def _on_record_journey(self, incoming: Record | None, outgoing: Record | None, hops: list[Record]) -> None:
        self.journeys.append(Journey.of(incoming, outgoing, hops))
