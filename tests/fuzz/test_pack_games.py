"""Games that the command draws from the pack of attacks: each is plain data, and a broken promise loses it."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from harness.adapters.counting_game import CountingGame
from harness.adapters.game import Rules
from harness.chain import Chain
from harness.fuzz import games, pack_games
from harness.fuzz.arena import GameFault
from harness.fuzz.cases import CaseUnreadable, case_of, line_of
from harness.fuzz.pack_games import PackCase

CASE = PackCase(7, 3, "two answers stand", "attack beside defend below the root, earliest resolved first", 2)


class BurnsLess(CountingGame):
    """Contracts that burn less than they promise."""

    def rules(self) -> Rules:
        return replace(super().rules(), burnt_share=self.share + 100)


def test_a_game_from_the_pack_is_won_and_leaves_the_chain_as_it_was(l1: Chain) -> None:
    before = l1.head
    pack_games.play(l1, CASE)
    assert l1.head.number - before.number <= 1


@pytest.mark.parametrize("attack", ["two answers stand", "the longest game"])
def test_a_broken_promise_loses_the_game(attack: str, l1: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack_games, "CountingGame", BurnsLess)
    case = replace(CASE, attack=attack, variant=CASE.variant if attack == CASE.attack else "")
    with pytest.raises(GameFault, match=f"{attack}: the payouts"):
        pack_games.play(l1, case)


def test_the_command_names_a_lost_game_in_a_line_and_in_its_table(monkeypatch: pytest.MonkeyPatch) -> None:
    first = next(index for index in range(50) if isinstance(games.draw(7717, index), PackCase))
    monkeypatch.setattr(pack_games, "CountingGame", BurnsLess)
    console = Console(file=StringIO(), width=200)
    assert games.run(7717, 1, first, console) == 1
    assert isinstance(console.file, StringIO)
    lines = console.file.getvalue().splitlines()
    assert lines[0].startswith(f"harness fuzz games --seed 7717 --first {first} --count 1  # PackFault: game {first}")
    assert any("lost" in line for line in lines if line.startswith("drawn"))
    assert lines[-1] == "games: 1 played, 1 lost by the honest side"


def test_a_case_is_a_line_and_names_what_the_pack_has() -> None:
    assert case_of(line_of(CASE), PackCase) == CASE
    with pytest.raises(CaseUnreadable, match="no attack 'two answers sand'; did you mean two answers stand"):
        case_of(line_of(CASE).replace("stand", "sand"), PackCase)


@pytest.mark.parametrize("seed", [1, 2, 99, 4242, 7717])
def test_twelve_games_draw_every_attack_of_the_pack_but_the_slow_one(seed: int) -> None:
    drawn = [each for index in range(12) if isinstance(each := games.draw(seed, index), PackCase)]
    assert {attack.name for case in drawn for attack in case.attacks()} == set(pack_games.NAMES)
    assert sum(len(case.more) for case in drawn) == len(pack_games.NAMES), "each of them comes once beside those drawn"
