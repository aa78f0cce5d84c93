"""A journal whose process ends at a chosen record, so that a test can bring the party back from what was written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.channels.journal import MemoryJournal, Record


class Crash(Exception):
    """A party's process ends here."""


@dataclass(slots=True)
class CrashingJournal:
    """A journal whose process dies at the ``left``-th next record: before the record is written, or just after."""

    inner: MemoryJournal = field(default_factory=MemoryJournal)
    left: int = -1
    written: bool = False

    def arm(self, left: int, *, written: bool) -> None:
        """Crash at the ``left``-th next record, after it is written if ``written``."""
        self.left, self.written = left, written

    def append(self, record: Record) -> None:
        """Keep a record; raises Crash when it is due."""
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
