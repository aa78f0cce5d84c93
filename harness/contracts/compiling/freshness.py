"""Whether contracts that were built elsewhere were built from the sources that lie beside them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from harness.contracts.artifact import Artifact
from harness.contracts.errors import ArtifactStale
from harness.primitives.hashing import keccak256

_HOMES = ("foundry.toml", "package.json", "truffle-config.js", ".git")
_HOME_STEMS = ("hardhat.config.",)


class Freshness:
    """The sources beside one folder of artifacts: below the project, or below the folder's own package."""

    def __init__(self, folder: Path, root: Path) -> None:
        self._bases = tuple(dict.fromkeys((root, *_homes(folder, root))))
        self._published = "node_modules" in folder.resolve().parts
        self._hashes_of = cache(_hashes_of)

    def path_of(self, unit: str) -> Path | None:
        """Return the file of a source unit; None if it is not on this machine."""
        return next((base / unit for base in self._bases if (base / unit).is_file()), None)

    def check(self, artifact: Artifact, hashes: Mapping[str, bytes], file: Path) -> None:
        """Warn with ArtifactStale if a source has changed since.

        The hashes of the metadata tell, then the texts of the build; without both, the time of the source's last
        change. A package that npm installed is not looked at: its user changes nothing there.
        """
        if self._published:
            return
        told = {unit: keccak256(text) for unit, text in artifact.texts.items()} | dict(hashes)
        changed = [
            unit
            for unit, expected in told.items()
            if (path := self.path_of(unit)) is not None and (found := self._hashes_of(path)) and expected not in found
        ]
        if not told and (source := self.path_of(artifact.source)) is not None and _is_newer(source, file):
            changed = [artifact.source]
        if changed:
            warnings.warn(ArtifactStale(artifact.full_name, str(file), tuple(sorted(changed))), stacklevel=6)


def _homes(folder: Path, root: Path) -> tuple[Path, ...]:
    """Return the folders in which the sources' names may begin: those above, up to the project's or the package's."""
    above: list[Path] = []
    for parent in folder.parents:
        above.append(parent)
        if parent == root or _is_home(parent):
            return tuple(above)
    return (folder.parent,)


def _is_home(folder: Path) -> bool:
    return any((folder / name).exists() for name in _HOMES) or any(
        next(folder.glob(f"{stem}*"), None) is not None for stem in _HOME_STEMS
    )


def _hashes_of(path: Path) -> tuple[bytes, ...]:
    """Return the hash of a file, and the one with the line ends that Foundry gives to every source.

    A file that cannot be read has none.
    """
    try:
        content = path.read_bytes()
    except OSError:
        return ()
    return keccak256(content), keccak256(content.replace(b"\r\n", b"\n"))


def _is_newer(source: Path, artifact: Path) -> bool:
    try:
        return source.stat().st_mtime_ns > artifact.stat().st_mtime_ns
    except OSError:
        return False
