"""Contracts that Hardhat and Foundry built show lines, link their libraries, and are known by their code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.chain.chain import Chain
from harness.chain.errors import Reverted
from harness.contracts import versions
from harness.contracts.compiling import solc
from harness.contracts.library import Contracts

SOURCES = {
    "contracts/Base.sol": """pragma solidity ^0.8.20;
library Sums {
    function twice(uint256 n) external pure returns (uint256) { return 2 * n; }
}
contract Base {
    uint256 public immutable most;
    constructor(uint256 most_) { most = most_; }
    function check(uint256 n) public view {
        require(
            n <= most, "too many"
        );
    }
}
""",
    "contracts/Vault.sol": """pragma solidity ^0.8.20;
import "./Base.sol";
contract Vault is Base {
    constructor() Base(8) {}
    function put(uint256 n) external view returns (uint256) {
        check(n);
        return Sums.twice(n);
    }
}
""",
}
SETTINGS = {"optimizer": {"enabled": False}, "evmVersion": "prague", "outputSelection": {"*": {"*": ["*"]}}}


@pytest.fixture(scope="module")
def output() -> Mapping[str, Any]:
    """What solc makes of the sources."""
    request = {"language": "Solidity", "sources": _texts(), "settings": SETTINGS}
    return solc.find(versions.BUILT_IN).compile(request)


def _texts() -> dict[str, dict[str, str]]:
    return {unit: {"content": text} for unit, text in SOURCES.items()}


def _hardhat(root: Path, output: Mapping[str, Any]) -> None:
    _write(root / "built/build-info/ab.json", {"input": {"sources": _texts()}, "output": output})
    for unit, contracts in output["contracts"].items():
        for name, found in contracts.items():
            code, deployed = found["evm"]["bytecode"], found["evm"]["deployedBytecode"]
            record = {
                "_format": "hh-sol-artifact-1",
                "contractName": name,
                "sourceName": unit,
                "abi": found["abi"],
                "bytecode": "0x" + code["object"],
                "deployedBytecode": "0x" + deployed["object"],
                "linkReferences": code["linkReferences"],
                "deployedLinkReferences": deployed["linkReferences"],
            }
            home = root / "built" / unit
            _write(home / f"{name}.json", record)
            _write(home / f"{name}.dbg.json", {"buildInfo": "../../build-info/ab.json"})


def _foundry(root: Path, output: Mapping[str, Any]) -> None:
    numbers = {str(entry["id"]): unit for unit, entry in output["sources"].items()}
    _write(root / "built/build-info/ab.json", {"id": "ab", "source_id_to_path": numbers})
    for unit, text in SOURCES.items():
        (root / unit).parent.mkdir(exist_ok=True)
        (root / unit).write_text(text)
    for unit, contracts in output["contracts"].items():
        for name, found in contracts.items():
            record = {
                "abi": found["abi"],
                "bytecode": found["evm"]["bytecode"],
                "deployedBytecode": found["evm"]["deployedBytecode"],
                "methodIdentifiers": found["evm"]["methodIdentifiers"],
                "metadata": json.loads(found["metadata"]),
                "id": output["sources"][unit]["id"],
            }
            _write(root / "built" / Path(unit).name / f"{name}.json", record)


def _write(path: Path, record: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record))


@pytest.fixture(params=[_hardhat, _foundry], ids=["hardhat", "foundry"])
def built(request: pytest.FixtureRequest, tmp_path: Path, output: Mapping[str, Any]) -> Contracts:
    """The contracts as a tool built them."""
    request.param(tmp_path, output)
    (tmp_path / "pyproject.toml").write_text('[tool.harness]\nartifacts = "built"\n')
    return Contracts.load(tmp_path)


def test_a_failure_shows_the_line_of_an_inherited_file(chain: Chain, alice: Any, built: Contracts) -> None:
    vault = chain.deploy(built["Vault"], sender=alice)
    assert vault.put(4) == 8
    with pytest.raises(Reverted, match="too many") as caught:
        vault.put(9)
    assert caught.value.trace.location == "contracts/Base.sol:9"


def test_a_contract_is_known_by_its_code_whatever_its_immutables(chain: Chain, alice: Any, built: Contracts) -> None:
    vault = chain.deploy(built["Vault"], sender=alice)
    assert built["Vault"].runs(chain.code(vault))
    assert not built["Base"].runs(chain.code(vault))
