"""``harness play``, ``replay``, ``scenarios`` and ``schema``: what they print, and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli import DONE, FOUND, UNABLE, main
from harness.scenarios import read, write
from harness.scenarios.finding import LIBRARY, library
from harness.scenarios.records import ChannelRecord, Theft

SENDING = """
name: A gift
steps: [{send: {to: bob, value: 2 ether}}]
expect: {gain: {alice: -2 ether, bob: 2 ether}}
"""


@pytest.fixture
def gift(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "scenarios" / "gift.scenario.yaml"
    file.parent.mkdir()
    file.write_text(SENDING)
    return file


def test_play_prints_the_outcome_and_leaves_with_zero(gift: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["play", str(gift)]) == DONE
    assert capsys.readouterr().out.startswith("ok     A gift (py-evm, seed 0, ")


def test_play_takes_a_folder(gift: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (gift.parent / "more").mkdir()
    (gift.parent / "more" / "other.scenario.yaml").write_text(SENDING.replace("A gift", "Another"))
    (gift.parent / "more" / "foreign.yaml").write_text("a: [")
    assert main(["play", str(gift.parent)]) == DONE
    assert [line.split(" (")[0] for line in capsys.readouterr().out.splitlines() if line.startswith("ok")] == [
        "ok     A gift",
        "ok     Another",
    ]


def test_play_takes_a_name_of_the_library(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["play", "lie-at-an-opcode"]) == DONE
    assert "mallory lost 7.35 ETH because olivia proved MUL" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["Vault", "Vault.sol", "Vault.sol:Vault"])
def test_play_finds_contracts_beside_the_file_without_a_project(
    gift: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (gift.parent / "Vault.sol").write_text(
        "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.20;\ncontract Vault {}\n"
    )
    gift.write_text(f"name: A vault\nsteps: [{{deploy: {{contract: '{name}', as: vault}}}}]\n")
    assert main(["play", str(gift)]) == DONE
    assert capsys.readouterr().out.startswith("ok     A vault")


def test_play_says_what_does_not_hold_and_leaves_with_one(gift: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gift.write_text(SENDING.replace("bob: 2 ether", "bob: 3 ether"))
    assert main(["play", str(gift)]) == FOUND
    out = capsys.readouterr().out
    assert out.startswith("BROKEN A gift")
    assert "gain of bob: expected 3 ether, actual +2 ether" in out


def test_play_names_the_file_and_the_line_of_a_step_that_fails(gift: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gift.write_text("name: x\nsteps:\n  - mine: 1\n  - send: {to: bob, value: 1000000000 ether}\n")
    assert main(["play", str(gift)]) == FOUND
    assert f"{gift}:4: step 2, send: expected succeeds, actual " in capsys.readouterr().out


def test_play_goes_on_after_a_scenario_that_cannot_be_played(gift: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = gift.parent / "a.scenario.yaml"
    first.write_text("name: Elsewhere\nl1: http://127.0.0.1:1\nsteps: [{mine: 1}]\n")
    assert main(["play", str(first), str(gift)]) == FOUND
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "BROKEN Elsewhere: it could not be played"
    assert str(first) in out[1]
    assert out[2].startswith("ok     A gift")


def test_play_prints_json(gift: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["play", "--json", "--seed", "5", str(gift), str(gift)]) == DONE
    found = json.loads(capsys.readouterr().out)
    assert [(each["name"], each["seed"], each["holds"]) for each in found] == [("A gift", 5, True)]


def test_files_of_one_name_have_a_result_each(gift: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = gift.parent / "more" / gift.name
    other.parent.mkdir()
    other.write_text(SENDING.replace("2 ether", "3 ether"))
    assert main(["play", str(gift), str(other), "--results", "out"]) == DONE
    assert sorted(path.name for path in Path("out").iterdir()) == ["gift.2.result.json", "gift.result.json"]
    out = capsys.readouterr().out
    assert "harness replay out/gift.result.json" in out
    assert "harness replay out/gift.2.result.json" in out
    assert "3.00 ETH" in read(Path("out/gift.2.result.json")).headline


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--l1", "gnache"], "--l1 is gnache, expected py-evm, anvil, hardhat or a URL"),
        (["--report", "folder"], "--report folder is a folder, expected a file"),
        (["--report", "file/more/r.html"], "--report file/more/r.html cannot be written: "),
    ],
    ids=["backend", "folder", "below a file"],
)
def test_what_fails_in_the_end_is_refused_before_anything_runs(
    words: list[str], said: str, gift: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("folder").mkdir()
    Path("file").touch()
    assert main(["play", str(gift), *words]) == UNABLE
    shown = capsys.readouterr()
    assert (shown.out, said in shown.err) == ("", True), shown.err


def test_a_contract_that_does_not_compile_is_told_with_the_compilers_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("src").mkdir()
    Path("src/Purse.sol").write_text(BROKEN.replace("transfer(", "transfre("))
    Path("pyproject.toml").write_text('[tool.harness]\ncontracts = "src"\n')
    Path("theft.scenario.yaml").write_text(STOLEN.replace("contract: Purse", 'contract: "src/Purse.sol:Purse"'))
    assert main(["play", "theft.scenario.yaml"]) == UNABLE
    said = capsys.readouterr().err
    assert "transfre" in said
    assert "src/Purse.sol:6:" in said


def test_a_mistake_in_one_file_stops_all_before_anything_runs(gift: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = gift.parent / "bad.scenario.yaml"
    bad.write_text("name: x\nsteps: [{sned: {}}]\n")
    assert main(["play", str(gift), str(bad)]) == UNABLE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "bad.scenario.yaml:2:10: steps[0].sned: there is no such field; did you mean 'send'?" in shown.err


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("lie-at-an-opcod", "is no file, no folder and no scenario of the library; did you mean lie-at-an-opcode?"),
        ("empty", "the folder has no file *.scenario.yaml"),
    ],
)
def test_play_refuses_what_is_no_scenario(
    target: str, said: str, gift: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("empty").mkdir()
    assert main(["play", target]) == UNABLE
    assert said in capsys.readouterr().err


def test_several_results_are_replayed_and_one_that_differs_decides(
    gift: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["play", str(gift), "--results", "out"]) == DONE
    other = Path("other.scenario.yaml")
    other.write_text(gift.read_text().replace("2 ether", "3 ether"))
    assert main(["play", str(other), "--results", "out"]) == DONE
    files = ["out/gift.result.json", "out/other.result.json"]
    capsys.readouterr()
    assert main(["replay", *files, "--report", "r.html"]) == DONE
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if "equal" in line] == [
        f"{Path(file).name}: equal to the byte: 1 blocks have the recorded hashes, and all else is as recorded"
        for file in files
    ]
    assert [line.split()[:2] for line in lines[-2:]] == [[Path(file).name, "alike"] for file in files]
    assert "All runs" in Path("r.html").read_text()
    result = read(Path(files[0]))
    write(result.model_copy(update={"ledger": ()}), Path(files[0]))
    Path("out/torn.result.json").write_text(Path(files[1]).read_text()[:100])
    Path("out/notes.txt").write_text("no result")
    assert main(["replay", "out"]) == FOUND
    told = capsys.readouterr().out.splitlines()
    assert told[-4].split() == ["result", "came", "out", "seconds"]
    assert [" ".join(line.split()[:-1]) for line in told[-3:]] == [
        "gift.result.json differs",
        "other.result.json alike",
        "torn.result.json could not be played",
    ]


def test_a_folder_without_results_is_named(gift: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty").mkdir()
    assert main(["replay", "empty"]) == UNABLE
    assert "empty has no *.result.json" in capsys.readouterr().err


def test_a_result_is_replayed(gift: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["play", str(gift), "--results", "out"]) == DONE
    assert "harness replay out/gift.result.json" in capsys.readouterr().out
    assert main(["replay", "out/gift.result.json"]) == DONE
    outcome = "alice has 2.00 ETH less, and bob has 2.00 ETH more.\n"
    assert (
        capsys.readouterr().out
        == f"equal to the byte: 1 blocks have the recorded hashes, and all else is as recorded\n{outcome}"
    )


@pytest.mark.only_anvil
def test_a_result_is_replayed_on_another_backend(gift: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["play", str(gift), "--results", "out"])
    capsys.readouterr()
    outcome = "alice has 2.00 ETH less, and bob has 2.00 ETH more.\n"
    assert main(["replay", "out/gift.result.json", "--l1", "anvil"]) == DONE
    assert capsys.readouterr().out == f"equal outcomes, money and gas on anvil, and all else but hashes\n{outcome}"


FORGED = (ChannelRecord(name="ab", id="0x", parties=("alice", "bob"), contract="0x", token=None, window=1, states=()),)
THEFT = (Theft(thief="bob", victim="alice", contract="purse", amount=1),)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tape": ()}, "blocks of L1: recorded none"),
        ({"ledger": ()}, "transfer of bob: recorded 0 wei"),
        ({"transactions": ()}, "number of transactions: recorded 0, now 1"),
        ({"headline": "bob took everything."}, "headline: recorded bob took everything., now alice has 2.00 ETH less"),
        ({"timeline": ()}, "length of timeline: recorded 0, now 1"),
        ({"parties": ()}, "length of parties: recorded 0, now "),
        ({"channels": FORGED}, "length of channels: recorded 1, now 0"),
        ({"thefts": THEFT}, "length of thefts: recorded 1, now 0"),
        ({"expectations": ()}, "length of expectations: recorded 0, now 5"),
        ({"ended": 1}, "ended: recorded 1, now "),
    ],
)
def test_a_result_that_says_what_did_not_happen_is_not_borne_out(
    change: dict[str, object], said: str, gift: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its hash is right: whoever writes a result can write its hash, too."""
    from harness.scenarios import read, write

    main(["play", str(gift), "--results", "out"])
    forged = write(read(Path("out/gift.result.json")).model_copy(update=change), Path("forged.result.json"))
    code = main(["replay", str(forged), "--report", "r.html"])
    shown = capsys.readouterr().out
    assert said in shown
    assert shown.splitlines()[-1].startswith("alice has 2.00 ETH less")
    assert code == FOUND
    assert not Path("r.html").exists()


@pytest.mark.only_anvil
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"headline": "bob took everything."}, "headline: recorded bob took everything., now alice has 2.00 ETH less"),
        ({"parties": ()}, "length of parties: recorded 0, now "),
        ({"thefts": THEFT}, "length of thefts: recorded 1, now 0"),
    ],
)
def test_a_forged_result_is_not_borne_out_on_another_backend_either(
    change: dict[str, object], said: str, gift: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["play", str(gift), "--results", "out"])
    forged = write(read(Path("out/gift.result.json")).model_copy(update=change), Path("forged.result.json"))
    capsys.readouterr()
    assert main(["replay", str(forged), "--l1", "anvil"]) == FOUND
    assert said in capsys.readouterr().out


def test_a_row_that_says_another_amount_is_not_borne_out(gift: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["play", str(gift), "--results", "out"])
    result = read(Path("out/gift.result.json"))
    row = result.expectations[0].model_copy(update={"actual": "-200 ether"})
    forged = result.model_copy(update={"expectations": (row, *result.expectations[1:])})
    write(forged, Path("forged.result.json"))
    assert main(["replay", "forged.result.json"]) == FOUND
    assert "expectations[0].actual: recorded -200 ether, now -2 ether" in capsys.readouterr().out


def test_replay_refuses_a_changed_file(gift: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["play", str(gift), "--results", "out"])
    file = Path("out/gift.result.json")
    file.write_bytes(file.read_bytes().replace(b"bob", b"bab", 1))
    assert main(["replay", str(file)]) == UNABLE
    assert "its SHA-256 is" in capsys.readouterr().err


BROKEN = """
// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
contract Purse {
    receive() external payable {}
    function take() external { payable(msg.sender).transfer(address(this).balance); }
}
"""
STOLEN = """
name: A purse that everybody may empty
thief: mallory
steps:
  - deploy: {contract: Purse, as: purse}
  - send: {to: purse, value: 3 ether}
  - call: {call: purse.take(), from: mallory}
expect: {gain: {mallory: 3 ether}, always: [conserved]}
"""


@pytest.mark.parametrize("name", ["Purse", "src/Purse.sol:Purse"])
def test_replay_against_other_contracts_says_what_changed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder, source in (("src", BROKEN), ("fixed", BROKEN.replace("external { pay", "external { revert(); pay"))):
        Path(folder).mkdir()
        Path(folder, "Purse.sol").write_text(source)
    Path("pyproject.toml").write_text('[tool.harness]\ncontracts = "src"\n')
    Path("fixed/pyproject.toml").write_text('[tool.harness]\ncontracts = "."\n')
    Path("theft.scenario.yaml").write_text(STOLEN.replace("contract: Purse", f'contract: "{name}"'))
    assert main(["play", "theft.scenario.yaml", "--results", "out"]) == DONE
    assert main(["replay", "out/theft.result.json", "--contracts", "src"]) == FOUND
    out = capsys.readouterr().out.splitlines()
    assert "from src: Purse" in out
    assert out[-1] == "not fixed: mallory stole 3 ether from alice."
    assert main(["replay", "out/theft.result.json", "--contracts", "fixed"]) == DONE
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == "fixed: nothing is stolen, and every oracle holds"
    assert "expectation 'gain of mallory': recorded holds, now does not hold: +0 ether" in out
    assert "stolen of mallory: recorded 3000000000000000000 wei, now 0 wei" in out


def test_a_folder_whose_contract_is_not_deployed_fixes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder, source in (
        ("src", BROKEN),
        ("dear", BROKEN.replace("receive()", "constructor() { revert(); } receive()")),
    ):
        Path(folder).mkdir()
        Path(folder, "Purse.sol").write_text(source)
    Path("pyproject.toml").write_text('[tool.harness]\ncontracts = "src"\n')
    Path("theft.scenario.yaml").write_text(STOLEN)
    assert main(["play", "theft.scenario.yaml", "--results", "out"]) == DONE
    assert main(["replay", "out/theft.result.json", "--contracts", "dear"]) == FOUND
    out = capsys.readouterr().out.splitlines()
    assert "from dear: nothing was deployed" in out
    assert out[-1] == "not fixed: the run deployed no contract of dear"


def test_a_fixed_contract_takes_the_place_of_the_built_in_one_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The scenario names no contracts; the folder has a portal that pays for nothing, and the run has a portal."""
    import shutil

    from harness.mutants import find

    root = Path(__file__).resolve().parents[2]
    for folder in ("same", "broken"):
        shutil.copytree(root / "contracts", tmp_path / folder / "contracts")
        shutil.copy(root / "pyproject.toml", tmp_path / folder / "pyproject.toml")
    find(root, "bridge/any-root-proves")[0].apply(tmp_path / "broken")
    monkeypatch.chdir(tmp_path)
    assert main(["play", "forged-withdrawal", "--results", "out"]) == DONE
    for folder, code, last in (
        ("same", DONE, "nothing is wrong"),
        ("broken", FOUND, "broken: mallory stole 100 ether from those who have ether on L2."),
    ):
        capsys.readouterr()
        assert main(["replay", "out/forged-withdrawal.result.json", "--contracts", folder]) == code
        out = capsys.readouterr().out.splitlines()
        assert "Portal" in out[0]
        assert out[-1].startswith(last)


def test_a_folder_without_the_runs_contracts_says_nothing_about_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder, name in (("src", "Purse"), ("other", "Wallet")):
        Path(folder).mkdir()
        Path(folder, f"{name}.sol").write_text(BROKEN.replace("Purse", name))
    Path("pyproject.toml").write_text('[tool.harness]\ncontracts = "src"\n')
    Path("theft.scenario.yaml").write_text(STOLEN)
    assert main(["play", "theft.scenario.yaml", "--results", "out"]) == DONE
    capsys.readouterr()
    assert main(["replay", "out/theft.result.json", "--contracts", "other"]) == UNABLE
    shown = capsys.readouterr()
    assert "other has none of the run's contracts: Purse" in shown.err
    assert "nothing changed" not in shown.out


def test_the_library_is_listed_as_a_table_and_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenarios"]) == DONE
    assert "lie-at-an-opcode" in capsys.readouterr().out
    assert main(["scenarios", "--json"]) == DONE
    found = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in found] == list(library())
    assert all(each["shows"] for each in found)
    assert len(found) == len(list(LIBRARY.glob("*.scenario.yaml")))


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == DONE
    assert json.loads(capsys.readouterr().out)["title"] == "Scenario"
