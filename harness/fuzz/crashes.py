"""A journal that ends its party's process at a chosen record, so that a test can restart the party from the journal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.channels.journal import MemoryJournal, Record


class Crash(Exception):
    """The process of a party ends here."""


@dataclass(slots=True)
class CrashingJournal:
    """A journal that crashes its process at a later record.

    ``left`` is how many records are kept first; -1 is no crash. ``written`` says whether the crashing record is kept,
    too.
    """

    inner: MemoryJournal = field(default_factory=MemoryJournal)
    left: int = -1
    written: bool = False

    def arm(self, left: int, *, written: bool) -> None:
        """Crash after ``left`` more records, at the next one, which is kept if ``written``."""
        self.left, self.written = left, written

    def append(self, record: Record) -> None:
        """Keep a record; raises Crash at the chosen one."""
        if self.left == 0:
            self.left = -1
            if self.written:
                self.inner.append(record)
            raise Crash(record[0])
        self.left -= self.left > 0
        self.inner.append(record)

    def records(self) -> Iterator[Record]:
        """Return the kept records, oldest first."""
        return self.inner.records()
