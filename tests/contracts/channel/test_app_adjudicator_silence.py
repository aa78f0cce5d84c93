"""AppAdjudicator where the application fails: a split that both signed is paid, and a clock gives back the stakes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness import reverts
from harness.channels.apps import AppState, NoughtsAndCrosses, Split
from harness.channels.errors import IllegalProposal
from harness.channels.types import Side
from harness.primitives.hashing import keccak256

from .tables import CHALLENGED, CONCLUDED, CROSSES_WIN, LIVE, STAKE, Table

NO_CODE, REVERTS, BURNS, SAYS_NOTHING, SAYS_NONSENSE, NEVER_STOPS, IS_SLOW = range(7)
FAULTS = pytest.mark.parametrize(
    "fault",
    [NO_CODE, REVERTS, BURNS, SAYS_NOTHING, SAYS_NONSENSE, NEVER_STOPS],
    ids=["no code", "reverts", "burns its gas", "says nothing", "says nonsense", "never stops"],
)
BOTH = (STAKE, STAKE)
SELECTORS = {name: keccak256(name.encode())[:4] for name in ("initial()", "outcome(bytes,uint64)")}
ALL = bytes(4)
UNKNOWN = AppState(0, b"")


class FaultyTable(Table):
    """A game of an application that can be told to fail."""

    def __init__(self, chain: Any, contracts: Any, accounts: Any) -> None:
        super().__init__(chain, contracts, accounts, "NoughtsAndCrosses", NoughtsAndCrosses())
        self.faulty = chain.deploy(contracts["FaultyApp"], self.app.address, sender=self.stranger)
        self.seat(replace(self.terms, app=self.faulty.address))

    def fail(self, fault: int, selector: bytes = ALL) -> None:
        if fault == NO_CODE:
            self.chain.set_code(self.faulty.address, b"")
        else:
            self.faulty.fail(fault, selector, sender=self.stranger)

    def recover(self) -> None:
        self.faulty.fail(0, ALL, sender=self.stranger)

    def conclude_together(self, balance_a: int, lasts: int = 60, sender: Any = None) -> Any:
        split = Split(balance_a, self.chain.now + lasts)
        signatures = [player.agree(split) for player in self.players]
        return self.aa.concludeTogether(self.key, balance_a, split.expiry, *signatures, sender=sender or self.stranger)

    def pay_out(self) -> None:
        """Pay whoever has won something; then nothing is left."""
        for side in Side:
            if self.balances[side]:
                self.aa.payout(self.key, int(side), self.account(side).address, sender=self.stranger)
        assert self.held == 0


@pytest.fixture
def table(l1: Any, contracts: Any, accounts: Any) -> FaultyTable:
    return FaultyTable(l1, contracts, accounts)


# -- a split that both signed


@FAULTS
@pytest.mark.parametrize("balance_a", [0, STAKE // 3, 2 * STAKE])
def test_a_split_that_both_signed_is_paid_whatever_the_application_does(
    table: FaultyTable, fault: int, balance_a: int
) -> None:
    table.start()
    table.play(0, 4)
    table.fail(fault)
    table.conclude_together(balance_a)
    assert (table.info[0], table.balances) == (CONCLUDED, (balance_a, 2 * STAKE - balance_a))
    table.pay_out()


def test_a_split_overtakes_a_challenge(table: FaultyTable) -> None:
    table.start()
    table.challenge(Side.B)
    table.conclude_together(STAKE)
    assert table.balances == BOTH
    with reverts(table.aa.StatusMismatch, actual=CONCLUDED, expected=CHALLENGED):
        table.aa.forfeit(table.key, sender=table.stranger)


def test_a_split_of_a_game_that_is_not_live_reverts(table: FaultyTable) -> None:
    table.aa.open(table.key, sender=table.a, value=STAKE)
    with reverts(table.aa.StatusMismatch, expected=LIVE):
        table.conclude_together(STAKE)
    table.aa.join(table.key, sender=table.b, value=STAKE)
    table.conclude_together(STAKE)
    with reverts(table.aa.StatusMismatch, actual=CONCLUDED, expected=LIVE):
        table.conclude_together(STAKE)


@pytest.mark.parametrize(("offset", "valid"), [(-1, True), (0, True), (1, False)])
def test_a_split_around_its_expiry(table: FaultyTable, offset: int, valid: bool) -> None:
    table.start()
    split = Split(STAKE, table.chain.now + 60)
    call = (table.key, STAKE, split.expiry, *(player.agree(split) for player in table.players))
    table.chain.warp(to=split.expiry + offset)
    if valid:
        table.aa.concludeTogether(*call, sender=table.stranger)
        assert table.balances == BOTH
    else:
        with reverts(table.aa.SignatureExpired, actual=split.expiry + 1, expiry=split.expiry):
            table.aa.concludeTogether(*call, sender=table.stranger)


def test_a_split_of_more_than_the_pot_reverts(table: FaultyTable) -> None:
    table.start()
    above = Split(2 * STAKE + 1, table.chain.now + 60)
    with pytest.raises(IllegalProposal):
        table.players[0].agree(above)
    digest = table.players[0].messages.app_together(above.balance_a, above.expiry)
    signatures = [player.signer.sign(digest) for player in table.players]
    with reverts(table.aa.BalanceAbovePot, actual=2 * STAKE + 1, pot=2 * STAKE):
        table.aa.concludeTogether(table.key, above.balance_a, above.expiry, *signatures, sender=table.a)


@pytest.mark.parametrize("signer", list(Side))
def test_a_split_needs_both_players(table: FaultyTable, signer: Side) -> None:
    table.start()
    split = Split(STAKE, table.chain.now + 60)
    alone = table.players[signer].agree(split)
    with reverts(table.aa.WrongSigner, expected=table.account(signer.other)):
        table.aa.concludeTogether(table.key, STAKE, split.expiry, alone, alone, sender=table.stranger)
    signatures = [b"", b""]
    signatures[signer] = alone
    table.aa.concludeTogether(table.key, STAKE, split.expiry, *signatures, sender=table.account(signer.other))
    assert table.balances == BOTH


# -- a clock that runs out


@FAULTS
@pytest.mark.parametrize("by", list(Side))
def test_a_game_that_never_began_gives_back_the_stakes(table: FaultyTable, fault: int, by: Side) -> None:
    table.start()
    table.fail(fault)
    table.challenge(by)
    assert table.info[0] == CHALLENGED
    with reverts(table.aa.ClockRunning):
        table.aa.forfeit(table.key, sender=table.stranger)
    table.wait_and_forfeit()
    assert table.balances == BOTH
    table.pay_out()


@FAULTS
@pytest.mark.parametrize("by", list(Side))
@pytest.mark.parametrize("moves", [1, 2])
def test_an_agreed_state_that_nobody_can_judge_gives_back_the_stakes(
    table: FaultyTable, fault: int, by: Side, moves: int
) -> None:
    """Whoever is to move: neither wins by a move that the other could not make."""
    table.start()
    table.play(*CROSSES_WIN[:moves])
    table.fail(fault)
    state = table.players[0].state
    table.aa.challenge(table.key, state.as_tuple(), *table.both(state), b"", sender=table.account(by))
    table.wait_and_forfeit()
    assert table.balances == BOTH
    table.pay_out()


@FAULTS
def test_a_failure_after_the_challenge_gives_back_the_stakes(table: FaultyTable, fault: int) -> None:
    table.start()
    table.play(0, 4)
    table.challenge(Side.A, b"\x01")
    table.fail(fault)
    table.wait_and_forfeit()
    assert table.balances == BOTH


@FAULTS
def test_an_end_that_the_application_has_told_outlasts_it(table: FaultyTable, fault: int) -> None:
    table.start()
    table.play(*CROSSES_WIN[:-1])
    table.challenge(Side.A, bytes([CROSSES_WIN[-1]]))
    table.fail(fault)
    table.wait_and_forfeit()
    assert table.balances == (2 * STAKE, 0)


@FAULTS
def test_a_state_that_nobody_can_judge_concludes_nothing(table: FaultyTable, fault: int) -> None:
    """It might be an old one that its signer would rather have judged by nobody."""
    table.start()
    table.play(*CROSSES_WIN)
    table.fail(fault)
    state = table.players[0].state
    call = (table.key, state.as_tuple(), *table.both(state))
    with reverts(table.aa.AppSilent, app=table.faulty):
        table.aa.conclude(*call, sender=table.a)
    table.aa.checkpoint(*call, sender=table.a)
    assert (table.info[0], table.info[2]) == (LIVE, 5)


@pytest.mark.parametrize("fault", [REVERTS, BURNS])
def test_an_application_that_recovers_judges_the_newest_state(table: FaultyTable, fault: int) -> None:
    table.start()
    table.play(*CROSSES_WIN[:2])
    old = table.players[1].held
    table.play(*CROSSES_WIN[2:])
    table.fail(fault)
    table.challenge(Side.B, b"", *old)
    table.recover()
    state = table.players[0].state
    table.aa.conclude(table.key, state.as_tuple(), *table.both(state), sender=table.a)
    assert table.balances == (2 * STAKE, 0)


def test_a_beginning_that_nobody_told_is_no_position_to_win_from(table: FaultyTable) -> None:
    """B invents a position that it has won, while the application does not say how the game begins."""
    table.start()
    table.fail(REVERTS, SELECTORS["initial()"])
    won = AppState(0, b"\x00\x00\x00\x07")
    table.aa.challenge(table.key, won.as_tuple(), b"", b"", b"", sender=table.b)
    assert table.info[0] == CHALLENGED
    table.recover()
    with reverts(table.aa.StateMismatch):
        table.respond(Side.A, won, 0)
    with reverts(table.app.MalformedData, actual=0, expected=4):
        table.respond(Side.A, UNKNOWN, 0)
    table.wait_and_forfeit()
    assert table.balances == BOTH


def test_a_move_on_an_unknown_beginning_reverts(table: FaultyTable) -> None:
    table.start()
    table.fail(SAYS_NONSENSE, SELECTORS["initial()"])
    with reverts(table.aa.AppSilent, app=table.faulty):
        table.challenge(Side.A, b"\x00")
    with reverts(table.aa.OutOfTurn, actual=table.b, expected=table.a):
        table.challenge(Side.B, b"\x00")


def test_an_outcome_alone_that_fails_gives_back_the_stakes(table: FaultyTable) -> None:
    table.start()
    table.fail(SAYS_NONSENSE, SELECTORS["outcome(bytes,uint64)"])
    table.challenge(Side.A, b"\x04")
    table.wait_and_forfeit()
    assert table.balances == BOTH


def test_a_sound_application_still_wants_a_move(table: FaultyTable) -> None:
    table.start()
    with reverts(table.app.IllegalMove, move=b""):
        table.challenge(Side.A)


# -- a lack of gas is no silence


def test_a_slow_application_is_not_silent(table: FaultyTable) -> None:
    table.start()
    table.challenge(Side.B)
    table.fail(IS_SLOW)
    table.wait_and_forfeit()
    assert table.balances == (0, 2 * STAKE)


@pytest.mark.parametrize(("gas", "enough"), [(3_700_000, False), (4_000_000, True)])
def test_the_loser_cannot_starve_the_application_into_silence(table: FaultyTable, gas: int, enough: bool) -> None:
    """B's clock has run out over a game that it loses: it calls `forfeit` itself, with too little gas."""
    table.start()
    table.play(0, 4)
    table.challenge(Side.A, b"\x01")
    table.fail(IS_SLOW)
    table.chain.warp(to=table.info[1] + 1)
    if enough:
        table.aa.forfeit(table.key, sender=table.b, gas=gas)
    else:
        with reverts(table.aa.AppGasTooLow):
            table.aa.forfeit(table.key, sender=table.b, gas=gas)
        table.aa.forfeit(table.key, sender=table.a)
    assert table.balances == (2 * STAKE, 0)
