"""A party's journal: it holds what the party is about to do, before the party does it."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from harness.channels.errors import JournalCorrupt

Record = list[Any]
"""A JSON array; its first item names its kind."""


class Journal(Protocol):
    """An append-only list of records that survives the process."""

    def append(self, record: Record) -> None:
        """Keep a record; the record is safe once this returns."""

    def records(self) -> Iterator[Record]:
        """Return the kept records, oldest first."""


class MemoryJournal:
    """A journal in memory, for tests and simulations."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def append(self, record: Record) -> None:
        """Keep a record."""
        self._lines.append(json.dumps(record, separators=(",", ":")))

    def records(self) -> Iterator[Record]:
        """Return the kept records, oldest first."""
        return iter([json.loads(line) for line in self._lines])

    def __len__(self) -> int:
        return len(self._lines)


class FileJournal:
    """A journal in a file: one line for each record, checksum first.

    A crash during a write leaves a torn last line. Nobody has acted on it, so it is dropped. Damage elsewhere raises
    JournalCorrupt. With ``sync`` each record reaches the disk before `append` returns.
    """

    def __init__(self, path: Path | str, *, sync: bool = False) -> None:
        self._path = Path(path)
        self._sync = sync
        self._path.touch()
        self._drop_torn_end()
        self._file = self._path.open("ab", buffering=0)

    def append(self, record: Record) -> None:
        """Keep a record; with ``sync`` it is on the disk once this returns."""
        body = json.dumps(record, separators=(",", ":")).encode()
        self._file.write(b"%08x %s\n" % (zlib.crc32(body), body))
        if self._sync:
            os.fsync(self._file.fileno())

    def records(self) -> Iterator[Record]:
        """Yield the kept records, oldest first; raises JournalCorrupt for a damaged line."""
        for number, line in enumerate(self._path.read_bytes().splitlines(), 1):
            if not _is_whole(line):
                raise JournalCorrupt(str(self._path), number)
            yield json.loads(line[9:])

    def close(self) -> None:
        """Close the file; the records stay."""
        self._file.close()

    def _drop_torn_end(self) -> None:
        content = self._path.read_bytes()
        end = content.rfind(b"\n") + 1
        if end != len(content):
            with self._path.open("r+b") as file:
                file.truncate(end)


def _is_whole(line: bytes) -> bool:
    try:
        return len(line) > 9 and int(line[:8], 16) == zlib.crc32(line[9:])
    except ValueError:
        return False
