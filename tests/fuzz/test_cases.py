"""A drawn case of any kind is plain data: one line of JSON holds it, and it plays the same when read back."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from harness.chain import open_chain
from harness.cli import main
from harness.contracts.bindings import ContractType
from harness.contracts.project import built_in_contracts
from harness.fuzz import channels, games
from harness.fuzz.cases import CaseUnreadable, case_of, line_of, read_cases
from harness.fuzz.channel_life import ChannelCase, ChannelLife, LifeResult
from harness.fuzz.counting_games import GameCase
from harness.fuzz.games import Tables
from harness.fuzz.rollup_games import Board, RollupCase

KINDS: tuple[type[Any], ...] = (ChannelCase, GameCase, RollupCase)


def drawn(kind: type[Any]) -> list[Any]:
    """The first cases of a seed that are of one kind."""
    if kind is ChannelCase:
        return [channels.draw(seed) for seed in range(200)]
    return [case for index in range(200) if isinstance(case := games.draw(3, index), kind)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_case_is_read_back_from_its_line(kind: type[Any]) -> None:
    cases = drawn(kind)
    assert len(cases) > 50
    assert [case_of(line_of(case), *KINDS) for case in cases] == cases


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda fields: fields.pop("seed"), "expected the fields deposits, faults, honest_first, moves, penalty, s"),
        (lambda fields: fields.update(kind="Life"), "kind is 'Life', expected ChannelCase or GameCase or RollupCase"),
        (lambda fields: fields.update(seed="1"), "ChannelCase.seed is '1', expected int"),
        (lambda fields: fields.update(honest_first=1), "ChannelCase.honest_first is 1, expected bool"),
        (lambda fields: fields.update(deposits=[1]), "ChannelCase.deposits has 1 members, expected 2"),
        (lambda fields: fields.update(strategy="stael"), "there is no strategy 'stael'; did you mean stale"),
        (lambda fields: fields["faults"].update(drop=None), "ChannelCase.faults.drop is None, expected float"),
    ],
    ids=["missing", "kind", "type", "bool", "length", "name", "within"],
)
def test_a_line_that_is_no_case_is_refused_by_file_and_line(
    change: Callable[[Any], object], reason: str, tmp_path: Path
) -> None:
    fields = json.loads(line_of(channels.draw(1)))
    change(fields)
    file = tmp_path / "cases"
    file.write_text(f"{line_of(channels.draw(0))}\n{json.dumps(fields)}\n", encoding="utf-8")
    with pytest.raises(CaseUnreadable) as caught:
        read_cases(file, *KINDS)
    assert caught.value.where == f"{file}:2"
    assert reason in caught.value.reason


@pytest.mark.parametrize(("content", "reason"), [(b'{"kind": []}', "kind is []"), (b"\xff", "no UTF-8")])
def test_a_file_of_something_else_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "cases"
    file.write_bytes(content)
    with pytest.raises(CaseUnreadable, match=re.escape(reason)):
        read_cases(file, *KINDS)


@pytest.mark.parametrize("wrong", [{"lie": "x"}, {"tactics": ("x",)}, {"payee": "x"}, {"depth": 41}])
def test_a_game_of_what_there_is_not_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"there is no \w+ 'x'|depth is 41, expected 2 to 40"):
        replace(drawn(GameCase)[0], **wrong)


def test_printed_games_are_played_from_their_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    played: list[Any] = []
    monkeypatch.setattr(Tables, "play", lambda self, case: played.append(case) or {})
    assert main(["fuzz", "games", "--seed", "5", "--first", "7", "--count", "4", "--print"]) == 0
    assert played == []
    file = tmp_path / "cases"
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    assert main(["fuzz", "games", "--cases", str(file), "--first", "1"]) == 0
    assert played == [games.draw(5, index) for index in (8, 9, 10)]


def test_a_printed_life_that_is_lost_is_named_by_file_and_number(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(ChannelLife, "play", lambda self: LifeResult(self.case, 0, self.case.seed == 12, 0, 0))
    assert main(["fuzz", "channels", "--seed", "10", "--count", "4", "--print"]) == 0
    file = tmp_path / "cases"
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    assert main(["fuzz", "channels", "--cases", str(file), "--found", str(tmp_path / "found")]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"harness fuzz channels --cases {file} --first 2 --count 1  # 0 wei, entitled to")
    assert lines[-1] == "channels: 4 played, 1 lost by the honest side"


@pytest.mark.parametrize(("what", "kind"), [("games", GameCase), ("channels", ChannelCase)])
def test_what_fails_names_the_line_that_plays_it_again(
    what: str, kind: type[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    case = drawn(kind)[0]

    def lose(*_: object) -> None:
        raise IndexError("lost")

    monkeypatch.setattr(Tables, "_play", lose)
    monkeypatch.setattr(ChannelLife, "_step", lose)
    with pytest.raises(IndexError) as caught, open_chain() as chain:
        if what == "games":
            Tables(chain, cast(Board, None)).play(case)
        else:
            contract = chain.deploy(ContractType(built_in_contracts()["PaymentChannel"]), sender=chain.accounts[-1])
            ChannelLife(contract, case).play()
    said = caught.value.__notes__[0]
    echo, line, *rest = shlex.split(said.removeprefix("play it again: "))
    assert (echo, rest) == ("echo", ["|", "harness", "fuzz", what, "--cases", "/dev/stdin", "--count", "1"])
    (tmp_path / "cases").write_text(line + "\n", encoding="utf-8")
    assert read_cases(tmp_path / "cases", *KINDS) == [case]
