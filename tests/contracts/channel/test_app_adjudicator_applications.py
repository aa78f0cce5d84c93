"""The applications of the adjudicator beside their twins, and what players believe."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from harness import reverts
from harness.channels.apps import WHOLE, AppState, CountingRace, NoughtsAndCrosses
from harness.channels.errors import BadChannelSignature, IllegalProposal, StaleState
from harness.channels.types import Side

from .tables import STAKE, Table


@pytest.fixture
def table(l1: Any, contracts: Any, accounts: Any) -> Table:
    return Table(l1, contracts, accounts, "NoughtsAndCrosses", NoughtsAndCrosses())


@pytest.fixture
def race(l1: Any, contracts: Any, accounts: Any) -> Table:
    return Table(l1, contracts, accounts, "CountingRace", CountingRace())


# -- the applications, beside their twins


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ["table", "race"])
def test_both_implementations_agree_on_random_games(request: Any, l1: Any, name: str, seed: int) -> None:
    table: Table = request.getfixturevalue(name)
    random = Random(seed)
    state = AppState(0, table.rules.initial())
    assert table.app.initial() == state.data
    while table.rules.outcome(state) is None:
        move = bytes([random.randrange(11)])
        try:
            expected = table.rules.play(state, move)
        except IllegalProposal:
            with reverts(table.app.IllegalMove, move=move):
                table.app.play(state.data, state.turn, move)
            continue
        assert table.app.play(state.data, state.turn, move) == expected.data
        state = expected
        over, share = tuple(table.app.outcome(state.data, state.turn))
        assert (share if over else None) == table.rules.outcome(state)


def test_a_counting_race_to_the_end(race: Table) -> None:
    race.start()
    race.play(*([3] * 7))
    state = race.players[1].state
    assert race.players[0].outcome == WHOLE
    race.aa.conclude(race.key, state.as_tuple(), *race.both(state), sender=race.b)
    assert race.balances == (2 * STAKE, 0)


@pytest.mark.parametrize("move", [b"\x00", b"\x04", b""])
def test_a_step_of_the_race_that_is_not_allowed_reverts(race: Table, move: bytes) -> None:
    race.start()
    with reverts(race.app.IllegalMove, move=move):
        race.challenge(Side.A, move)


# -- players believe only what the rules allow


def test_a_player_refuses_what_it_must_not_believe(table: Table) -> None:
    first, second = table.players
    move = first.play(b"\x00")
    with pytest.raises(IllegalProposal):
        second.receive(replace(move, state=AppState(1, b"\x00\x03\x00\x00")))
    with pytest.raises(BadChannelSignature):
        second.receive(replace(move, signature=second.sign(move.state)))
    with pytest.raises(IllegalProposal):
        second.play(b"\x01")
    second.receive(move)
    with pytest.raises(StaleState):
        second.receive(move)
