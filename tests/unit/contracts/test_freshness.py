"""A contract that was built from other sources than those that lie there is noticed when it is taken."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.contracts.errors import ArtifactStale
from harness.contracts.project import Project
from harness.primitives.hashing import keccak256

TEXT = "contract A {}\n"


def foundry(texts: dict[str, str]) -> dict[str, Any]:
    sources = {unit: {"keccak256": "0x" + keccak256(text.encode()).hex()} for unit, text in texts.items()}
    return {"abi": [], "metadata": {"settings": {"compilationTarget": {"src/A.sol": "A"}}, "sources": sources}}


Write = Callable[..., Project]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write the artifact of A, and sources; open the project."""

    def write(artifact: dict[str, Any], sources: dict[str, str], folder: str = "out") -> Project:
        (tmp_path / folder / "A.sol").mkdir(parents=True)
        (tmp_path / folder / "A.sol/A.json").write_text(json.dumps(artifact))
        for name, text in sources.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        (tmp_path / "pyproject.toml").write_text(f'[tool.harness]\nartifacts = "{folder}"\n')
        return Project.load(tmp_path)

    return write


def test_a_changed_source_is_named_once(write: Write) -> None:
    project = write(foundry({"src/A.sol": TEXT}), {"src/A.sol": TEXT + "// more\n"})
    with pytest.warns(
        ArtifactStale, match=r"src/A\.sol:A is stale: src/A\.sol changed after .*A\.json was built"
    ) as seen:
        project["A"]
    assert seen[0].message.sources == ("src/A.sol",)  # type: ignore[union-attr]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        project["A"]


def test_a_changed_import_is_named(write: Write) -> None:
    project = write(foundry({"src/A.sol": TEXT, "lib/x/B.sol": TEXT}), {"src/A.sol": TEXT, "lib/x/B.sol": "changed"})
    with pytest.warns(ArtifactStale, match=r"lib/x/B\.sol changed"):
        project["A"]


@pytest.mark.parametrize("text", [TEXT, TEXT.replace("\n", "\r\n")], ids=["same", "line ends of Windows"])
def test_an_unchanged_source_is_not_reported(write: Write, text: str, recwarn: pytest.WarningsRecorder) -> None:
    write(foundry({"src/A.sol": TEXT, "lib/gone.sol": TEXT}), {"src/A.sol": text})["A"]
    assert not recwarn.list


def test_hashes_count_and_not_the_time(write: Write, tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    project = write(foundry({"src/A.sol": TEXT}), {"src/A.sol": TEXT})
    os.utime(tmp_path / "src/A.sol", (2**33, 2**33))
    project["A"]
    assert not recwarn.list


def test_without_hashes_the_time_of_the_source_tells(write: Write, tmp_path: Path) -> None:
    project = write({"abi": [], "contractName": "A", "sourceName": "src/A.sol"}, {"src/A.sol": TEXT})
    os.utime(tmp_path / "src/A.sol", (2**33, 2**33))
    with pytest.warns(ArtifactStale, match=r"src/A\.sol changed"):
        project["A"]


def test_the_text_that_truffle_keeps_is_compared(write: Write) -> None:
    project = write({"abi": [], "contractName": "A", "sourcePath": "src/A.sol", "source": TEXT}, {"src/A.sol": "new"})
    with pytest.warns(ArtifactStale, match=r"src/A\.sol changed"):
        project["A"]


def test_the_texts_of_hardhats_build_are_compared(write: Write, tmp_path: Path) -> None:
    output = {"abi": [], "evm": {"bytecode": {"object": ""}, "deployedBytecode": {"object": ""}}}
    record = {
        "input": {"sources": {"src/A.sol": {"content": TEXT}}},
        "output": {"sources": {"src/A.sol": {"id": 0}}, "contracts": {"src/A.sol": {"A": output}}},
    }
    project = write({"abi": [], "contractName": "A", "sourceName": "src/A.sol"}, {"src/A.sol": TEXT + "\n"})
    (tmp_path / "out/build-info").mkdir()
    (tmp_path / "out/build-info/x.json").write_text(json.dumps(record))
    (tmp_path / "out/A.sol/A.dbg.json").write_text(json.dumps({"buildInfo": "../build-info/x.json"}))
    with pytest.warns(ArtifactStale, match=r"src/A\.sol changed"):
        project["A"]


def test_what_npm_installed_is_not_looked_at(write: Write, recwarn: pytest.WarningsRecorder) -> None:
    write(foundry({"src/A.sol": TEXT}), {"node_modules/p/src/A.sol": "other"}, "node_modules/p/out")["A"]
    assert not recwarn.list
