"""A finding comes with a scenario that shows it as long as it is there, and with the report of its run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.cli import main

HERE = Path(__file__).resolve().parent / "projects" / "share"
OLD, NEW = "if (nonce <= c.nonce)", "if (nonce < c.nonce)"
COMMAND = ["attack", "channel", "share_adapter.py:ShareAdapter", "--only", "stale-close", "--only", "same-version"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(HERE, tmp_path / "share")
    (tmp_path / "share" / "pyproject.toml").write_text('[tool.harness]\ncontracts = "."\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path / "share")
    return tmp_path / "share"


def test_a_finding_is_a_scenario_that_breaks_until_the_fault_is_mended(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    contract = project / "ShareChannel.sol"
    sound = contract.read_text(encoding="utf-8")
    contract.write_text(sound.replace(OLD, NEW), encoding="utf-8")
    assert main([*COMMAND, "--report", "found"]) == 1
    printed = capsys.readouterr().out
    assert "FOUND          same-version [erc20" in printed and "FOUND 1 / HELD 1 / NOT APPLICABLE 0" in printed
    files = sorted(path.name for path in (project / "found").iterdir())
    assert files == ["channel-same-version.html", "channel-same-version.scenario.yaml"]
    assert "ShareChannel" in (project / "found" / files[0]).read_text(encoding="utf-8")
    assert main(["play", f"found/{files[1]}"]) == 1
    assert "the honest party got 1000000000000000 of 8000000000000000" in capsys.readouterr().out
    contract.write_text(sound, encoding="utf-8")
    assert main(["play", f"found/{files[1]}"]) == 0


def test_a_sound_contract_has_no_findings_to_write(project: Path) -> None:
    assert main([*COMMAND, "--report", "found"]) == 0
    assert not (project / "found").exists()


def test_a_pack_that_cannot_attack_anything_is_no_success(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attack", "channel", "share_adapter.py:ShareAdapter", "--only", "gift"]) == 2
    assert "no attack is applicable: the parties cannot close together" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("nobody", "there is no adapter of this name for channel"),
        ("absent.py:Mine", "there is no file absent.py"),
        ("share_adapter.py:Shares", "share_adapter.py has no Shares"),
        ("share_adapter.py:State", "it is no subclass of harness.adapters.channel.Channel"),
        ("json.decoder.Nothing", "has no Nothing"),
    ],
)
def test_a_word_that_is_no_adapter_is_refused(
    word: str, said: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["attack", "channel", word]) == 2
    assert said in capsys.readouterr().err
