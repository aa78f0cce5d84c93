"""Compiled units that travel with the sources, so that a fresh clone has nothing to compile.

The folder that ``compiled`` of ``[tool.harness]`` names holds one file per unit, ``NAME-KEY.json.gz``. NAME is that of
the source file, for the reader. KEY is the hash of everything that decides what the unit compiles to: the texts of the
source and of all that it imports, the settings and the compiler's version. A changed source has another key, so a file
that is left behind is never read. Two branches that change contracts add files of different names, which merge without
a conflict.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from harness import tools

_SUFFIX = ".json.gz"


@dataclass(frozen=True, slots=True)
class Entry:
    """The place of one unit: its source unit and its key, in hexadecimal."""

    source: str
    key: str

    @property
    def file(self) -> str:
        """The name of its file in the folder."""
        return f"{PurePosixPath(self.source).stem}-{self.key[:32]}{_SUFFIX}"


class StoredUnits:
    """The folder of compiled units, which need not exist."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, entry: Entry) -> str | None:
        """Return the text of a unit; None where there is none, and where its file is damaged."""
        try:
            text = gzip.decompress((self.folder / entry.file).read_bytes()).decode("utf-8")
        except (OSError, EOFError, zlib.error, UnicodeDecodeError):
            return None
        return text or None  # an empty file passes for an empty archive

    def write(self, entry: Entry, text: str) -> None:
        """Store the text of a unit; the same text gives the same bytes."""
        packed = gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0)
        tools.write_atomically(self.folder / entry.file, packed)

    def surplus(self, entries: Iterable[Entry]) -> tuple[Path, ...]:
        """Return the files that belong to none of the entries, in order of their names."""
        wanted = {entry.file for entry in entries}
        return tuple(sorted(path for path in self.folder.glob(f"*{_SUFFIX}") if path.name not in wanted))

    def remove_surplus(self, entries: Iterable[Entry]) -> tuple[Path, ...]:
        """Remove the files that belong to none of the entries; returns them."""
        removed = self.surplus(entries)
        for path in removed:
            os.unlink(path)
        return removed
