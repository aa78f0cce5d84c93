"""`harness mutants --by pack`: a pack alone finds a mutant, whatever test the patch names."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.attack.kinds import KINDS
from harness.contracts.compiling.shelf import SourceShelf
from harness.contracts.errors import CompileFailed
from harness.mutants import Verdict, attacked, find
from harness.mutants.attacked import Packs, chosen, judged, kind_of
from harness.mutants.packing import PackBroke, Play, compile_reached

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("mutant", "kind"),
    [
        ("channel/pay-out-again", "channel"),
        ("channel/app-goes-back", "application"),
        ("channel/unlock-again", "channel"),
        ("sidechain/half-seal", "sidechain"),
        ("bridge/call-without-ether", "bridge"),
    ],
)
def test_a_mutant_is_attacked_by_the_pack_of_what_it_changes(mutant: str, kind: str) -> None:
    assert kind_of(find(ROOT, mutant)[0]) == kind


def test_a_kind_of_contracts_is_chosen_whatever_folder_its_mutants_lie_in() -> None:
    found = chosen(ROOT, "bridge")
    assert {kind_of(mutant) for mutant in found} == {"bridge"}
    assert len({mutant.name.partition("/")[0] for mutant in found}) > 1


def test_a_pack_finds_a_mutant_says_what_broke_and_an_interrupted_run_goes_on(tmp_path: Path) -> None:
    (mutant,) = find(ROOT, "channel/close-by-own-signature")
    trial = Packs(ROOT, tmp_path).attempt(mutant)
    assert trial.outcome is Verdict.CAUGHT
    assert trial.reason.startswith("honest-life: nothing stays stuck")

    stopped = Packs(ROOT, tmp_path)
    stopped.stop()
    assert stopped.attempt(mutant) == trial, "what was tried is not tried again"
    assert stopped.attempt(find(ROOT, "channel/pay-out-again")[0]).reason == "interrupted"


def test_the_attack_that_found_a_fault_of_a_file_is_the_first_on_its_next_fault(tmp_path: Path) -> None:
    packs = Packs(ROOT, tmp_path)
    one, other = find(ROOT, "inbox/queue-unmetered")[0], find(ROOT, "inbox/queue-untold")[0]
    assert one.paths == other.paths
    last = [*packs._order(other, "inbox")][-1]
    packs._finders[one.paths[0]][last] += 1
    assert next(iter(packs._order(other, "inbox"))) == last


def test_an_attack_about_a_contract_is_the_first_on_its_mutants(tmp_path: Path) -> None:
    order = [*Packs(ROOT, tmp_path)._order(find(ROOT, "dispute/precompile-p256-of-low-s")[0], "prover")]
    assert order[:2] == ["steps: precompiles", "lies: precompiles"]


def test_a_pack_that_takes_too_much_processor_time_is_stopped_and_finds_nothing() -> None:
    play = Play(ROOT, "prover", [], patience=1)  # the whole pack, which takes minutes
    with pytest.raises(PackBroke, match="did not end within 1 s of processor time"):
        play.outcomes()


def test_a_pack_that_waits_for_ever_is_stopped_and_finds_nothing() -> None:
    play = Play(ROOT, "prover", [], longest=0)
    with pytest.raises(PackBroke, match=r"did not end within 0 s$"):
        play.outcomes()


def test_a_stopped_pack_ends_at_once_and_finds_nothing() -> None:
    play = Play(ROOT, "prover", [])
    play.stop()
    with pytest.raises(PackBroke, match="ended with -9"):
        play.outcomes()
    play.stop()


def test_a_pack_that_cannot_begin_says_why() -> None:
    with pytest.raises(PackBroke, match="no attack 'none'"):
        Play(ROOT, "prover", ["none"]).outcomes()


def test_what_a_change_reaches_is_compiled_ahead_of_the_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {"Base.sol": "", "Uses.sol": 'import "./Base.sol";', "Other.sol": ""}.items():
        source = f"// SPDX-License-Identifier: MIT\npragma solidity ^0.8.0;\n{text}\ncontract {name[:-4]} {{}}\n"
        (tmp_path / "contracts").mkdir(exist_ok=True)
        (tmp_path / "contracts" / name).write_text(source)
    (tmp_path / "pyproject.toml").write_text("[tool.harness]\n")
    asked: list[str] = []
    monkeypatch.setattr(SourceShelf, "unit", lambda _, source: asked.append(source))
    compile_reached(tmp_path, ["contracts/Base.sol"])
    assert asked == ["contracts/Base.sol", "contracts/Uses.sol"]


def test_a_mutant_that_does_not_compile_is_broken_before_its_pack_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(copy: Path, changed: object) -> None:
        raise CompileFailed("contracts/A.sol", "0.8.37", ("ParserError: Expected ';'\n  --> contracts/A.sol:1",))

    monkeypatch.setattr(attacked, "compile_reached", refused)
    trial = Packs(ROOT, tmp_path).attempt(find(ROOT, "inbox/queue-untold")[0])
    assert trial.outcome is Verdict.BROKEN
    assert trial.reason.startswith("solc 0.8.37 refused contracts/A.sol: ParserError: Expected ';'")


def test_a_mutant_of_a_kind_without_a_pack_is_missed_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(KINDS, "sidechain")
    trial = Packs(ROOT, tmp_path).attempt(find(ROOT, "sidechain/half-seal")[0])
    assert (trial.outcome, trial.reason) == (Verdict.BROKEN, "there is no pack of the kind sidechain")


def test_a_pack_with_an_attack_that_failed_says_so_instead_of_holding() -> None:
    outcomes = [{"attack": "a", "verdict": "HELD"}, {"attack": "b", "verdict": "FAILED", "evidence": "KeyError: 43"}]
    trial = judged("channel", outcomes)
    assert (trial.outcome, trial.reason) == (Verdict.BROKEN, "b failed: KeyError: 43")
