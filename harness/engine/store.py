"""Compiled functions on disk, so that a process does not compile what another one has compiled.

One file a code, below ``engine`` in the harness's cache folder. The folder's name is a digest of all that a function
follows from besides the code: the version of Python, the text of the compiler, and the fork's rules. The format is
Python's ``marshal``, as in ``.pyc`` files, and the files are trusted as those are. The folder is private to the user;
a file that belongs to somebody else is not read. All folders together hold at most 32 MiB.
"""

from __future__ import annotations

import marshal
import os
import stat
import sys
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from types import CodeType

from harness import tools
from harness.engine.rules import Rules

LARGEST = 32 << 20
"""Bytes that the files of all rules may have together."""

_FORMAT = b"1"


def _compiler_digest() -> bytes:
    """Return a digest of the compiler's own text."""
    folder = Path(__file__).parent
    return sha256(b"".join(path.read_bytes() for path in sorted(folder.glob("*.py")))).digest()


class Store:
    """The functions of one fork's rules."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of(cls, rules: Rules) -> Store:
        """Return the store for these rules in the cache folder; it may not exist yet."""
        key = sha256(_FORMAT + MAGIC_NUMBER + sys.implementation.name.encode() + _compiler_digest() + rules.digest)
        return cls(tools.cache_dir() / "engine" / key.hexdigest()[:24])

    def load(self, code: bytes) -> dict[int, CodeType]:
        """Return what is kept of a code, by entry; nothing if there is no file, or none that can be trusted."""
        path = self._path(code)
        try:
            with path.open("rb") as file:
                known = os.fstat(file.fileno())
                if known.st_uid != os.getuid() or known.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                    return {}
                kept = marshal.load(file)
        except (OSError, ValueError, EOFError, TypeError):
            return {}
        return kept if isinstance(kept, dict) else {}

    def save(self, code: bytes, functions: Mapping[int, CodeType]) -> None:
        """Keep functions of a code beside those that are kept already. A folder that cannot be written keeps
        nothing."""
        path = self._path(code)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, draft = tempfile.mkstemp(dir=self.folder, prefix=".draft-")
            with os.fdopen(descriptor, "wb") as file:
                marshal.dump({**self.load(code), **functions}, file)
            os.replace(draft, path)
        except OSError:
            return

    def trim(self, largest: int = LARGEST) -> None:
        """Delete the files that were written longest ago, those of other rules too, until ``largest`` bytes are
        left."""
        try:
            files = [(path.stat(), path) for path in self.folder.parent.glob("*/*")]
            files.sort(key=lambda file: file[0].st_mtime_ns, reverse=True)
            kept = 0
            for known, path in files:
                kept += known.st_size
                if kept > largest:
                    path.unlink()
        except OSError:
            return  # another process deletes as well, or will

    def _path(self, code: bytes) -> Path:
        return self.folder / sha256(code).hexdigest()[:40]
