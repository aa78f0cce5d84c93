"""The tests lie where the source lies, and what prose says of the source leads to something."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TESTS, PACKAGE, CONTRACTS = ROOT / "tests", ROOT / "harness", ROOT / "contracts"

NO_ROOMS = {"contracts", "differential", "mutants", "plugin", "stateful", "stranger", "support", "unit", "vectors"}
"""Folders of the tests that README.md tells of one by one."""

DOCUMENTS = [*ROOT.glob("*.md"), *TESTS.rglob("README.md"), *PACKAGE.rglob("*.md"), CONTRACTS / "SPEC.md"]
SOURCES = [*PACKAGE.rglob("*.py"), *CONTRACTS.rglob("*.sol"), *TESTS.rglob("*.py")]
NAME = re.compile(r"`(harness(?:\.[A-Za-z_]\w*)+)(?:\(\))?`")
PLACE = re.compile(r"`((?:harness|contracts|tests|\.ci)/[\w./-]*\w)(?:::(\w+)\S*)?`")


def folders(below: Path) -> Iterator[Path]:
    """Yield each folder that has tests of its own, relative to the place it is looked for in."""
    for folder in sorted({path.parent for path in below.rglob("test_*.py")}):
        yield folder.relative_to(below)


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


CALLED = {snake(path.stem) for path in CONTRACTS.rglob("*.sol")}
OF_CONTRACTS = sorted((TESTS / "contracts").rglob("test_*.py"))


@pytest.mark.parametrize("folder", [f for f in folders(TESTS) if f.parts and f.parts[0] not in NO_ROOMS], ids=str)
def test_a_folder_is_named_as_a_room(folder: Path) -> None:
    assert (PACKAGE / folder).is_dir() or (PACKAGE / folder).with_suffix(".py").is_file()


@pytest.mark.parametrize("folder", [f for f in folders(TESTS / "unit") if f.parts], ids=str)
def test_a_folder_of_unit_tests_is_named_as_a_room(folder: Path) -> None:
    assert (PACKAGE / folder).is_dir()


def test_a_unit_test_beside_the_rooms_is_named_as_a_module() -> None:
    modules = {f"test_{path.stem}" for path in PACKAGE.glob("*.py")}
    assert {path.stem for path in (TESTS / "unit").glob("test_*.py")} <= modules


@pytest.mark.parametrize("path", OF_CONTRACTS, ids=lambda path: path.relative_to(TESTS).as_posix())
def test_a_file_of_contract_tests_is_named_after_a_contract_of_its_room(path: Path) -> None:
    assert (CONTRACTS / path.parent.relative_to(TESTS / "contracts")).is_dir()
    words = path.stem.removeprefix("test_").split("_")
    assert {"_".join(words[:count]) for count in range(1, len(words) + 1)} & CALLED


def resolves(name: str) -> bool:
    """Whether a dotted name leads to a module, or to an attribute, a field or a deprecated name of one."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            found = import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        for part in parts[count:]:
            if not hasattr(found, part):
                return part in getattr(found, "__annotations__", {})
            found = getattr(found, part)
        return True
    return False


@pytest.mark.parametrize("path", DOCUMENTS + SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_text_names_is_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        lost = [name for name in NAME.findall(text) if not resolves(name)]
    for place, function in PLACE.findall(text):
        target = ROOT / place
        if not target.exists() or (function and f"def {function}(" not in target.read_text(encoding="utf-8")):
            lost.append(f"{place}::{function}")
    assert lost == []
