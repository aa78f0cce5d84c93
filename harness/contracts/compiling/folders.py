"""The files of one kind below a folder, and which names are skipped."""

from __future__ import annotations

import os
import stat
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from harness.contracts.errors import SourceSkipped


def files_below(folders: Iterable[Path], suffix: str, libraries: Iterable[Path] = ()) -> list[Path]:
    """Return every regular file with the suffix below the folders, in order.

    Links are followed. A file or folder with several paths counts once, by a path without links if it has one. Hidden
    names, ``node_modules`` and the libraries are skipped. A warning names what cannot be read.
    """
    walk = _Walk(suffix, frozenset(os.path.realpath(path) for path in libraries))
    roots = [folder for folder in folders if folder.is_dir()]
    for folder in roots:
        walk.through(folder, folder, os.path.realpath(folder))
    while walk.links:
        walk.follow(*walk.links.pop(0))
    places = {folder: place for place, folder in enumerate(roots)}
    return [path for _, path in sorted(walk.files, key=lambda row: (places[row[0]], row[1]))]


class _Walk:
    def __init__(self, suffix: str, libraries: frozenset[str]) -> None:
        self._suffix = suffix
        self.files: list[tuple[Path, Path]] = []
        self.links: list[tuple[Path, Path]] = []
        self._libraries = libraries
        self._seen: set[str] = set()

    def through(self, root: Path, folder: Path, real: str) -> None:
        """Take the files of a folder and of those below it; keep its links for later.

        ``real`` is its path without links. So is that of what lies in it but for the links, and is not looked up.
        """
        if not self._new(real):
            return
        for entry in _entries(folder):
            if entry.name.startswith(".") or entry.name == "node_modules":
                continue
            path = Path(entry.path)
            if entry.is_symlink():
                self.links.append((root, path))
            elif entry.is_dir():
                below = os.path.join(real, entry.name)
                if below not in self._libraries:
                    self.through(root, path, below)
            elif entry.name.endswith(self._suffix):
                self._take(root, path, os.path.join(real, entry.name))

    def follow(self, root: Path, link: Path) -> None:
        """Take what a link leads to, unless it leads back to where the walk came from."""
        try:
            target = link.resolve(strict=True)
        except (OSError, RuntimeError):
            if link.suffix == self._suffix:
                warnings.warn(SourceSkipped(str(link), "the link leads nowhere"), stacklevel=2)
            return
        if not target.is_dir():
            self._take(root, link, str(target))
        elif str(target) not in self._libraries and not link.parent.resolve().is_relative_to(target):
            self.through(root, link, str(target))

    def _take(self, root: Path, path: Path, real: str) -> None:
        if path.suffix != self._suffix:
            return
        if not stat.S_ISREG(path.stat().st_mode):
            warnings.warn(SourceSkipped(str(path), "it is no regular file"), stacklevel=2)
        elif self._new(real):
            self.files.append((root, path))

    def _new(self, real: str) -> bool:
        known = real in self._seen
        self._seen.add(real)
        return not known


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            yield from sorted(found, key=lambda entry: entry.name)
    except OSError as problem:
        warnings.warn(SourceSkipped(str(folder), problem.strerror or str(problem)), stacklevel=2)


def read_text(path: Path) -> tuple[str, str]:
    """Return a file's text with its line ends, and what is wrong with it ("" if nothing); raises OSError.

    Bytes that are not UTF-8 are replaced.
    """
    content = path.read_bytes()
    try:
        return content.decode("utf-8"), ""
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        found = f"byte 0x{content[problem.start]:02x} at offset {problem.start}, line {line}, is not UTF-8"
        return content.decode("utf-8", errors="replace"), found
