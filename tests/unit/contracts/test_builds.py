"""Hardhat's and Foundry's records of builds: lines, immutables and texts of contracts that were built elsewhere."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from harness.contracts.artifact import Artifact
from harness.contracts.project import Project

BASE = "contract Base {\n  function f() public {}\n}\n"
TEXT = 'import "./Base.sol";\n\ncontract A is Base {}\n'
ABI = [{"type": "function", "name": "f", "inputs": [], "outputs": [], "stateMutability": "nonpayable"}]
OUTPUT = {
    "abi": ABI,
    "evm": {
        "bytecode": {"object": "6001", "sourceMap": "0:1:7"},
        "deployedBytecode": {
            "object": "6002",
            "sourceMap": "18:1:5",
            "immutableReferences": {"3": [{"start": 0, "length": 1}]},
        },
        "methodIdentifiers": {"f()": "26121ff0"},
    },
    "storageLayout": {"storage": []},
}
SOURCES = {"contracts/A.sol": {"content": TEXT}, "contracts/Base.sol": {"content": BASE}}
IDS = {"contracts/A.sol": {"id": 7}, "contracts/Base.sol": {"id": 5}}


def artifact(**more: object) -> dict[str, object]:
    code = {"abi": ABI, "bytecode": "0x6001", "deployedBytecode": "0x6002"}
    return {"contractName": "A", "sourceName": "contracts/A.sol", **code, **more}


def build(prefix: str = "") -> tuple[dict[str, Any], dict[str, Any]]:
    """Input and output of a run of the compiler."""
    return (
        {"sources": {prefix + unit: entry for unit, entry in SOURCES.items()}},
        {
            "sources": {prefix + unit: entry for unit, entry in IDS.items()},
            "contracts": {f"{prefix}contracts/A.sol": {"A": OUTPUT}},
        },
    )


def opened(root: Path, files: dict[str, object]) -> Artifact:
    for name, content in files.items():
        path = root / "artifacts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    (root / "pyproject.toml").write_text('[tool.harness]\nartifacts = "artifacts"\n')
    return Project.load(root)["A"]


HARDHAT = {
    "build-info/ab.json": {"input": build()[0], "output": build()[1]},
    "contracts/A.sol/A.json": artifact(_format="hh-sol-artifact-1"),
    "contracts/A.sol/A.dbg.json": {"_format": "hh-sol-dbg-1", "buildInfo": "../../build-info/ab.json"},
}
HARDHAT_3 = {
    "build-info/solc-ab.json": {"id": "solc-ab", "input": build("project/")[0]},
    "build-info/solc-ab.output.json": {"id": "solc-ab", "output": build("project/")[1]},
    "contracts/A.sol/A.json": artifact(_format="hh3-artifact-1", buildInfoId="solc-ab"),
}


@pytest.mark.parametrize("files", [HARDHAT, HARDHAT_3], ids=["2", "3"])
def test_the_build_of_hardhat_tells_lines_immutables_and_texts(tmp_path: Path, files: dict[str, object]) -> None:
    found = opened(tmp_path, files)
    assert (found.source_map, found.runtime_source_map) == ("0:1:7", "18:1:5")
    assert found.immutable_references == {"3": ((0, 1),)}
    assert (found.selectors, found.storage_layout) == ({"f()": "26121ff0"}, {"storage": []})
    assert found.line_of(5, BASE.index("function")) == ("contracts/Base.sol", 2)
    assert found.line_of(7, TEXT.index("contract")) == ("contracts/A.sol", 3)
    assert found.line_of(6, 0) is None


def with_contracts(contracts: object) -> dict[str, object]:
    return {"input": {"sources": 1}, "output": {"sources": [], "contracts": contracts}}


@pytest.mark.parametrize(
    "content",
    [
        "{",
        {},
        {"output": 3},
        with_contracts(3),
        with_contracts({"contracts/A.sol": 1}),
        with_contracts({"contracts/A.sol": {"A": {"evm": 2}}}),
        with_contracts({"contracts/A.sol": {"A": {"evm": {"bytecode": 4}}}}),
    ],
    ids=["cut", "empty", "no output", "no contracts", "no contract", "no code", "odd code"],
)
def test_a_broken_build_leaves_the_contract_without_lines(tmp_path: Path, content: object) -> None:
    found = opened(tmp_path, {**HARDHAT, "build-info/ab.json": content})
    assert (found.bytecode, found.runtime_source_map) == (b"\x60\x01", "")


def test_a_contract_without_a_build_has_no_lines(tmp_path: Path) -> None:
    files = {name: content for name, content in HARDHAT.items() if "build-info" not in name}
    assert opened(tmp_path, files).runtime_source_map == ""


def test_the_build_of_foundry_tells_what_the_numbers_of_inherited_files_mean(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/Base.sol").write_text(BASE)
    metadata = {"settings": {"compilationTarget": {"src/A.sol": "A"}}}
    own = {"abi": ABI, "deployedBytecode": {"object": "0x6002", "sourceMap": "18:1:5"}, "metadata": metadata, "id": 7}
    files = {
        "A.sol/A.json": own,
        "build-info/other.json": {"source_id_to_path": {"7": "src/Z.sol", "5": "src/Y.sol"}},
        "build-info/one.json": {"source_id_to_path": {"7": "src/A.sol", "5": "src/Base.sol", "x": "src/X.sol"}},
    }
    opened(tmp_path, dict(files))
    os.utime(tmp_path / "artifacts/build-info/other.json", (2**33, 2**33))
    found = Project.load(tmp_path)["A"]
    assert found.line_of(5, BASE.index("function")) == ("src/Base.sol", 2)


def test_the_sources_of_a_package_are_found_beside_its_artifacts(tmp_path: Path) -> None:
    package = tmp_path / "node_modules/@op/contracts"
    metadata = {"settings": {"compilationTarget": {"src/Base.sol": "Base"}}}
    files = {
        package / "package.json": "{}",
        package / "src/Base.sol": BASE,
        package / "out/Base.sol/Base.json": json.dumps({"abi": ABI, "metadata": metadata, "id": 2}),
        tmp_path / "pyproject.toml": '[tool.harness]\nartifacts = "node_modules/@op/contracts/out"\n',
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = Project.load(tmp_path)["Base"]
    assert found.paths["src/Base.sol"] == package / "src/Base.sol"
    assert found.line_of(2, BASE.index("function")) == ("src/Base.sol", 2)
