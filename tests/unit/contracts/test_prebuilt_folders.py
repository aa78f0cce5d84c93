"""Several folders of artifacts: an index by file name, contracts read when they are taken, and names that clash."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.contracts.compiling import prebuilt_shelf
from harness.contracts.errors import AmbiguousContract, ArtifactUnreadable, UnknownContract
from harness.contracts.project import Project, prebuilt_project
from harness.errors import ConfigError
from harness.primitives.hashing import keccak256

ABI = [{"type": "function", "name": "f", "inputs": [], "outputs": [], "stateMutability": "view"}]

Write = Callable[..., Project]


def foundry(source: str, name: str, code: str = "6001", compiler: str = "0.8.28", **more: Any) -> dict[str, Any]:
    metadata = {"compiler": {"version": compiler}, "settings": {"compilationTarget": {source: name}}}
    return {"abi": ABI, "bytecode": {"object": f"0x{code}", **more}, "metadata": metadata}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write files and open the project: ``write({"out/A.sol/A.json": {...}}, artifacts="out")``."""

    def write(files: dict[str, object], **table: object) -> Project:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content if isinstance(content, str) else json.dumps(content))
        lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in table.items())
        (tmp_path / "pyproject.toml").write_text(f"[tool.harness]\n{lines}\n")
        return Project.load(tmp_path)

    return write


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read."""
    names: list[str] = []
    original = prebuilt_shelf.read_file

    def noted(path: Path, root: Path) -> Any:
        names.append(path.name)
        return original(path, root)

    monkeypatch.setattr(prebuilt_shelf, "read_file", noted)
    return names


def test_only_the_file_of_the_contract_that_is_asked_for_is_read(write: Write, read: list[str]) -> None:
    truffle = {"contractName": "C", "abi": ABI, "bytecode": "0x6003"}
    hardhat = {"_format": "hh-sol-artifact-1", "contractName": "D", "sourceName": "d/D.sol", "abi": ABI, "bytecode": ""}
    files = {f"out/{name}.sol/{name}.json": foundry(f"src/{name}.sol", name) for name in "AB"}
    project = write({**files, "out/C.json": truffle, "out/d/D.sol/D.json": hardhat}, artifacts="out")
    assert project.names() == ("A", "B", "C", "D")
    assert len(project.index) == 4
    assert "A" in project.index
    assert read == []
    assert project["B"].full_name == "src/B.sol:B"
    assert read == ["B.json"]
    assert project["C"].bytecode == b"\x60\x03"
    assert read == ["B.json", "C.json"]


def test_several_folders_and_own_sources_are_one_project(write: Write) -> None:
    files = {
        "src/Own.sol": "contract Own {}",
        "one/A.sol/A.json": foundry("src/A.sol", "A", "6001"),
        "two/B.sol/B.json": foundry("src/B.sol", "B", "6002"),
        "three.json": {"contracts": {"C": {"abi": ABI, "bin": "6003"}}},
    }
    project = write(files, contracts="src", artifacts=["one", "two", "three.json"])
    assert project.names() == ("A", "B", "C", "Own")
    assert [project[name].bytecode for name in "ABC"] == [b"\x60\x01", b"\x60\x02", b"\x60\x03"]
    assert project["Own"].compiler


def test_own_sources_win_over_artifacts_of_the_same_name_which_go_by_their_path(write: Write) -> None:
    artifact = foundry("lib/Token.sol", "Token", "6001")
    project = write({"src/Token.sol": "contract Token {}", "out/Token.sol/Token.json": artifact},
                    contracts="src", artifacts="out")  # fmt: skip
    assert project["Token"].source == "src/Token.sol"
    assert project["lib/Token.sol:Token"].bytecode == b"\x60\x01"
    assert project.index["Token"] == ("src/Token.sol",)


def test_folders_without_named_sources_need_no_compiler(write: Write) -> None:
    project = write({"src/A.sol": "contract Other {}", "out/A.sol/A.json": foundry("src/A.sol", "A")}, artifacts="out")
    assert project.names() == ("A",)


def test_a_name_of_two_sources_is_ambiguous_among_folders(write: Write) -> None:
    files = {"one/A.sol/A.json": foundry("x/A.sol", "A", "6001"), "two/A.sol/A.json": foundry("y/A.sol", "A", "6002")}
    project = write(files, artifacts=["one", "two"])
    with pytest.raises(AmbiguousContract) as caught:
        project["A"]
    assert caught.value.places == ("x/A.sol", "y/A.sol")
    assert project["y/A.sol:A"].bytecode == b"\x60\x02"


def test_two_compilations_of_one_source_go_by_their_files(write: Write) -> None:
    files = {
        f"out/A.sol/A.{version}.json": foundry("src/A.sol", "A", code, version)
        for version, code in (("0.8.15", "6001"), ("0.8.26", "6002"))
    }
    project = write(files, artifacts="out")
    with pytest.raises(AmbiguousContract, match=r"out/A\.sol/A\.0\.8\.15\.json and out/A\.sol/A\.0\.8\.26\.json"):
        project["A"]
    assert project["out/A.sol/A.0.8.26.json:A"].bytecode == b"\x60\x02"


def test_a_contract_may_be_asked_for_by_its_file(write: Write) -> None:
    project = write({"out/A.sol/A.json": foundry("src/A.sol", "A")}, artifacts="out")
    assert project["out/A.sol/A.json:A"] is project["src/A.sol:A"]
    with pytest.raises(UnknownContract):
        project["out/A.sol/A.json:B"]


def test_the_same_contract_of_two_folders_is_one(write: Write) -> None:
    files = {f"{folder}/A.sol/A.json": foundry("src/A.sol", "A") for folder in ("one", "two")}
    assert write(files, artifacts=["one", "two"])["A"].source == "src/A.sol"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "it is no JSON"),
        ("\udcff", "it is no JSON"),
        ("{}", "it has no ABI"),
        ("[]", "it has no ABI"),
        (json.dumps(foundry("src/A.sol", "Z")), "it holds Z, expected A"),
        (json.dumps({"abi": ABI, "bytecode": "0x6"}), "A: ValueError"),
    ],
    ids=["cut", "no text", "empty", "list", "other name", "odd digits"],
)
def test_a_broken_file_is_an_error_of_its_contract_only(
    write: Write, tmp_path: Path, content: str, reason: str, recwarn: pytest.WarningsRecorder
) -> None:
    (tmp_path / "out/A.sol").mkdir(parents=True)
    (tmp_path / "out/A.sol/A.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    project = write({"out/B.sol/B.json": foundry("src/B.sol", "B")}, artifacts="out")
    assert project["B"].deployable
    assert not recwarn.list
    with pytest.raises(ArtifactUnreadable, match=rf"out/A\.sol/A\.json is no contract artifact: {reason}"):
        project["A"]


def test_a_file_that_cannot_be_opened_is_an_error_of_its_contract(write: Write, tmp_path: Path) -> None:
    project = write({"out/A.sol/A.json": foundry("src/A.sol", "A")}, artifacts="out")
    (tmp_path / "out/A.sol/A.json").unlink()
    with pytest.raises(ArtifactUnreadable, match=r"A\.json is no contract artifact: .*No such file"):
        project["A"]


def test_links_to_folders_and_files_are_followed_once(write: Write, tmp_path: Path) -> None:
    real = {"store/out/A.sol/A.json": foundry("src/A.sol", "A"), "store/B.json": foundry("src/B.sol", "B")}
    write(real)
    (tmp_path / "linked").symlink_to(tmp_path / "store/out")
    (tmp_path / "store/out/again").symlink_to(tmp_path / "store/out")
    (tmp_path / "store/out/B.sol").mkdir()
    (tmp_path / "store/out/B.sol/B.json").symlink_to(tmp_path / "store/B.json")
    (tmp_path / "store/out/B.sol/Gone.json").symlink_to(tmp_path / "nowhere.json")
    with pytest.warns(UserWarning, match=r"Gone\.json is skipped: the link leads nowhere"):
        project = write({}, artifacts="linked")
    assert [project[name].source for name in project.names()] == ["src/A.sol", "src/B.sol"]


def test_a_large_file_without_any_abi_is_not_read(write: Write, read: list[str]) -> None:
    large = json.dumps({"rows": ["0" * 64] * 20_000})
    project = write({"out/trace.json": large, "out/A.sol/A.json": foundry("src/A.sol", "A")}, artifacts="out")
    assert (project.names(), read) == (("A",), [])


def test_a_large_map_of_contracts_is_read(write: Write) -> None:
    entry = {"abi": ABI, "bin": "00" * 24_000, "source": "x" * 2_000_000}
    assert write({"all.json": {"contracts": {"A": entry}}}, artifacts="all.json").names() == ("A",)


def test_a_map_of_contracts_needs_no_key_above(write: Write) -> None:
    project = write({"all.json": {"A": {"abi": ABI, "bin": "6001"}, "version": "1"}}, artifacts="all.json")
    assert (project.names(), project["A"].bytecode) == (("A",), b"\x60\x01")


def test_metadata_as_text_names_the_source(write: Write) -> None:
    metadata = json.dumps({"settings": {"compilationTarget": {"raid/A.sol": "A"}}, "compiler": {"version": "0.6.4"}})
    entry = {"abi": ABI, "bin": "6001", "bin-runtime": "6002", "metadata": metadata}
    artifact = write({"all.json": {"contracts": {"A": entry}}}, artifacts="all.json")["raid/A.sol:A"]
    assert (artifact.compiler, artifact.runtime) == ("0.6.4", b"\x60\x02")


@pytest.mark.parametrize("named", ["missing", "all.txt"])
def test_a_folder_that_is_not_there_is_named(write: Write, named: str) -> None:
    with pytest.warns(UserWarning, match="artifacts is"):
        project = write({"all.txt": "{}", "out/A.sol/A.json": foundry("src/A.sol", "A")}, artifacts=["out", named])
    assert project["A"].deployable
    with pytest.raises(ConfigError, match=f"artifacts is '{named}', expected a folder"):
        project["B"]


def test_an_artifacts_key_of_another_type_is_refused(write: Write) -> None:
    with pytest.raises(ConfigError, match="artifacts is 3, expected a string or a list of strings"):
        write({}, artifacts=3)


# -- libraries


def user(label: str, **more: Any) -> dict[str, Any]:
    return foundry("src/User.sol", "User", f"73{label}00", **more)


def test_a_library_is_found_by_the_source_that_the_link_names(write: Write) -> None:
    links = {"src/a/L.sol": {"L": [{"start": 1, "length": 20}]}}
    files = {
        "out/User.sol/User.json": user("__$" + "ab" * 17 + "$__", linkReferences=links),
        "out/a/L.sol/L.json": foundry("src/a/L.sol", "L", "6001"),
        "out/b/L.sol/L.json": foundry("src/b/L.sol", "L", "6002"),
    }
    artifact = write(files, artifacts="out")["User"]
    found = artifact.library("src/a/L.sol:L")
    assert found is not None
    assert found.bytecode == b"\x60\x01"
    assert artifact.library("src/c/L.sol:L") is None


def test_of_two_compilations_of_a_library_the_users_compiler_decides(write: Write) -> None:
    links = {"src/L.sol": {"L": [{"start": 1, "length": 20}]}}
    files = {
        "out/User.sol/User.json": user(
            "__$" + "ab" * 17 + "$__",
            linkReferences=links,
        ),
        "out/L.sol/L.0.8.15.json": foundry("src/L.sol", "L", "6001", "0.8.15"),
        "out/L.sol/L.0.8.28.json": foundry("src/L.sol", "L", "6002", "0.8.28"),
    }
    found = write(files, artifacts="out")["User"].library("src/L.sol:L")
    assert found is not None
    assert found.compiler == "0.8.28"


@pytest.mark.parametrize(
    ("placeholder", "label"),
    [
        ("__$" + keccak256(b"src/L.sol:L").hex()[:34] + "$__", "src/L.sol:L"),
        ("__src/L.sol:L".ljust(40, "_"), "src/L.sol:L"),
        ("__L".ljust(40, "_"), "L"),
    ],
    ids=["hash", "full name", "plain name"],
)
def test_a_library_is_found_by_what_a_placeholder_says(write: Write, placeholder: str, label: str) -> None:
    files = {
        "out/User.sol/User.json": user(placeholder),
        "out/L.sol/L.json": foundry("src/L.sol", "L", "6001"),
    }
    artifact = write(files, artifacts="out")["User"]
    assert tuple(artifact.link_references) == (label,)
    found = artifact.library(label)
    assert found is not None
    assert found.bytecode == b"\x60\x01"


def test_the_contracts_of_one_folder_are_a_project(write: Write, tmp_path: Path) -> None:
    write({"package/A.sol/A.json": foundry("src/A.sol", "A")})
    project = prebuilt_project(tmp_path / "package", tmp_path)
    assert project["A"].source == "src/A.sol"
    with pytest.raises(UnknownContract, match=r"no contract 'Aa' in .*package; did you mean A\?"):
        project["Aa"]
