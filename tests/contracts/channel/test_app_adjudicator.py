"""AppAdjudicator: games that end on chain when they cannot end off it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness import reverts
from harness.channels.apps import AppState, NoughtsAndCrosses
from harness.channels.messages import Messages, Signer
from harness.channels.types import Side

from .tables import CONCLUDED, CROSSES_WIN, DRAW, FUNDING, LIVE, NONE, NOUGHTS_WIN, STAKE, Table


@pytest.fixture
def table(l1: Any, contracts: Any, accounts: Any) -> Table:
    return Table(l1, contracts, accounts, "NoughtsAndCrosses", NoughtsAndCrosses())


# -- open, join, cancel


def test_open_guards(table: Table) -> None:
    swapped = replace(table.terms, a=table.b.address, b=table.a.address)
    with reverts(table.aa.PlayersNotOrdered, a=table.b, b=table.a):
        table.aa.open(swapped.as_tuple(), sender=table.a, value=STAKE)
    with reverts(table.aa.WindowOutOfBounds, actual=59):
        table.aa.open(replace(table.terms, window=59).as_tuple(), sender=table.a, value=STAKE)
    with reverts(table.aa.NotAPlayer, actual=table.stranger):
        table.aa.open(table.key, sender=table.stranger, value=STAKE)
    with reverts(table.aa.StakeMismatch, actual=STAKE - 1, expected=STAKE):
        table.aa.open(table.key, sender=table.a, value=STAKE - 1)
    with reverts(table.aa.EpochMismatch, actual=2, expected=1):
        table.aa.open(replace(table.terms, epoch=2).as_tuple(), sender=table.a, value=STAKE)


def test_join_guards(table: Table) -> None:
    with reverts(table.aa.StatusMismatch, actual=NONE, expected=FUNDING):
        table.aa.join(table.key, sender=table.b, value=STAKE)
    table.aa.open(table.key, sender=table.a, value=STAKE)
    with reverts(table.aa.OutOfTurn, actual=table.a, expected=table.b):
        table.aa.join(table.key, sender=table.a, value=STAKE)
    with reverts(table.aa.StakeMismatch, actual=STAKE + 1, expected=STAKE):
        table.aa.join(table.key, sender=table.b, value=STAKE + 1)
    table.aa.join(table.key, sender=table.b, value=STAKE)
    assert (table.info[0], table.held) == (LIVE, 2 * STAKE)


@pytest.mark.parametrize("opener", list(Side))
def test_a_game_that_nobody_joins_is_cancelled(table: Table, opener: Side) -> None:
    table.aa.open(table.key, sender=table.account(opener), value=STAKE)
    with reverts(table.aa.OutOfTurn, expected=table.account(opener)):
        table.aa.cancel(table.key, sender=table.account(opener.other))
    table.aa.cancel(table.key, sender=table.account(opener))
    assert table.balances[opener] == STAKE
    table.aa.payout(table.key, int(opener), table.account(opener).address, sender=table.stranger)
    assert table.held == 0


def test_a_joined_game_is_not_cancelled(table: Table) -> None:
    table.start()
    with reverts(table.aa.StatusMismatch, actual=LIVE, expected=FUNDING):
        table.aa.cancel(table.key, sender=table.a)


def test_a_game_without_stakes_is_live_at_once(table: Table) -> None:
    table.seat(replace(table.terms, stake=0))
    table.aa.open(table.key, sender=table.b)
    assert table.info[0] == LIVE


# -- conclude


@pytest.mark.parametrize(
    ("cells", "shares"),
    [(CROSSES_WIN, (2, 0)), (NOUGHTS_WIN, (0, 2)), (DRAW, (1, 1))],
    ids=["crosses win", "noughts win", "draw"],
)
def test_a_finished_game_is_concluded(table: Table, cells: list[int], shares: tuple[int, int]) -> None:
    table.start()
    table.play(*cells)
    state = table.players[0].state
    table.aa.conclude(table.key, state.as_tuple(), *table.both(state), sender=table.stranger)
    assert table.balances == (shares[0] * STAKE, shares[1] * STAKE)
    for side in Side:
        if shares[side]:
            table.aa.payout(table.key, int(side), table.account(side).address, sender=table.stranger)
    assert table.held == 0


def test_conclude_twice_reverts(table: Table) -> None:
    table.start()
    table.play(*CROSSES_WIN)
    state = table.players[0].state
    table.aa.conclude(table.key, state.as_tuple(), *table.both(state), sender=table.a)
    with reverts(table.aa.StatusMismatch, actual=CONCLUDED, expected=LIVE):
        table.aa.conclude(table.key, state.as_tuple(), *table.both(state), sender=table.a)


def test_conclude_of_a_game_that_goes_on_reverts(table: Table) -> None:
    table.start()
    table.play(0, 1)
    state = table.players[0].state
    with reverts(table.aa.NotOver, turn=2):
        table.aa.conclude(table.key, state.as_tuple(), *table.both(state), sender=table.a)


def test_conclude_without_the_losers_signature_reverts(table: Table) -> None:
    table.start()
    table.play(*CROSSES_WIN)
    state = table.players[0].state
    mine = table.players[0].sign(state)
    with reverts(table.aa.WrongSigner, expected=table.b):
        table.aa.conclude(table.key, state.as_tuple(), mine, mine, sender=table.a)


# -- challenge and respond


def test_a_silent_loser_is_beaten_by_a_challenge_with_the_winning_move(table: Table) -> None:
    table.start()
    table.play(*CROSSES_WIN[:-1])
    table.challenge(Side.A, bytes([CROSSES_WIN[-1]]))
    with reverts(table.aa.AlreadyOver, turn=5):
        table.respond(Side.B, table.rules.play(table.players[0].state, bytes([CROSSES_WIN[-1]])), 8)
    with reverts(table.aa.ClockRunning):
        table.aa.forfeit(table.key, sender=table.a)
    table.wait_and_forfeit()
    assert table.balances == (2 * STAKE, 0)


@pytest.mark.parametrize(("offset", "in_time"), [(-1, True), (0, True), (1, False)])
def test_a_response_around_the_deadline(table: Table, offset: int, in_time: bool) -> None:
    table.start()
    table.play(0, 4)
    table.challenge(Side.A, b"\x01")
    posted = table.rules.play(table.players[0].held[0], b"\x01")
    deadline = table.info[1]
    table.chain.warp(to=deadline + offset)
    if in_time:
        table.respond(Side.B, posted, 2)
        assert (table.info[0], table.info[2]) == (LIVE, 4)
    else:
        with reverts(table.aa.ClockExpired, actual=deadline + 1, deadline=deadline):
            table.respond(Side.B, posted, 2)


@pytest.mark.parametrize(("offset", "out"), [(-1, False), (0, False), (1, True)])
def test_a_forfeit_around_the_deadline(table: Table, offset: int, out: bool) -> None:
    table.start()
    table.play(0, 4)
    table.challenge(Side.A, b"\x01")
    deadline = table.info[1]
    table.chain.warp(to=deadline + offset)
    if out:
        table.aa.forfeit(table.key, sender=table.stranger)
        assert table.balances == (2 * STAKE, 0)
    else:
        with reverts(table.aa.ClockRunning, actual=deadline + offset, deadline=deadline):
            table.aa.forfeit(table.key, sender=table.stranger)


@pytest.mark.parametrize(("offset", "in_time"), [(-1, True), (0, True), (1, False)])
def test_a_checkpoint_around_the_deadline(table: Table, offset: int, in_time: bool) -> None:
    """A higher turn that both signed overrides a challenge, up to the last second."""
    table.start()
    table.play(0)
    held = table.players[1].held
    table.play(4, 1, 2)
    newest = table.players[0].state
    table.challenge(Side.B, b"\x04", *held)
    deadline = table.info[1]
    table.chain.warp(to=deadline + offset)
    call = (table.key, newest.as_tuple(), *table.both(newest))
    if in_time:
        table.aa.checkpoint(*call, sender=table.stranger)
        assert (table.info[0], table.info[1], table.info[2]) == (LIVE, 0, 4)
    else:
        with reverts(table.aa.ClockExpired, actual=deadline + 1):
            table.aa.checkpoint(*call, sender=table.stranger)


def test_a_challenge_from_the_initial_state(table: Table) -> None:
    """B never answers the first move: A makes it on chain."""
    table.start()
    table.challenge(Side.A, b"\x04")
    table.chain.warp(to=table.info[1] + 1)
    table.aa.forfeit(table.key, sender=table.a)
    assert table.balances == (2 * STAKE, 0)


def test_the_player_to_move_can_be_challenged_without_a_move(table: Table) -> None:
    table.start()
    table.challenge(Side.B)
    table.chain.warp(to=table.info[1] + 1)
    table.aa.forfeit(table.key, sender=table.b)
    assert table.balances == (0, 2 * STAKE)


def test_a_move_out_of_turn_reverts(table: Table) -> None:
    table.start()
    with reverts(table.aa.OutOfTurn, actual=table.b, expected=table.a):
        table.challenge(Side.B, b"\x04")
    table.challenge(Side.B)
    with reverts(table.aa.OutOfTurn, actual=table.b, expected=table.a):
        table.respond(Side.B, AppState(0, bytes(4)), 4)


@pytest.mark.parametrize("move", [b"", b"\x09", b"\x00", b"\x01\x02"], ids=["none", "off the board", "taken", "two"])
def test_an_illegal_move_reverts(table: Table, move: bytes) -> None:
    table.start()
    table.play(0, 4)
    with reverts(table.app.IllegalMove, move=move):
        table.challenge(Side.A, move)


def test_a_response_to_another_state_reverts(table: Table) -> None:
    table.start()
    table.challenge(Side.A, b"\x04")
    with reverts(table.aa.StateMismatch):
        table.respond(Side.B, AppState(1, b"\x00\x01\x00\x00"), 5)


def test_a_challenge_with_an_older_state_reverts(table: Table) -> None:
    table.start()
    table.play(0)
    old = table.players[1].held
    table.play(4, 1, 2)
    newest = table.players[0].state
    table.aa.checkpoint(table.key, newest.as_tuple(), *table.both(newest), sender=table.a)
    with reverts(table.aa.TurnNotNewer, actual=1, posted=4):
        table.challenge(Side.B, b"\x05", *old)


def test_an_older_or_equal_checkpoint_reverts(table: Table) -> None:
    table.start()
    table.play(0, 4)
    state = table.players[0].state
    table.aa.checkpoint(table.key, state.as_tuple(), *table.both(state), sender=table.a)
    rival = AppState(2, b"\x00\x02\x00\x10")
    for stale in (state, rival, AppState(1, b"\x00\x01\x00\x00")):
        with reverts(table.aa.TurnNotNewer, actual=stale.turn, posted=2):
            table.aa.checkpoint(table.key, stale.as_tuple(), *table.both(stale), sender=table.a)


def test_a_challenge_by_a_stranger_reverts(table: Table) -> None:
    table.start()
    state = table.players[0].state
    with reverts(table.aa.NotAPlayer, actual=table.stranger):
        table.aa.challenge(table.key, state.as_tuple(), b"", b"", b"", sender=table.stranger)


def test_a_game_goes_on_after_a_response(table: Table) -> None:
    """A whole game on chain, because nobody answers off it."""
    table.start()
    state = AppState(0, table.rules.initial())
    for number, cell in enumerate(NOUGHTS_WIN):
        by = Side(number % 2)
        if number % 2 == 0:
            table.aa.challenge(table.key, state.as_tuple(), b"", b"", bytes([cell]), sender=table.account(by))
        else:
            table.respond(by, state, cell)
        state = table.rules.play(state, bytes([cell]))
    table.wait_and_forfeit()
    assert table.balances == (0, 2 * STAKE)


# -- a move taken back


def taken_back(table: Table) -> tuple[AppState, bytes]:
    """A has signed cell 8 in turn 5, saw B's winning answer, and makes another, winning move on chain instead."""
    table.start()
    table.play(0, 3, 1, 4)
    held = table.players[0].held
    table.play(8)
    table.challenge(Side.A, b"\x02", *held)
    return table.players[1].held


def test_a_player_that_takes_its_move_back_is_held_to_it(table: Table) -> None:
    state, signature = taken_back(table)
    table.aa.checkpoint(table.key, state.as_tuple(), signature, b"", sender=table.b)
    assert (table.info[0], table.info[2]) == (LIVE, 5)
    table.challenge(Side.B, b"\x05", state, signature)
    table.wait_and_forfeit()
    assert table.balances == (0, 2 * STAKE)


def test_an_ending_move_on_chain_waits_for_the_other_players_word(table: Table) -> None:
    """Nobody but both together ends the game before the window is over."""
    taken_back(table)
    posted = table.rules.play(table.players[1].rules.play(AppState(3, b"\x00\x03\x00\x08"), b"\x04"), b"\x02")
    alone = table.players[0].sign(posted)
    with reverts(table.aa.WrongSigner, expected=table.b):
        table.aa.conclude(table.key, posted.as_tuple(), b"", alone, sender=table.a)
    table.aa.conclude(table.key, posted.as_tuple(), *table.both(posted), sender=table.a)
    assert table.balances == (2 * STAKE, 0)


def test_a_responder_that_takes_its_move_back_is_held_to_it(table: Table) -> None:
    table.start()
    table.play(0)
    held = table.players[0]
    table.play(3)
    state, signature = held.held
    table.challenge(Side.A, b"\x00", AppState(0, bytes(4)), b"")
    table.respond(Side.B, AppState(1, b"\x00\x01\x00\x00"), 4)
    table.aa.checkpoint(table.key, state.as_tuple(), b"", signature, sender=table.a)
    assert (table.info[0], table.info[2]) == (LIVE, 2)
    with reverts(table.aa.TurnNotNewer, actual=2, posted=2):
        rival = AppState(2, b"\x00\x01\x00\x10")
        table.aa.checkpoint(table.key, rival.as_tuple(), *table.both(rival), sender=table.b)


# -- signatures count for one game


@pytest.mark.parametrize("foreign", ["chain", "contract", "name", "channel", "epoch"])
def test_a_state_of_another_game_reverts(table: Table, foreign: str) -> None:
    table.start()
    table.play(0, 4)
    state = table.players[0].state
    messages = {
        "chain": Messages(replace(table.domain, chain_id=1), table.terms.channel, 1),
        "contract": Messages(replace(table.domain, contract=table.b.address), table.terms.channel, 1),
        "name": Messages(replace(table.domain, name="PaymentChannel"), table.terms.channel, 1),
        "channel": Messages(table.domain, bytes(32), 1),
        "epoch": Messages(table.domain, table.terms.channel, 2),
    }[foreign]
    signature = Signer(table.b.key).sign(messages.app_state(*state.as_tuple()))
    with reverts(table.aa.WrongSigner, expected=table.b):
        table.aa.checkpoint(table.key, state.as_tuple(), b"", signature, sender=table.a)


def test_python_and_the_contract_agree_on_digests(table: Table) -> None:
    state = AppState(3, b"\x00\x05\x00\x02")
    assert table.aa.channelOf(table.key) == table.terms.channel
    messages = table.players[0].messages
    assert table.aa.stateDigest(table.key, state.as_tuple()) == messages.app_state(3, state.data)
    assert table.aa.concludeTogetherDigest(table.key, STAKE, 2**64 - 1) == messages.app_together(STAKE, 2**64 - 1)


# -- payout


def test_payout_guards(table: Table) -> None:
    table.start()
    with reverts(table.aa.StatusMismatch, actual=LIVE, expected=CONCLUDED):
        table.aa.payout(table.key, 0, table.a.address, sender=table.a)
    table.play(*CROSSES_WIN[:-1])
    table.challenge(Side.A, b"\x02")
    table.wait_and_forfeit()
    with reverts(table.aa.RecipientNotPlayer, actual=table.b, expected=table.a):
        table.aa.payout(table.key, 0, table.b.address, sender=table.b)
    with reverts(table.aa.NothingToPay, side=1):
        table.aa.payout(table.key, 1, table.b.address, sender=table.b)
    table.aa.payout(table.key, 0, table.stranger.address, sender=table.a)
    with reverts(table.aa.NothingToPay, side=0):
        table.aa.payout(table.key, 0, table.a.address, sender=table.a)
