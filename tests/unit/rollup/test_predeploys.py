"""The table of genesis: what an entry may be, and which entries are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from eth_utils import to_checksum_address

from harness.contracts.errors import AmbiguousContract, UnknownContract
from harness.contracts.project import Project
from harness.rollup.config import RollupConfig
from harness.rollup.errors import (
    GenesisClash,
    GenesisCodeReserved,
    GenesisCodeTooLarge,
    GenesisUnfilled,
    GenesisWithoutCode,
    WrongGenesis,
    WrongRollupParameter,
)
from harness.rollup.genesis import genesis, genesis_state
from harness.rollup.predeploys import BUILT_IN, MAX_CODE, Predeploy, read_predeploys

AT = "0x00000000000000000000000000000000000c0de0"
PLACE = bytes.fromhex(AT[2:])
BOX = "pragma solidity ^0.8.20; contract Box { uint256 public held; function put(uint256 n) external { held = n; } }"
SEALED = "pragma solidity ^0.8.20; contract Sealed { uint256 public immutable n; constructor(uint256 n_) { n = n_; } }"
LINKED = """pragma solidity ^0.8.20;
library Sums { function add(uint256 a) external pure returns (uint256) { return a + 1; } }
contract Linked { function two() external pure returns (uint256) { return Sums.add(1); } }
interface Shape { function area() external returns (uint256); }
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A user's project, with a package of sources and one of artifacts."""
    package = tmp_path / "node_modules" / "@pkg"
    files = {
        tmp_path / "pyproject.toml": '[tool.harness]\ncontracts = "src"\n',
        tmp_path / "src/Box.sol": BOX,
        tmp_path / "src/Sealed.sol": SEALED,
        tmp_path / "src/Linked.sol": LINKED,
        package / "shelf/Shelf.sol": 'pragma solidity ^0.8.20; import "./Base.sol"; contract Shelf is Base {}',
        package / "shelf/Base.sol": "pragma solidity ^0.8.20; contract Base { uint256 public rows; }",
        package / "out/Old.sol/Old.json": json.dumps({"abi": [], "deployedBytecode": {"object": "0x6001"}}),
        package / "out/Twice.sol/Twice.json": json.dumps({"abi": [], "deployedBytecode": "0x6002"}),
        package / "out/Again.sol/Twice.json": json.dumps({"abi": [], "deployedBytecode": "0x6003"}),
        package / "out/all.json": json.dumps({"contracts": {"New": {"abi": [], "bin-runtime": "6004"}}}),
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def _one(project: Path, entry: Any) -> Predeploy:
    (found,) = RollupConfig.of({"genesis": {AT: entry}}, project).genesis
    return found


@pytest.mark.parametrize("name", ["Box", "src/Box.sol:Box"])
def test_a_contract_of_the_project_is_named(project: Path, name: str) -> None:
    found = _one(project, name)
    assert found == Predeploy(PLACE, Project.load(project)["Box"].runtime)
    assert found.code


@pytest.mark.parametrize("prefix", ["", "node_modules/"])
def test_a_source_of_a_package_is_compiled(project: Path, prefix: str) -> None:
    found = _one(project, f"{prefix}@pkg/shelf/Shelf.sol:Shelf")
    assert found.name == "Shelf"
    assert len(found.code) > 50


@pytest.mark.parametrize(("name", "code"), [("Old", "6001"), ("New", "6004"), ("Again.sol:Twice", "6003")])
def test_a_contract_of_a_folder_of_artifacts_is_named(project: Path, name: str, code: str) -> None:
    assert _one(project, {"contract": name, "artifacts": "node_modules/@pkg/out"}).code.hex() == code


def test_a_type_or_the_code_itself_needs_no_project(project: Path) -> None:
    artifact = Project.load(project)["Box"]
    assert _one(Path("/nowhere"), artifact).code == artifact.runtime
    for entry in ("0x6001", b"\x60\x01", {"code": "0x6001"}, {"code": "6001"}):
        assert _one(Path("/nowhere"), entry).code == b"\x60\x01"


def test_storage_is_written_and_zero_is_not_stored(project: Path) -> None:
    found = _one(project, {"contract": "Box", "storage": {"0x0": 7, 5: "0x" + "ff" * 32, "6": 0}})
    assert found.storage == ((0, 7), (5, 2**256 - 1))
    state = genesis_state(b"", b"", (found,))
    assert (state.storage(PLACE, 0), state.storage(PLACE, 5), state.nonce(PLACE)) == (7, 2**256 - 1, 1)
    assert state.balance(PLACE) == 0


def test_the_genesis_root_commits_to_code_storage_and_address() -> None:
    tables = (
        (),
        (Predeploy(PLACE, b"\x01"),),
        (Predeploy(PLACE, b"\x02"),),
        (Predeploy(PLACE, b"\x01", ((0, 1),)),),
        (Predeploy(bytes(19) + b"\xaa", b"\x01"),),
    )
    roots = {genesis(901, 7, bytes(20), bytes(20), predeploys=table).root for table in tables}
    assert len(roots) == len(tables)
    assert len({str(WrongGenesis(root, root)) for root in roots}) == len(tables)


def test_a_table_reads_back_what_it_says_anywhere(project: Path) -> None:
    table = {AT: {"contract": "Box", "storage": {0: 7}}, "0x" + "aa" * 20: "0x60"}
    config = RollupConfig.of({"genesis": table}, project)
    assert RollupConfig.of(json.loads(json.dumps(config.table())), Path("/nowhere")) == config


def test_an_entry_that_takes_the_place_of_a_built_in_one_says_so(project: Path) -> None:
    for address, name in BUILT_IN.items():
        with pytest.raises(GenesisClash) as caught:
            RollupConfig.of({"genesis": {"0x" + address.hex(): "Box"}}, project)
        assert name in caught.value.other
        assert "replace = true" in str(caught.value)
        entry = {"contract": "Box", "replace": True}
        config = RollupConfig.of({"genesis": {"0x" + address.hex(): entry}}, project)
        assert genesis_state(b"\x01", b"\x01", config.genesis).code(address) == config.genesis[0].code
        assert genesis_state(b"\x01", b"\x01", config.genesis).storage(address, 0) == 0


def test_two_contracts_at_one_address_clash() -> None:
    with pytest.raises(GenesisClash) as caught:
        RollupConfig.of({"genesis": {AT: "0x60", AT.upper().replace("X", "x"): "0x61"}})
    assert caught.value.address.lower() == AT


@pytest.mark.parametrize("number", [1, 10, 17, 0x100])
def test_a_contract_at_a_precompile_clashes(number: int) -> None:
    with pytest.raises(GenesisClash, match="precompile"):
        RollupConfig.of({"genesis": {f"0x{number:040x}": "0x60"}})


@pytest.mark.parametrize("entry", ["Shape", "0x", {"code": ""}, b""])
def test_a_contract_without_code_is_refused(project: Path, entry: Any) -> None:
    with pytest.raises(GenesisWithoutCode) as caught:
        _one(project, entry)
    assert caught.value.address.lower() == AT


def test_code_that_is_a_number_is_refused() -> None:
    """TOML reads 0x600160025b without quotes as a number, whose twelve digits would pass for other code."""
    with pytest.raises(WrongRollupParameter, match=r"code is 412339929691, expected code in hexadecimal"):
        RollupConfig.of({"genesis": {AT: {"code": 0x600160025B}}})


def test_a_contract_above_the_size_limit_is_refused() -> None:
    assert RollupConfig.of({"genesis": {AT: bytes(MAX_CODE)}}).genesis
    with pytest.raises(GenesisCodeTooLarge) as caught:
        RollupConfig.of({"genesis": {AT: bytes(MAX_CODE + 1)}})
    assert (caught.value.actual, caught.value.maximum) == (24_577, 24_576)


@pytest.mark.parametrize("code", ["0xef", "0xef00", "0xef0100" + "aa" * 20])
def test_code_that_nobody_can_deploy_is_refused(code: str) -> None:
    with pytest.raises(GenesisCodeReserved, match="begins with 0xef"):
        RollupConfig.of({"genesis": {AT: code}})


def test_an_address_of_another_length_is_refused() -> None:
    with pytest.raises(WrongRollupParameter, match="an address of 20 bytes"):
        RollupConfig(genesis=(Predeploy(b"short", b"\x60"),))


def test_an_address_in_mixed_case_has_its_checksum() -> None:
    """A typo would move the contract."""
    right = to_checksum_address("0x" + "0c" * 20)
    assert RollupConfig.of({"genesis": {right: "0x60"}}).genesis[0].address == b"\x0c" * 20
    with pytest.raises(WrongRollupParameter, match=f"wrong checksum .*, expected {right}") as caught:
        RollupConfig.of({"genesis": {"0x" + right[2:].swapcase(): "0x60"}})
    assert caught.value.name == "genesis.0x" + right[2:].swapcase()


@pytest.mark.parametrize(("name", "holes"), [("Sealed", "immutables"), ("Linked", "libraries")])
def test_code_with_holes_is_refused(project: Path, name: str, holes: str) -> None:
    with pytest.raises(GenesisUnfilled) as caught:
        _one(project, name)
    assert (caught.value.name, caught.value.holes) == (name, holes)


@pytest.mark.parametrize(
    ("table", "named"),
    [
        (5, "genesis"),
        ({"0x12": "Box"}, "genesis.0x12"),
        ({"Box": "Box"}, "genesis.Box"),
        ({AT: 5}, "contract"),
        ({AT: {}}, "genesis.0x"),
        ({AT: {"contract": "Box", "code": "0x60"}}, "genesis.0x"),
        ({AT: {"contract": "Box", "stored": {}}}, "stored"),
        ({AT: {"contract": "Box", "artifacts": "nowhere"}}, "artifacts"),
        ({AT: {"contract": "Box", "replace": 1}}, "replace"),
        ({AT: {"contract": "Box", "storage": 3}}, "storage"),
        ({AT: {"contract": "Box", "storage": {"x": 1}}}, "storage"),
        ({AT: {"contract": "Box", "storage": {0: -1}}}, "storage"),
        ({AT: {"contract": "Box", "storage": {0: 2**256}}}, "storage"),
        ({AT: {"contract": "Box", "storage": {0: True}}}, "storage"),
        ({AT: {"contract": "Box", "storage": {"0x0": 1, 0: 2}}}, "storage"),
        ({AT: "0x6"}, "code"),
        ({AT: {"code": 5}}, "code"),
    ],
    ids=str,
)
def test_a_malformed_table_is_named_by_its_place(project: Path, table: Any, named: str) -> None:
    with pytest.raises(WrongRollupParameter) as caught:
        RollupConfig.of({"genesis": table}, project)
    assert named in caught.value.name


def test_a_contract_that_is_not_found_is_named_with_its_like(project: Path) -> None:
    with pytest.raises(UnknownContract, match="did you mean Box"):
        _one(project, "Bxo")
    with pytest.raises(UnknownContract, match="did you mean Old"):
        _one(project, {"contract": "Olt", "artifacts": "node_modules/@pkg/out"})
    with pytest.raises(UnknownContract):
        _one(project, "@pkg/shelf/Shelf.sol:Box")
    with pytest.raises(AmbiguousContract):
        _one(project, {"contract": "Twice", "artifacts": "node_modules/@pkg/out"})


def test_only_predeploys_make_a_configuration() -> None:
    with pytest.raises(WrongRollupParameter):
        RollupConfig(genesis=[AT])  # type: ignore[arg-type]
    assert read_predeploys({}) == ()
