"""Other teams' contracts: skipped where their registry cannot be reached, and copied with one line changed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from harness.adapters.base import Adapter
from harness.adapters.published import Published
from harness.errors import ToolNotFound
from tests.support.npm import NO_NPM

NO_PYPI = "no PyPI package: the registry cannot be reached, and the cache does not hold it"
"""Why a test that attacks contracts from a package of PyPI is skipped."""


EVERYTHING = os.environ.get("HARNESS_PUBLISHED") == "all"
"""Whether whole packs and all faults are played, which takes an hour. The suite plays a sample."""


def sample(faults: Iterable[str]) -> list[str]:
    """Return the first of the faults, or all of them."""
    return list(faults)[: None if EVERYTHING else 1]


def home_of(package: Published) -> Path:
    """Return the package's folder; skips the test where its registry cannot be reached."""
    try:
        return package.home()
    except ToolNotFound:
        pytest.skip(NO_NPM if package.registry == "npm" else NO_PYPI)


def changed_copy(sources: Path, target: Path, file: str, old: str, new: str, settings: str) -> Path:
    """Copy a package's sources into a project of their own, with one place of one file changed.

    Nothing of the package is kept in the repository: the copy lives as long as the test.
    """
    shutil.copytree(sources, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules", "*.json"))
    return changed_file(target / file, target, Path(file).parent, old, new, settings)


def changed_file(source: Path, target: Path, folder: str | Path, old: str, new: str, settings: str) -> Path:
    """Copy one file of a package into a folder of a project of its own, with one place changed."""
    text = source.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{source.name} has {text.count(old)} places {old!r}, expected one"
    (target / folder).mkdir(parents=True, exist_ok=True)
    (target / folder / source.name).write_text(text.replace(old, new), encoding="utf-8")
    (target / "pyproject.toml").write_text(f"[tool.harness]\n{settings}\n", encoding="utf-8")
    return target


def beside(folder: Path, adapter: type[Adapter]) -> str:
    """Write a file beside changed contracts that has a published adapter; return the word that chooses it.

    So the user says that these contracts take the place of the package's.
    """
    (folder / "changed.py").write_text(f"from {adapter.__module__} import {adapter.__name__}\n", encoding="utf-8")
    return f"{folder / 'changed.py'}:{adapter.__name__}"
