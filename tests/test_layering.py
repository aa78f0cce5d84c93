"""Imports go one way: a layer needs nothing from a later one, not even for a type."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "harness"

LAYERS = (
    ("errors", "progress", "arguments"),
    ("config", "tools", "isolation", "failures"),
    ("primitives",),
    ("engine",),
    ("chain",),
    ("contracts", "projects"),
    ("rollup",),
    ("proofs",),
    ("dispute",),
    ("channels",),
    ("agents",),
    ("testbed",),
    ("fuzz",),
    ("pytest_plugin", "cli", "demo", "bench", "mutants", "__main__"),
)
FLOOR = {room: floor for floor, rooms in enumerate(LAYERS) for room in rooms}


def room_of(path: Path) -> str:
    """Return the part of the package a file belongs to: its folder, or its own name."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> Iterator[tuple[str, int]]:
    """Yield each part of the package that a file imports, with the line; imports inside functions count too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            names = [node.module or ""]
            if node.module == "harness":
                names = [f"harness.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith("harness."):
                yield name.split(".")[1], node.lineno


FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def test_every_file_has_a_floor() -> None:
    assert {room_of(path) for path in FILES} <= set(FLOOR)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_file_imports_from_its_own_floor_or_below(path: Path) -> None:
    own = FLOOR[room_of(path)]
    above = [
        f"{path}:{line} imports harness.{room}"
        for room, line in imported_rooms(path)
        if room in FLOOR and FLOOR[room] > own
    ]
    assert not above
