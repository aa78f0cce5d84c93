"""Artifacts of Foundry and Hardhat, loaded on a machine without a compiler."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.contracts import solc
from harness.contracts.errors import ArtifactUnreadable, CompilerNotFound
from harness.contracts.project import Project
from harness.errors import ConfigError

ABI = [{"type": "function", "name": "f", "inputs": [], "outputs": [], "stateMutability": "view"}]
LINKS = {"src/L.sol": {"L": [{"start": 1, "length": 20}]}}
CODE = "0x60" + "__$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa$__" + "00"

FOUNDRY: dict[str, Any] = {
    "abi": ABI,
    "bytecode": {"object": CODE, "sourceMap": "1:2:3", "linkReferences": LINKS},
    "deployedBytecode": {
        "object": "0x6001",
        "sourceMap": "4:5:6",
        "immutableReferences": {"7": [{"start": 0, "length": 1}]},
    },
    "methodIdentifiers": {"f()": "26121ff0"},
    "metadata": {"compiler": {"version": "0.8.28"}, "settings": {"compilationTarget": {"src/A.sol": "A"}}},
    "id": 3,
}
HARDHAT: dict[str, Any] = {
    "_format": "hh-sol-artifact-1",
    "contractName": "B",
    "sourceName": "contracts/B.sol",
    "abi": ABI,
    "bytecode": CODE,
    "deployedBytecode": "0x6002",
    "linkReferences": LINKS,
    "deployedLinkReferences": {},
}


@pytest.fixture(autouse=True)
def no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*args: object) -> solc.Solc:
        raise CompilerNotFound("any", ())

    monkeypatch.setattr(solc, "find", none)


def project(root: Path, files: dict[str, object]) -> Project:
    for name, content in files.items():
        path = root / "built" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    (root / "pyproject.toml").write_text('[tool.harness]\nartifacts = "built"\n')
    return Project.load(root)


def test_foundry_artifacts_load(tmp_path: Path) -> None:
    found = project(tmp_path, {"A.sol/A.json": FOUNDRY, "build-info/x.json": {"id": "x"}, "cache.json": {}})
    assert found.names() == ("A",)
    artifact = found["src/A.sol:A"]
    assert artifact.bytecode == b"\x60" + bytes(21)
    assert artifact.link_references == {"src/L.sol:L": ((1, 20),)}
    assert artifact.immutable_references == {"7": ((0, 1),)}
    assert (artifact.runtime, artifact.runtime_source_map) == (b"\x60\x01", "4:5:6")
    assert (artifact.files, artifact.compiler) == ({3: "src/A.sol"}, "0.8.28")
    assert artifact.paths["src/A.sol"] == tmp_path / "src/A.sol"


def test_hardhat_artifacts_load(tmp_path: Path) -> None:
    found = project(tmp_path, {"contracts/B.sol/B.json": HARDHAT, "contracts/B.sol/B.dbg.json": {"buildInfo": "x"}})
    artifact = found["B"]
    assert (artifact.full_name, artifact.runtime) == ("contracts/B.sol:B", b"\x60\x02")
    assert artifact.link_references == {"src/L.sol:L": ((1, 20),)}


def test_a_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactUnreadable, match=r"A\.json is no contract artifact"):
        project(tmp_path, {"A.json": "{"})


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.harness]\nartifacts = "out"\n')
    with pytest.raises(ConfigError, match="a folder that Foundry or Hardhat built"):
        Project.load(tmp_path)
