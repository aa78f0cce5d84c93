"""Contracts by name, compiled and cached."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.contracts import versions
from harness.contracts.compiling import solc
from harness.contracts.errors import (
    AmbiguousContract,
    CompileFailed,
    CompilerNotFound,
    ImportNotFound,
    NoVersionFits,
    SeveralFailed,
    SourceSkipped,
    UnknownContract,
)
from harness.contracts.project import Project, built_in_contracts
from harness.errors import ConfigError

A = "pragma solidity ^0.8.20; contract A { uint256 public a = 1; }"
B = 'pragma solidity ^0.8.20; import "./A.sol"; contract B is A { uint256 public b; }'
C = "pragma solidity ^0.8.20; contract C { function f(uint256 x) external pure returns (uint256) { return x * 3; } }"

Write = Callable[..., Project]


def compiled(cache: Path) -> set[Path]:
    return set(cache.glob("artifacts/*/*.json"))


def test_an_artifact_has_what_a_binding_and_a_trace_need(project: Write) -> None:
    artifact = project({"src/B.sol": B, "src/A.sol": A})["B"]
    assert artifact.full_name == "src/B.sol:B"
    assert {entry["name"] for entry in artifact.abi} == {"a", "b"}
    assert artifact.bytecode.endswith(artifact.runtime[-32:])
    assert artifact.selectors["b()"] == "4df7e3d0"
    assert set(artifact.files.values()) == {"src/A.sol", "src/B.sol"}
    assert [entry["label"] for entry in artifact.storage_layout["storage"]] == ["a", "b"]
    line = 'pragma solidity ^0.8.20; import "./A.sol"; '
    index = next(number for number, unit in artifact.files.items() if unit == "src/B.sol")
    assert artifact.line_of(index, len(line)) == ("src/B.sol", 1)
    assert artifact.line_of(99, 0) is None


def test_only_what_a_change_reaches_is_compiled_again(project: Write, own_cache: Path) -> None:
    files = {"src/A.sol": A, "src/B.sol": B, "src/C.sol": C}
    project(files).compile_all()
    first = compiled(own_cache)
    assert len(first) == 3

    project(files).compile_all()
    assert compiled(own_cache) == first

    project({"src/C.sol": C.replace("3", "4")}).compile_all()
    second = compiled(own_cache)
    assert len(second - first) == 1

    project({"src/A.sol": A.replace("= 1", "= 2")}).compile_all()
    assert len(compiled(own_cache) - second) == 2


def test_settings_are_part_of_the_key_and_may_differ_by_folder(project: Write, own_cache: Path) -> None:
    files = {"src/A.sol": A, "src/deep/C.sol": C}
    plain = {artifact.name: artifact.runtime for artifact in project(files).compile_all()}
    override = '[tool.harness.overrides."src/deep"]\noptimizer = false'
    changed = {artifact.name: artifact.runtime for artifact in project(files, override).compile_all()}
    assert changed["A"] == plain["A"]
    assert len(changed["C"]) > len(plain["C"])
    assert len(compiled(own_cache)) == 3


def test_processes_that_want_the_same_contract_compile_it_once(project: Write, own_cache: Path) -> None:
    root = project({"src/A.sol": A}).root
    program = (
        "import logging, sys; logging.basicConfig(level=logging.INFO, stream=sys.stdout, format='%(message)s')\n"
        f"from harness import Project; print(Project.load({str(root)!r})['A'].runtime.hex())"
    )
    running = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    outputs = [process.communicate()[0].splitlines() for process in running]
    assert all(process.returncode == 0 for process in running)
    assert sum(line.startswith("compiled") for output in outputs for line in output) == 1
    assert len({output[-1] for output in outputs}) == 1
    assert not [path for path in own_cache.rglob(".*") if path.is_file()]


def test_a_compile_error_is_solcs_own_with_file_and_line(project: Write) -> None:
    broken = project({"src/A.sol": "pragma solidity ^0.8.20;\ncontract A {\n  uint256 a = true;\n}"})
    with pytest.raises(CompileFailed) as caught:
        broken["A"]
    assert "--> src/A.sol:3:15:" in str(caught.value)
    assert "Type bool is not implicitly convertible to expected type uint256" in str(caught.value)
    assert caught.value.source == "src/A.sol"


def test_an_unknown_name_is_an_error_with_close_ones(project: Write) -> None:
    found = project({"src/A.sol": "contract Counter {} contract Vault {}"})
    with pytest.raises(UnknownContract, match=r"no contract 'Countr' in .*src; did you mean Counter\?"):
        found["Countr"]
    with pytest.raises(UnknownContract) as caught:
        found["src/B.sol:Vault"]
    assert caught.value.close == ("src/A.sol:Vault",)


def test_a_name_of_two_files_needs_its_path(project: Write) -> None:
    found = project({"src/A.sol": A, "src/other/A.sol": A.replace("= 1", "= 2")})
    with pytest.raises(AmbiguousContract) as caught:
        found["A"]
    assert caught.value.places == ("src/A.sol", "src/other/A.sol")
    assert found["src/A.sol:A"].bytecode != found["src/other/A.sol:A"].bytecode


def test_libraries_leave_holes_with_references(project: Write) -> None:
    text = """
    pragma solidity ^0.8.20;
    library Sums { function add(uint256 a, uint256 b) external pure returns (uint256) { return a + b; } }
    contract User { function f() external pure returns (uint256) { return Sums.add(1, 2); } }
    """
    artifact = project({"src/User.sol": text})["User"]
    ((start, length),) = artifact.link_references["src/User.sol:Sums"]
    assert length == 20
    assert artifact.bytecode[start : start + length] == bytes(20)


def test_immutables_are_referenced(project: Write) -> None:
    text = "contract I { uint256 public immutable x = block.number; }"
    artifact = project({"src/I.sol": text})["I"]
    (places,) = artifact.immutable_references.values()
    assert all(artifact.runtime[start : start + length] == bytes(32) for start, length in places)


def test_interfaces_and_abstract_contracts_are_not_deployable(project: Write) -> None:
    found = project({"src/A.sol": "interface I { function f() external; } abstract contract A is I {} contract C {}"})
    assert [found[name].deployable for name in ("I", "A", "C")] == [False, False, True]


def test_the_built_in_contracts_are_found() -> None:
    assert built_in_contracts()["Counter"].source == "contracts/mocks/Counter.sol"
    assert built_in_contracts()["Counter"].source_text("contracts/mocks/Counter.sol") is not None


def test_neighbours_are_the_contracts_of_the_imported_files(project: Write) -> None:
    found = project({"src/A.sol": A, "src/B.sol": B, "src/C.sol": C})
    assert [artifact.full_name for artifact in found["B"].neighbours()] == ["src/A.sol:A"]
    assert found["C"].neighbours() == ()


def test_one_file_that_does_not_compile_takes_no_other_with_it(project: Write, own_cache: Path) -> None:
    files = {"src/A.sol": A, "src/C.sol": C, "src/Draft.sol": "contract Draft { function half("}
    found = project(files)
    with pytest.raises(CompileFailed, match=r"src/Draft\.sol"):
        found.compile_all()
    assert len(compiled(own_cache)) == 2
    assert [found[name].deployable for name in ("A", "C")] == [True, True]
    with pytest.raises(CompileFailed, match=r"src/Draft\.sol"):
        found["Draft"]


def test_every_file_that_does_not_compile_is_reported(project: Write) -> None:
    files = {
        "src/T.t.sol": 'import "forge-std/Test.sol"; contract T {}',
        "src/Draft.sol": "contract D {",
        "src/A.sol": A,
    }
    with pytest.raises(SeveralFailed, match=r"2 things do not compile") as caught:
        project(files).compile_all()
    assert {type(problem) for problem in caught.value.problems} == {CompileFailed, ImportNotFound}


def test_a_contract_of_a_library_without_remappings_compiles(project: Write) -> None:
    files = {
        "src/B.sol": 'pragma solidity ^0.8.20; import {A as Up} from "dep/A.sol"; contract B is Up {}',
        "lib/dep/src/A.sol": 'import "../../above/Other.sol"; ' + A.replace("contract A", "contract A is Other"),
        "lib/above/Other.sol": "contract Other { uint256 public other = 3; }",
    }
    artifact = project(files)["B"]
    assert set(artifact.files.values()) == {"src/B.sol", "lib/dep/src/A.sol", "lib/above/Other.sol"}
    assert set(artifact.selectors) == {"a()", "other()"}


def test_sources_outside_of_the_project_compile_and_are_named_from_its_root(project: Write) -> None:
    files = {"../far/A.sol": A, "../far/sub/B.sol": B.replace("./A.sol", "../A.sol"), "src/C.sol": C}
    root = project(files).root
    (root / "pyproject.toml").write_text('[tool.harness]\ncontracts = ["src", "../far"]\n')
    opened = Project.load(root)
    assert opened["B"].full_name == "../far/sub/B.sol:B"
    assert opened[f"{root.parent}/far/A.sol:A"] is opened["../far/A.sol:A"] is opened["src/../../far/A.sol:A"]


def test_lines_are_counted_where_lines_end_as_on_windows(project: Write) -> None:
    found = project({"src/A.sol": A})
    (found.root / "src/W.sol").write_bytes(b"pragma solidity ^0.8.20;\r\n\r\ncontract W {\r\n  uint256 public a;\r\n}")
    artifact = Project.load(found.root)["W"]
    index = next(iter(artifact.files))
    start = int(artifact.runtime_source_map.split(";")[0].split(":")[0])
    assert artifact.line_of(index, start) == ("src/W.sol", 3)
    assert artifact.source_text("src/W.sol")[start:].startswith(b"contract W")  # type: ignore[index]


def test_ranges_that_no_version_fits_are_reported_with_their_files(project: Write) -> None:
    files = {"src/A.sol": A, "src/Old.sol": 'pragma solidity <0.8.0; import "./A.sol"; contract Old {}'}
    with pytest.raises(NoVersionFits, match=r"src/A\.sol: \^0\.8\.20, src/Old\.sol: <0\.8\.0; the harness knows"):
        project(files)["Old"]


def test_a_version_that_cannot_be_had_gives_way_to_one_at_hand(
    project: Write, compiler: solc.Solc, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[versions.Version] = []

    def find(version: versions.Version, configured: Path | None = None) -> solc.Solc:
        asked.append(version)
        if version != versions.BUILT_IN:
            raise CompilerNotFound(versions.show(version), ("download: no network",))
        return compiler

    old = "pragma solidity ^0.7.1; contract Old {}"
    monkeypatch.setattr(solc, "find", find)
    monkeypatch.setattr(versions, "choose", lambda *_: (0, 9, 3))
    monkeypatch.setattr(solc, "pinned", lambda _: None)
    monkeypatch.setattr(solc, "at_hand", lambda: ((0, 8, 37), (0, 6, 0)))
    found = project({"src/A.sol": A.replace("^0.8.20", "^0.8.20 || ^0.9.0"), "src/Old.sol": old})
    assert found["A"].compiler == "0.8.37"
    assert asked == [(0, 9, 3), (0, 8, 37)]
    with pytest.raises(CompilerNotFound, match=r"no Solidity compiler 0\.9\.3 for src/Old\.sol: \^0\.7\.1; tried,"):
        found["Old"]


def test_a_folder_that_is_not_there_is_reported_after_all_else_is_compiled(project: Write, own_cache: Path) -> None:
    root = project({"src/A.sol": A}).root
    (root / "pyproject.toml").write_text('[tool.harness]\ncontracts = ["scr", "src"]\n')
    with pytest.warns(SourceSkipped, match=r"scr is skipped: .*expected a folder, but .*scr is not there"):
        found = Project.load(root)
    with pytest.raises(ConfigError, match=r"scr is not there"):
        found.compile_all()
    assert len(compiled(own_cache)) == 1
    assert found["A"].deployable
    with pytest.raises(ConfigError, match=r"scr is not there"):
        found["B"]
