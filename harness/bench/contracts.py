"""Opening a project whose contracts were built elsewhere: an index by file name, against reading them all."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from harness.bench.measure import Ratio, best_time
from harness.contracts.project import Project

_FILES = 300
_BYTES = 400_000
_BOUND = 200.0
"""Milliseconds that opening so many artifacts may take: a session does it before its first test."""


def ratios() -> Iterator[Ratio]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _build(root)
        ours = best_time(lambda: Project.load(root))
        theirs = best_time(lambda: [json.loads(path.read_text()) for path in root.glob("out/*/*.json")], rounds=3)
    what = f"opening {_FILES} artifacts of {_FILES * _BYTES / 1e6:.0f} MB"
    yield Ratio(what, ours, theirs, "ms", "ms reading them", at_most=0.02)
    yield Ratio(what, ours, _BOUND, "ms", "ms, the bound", at_most=1)


def _build(root: Path) -> None:
    """Write a folder as Foundry does: most of an artifact is a syntax tree that nobody asks for."""
    (root / "pyproject.toml").write_text('[tool.harness]\nartifacts = "out"\n', encoding="utf-8")
    node = {"nodeType": "Identifier", "src": "1:2:3", "typeDescriptions": {"typeString": "uint256"}}
    tree = [node] * (_BYTES // len(json.dumps(node)))
    for number in range(_FILES):
        target = {f"src/C{number}.sol": f"C{number}"}
        record = {"abi": [], "bytecode": {"object": "0x60"}, "metadata": {"settings": {"compilationTarget": target}}}
        path = root / "out" / f"C{number}.sol" / f"C{number}.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({**record, "ast": tree}), encoding="utf-8")
