"""A lost case is made smaller as long as it is lost in the same way, and stays one that can be drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.fuzz import channels, games, sidechain_cases
from harness.fuzz.arena import GameFault
from harness.fuzz.cases import case_of, line_of
from harness.fuzz.channel_life import ChannelCase
from harness.fuzz.counting_games import GameCase
from harness.fuzz.l2_activity import INVALID, VALID
from harness.fuzz.lie_places import LIES
from harness.fuzz.losses import MOST_RUNS, AttackCase, Lost, kind_of, smaller
from harness.fuzz.rollup_games import RollupCase
from harness.fuzz.sidechain_cases import SidechainCase

KINDS: tuple[type[Any], ...] = (ChannelCase, GameCase, RollupCase, SidechainCase)
DRAWN = [
    *(channels.draw(seed) for seed in range(10)),
    *(sidechain_cases.draw(5, index) for index in range(10)),
    *(case for index in range(60) if isinstance(case := games.draw(5, index), (GameCase, RollupCase))),
]


def lost_if(judge: Callable[[Any], object]) -> Callable[[Any], None]:
    """A play that loses some cases."""

    def play(case: Any) -> None:
        if judge(case):
            raise GameFault(f"{getattr(case, 'name', '')}: 17 wei of 0xab are lost")

    return play


def shrunk(case: Any, judge: Callable[[Any], object]) -> Any:
    play = lost_if(judge)
    with pytest.raises(GameFault) as caught:
        play(case)
    return Lost(case, caught.value, play).shrunk()


def test_whatever_is_smaller_is_a_case_that_is_read_back_from_its_line() -> None:
    for case in DRAWN:
        less = list(smaller(case))
        assert less
        assert all(case_of(line_of(each), *KINDS) == each != case for each in less)


def test_a_life_keeps_only_the_moves_that_lose_it() -> None:
    case = next(each for each in DRAWN if isinstance(each, ChannelCase) and len(each.moves) > 12)
    found = shrunk(case, lambda one: {3, 11} <= set(one.moves))
    assert found.moves == (3, 11)
    assert (found.faults.drop, found.faults.delay, found.seed) == (0, 0, case.seed)


def test_a_game_keeps_only_the_disturbance_that_loses_it() -> None:
    cases = (each for each in DRAWN if isinstance(each, RollupCase))
    case = next(each for each in cases if each.disturbances.reorgs and len(each.batches) > 1)
    found = shrunk(case, lambda one: one.disturbances.reorgs)
    assert len(found.disturbances.reorgs) == 1
    assert (found.tactics, found.disturbances.crowds, found.disturbances.offline) == ((), (), ())
    assert {kind for batch in found.batches for kind in batch} == set(LIES[case.lie][0])
    assert (found.lies_first, found.lie) == (case.lies_first, case.lie)


def test_a_case_that_is_lost_in_another_way_is_not_smaller() -> None:
    case = next(each for each in DRAWN if isinstance(each, GameCase) and each.disturbances.crowds)

    def play(one: Any) -> None:
        if not one.disturbances.crowds:
            raise GameFault("somebody else lost")
        raise GameFault("bob lost 3 wei")

    found = Lost(case, GameFault("bob lost 90071 wei"), play).shrunk()
    assert found.disturbances.crowds
    assert found.depth == 2


def test_no_more_cases_are_played_than_are_promised() -> None:
    case = max((each for each in DRAWN if isinstance(each, SidechainCase)), key=lambda one: len(one.happenings))
    played: list[Any] = []
    Lost(case, GameFault("lost"), played.append).shrunk()
    assert len(played) == len(set(played)) <= MOST_RUNS
    assert case not in played


def test_a_lie_keeps_what_it_is_about() -> None:
    needy = [each for each in DRAWN if isinstance(each, RollupCase) and LIES[each.lie][0]]
    assert needy
    for case in needy:
        for less in smaller(case):
            assert set(LIES[case.lie][0]) <= {kind for batch in less.batches for kind in batch} <= {*VALID, *INVALID}


def test_a_combined_attack_keeps_a_move() -> None:
    attack = AttackCase("game", "moves combined", "", 0, ("1", "2", "3"), is_combined=True)
    assert shrunk(attack, lambda _: True).moves in {("1",), ("2",), ("3",)}


def test_a_loss_is_the_same_whatever_its_numbers_and_its_game_are() -> None:
    first, second = (each for each in DRAWN[-2:])
    assert kind_of(GameFault(f"{first.name}: 3 wei of 0xab"), first) == kind_of(
        GameFault(f"{second.name}: 4 wei of 0xcd"), second
    )
    assert kind_of(GameFault("lost"), first) != kind_of(IndexError("lost"), first)
