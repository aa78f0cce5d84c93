"""Which contract an adapter of published contracts takes, if several have one name. No registry is asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.adapters.choosing import KnownContracts, choose
from harness.adapters.published import Published, WithPackage
from harness.attack.channel.pack import PACK
from harness.contracts.bindings import ContractType

ADAPTER = "from harness.adapters.raiden import Raiden"


@dataclass(frozen=True, slots=True)
class Stored(Published):
    """A package that was fetched into a folder: its artifacts are below ``name``."""

    def home(self) -> Path:
        return Path(self.name)


def build(folder: Path, name: str, event: str) -> None:
    """Write an artifact of Foundry whose contract has one event, so that one can tell it by that."""
    abi = [{"type": "event", "name": event, "inputs": [], "anonymous": False}]
    code = {"object": "0x6000", "linkReferences": {}}
    made = {"abi": abi, "bytecode": code, "deployedBytecode": code}
    place = folder / f"{name}.sol" / f"{name}.json"
    place.parent.mkdir(parents=True)
    place.write_text(json.dumps(made), encoding="utf-8")


def source(folder: Path, name: str, event: str) -> None:
    folder.mkdir(exist_ok=True)
    text = f"// SPDX-License-Identifier: MIT\npragma solidity ^0.8.20;\ncontract {name} {{ event {event}(); }}\n"
    (folder / f"{name}.sol").write_text(text, encoding="utf-8")


def told_by(contracts: Mapping[str, ContractType], name: str, package: Published) -> str:
    (event,) = [entry["name"] for entry in WithPackage(contracts, package)[name].abi]
    return str(event)


@pytest.fixture
def package(tmp_path: Path) -> Published:
    build(tmp_path / "package" / "out", "Factory", "OfThePackage")
    return Stored("npm", str(tmp_path / "package"), "1", "out")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a contract of its own whose name is one of the package's."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "pyproject.toml").write_text('[tool.harness]\ncontracts = "src"\n', encoding="utf-8")
    source(root / "src", "Factory", "OfTheProject")
    source(root / "src", "Helper", "OfTheHelper")
    return root


def contracts_of(root: Path, word: str = "raiden") -> Mapping[str, ContractType]:
    return choose("channel", word, PACK.built_in, PACK.protocol, root=root).contracts


def test_a_source_of_the_same_name_in_the_project_does_not_count(package: Published, project: Path) -> None:
    contracts = contracts_of(project)
    assert "Factory" in contracts, "the project does have one"
    assert told_by(contracts, "Factory", package) == "OfThePackage"
    assert told_by(contracts, "Helper", package) == "OfTheHelper", "what the package lacks is the project's"


def test_a_build_that_the_settings_name_takes_the_packages_place(package: Published, project: Path) -> None:
    build(project / "out", "Factory", "OfTheBuild")
    settings = '[tool.harness]\ncontracts = "src"\nartifacts = "out"\n'
    (project / "pyproject.toml").write_text(settings, encoding="utf-8")
    assert told_by(contracts_of(project), "Factory", package) == "OfTheBuild"


def test_a_contract_beside_the_users_adapter_takes_the_packages_place(package: Published, project: Path) -> None:
    source(project / "attacks", "Factory", "BesideTheAdapter")
    (project / "attacks" / "mine.py").write_text(ADAPTER, encoding="utf-8")
    contracts = contracts_of(project, f"{project / 'attacks' / 'mine.py'}:Raiden")
    assert told_by(contracts, "Factory", package) == "BesideTheAdapter"


def test_without_a_project_the_packages_contract_counts(package: Published) -> None:
    assert told_by(KnownContracts(None), "Factory", package) == "OfThePackage"
