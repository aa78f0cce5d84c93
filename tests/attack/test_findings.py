"""A finding comes with a scenario that shows it as long as it is there, and with the report of its run."""

from __future__ import annotations

import html
import shutil
from pathlib import Path

import pytest

from harness.adapters.choosing import Chosen, KnownContracts
from harness.adapters.counting_game import CountingGame
from harness.attack.attack import Outcome, Verdict
from harness.cli import main
from harness.scenarios import attack_findings

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
    printed, said = capsys.readouterr()
    assert "FOUND          same-version [erc20" in printed
    assert "FOUND 1 / HELD 1 / NOT APPLICABLE 0 / FAILED 0" in printed
    assert said.count("written: ") == 2 and "warning" not in said
    files = sorted(path.name for path in (project / "found").iterdir())
    assert files == ["channel-same-version.html", "channel-same-version.scenario.yaml"]
    report = (project / "found" / files[0]).read_text(encoding="utf-8")
    assert "ShareChannel" in report
    assert "An attack breaks a promise: an honest party ends with" in report and "Nobody lost anything" not in report
    assert main(["play", f"found/{files[1]}"]) == 1
    assert "the honest party got 1000000000000000 of 8000000000000000" in capsys.readouterr().out
    contract.write_text(sound, encoding="utf-8")
    assert main(["play", f"found/{files[1]}"]) == 0


def test_a_finding_that_its_scenario_does_not_show_again_is_told_from_others(tmp_path: Path) -> None:
    chosen = Chosen("built-in", CountingGame, KnownContracts(None))
    made_up = Outcome("credit taken twice", "money is paid twice", Verdict.FOUND, "made up", broke="the payouts")
    (written,) = attack_findings.write(tmp_path / "found here", "game", chosen, 0, [made_up])
    scenario, report = written.paths
    assert (written.attack, written.is_shown) == ("credit taken twice", False)
    assert scenario.name == "game-credit-taken-twice.scenario.yaml"
    assert f"harness play '{scenario}'" in html.unescape(report.read_text(encoding="utf-8"))


def test_a_sound_contract_has_no_findings_to_write(project: Path) -> None:
    assert main([*COMMAND, "--report", "found"]) == 0
    assert not (project / "found").exists()


def test_a_pack_that_cannot_attack_anything_is_no_success(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attack", "channel", "share_adapter.py:ShareAdapter", "--only", "gift"]) == 2
    assert "no attack is applicable: the parties cannot close together" in capsys.readouterr().err


def adapted(project: Path, body: str) -> str:
    """Write an adapter of the sound contract whose class has this body, and return its name."""
    beside = f"import sys; sys.path.insert(0, {str(project)!r})"
    text = f"{beside}\nfrom share_adapter import ShareAdapter\nclass Broken(ShareAdapter):\n    {body}\n"
    (project / "broken.py").write_text(text, encoding="utf-8")
    return "broken.py:Broken"


def test_a_bug_of_an_adapter_is_no_success_though_another_attack_holds(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    adapter = adapted(project, 'def deposit(self, *given): raise KeyError("my bug")')
    command = ["attack", "channel", adapter, "--only", "stale-close", "--only", "gift", "--only", "deposit"]
    assert main(command) == 2
    printed = capsys.readouterr()
    assert "AdapterFailed: Broken: deposit raised KeyError: 'my bug'" in printed.out
    assert "HELD 1 / NOT APPLICABLE 1 / FAILED 1" in printed.out
    assert "in deposit" in printed.err and "1 of 3 attacks could not be played: AdapterFailed" in printed.err


def test_a_finding_beside_a_bug_of_the_adapter_is_a_finding(project: Path) -> None:
    contract = project / "ShareChannel.sol"
    contract.write_text(contract.read_text(encoding="utf-8").replace(OLD, NEW), encoding="utf-8")
    adapter = adapted(project, "def deposit(self, *given): 1 / 0")
    assert main(["attack", "channel", adapter, "--only", "deposit", "--only", "same-version"]) == 1


@pytest.mark.parametrize("word", ["exits.py:Mine", "exits.Mine"])
@pytest.mark.parametrize(
    ("line", "said"),
    [("import sys; sys.exit(0)", "SystemExit: 0"), ("import pytest; pytest.skip('no', allow_module_level=True)", "no")],
    ids=["exit", "skip"],
)
def test_an_adapter_that_exits_or_skips_does_not_end_the_command_with_a_code_of_its_own(
    project: Path, word: str, line: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "exits.py").write_text(f"{line}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(project)
    assert main(["attack", "channel", word]) == 2
    printed = capsys.readouterr().err
    assert "cannot be imported: " in printed and said in printed


def test_a_budget_is_refused_where_nothing_is_searched(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attack", "bridge", "--budget", "60s"]) == 2
    assert main(["attack", "game", "--budget", "60s", "--only", "freeloaders"]) == 2
    assert capsys.readouterr().err.count("--budget is of no use: none of these attacks is a search") == 2


def test_a_budget_that_no_game_fits_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attack", "game", "built-in", "--only", "moves combined", "--budget", "0s"]) == 2
    assert "the budget of 0 s ended before the first game" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("nobody", "there is no adapter of this name for channel"),
        ("absent.py:Mine", "there is no file absent.py"),
        ("share_adapter.py:Shares", "share_adapter.py has no Shares"),
        ("share_adapter.py:State", "it is no subclass of harness.adapters.channel.Channel"),
        ("json.decoder.Nothing", "has no Nothing"),
        ("sys.Nothing", "the module sys has no Nothing"),
    ],
)
def test_a_word_that_is_no_adapter_is_refused(
    word: str, said: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["attack", "channel", word]) == 2
    assert said in capsys.readouterr().err
