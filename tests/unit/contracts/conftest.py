"""A project on disk, with a cache of its own and the machine's compiler."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.contracts import versions
from harness.contracts.compiling import solc
from harness.contracts.project import Project


@pytest.fixture(scope="session")
def compiler() -> solc.Solc:
    """The compiler of the built-in contracts, found or fetched with the machine's own cache."""
    return solc.find(versions.BUILT_IN)


@pytest.fixture
def own_cache(tmp_path: Path, compiler: solc.Solc, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder; the compiler is the one that was found before."""
    cache = tmp_path / "cache"
    monkeypatch.setenv("HARNESS_CACHE", str(cache))
    monkeypatch.setenv("HARNESS_SOLC", str(compiler.path))
    return cache


@pytest.fixture
def project(tmp_path: Path, own_cache: Path) -> Callable[..., Project]:
    """Write a project's files and open it: ``project({"src/A.sol": "..."}, "via-ir = true")``."""

    def write(files: dict[str, str], settings: str = "") -> Project:
        root = tmp_path / "project"
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (root / "pyproject.toml").write_text(f'[tool.harness]\ncontracts = "src"\n{settings}\n')
        return Project.load(root)

    return write
