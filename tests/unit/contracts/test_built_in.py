"""A changed copy of the built-in contracts: by HARNESS_CONTRACTS, or by ``built-in-contracts`` of the project."""

from __future__ import annotations

from contextvars import ContextVar
from pathlib import Path

import pytest

from harness.contracts import project as projects
from harness.contracts.project import built_in_contracts, built_in_copy
from harness.errors import ConfigError

SETTINGS = '[tool.harness]\ncontracts = "contracts"\n'


@pytest.fixture(autouse=True)
def outside_of_any_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HARNESS_CONTRACTS", raising=False)
    monkeypatch.setattr(projects, "_chosen", ContextVar("nothing is chosen by the project of this test"))
    projects._copy_around.cache_clear()


def copy_at(folder: Path, contract: str) -> Path:
    (folder / "contracts").mkdir(parents=True)
    (folder / "contracts" / f"{contract}.sol").write_text(f"contract {contract} {{}}\n")
    (folder / "pyproject.toml").write_text(SETTINGS)
    return folder


def test_without_a_setting_they_are_the_harnesss_own() -> None:
    assert "AssertionChain" in built_in_contracts()


def test_the_variable_names_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_CONTRACTS", str(copy_at(tmp_path / "copy", "Mine")))
    assert built_in_contracts().names() == ("Mine",)


def test_the_old_variable_works_and_warns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_HOUSE", str(copy_at(tmp_path / "copy", "Mine")))
    with pytest.warns(DeprecationWarning, match=r"HARNESS_HOUSE is deprecated.* use HARNESS_CONTRACTS") as caught:
        assert built_in_contracts().names() == ("Mine",)
    (warning,) = caught
    assert warning.filename == __file__


def test_the_new_variable_goes_before_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_HOUSE", str(copy_at(tmp_path / "old", "Old")))
    monkeypatch.setenv("HARNESS_CONTRACTS", str(copy_at(tmp_path / "new", "New")))
    assert built_in_contracts().names() == ("New",)


def test_a_folder_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_CONTRACTS", "/nowhere")
    with pytest.raises(ConfigError, match=r"^HARNESS_CONTRACTS is '/nowhere', expected a folder$"):
        built_in_contracts()


def test_the_project_around_the_current_folder_names_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy_at(tmp_path / "copy", "Mine")
    (tmp_path / "pyproject.toml").write_text(f'{SETTINGS}built-in-contracts = "copy"\n')
    (tmp_path / "scripts").mkdir()
    monkeypatch.chdir(tmp_path / "scripts")
    assert built_in_contracts().names() == ("Mine",)


def test_the_variable_goes_before_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_CONTRACTS", str(copy_at(tmp_path / "variable", "Variable")))
    with built_in_copy(copy_at(tmp_path / "project", "Project")):
        assert built_in_contracts().names() == ("Variable",)


def test_the_tests_project_goes_before_the_current_folder(tmp_path: Path) -> None:
    copy_at(tmp_path / "copy", "Mine")
    (tmp_path / "pyproject.toml").write_text(f'{SETTINGS}built-in-contracts = "copy"\n')
    with built_in_copy(None):
        assert "AssertionChain" in built_in_contracts()
    assert built_in_contracts().names() == ("Mine",)


def test_a_setting_that_is_no_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(f'{SETTINGS}built-in-contracts = "copy"\n')
    with pytest.raises(ConfigError, match=r"built-in-contracts is 'copy', expected a folder, but .*copy is none"):
        built_in_contracts()
