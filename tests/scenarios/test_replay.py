"""A result plays again to the byte, and says what changed against other contracts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.scenarios import Result, again, differences, read, resend, write
from harness.scenarios.errors import ResultUnreadable
from harness.scenarios.replay import unlike, unlike_elsewhere

LIE = "lie-at-an-opcode"


@pytest.fixture
def stored(played: Any, tmp_path: Path) -> Path:
    return write(played(LIE), tmp_path / "lie.result.json")


def test_a_result_is_the_same_after_it_was_written_and_read(played: Any, stored: Path) -> None:
    assert read(stored) == played(LIE)


def test_its_transactions_give_the_same_block_hashes(stored: Path) -> None:
    assert resend(read(stored)) == []


def test_a_replay_in_another_folder_with_an_empty_environment_is_equal_to_the_byte(
    stored: Path, tmp_path: Path
) -> None:
    root = str(Path(__file__).resolve().parents[2])
    ran = subprocess.run(
        [sys.executable, "-m", "harness", "replay", str(stored)],
        cwd=tmp_path,
        env={"PYTHONPATH": root, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stdout.split(":")[0]) == (0, "equal to the byte"), ran.stderr


def test_a_transaction_that_was_left_out_is_seen_at_its_block(played: Any) -> None:
    result = played(LIE)
    place, block = next((place, each) for place, each in enumerate(result.tape) if each.op == "block" and each.raw)
    tape = list(result.tape)
    tape[place] = block.model_copy(update={"raw": ()})
    found = resend(result.model_copy(update={"tape": tuple(tape)}))
    assert [each.what for each in found] == [f"hash of block {block.number}"]


def test_the_scenario_runs_again_from_what_the_result_carries(played: Any) -> None:
    """Without the folder of its contracts, and with equal outcomes and gas."""
    before = played(LIE)
    now = again(before)
    assert differences(before, now) == []
    assert list(unlike(before, now)) == []
    assert "contracts/Loop.sol:" in now.headline


@pytest.mark.parametrize("field", ["parties", "contracts", "timeline", "ledger", "assertions", "games", "expectations"])
def test_every_field_of_a_result_must_come_out_again(field: str, played: Any) -> None:
    result = played(LIE)
    found = list(unlike(result.model_copy(update={field: ()}), result))
    assert [each.what for each in found] == [f"length of {field}"]


def changed(result: Any, field: str, place: int, **update: object) -> Any:
    members = list(getattr(result, field))
    members[place] = members[place].model_copy(update=update)
    return result.model_copy(update={field: tuple(members)})


def test_a_result_is_compared_with_that_of_another_backend_but_for_hashes_and_what_gas_costs(played: Any) -> None:
    one = played(LIE)
    assert list(unlike_elsewhere(one, one)) == []
    there = changed(one, "transactions", 3, hash="0xab", block_hash="0xcd", gas_price=one.transactions[3].gas_price + 1)
    there = changed(there, "games", 0, address="0x12", assertion="0x34")
    gas = next(place for place, each in enumerate(one.ledger) if each.category == "gas")
    there = changed(there, "ledger", gas, amount=one.ledger[gas].amount - 1)
    name = one.ledger[gas].party
    payer = next(place for place, each in enumerate(one.parties) if each.name == name)
    there = changed(
        there, "parties", payer, after={**one.parties[payer].after, "l1": one.parties[payer].after["l1"] - 1}
    )
    assert list(unlike_elsewhere(one, there)) == []


@pytest.mark.parametrize("field", ["parties", "contracts", "timeline", "ledger", "assertions", "games", "expectations"])
def test_every_field_must_come_out_on_another_backend_too(field: str, played: Any) -> None:
    result = played(LIE)
    assert f"length of {field}" in [
        each.what for each in unlike_elsewhere(result.model_copy(update={field: ()}), result)
    ]


def test_what_is_forged_is_told_on_another_backend_to_the_wei(played: Any) -> None:
    one = played(LIE)
    bond = next(place for place, each in enumerate(one.ledger) if each.category == "bond")
    gas = next(place for place, each in enumerate(one.ledger) if each.category == "gas")
    payer = next(place for place, each in enumerate(one.parties) if each.name == one.ledger[gas].party)
    after = one.parties[payer].after
    for forged, said in (
        (changed(one, "ledger", bond, amount=one.ledger[bond].amount + 1), f"ledger[{bond}].amount"),
        (changed(one, "ledger", gas, amount=2 * one.ledger[gas].amount), f"gas of entry {gas}"),
        (changed(one, "parties", payer, after={**after, "l1": after["l1"] + 1}), f"parties[{payer}].after.l1"),
        (changed(one, "timeline", 2, what="nothing happened"), "timeline[2].what"),
        (changed(one, "games", 0, winner="mallory"), "games[0].winner"),
        (changed(one, "expectations", 0, actual="all is well"), "expectations[0].actual"),
        (changed(one, "transactions", 1, succeeded=False), "transactions[1].succeeded"),
        (changed(one, "transactions", 1, gas_price=10**12), "gas_price of transaction 1"),
        (one.model_copy(update={"headline": "nobody lied"}), "headline"),
    ):
        assert said in [each.what for each in unlike_elsewhere(forged, one)]


def test_other_outcomes_are_named(played: Any) -> None:
    before = played(LIE)
    game = before.games[0].model_copy(update={"outcome": "upheld"})
    after = before.model_copy(update={"games": (game,)})
    assert [str(each) for each in differences(before, after)] == ["outcome of game 1: recorded rejected, now upheld"]


def test_contracts_of_a_folder_go_before_those_of_the_result(played: Any, tmp_path: Path) -> None:
    """A loop that does nothing leaves no 1,234th opcode to lie about."""
    (tmp_path / "pyproject.toml").write_text('[tool.harness]\ncontracts = "."\n')
    (tmp_path / "Loop.sol").write_text(
        "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.20;\n"
        "contract Loop { function spin(uint256) external {} }\n"
    )
    before = played(LIE)
    found = [each.what for each in differences(before, again(before, contracts=tmp_path), same_code=False)]
    assert "step 3, propose" in found


def test_a_result_names_the_code_that_decides(played: Any) -> None:
    """With hashes, so that other code is named before anything else that is different."""
    before = played(LIE)
    code = {record.name: record for record in before.contracts}
    assert {"DisputeGame", "DisputeGameFactory", "OneStepProver", "assertions", "portal", "loop"} <= code.keys()
    assert all(len(record.bytecode) == 66 for record in code.values())
    other = code["DisputeGame"].model_copy(update={"bytecode": "0x" + 64 * "0"})
    contracts = tuple(other if each.name == "DisputeGame" else each for each in before.contracts)
    found = differences(before, before.model_copy(update={"contracts": contracts}))
    assert [each.what for each in found] == ["code of DisputeGame"]
    assert "PaymentChannel" in {record.name for record in played("stale-close-answered").contracts}


# -- files that are no result, or not this one any more


def test_one_changed_byte_anywhere_is_noticed(stored: Path) -> None:
    data = stored.read_bytes()
    for place in range(0, len(data), len(data) // 40):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        stored.write_bytes(changed)
        with pytest.raises(ResultUnreadable):
            read(stored)


def test_the_error_of_a_changed_byte_says_what_was_expected(stored: Path) -> None:
    data = stored.read_bytes()
    said = json.loads(data)["sha256"]
    stored.write_bytes(data.replace(b'"mallory', b'"nallory', 1))
    with pytest.raises(ResultUnreadable, match=f"its SHA-256 is [0-9a-f]{{64}} .*, expected {said}") as caught:
        read(stored)
    assert caught.value.source == str(stored)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "its text is no JSON"),
        ("[1]", "its text is a list, expected an object"),
        ('{"version": 99}', "version is 99, expected 2"),
        ('{"version": 2}', "its end is .*, expected a field sha256"),
        ("[" * 100_000, "its text is no JSON"),
    ],
)
def test_a_file_that_is_no_result_is_refused(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "x.result.json"
    file.write_text(text)
    with pytest.raises(ResultUnreadable, match=said):
        read(file)


def test_a_file_is_written_whole_or_not_at_all(played: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "x.result.json"
    file.write_text("before")

    def fail(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("harness.scenarios.storing.os.replace", fail)
    with pytest.raises(OSError, match="no space left"):
        write(played(LIE), file)
    assert (file.read_text(), [path.name for path in tmp_path.iterdir()]) == ("before", ["x.result.json"])


def test_a_result_has_no_place_of_this_machine_in_it(played: Any, stored: Path) -> None:
    assert isinstance(played(LIE), Result)
    assert str(Path.home()) not in stored.read_text()
    assert str(Path(__file__).parents[2]) not in stored.read_text()
