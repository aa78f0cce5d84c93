"""Compiled units that travel with the sources: read instead of compiled, renewed by one command, never wrong."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cli import main
from harness.contracts.compiling.renewal import StoredProject
from harness.contracts.project import Project, built_in_contracts
from harness.errors import ConfigError

A = "pragma solidity ^0.8.20; contract A { uint256 public a = 1; }"
B = 'pragma solidity ^0.8.20; import "./A.sol"; contract B is A { uint256 public b; }'
C = "pragma solidity ^0.8.20; contract C { function f(uint256 x) external pure returns (uint256) { return x * 3; } }"
SETTINGS = 'compiled = "stored"\nsolc-version = "0.8.37"'

Write = Callable[..., Project]


@pytest.fixture(scope="module")
def prototype(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose units are stored."""
    folder = tmp_path_factory.mktemp("prototype")
    (folder / "src").mkdir()
    for name, text in (("A", A), ("B", B), ("C", C)):
        (folder / "src" / f"{name}.sol").write_text(text)
    (folder / "pyproject.toml").write_text(f'[tool.harness]\ncontracts = "src"\n{SETTINGS}\n')
    assert len(StoredProject(folder).renew().written) == 3
    return folder


@pytest.fixture
def root(prototype: Path, tmp_path: Path, own_cache: Path) -> Path:
    """A copy of it, and a cache that holds none of its units."""
    return shutil.copytree(prototype, tmp_path / "project")


def compiled(cache: Path) -> int:
    return len(list(cache.glob("artifacts/*/*.json")))


def stored(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (root / "stored").iterdir()}


def test_stored_units_need_no_compiler(root: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_SOLC", str(root / "no-such-compiler"))
    artifacts = {artifact.name: artifact for artifact in Project.load(root).compile_all()}
    assert set(artifacts) == {"A", "B", "C"}
    assert artifacts["C"].runtime and artifacts["C"].runtime_source_map and artifacts["C"].abi
    assert compiled(own_cache) == 0


def test_a_changed_source_is_compiled_and_so_is_what_imports_it(root: Path, own_cache: Path) -> None:
    before = {artifact.name: artifact.bytecode for artifact in Project.load(root).compile_all()}
    (root / "src" / "A.sol").write_text(A.replace("= 1", "= 2"))
    after = {artifact.name: artifact.bytecode for artifact in Project.load(root).compile_all()}
    assert {name for name in before if before[name] != after[name]} == {"A", "B"}
    assert compiled(own_cache) == 2


@pytest.mark.parametrize("change", ["optimizer-runs = 1", "via-ir = true", 'evm-version = "cancun"'])
def test_changed_settings_pass_over_what_is_stored(root: Path, own_cache: Path, change: str) -> None:
    with (root / "pyproject.toml").open("a") as file:
        file.write(f"{change}\n")
    Project.load(root).compile_all()
    assert compiled(own_cache) == 3


@pytest.mark.parametrize(
    "damage",
    [b"", b"<<<<<<< ours", gzip.compress(b"\xff", mtime=0), None],
    ids=["empty", "merge conflict", "no JSON", "missing"],
)
def test_a_damaged_file_is_compiled_anew_and_renewed(root: Path, own_cache: Path, damage: bytes | None) -> None:
    sound = stored(root)
    (path,) = (root / "stored").glob("C-*")
    path.write_bytes(path.read_bytes()[:-9] if damage is None else damage)
    assert Project.load(root)["C"].runtime
    assert compiled(own_cache) == 1
    assert StoredProject(root).renew().written == ("src/C.sol",)
    assert stored(root) == sound


def test_renewing_touches_only_what_changed(root: Path) -> None:
    before = stored(root)
    assert StoredProject(root).renew().kept == ("src/A.sol", "src/B.sol", "src/C.sol")
    assert stored(root) == before
    (root / "src" / "B.sol").write_text(B.replace("uint256", "uint128"))
    (root / "src" / "C.sol").unlink()
    renewed = StoredProject(root).renew()
    assert renewed.written == ("src/B.sol",)
    assert renewed.kept == ("src/A.sol",)
    assert [name.partition("-")[0] for name in renewed.removed] == ["B", "C"]
    after = stored(root)
    assert len(after) == 2
    assert [before[name] for name in after if name in before] == [after[name] for name in after if name in before]


def test_the_key_does_not_depend_on_the_projects_place(root: Path, tmp_path: Path) -> None:
    moved = root.rename(tmp_path / "elsewhere")
    assert StoredProject(moved).renew().written == ()


def test_checking_distinguishes_wrong_from_stale(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "--check", str(root)]) == 0
    assert "3 stored units equal a fresh compilation; 0 differ, 0 are stale" in capsys.readouterr().out

    (root / "src" / "A.sol").write_text(A.replace("= 1", "= 2"))
    assert main(["compile", "--check", str(root)]) == 0
    told = capsys.readouterr().out
    assert "stale: src/A.sol" in told and "stale: src/B.sol" in told and "surplus: A-" in told
    assert "harness compile --store" in told

    (path,) = (root / "stored").glob("C-*")
    text = gzip.decompress(path.read_bytes()).decode()
    path.write_bytes(gzip.compress(text.replace('"f(uint256)"', '"g(uint256)"').encode()))
    assert main(["compile", "--check", str(root)]) == 1
    assert "wrong: src/C.sol" in capsys.readouterr().out


def test_a_project_without_a_folder_for_them_is_reported(project: Write, capsys: pytest.CaptureFixture[str]) -> None:
    root = project({"src/A.sol": A}).root
    with pytest.raises(ConfigError, match="compiled"):
        StoredProject(root)
    assert main(["compile", "--store", str(root)]) != 0
    assert "compiled" in capsys.readouterr().err


def test_the_built_in_contracts_travel() -> None:
    """Not that each is stored as it is now: who edits a contract may renew later, and it is compiled meanwhile."""
    folder = built_in_contracts().root / "contracts" / "compiled"
    files = list(folder.iterdir())
    assert files
    assert sum(path.stat().st_size for path in files) < 2_000_000
