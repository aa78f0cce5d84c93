"""Imports go one way: no file needs one that needs it, and no room one above it, not even for a type."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "harness"

LAYERS = (
    ("deprecations", "errors", "progress", "arguments", "foundry"),
    ("config", "guides", "tools", "isolation", "failures"),
    ("primitives",),
    ("engine",),
    ("chain",),
    ("contracts", "projects"),
    ("rollup",),
    ("proofs",),
    ("dispute",),
    ("channels", "sidechain"),
    ("agents",),
    ("testbed",),
    ("adapters",),
    ("attack",),
    ("rpc_conformance",),
    ("fuzz",),
    ("scenarios",),
    ("testing", "departures", "contract_fixtures", "reports"),
    ("coverage", "gas"),
    ("campaigns",),
    ("serve",),
    ("pytest_plugin", "cli", "demo", "bench", "mutants", "__main__"),
)
FLOOR = {room: floor for floor, rooms in enumerate(LAYERS) for room in rooms}

SUB_ROOMS = {
    "chain": ("values", "jsonrpc", "pyevm", "nodes"),
    "contracts": ("compiling", "binding"),
    "rollup": ("codec", "machine", "node", "l2"),
}
"""Folders of a room, each of which needs nothing from a later one. What lies beside them in the room is not ordered."""

KNOWS_PY_EVM = ("chain/pyevm", "engine", "rollup/machine", "proofs/recorder")
"""The folders whose files may import py-evm, which is archived upstream."""


def room_of(path: Path) -> str:
    """Return the part of the package a file belongs to: its folder, or its own name."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def imported(path: Path) -> tuple[tuple[str, int], ...]:
    """Return the full name of each module or name that a file imports, with the line; imports inside functions count
    too.
    """
    found: list[tuple[str, int]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            found += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
    return tuple(found)


def imported_parts(path: Path) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield the names below ``harness`` of each import from the package, with the line."""
    for name, line in imported(path):
        package, *parts = name.split(".")
        if package == "harness" and parts:
            yield tuple(parts), line


FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


MODULES = {
    ".".join(("harness", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
}


def test_every_file_has_a_floor() -> None:
    assert {room_of(path) for path in FILES} == set(FLOOR)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_file_imports_from_its_own_floor_or_below(path: Path) -> None:
    own = FLOOR[room_of(path)]
    above = [
        f"{path}:{line} imports harness.{parts[0]}"
        for parts, line in imported_parts(path)
        if parts[0] in FLOOR and FLOOR[parts[0]] > own
    ]
    assert not above


def test_no_files_import_each_other() -> None:
    """Not even by way of others, or for a type."""
    graph: dict[str, set[str]] = {}
    for module, path in MODULES.items():
        names = {name for name, _ in imported(path)}
        graph[module] = {name if name in MODULES else name.rpartition(".")[0] for name in names} & MODULES.keys()
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as problem:
        pytest.fail(" <- ".join(problem.args[1]))


@pytest.mark.parametrize("room", SUB_ROOMS)
def test_every_folder_of_an_ordered_room_has_its_place(room: str) -> None:
    folders = {path.parent.name for path in (PACKAGE / room).glob("*/__init__.py")}
    assert folders == set(SUB_ROOMS[room])


@pytest.mark.parametrize(
    ("room", "place"), [(room, place) for room, folders in SUB_ROOMS.items() for place in range(len(folders))]
)
def test_a_folder_imports_from_the_ones_before_it(room: str, place: int) -> None:
    folder, later = SUB_ROOMS[room][place], SUB_ROOMS[room][place + 1 :]
    above = [
        f"{path}:{line} imports harness.{'.'.join(parts[:2])}"
        for path in (PACKAGE / room / folder).rglob("*.py")
        for parts, line in imported_parts(path)
        if parts[0] == room and parts[1:2] and parts[1] in later
    ]
    assert not above


def test_py_evm_is_known_to_few() -> None:
    assert all((PACKAGE / folder).is_dir() for folder in KNOWS_PY_EVM)
    strangers = [
        f"{path}:{line} imports {name}"
        for path in MODULES.values()
        for name, line in imported(path)
        if name.split(".")[0] == "eth" and not any(path.is_relative_to(PACKAGE / folder) for folder in KNOWS_PY_EVM)
    ]
    assert not strangers
