"""Games drawn from the run's seed, as `harness fuzz games` plays them: the honest side wins each and loses nothing but
gas.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from io import StringIO

import pytest
from rich.console import Console

from harness.fuzz import games as fuzz_games
from harness.fuzz.arena import GameFault
from harness.fuzz.counting_games import GameCase
from harness.fuzz.games import Case, Tables
from harness.fuzz.rollup_games import RollupCase

COUNTING, ON_A_ROLLUP = 17, 8
SHALLOW = 8
"""Levels of the counting games that the suite plays at most; the command plays all."""


@pytest.fixture(scope="module")
def tables() -> Iterator[Tables]:
    with fuzz_games.open_tables() as opened:
        yield opened


def _drawn(seed: int) -> list[Case]:
    """Some of a seed's games of each kind; on a rollup those of one liar, for two take several times as long."""
    cases = [fuzz_games.draw(seed, index) for index in range(200)]
    counting = [case for case in cases if isinstance(case, GameCase) and case.depth <= SHALLOW]
    real = [case for case in cases if isinstance(case, RollupCase) and not case.ally]
    rng = random.Random(seed)
    return [*rng.sample(counting, COUNTING), *rng.sample(real, ON_A_ROLLUP)]


@pytest.mark.parametrize("number", range(COUNTING + ON_A_ROLLUP))
def test_the_honest_side_wins(number: int, tables: Tables, request: pytest.FixtureRequest) -> None:
    tables.play(_drawn(int(request.config.getoption("--harness-seed")))[number])


def _output(seed: int, count: int, first: int = 0) -> tuple[int, list[str]]:
    console = Console(file=StringIO(), width=200)
    code = fuzz_games.run(seed, count, first, console)
    assert isinstance(console.file, StringIO)
    return code, console.file.getvalue().splitlines()


def test_the_command_says_what_was_drawn_and_how_it_ended() -> None:
    code, lines = _output(7, 2)
    assert code == 0
    assert lines[-1] == "games: 2 played, 0 lost by the honest side"
    played = next(line for line in lines if line.startswith("on "))
    assert sum(map(int, re.findall(r"\d+", played))) == 2
    assert {"lie", "tactic", "honest", "L1"} <= {line.split()[0] for line in lines if line}


@pytest.mark.parametrize("problem", [GameFault, IndexError])
def test_a_game_is_lost_in_one_line_that_plays_it_again(
    problem: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(self: Tables, case: Case) -> None:
        raise problem("the wrong\n  one won")

    monkeypatch.setattr(Tables, "play", lose)
    code, lines = _output(7, 2, first=40)
    assert code == 1
    again = f"harness fuzz games --seed 7 --first 40 --count 1  # {problem.__name__}: the wrong one won [game 40"
    assert lines[0].startswith(again)
    assert lines[-1] == "games: 2 played, 2 lost by the honest side"


def test_interrupted_games_are_reported_with_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    played: list[Case] = []

    def play(self: Tables, case: Case) -> Counter[str]:
        if len(played) == 2:
            raise KeyboardInterrupt
        played.append(case)
        return Counter()

    monkeypatch.setattr(Tables, "play", play)
    code, lines = _output(3, 10, first=5)
    assert code == 130
    assert lines[-2:] == [
        "games: 2 played, 0 lost by the honest side",
        "interrupted; to go on: harness fuzz games --seed 3 --first 7 --count 8",
    ]
