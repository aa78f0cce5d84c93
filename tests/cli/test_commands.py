"""The command ``harness``."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import __version__
from harness.cli import main


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"rollup-harness {__version__}\n"


def test_without_a_command_the_usage_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2
    assert "usage: harness" in capsys.readouterr().err


def test_compile_says_what_was_compiled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "A.sol").write_text("contract A {} contract B {}")
    assert main(["compile", str(tmp_path)]) == 0
    assert f"2 contracts of {tmp_path / 'src'} are compiled" in capsys.readouterr().out


def test_compile_within_a_project_compiles_the_project(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.harness]\ncontracts = "solidity"\n')
    (tmp_path / "solidity" / "deep").mkdir(parents=True)
    (tmp_path / "solidity" / "A.sol").write_text("contract A {}")
    for folder in (tmp_path, tmp_path / "solidity" / "deep"):
        monkeypatch.chdir(folder)
        assert main(["compile"]) == 0
        assert f"1 contracts of {tmp_path / 'solidity'} are compiled" in capsys.readouterr().out


def test_an_unknown_key_is_one_line_and_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.harness]\nsolk = 1\n")
    assert main(["compile", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert told.startswith("error: ") and told.count("\n") == 1


def test_doctor_names_each_tool(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["solc", "node", "anvil", "cache"]


@pytest.mark.only_anvil
def test_demo_plays_the_same_on_both_backends(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--part", "foundation"]) == 0
    shown = capsys.readouterr().out
    assert "py-evm" in shown and "anvil" in shown
    assert shown.count("│ same │") == 7
    assert "differs" not in shown


def test_demo_says_what_it_leaves_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_ANVIL", str(tmp_path / "nowhere"))
    assert main(["demo", "--part", "foundation"]) == 0
    assert "anvil is left out" in capsys.readouterr().out
