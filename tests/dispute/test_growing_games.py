"""Games of many claims: what was worked out about a claim is not worked out again at the next head."""

from __future__ import annotations

import pytest

from harness.agents.lies.claims import WrongAtRandom
from harness.agents.tactics import Freeloader, LastSecond, Sound, Sybils, Tactic
from harness.chain.opening import open_chain
from harness.dispute.counting_machine import CountingTrace
from harness.dispute.solver import Judgement
from harness.dispute.view import GameView
from harness.fuzz.arena import Arena, Match
from harness.fuzz.many_liars import play_many
from harness.rollup.config import GameRules

ALLIES = 8


def test_each_player_judges_each_claim_once_and_each_head_makes_one_view(monkeypatch: pytest.MonkeyPatch) -> None:
    judged, views = [], []
    judge, begin = Judgement.must_counter, GameView.__post_init__

    def judging(self: Judgement, claim: object) -> bool:
        judged.append(claim)
        return judge(self, claim)  # type: ignore[arg-type]

    def beginning(self: GameView) -> None:
        views.append(self)
        begin(self)

    monkeypatch.setattr(Judgement, "must_counter", judging)
    monkeypatch.setattr(GameView, "__post_init__", beginning)
    with open_chain("py-evm") as chain:
        game = play_many(chain, GameRules(max_depth=6), ALLIES, late=True)
    claims = len(game.view.claims)
    assert claims > 40
    assert len(judged) <= (ALLIES + 1) * claims
    assert len(views) <= 2 * len(game.receipts) + 2 * claims


@pytest.mark.parametrize(
    "tactic",
    [Sound(), Sybils(Sound()), LastSecond(Sybils(Sound())), Freeloader(Sound()), LastSecond(Freeloader(Sound()))],
    ids=repr,
)
def test_a_judgement_that_goes_on_is_that_of_the_view_alone(tactic: Tactic) -> None:
    """Of the honest player, of each liar, and of one who waits until clocks have run out."""
    rules = GameRules(max_depth=5)
    truth = CountingTrace(5, 3)
    compared = 0

    def lie(salt: int) -> WrongAtRandom:
        return WrongAtRandom(truth, salt, 32, bytes([salt]))

    def compare(match: Match) -> None:
        nonlocal compared
        view = match.view()
        for trace in (truth, lies[0], lies[1]):
            for patience in (None, 0):
                kept, alone = Judgement.of(view, trace, patience), Judgement(view, trace, patience)
                assert kept.sound == alone.sound
                assert list(kept.answers) == list(alone.answers)
                for number, (side, found) in alone.answers.items():
                    other = kept.answers[number][1]
                    assert kept.answers[number][0] is side
                    assert (None if other is None else other.id) == (None if found is None else found.id)
                assert list(kept.moves()) == list(alone.moves())
                assert list(kept.steps()) == list(alone.steps())
                compared += len(view.claims)

    lies = [lie(3), lie(7)]
    with open_chain("py-evm") as chain:
        accounts = chain.accounts
        arena = Arena.deploy(chain, rules)
        match = Match(arena, arena.claim(lies[0], 3, accounts.mallory), [], truth, after_turn=compare)
        honest = match.seat(accounts.alice, Sound(), offline=[(40_000, 90_000)])
        match.seat(accounts.mallory, tactic, lambda _: lies[0])
        match.seat(accounts.sybil, tactic, lambda _: lies[1])
        match.open(honest)
        match.run()
    assert compared > 500
