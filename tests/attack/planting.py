"""Copies of the projects that stand for users' own, with faults in their contracts."""

from __future__ import annotations

import shutil
from pathlib import Path


def planted(project: Path, folder: Path, *changes: tuple[str, str]) -> Path:
    """Copy a project into a folder, with changes in its one contract; return the copy.

    Each change is an old text, which stands once in the contract by then, and a new one.
    """
    copy = Path(shutil.copytree(project, folder / project.name))
    (contract,) = copy.glob("*.sol")
    source = contract.read_text(encoding="utf-8")
    for old, new in changes:
        assert source.count(old) == 1, f"{contract.name} has {source.count(old)} places {old!r}, expected one"
        source = source.replace(old, new)
    contract.write_text(source, encoding="utf-8")
    return copy
