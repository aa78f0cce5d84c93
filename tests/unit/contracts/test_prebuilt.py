"""Artifacts of Foundry, Hardhat, Truffle, solc and others, loaded on a machine without a compiler."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.contracts.compiling import solc
from harness.contracts.errors import AmbiguousContract, ArtifactUnreadable, CompilerNotFound, SourceSkipped
from harness.contracts.project import Project
from harness.errors import ConfigError
from harness.primitives.hashing import keccak256

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


@pytest.mark.parametrize("content", ["{", "", "\udcff"])
def test_a_file_that_is_no_json_is_warned_of_and_the_others_load(tmp_path: Path, content: str) -> None:
    (tmp_path / "built").mkdir()
    (tmp_path / "built/Bad.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.warns(SourceSkipped, match=r"Bad\.json is skipped: it is no JSON"):
        found = project(tmp_path, {"A.json": FOUNDRY, "B.json": HARDHAT})
    assert found.names() == ("A", "B")


def test_json_of_other_kinds_is_no_contract(tmp_path: Path) -> None:
    others = {"list.json": ABI, "text.json": '"abi"', "package.json": {"name": "x"}}
    assert project(tmp_path, {**others, "map.json": {"contracts": {"A": 1}}}).names() == ()


def test_a_folder_that_is_not_there_is_warned_of_and_is_the_error_of_what_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.harness]\nartifacts = "out"\n')
    with pytest.warns(SourceSkipped, match="out is skipped: .* expected a folder, but .*out is not there"):
        found = Project.load(tmp_path)
    assert found.names() == ()
    with pytest.raises(ConfigError, match="artifacts is 'out', expected a folder"):
        found["A"]


def test_an_artifact_without_an_abi_can_be_deployed(tmp_path: Path) -> None:
    artifact = project(tmp_path, {"Reader.json": {"abi": None, "bytecode": {"object": "0x6001"}}})["Reader"]
    assert (artifact.abi, artifact.bytecode, artifact.deployable) == ((), b"\x60\x01", True)


def test_plain_hexadecimal_is_code_and_an_abi_alone_is_an_interface(tmp_path: Path) -> None:
    codes = {"One": {"bytecode": "6001"}, "I": {}, "Two": {"bin": "0x02"}}
    found = project(tmp_path, {f"{name}.json": {"abi": ABI, **code} for name, code in codes.items()})
    assert {name: found[name].bytecode for name in found.names()} == {"One": b"\x60\x01", "Two": b"\x02", "I": b""}
    assert found["One"].full_name == "built/One.json:One"


def test_a_map_by_name_holds_contracts(tmp_path: Path) -> None:
    entry = {"abi": ABI, "bin": "6001", "bin-runtime": "6002", "metadata": "{}"}
    record = {"contracts": {"Token": entry, "Channel": entry}, "contracts_version": "0.50"}
    found = project(tmp_path, {"contracts.json": record})
    assert found.names() == ("Channel", "Token")
    assert (found["Token"].bytecode, found["Token"].runtime) == (b"\x60\x01", b"\x60\x02")


def test_combined_output_of_solc_holds_contracts(tmp_path: Path) -> None:
    user = "60" + "__$" + keccak256(b"src/L.sol:L").hex()[:34] + "$__" + "00"
    contracts = {"src/A.sol:A": {"abi": json.dumps(ABI), "bin": user}, "src/L.sol:L": {"abi": [], "bin": "01"}}
    artifact = project(tmp_path, {"combined.json": {"contracts": contracts}})["src/A.sol:A"]
    assert artifact.abi == tuple(ABI)
    assert artifact.link_references == {"src/L.sol:L": ((1, 20),)}


def test_a_contract_that_two_files_hold_is_there_once(tmp_path: Path) -> None:
    combined = {"contracts": {"src/A.sol:A": {"abi": ABI, "bin": "6001"}, "src/B.sol:B": {"abi": ABI, "bin": "6002"}}}
    single = {"A.json": {"abi": ABI, "bytecode": "0x6001"}, "B.json": {"abi": ABI, "bytecode": "0x6003"}}
    found = project(tmp_path, {"combined.json": combined, **single})
    assert found["A"].full_name == "src/A.sol:A"
    with pytest.raises(AmbiguousContract, match=r"built/B\.json and src/B\.sol"):
        found["B"]


def test_standard_output_of_solc_holds_contracts(tmp_path: Path) -> None:
    code = {"bytecode": {"object": "6001", "sourceMap": "1:2:0"}, "deployedBytecode": {"object": "6002"}}
    output = {"abi": ABI, "evm": {**code, "methodIdentifiers": {"f()": "26121ff0"}}}
    record = {"contracts": {"src/A.sol": {"A": output}}, "sources": {"src/A.sol": {"id": 4}}}
    artifact = project(tmp_path, {"output.json": record})["src/A.sol:A"]
    assert (artifact.bytecode, artifact.runtime, artifact.source_map) == (b"\x60\x01", b"\x60\x02", "1:2:0")
    assert (artifact.files, artifact.selectors) == ({4: "src/A.sol"}, {"f()": "26121ff0"})


def test_artifacts_of_truffle_load_with_the_holes_that_their_placeholders_show(tmp_path: Path) -> None:
    record = {
        "contractName": "Old",
        "sourcePath": "/home/somebody/contracts/Old.sol",
        "abi": [{"name": "f", "inputs": [], "outputs": [], "constant": True, "type": "function"}],
        "bytecode": "0x60" + "__My_Lib".ljust(40, "_") + "00",
        "deployedBytecode": "0x6003",
        "deployedSourceMap": "7:8:9",
        "compiler": {"name": "solc", "version": "0.4.15"},
    }
    artifact = project(tmp_path, {"Old.json": record})["Old"]
    assert (artifact.bytecode, artifact.link_references) == (b"\x60" + bytes(21), {"My_Lib": ((1, 20),)})
    assert (artifact.abi[0]["stateMutability"], artifact.compiler) == ("view", "0.4.15")
    assert (artifact.runtime, artifact.runtime_source_map) == (b"\x60\x03", "7:8:9")


@pytest.mark.parametrize(
    "record",
    [
        {"abi": 3, "bytecode": "0x60"},
        {"abi": "{", "bytecode": "0x60"},
        {"abi": [1], "bytecode": "0x60"},
        {"abi": ABI, "bytecode": "0x6"},
        {"abi": ABI, "bytecode": "hello"},
        {"abi": ABI, "bytecode": 7},
        {"abi": ABI, "bytecode": {"object": 7}},
        {"abi": ABI, "bytecode": "60__cut"},
        {"abi": ABI, "bytecode": "60", "linkReferences": 5},
        {"abi": ABI, "bytecode": "60", "linkReferences": {"A.sol": {"L": [{}]}}},
        {"abi": ABI, "bytecode": "60", "evm": 3},
        {"abi": ABI, "bytecode": "60", "deployedBytecode": {"object": "60", "immutableReferences": {"1": 2}}},
    ],
)
def test_a_contract_that_cannot_be_read_is_an_error_of_its_own_only(tmp_path: Path, record: dict[str, Any]) -> None:
    found = project(tmp_path, {"Bad.json": record, "B.json": HARDHAT})
    assert found["B"].runtime == b"\x60\x02"
    with pytest.raises(ArtifactUnreadable, match=r"Bad\.json is no contract artifact: Bad: "):
        found["Bad"]
