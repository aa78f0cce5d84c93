"""Advice for an import that leads to no file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from harness.contracts.compiling.remappings import Remapping


def advice(root: Path, wanted: str, searched: Iterable[Path], remappings: Iterable[Remapping]) -> str:
    """Return what may help: a name that differs in case, another version of a package, or how to get the package."""
    paths = list(searched)
    for path in paths:
        close = _but_for_case(path)
        if close is not None:
            return f"did you mean {close}? It differs in case only"
    if wanted.startswith(("./", "../", "/")):
        return ""
    package = "/".join(wanted.split("/")[: 2 if wanted.startswith("@") else 1])
    known = ", ".join(map(str, remappings)) or "none"
    for path in paths:
        home = Path(str(path).removesuffix(wanted)) / package
        if str(path).endswith(wanted) and wanted != package and home.is_dir():
            return f"{home}{_version(home)} has no such file; remappings: {known}"
    return (
        f"{package} is not installed: run `npm install {package}` in {root}, or put it below lib, as"
        f" `forge install` does, or name its folder by a remapping such as {package}/=folder/ (remappings: {known})"
    )


def _but_for_case(path: Path) -> Path | None:
    if not path.parent.is_dir():
        return None
    return next((entry for entry in path.parent.iterdir() if entry.name.lower() == path.name.lower()), None)


def _version(home: Path) -> str:
    try:
        record = json.loads((home / "package.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return f" (version {record['version']})" if isinstance(record, dict) and "version" in record else ""
