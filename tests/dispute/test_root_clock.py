"""What the clock of a root is for, and what it costs in time: nobody cuts a challenge period short by a game of its
own.
"""

from __future__ import annotations

from typing import Any

import pytest

from harness import reverts
from harness.agents import Challenger, Proposer, faults
from harness.agents.faults import Silent
from harness.dispute.actions import Open
from harness.dispute.counting_machine import CountingTrace
from harness.dispute.player import Player
from harness.dispute.positions import Side
from harness.dispute.reader import GameReader
from harness.dispute.solver import answer_to
from harness.dispute.view import ClaimView, GameView, Outcome
from harness.fuzz.arena import Arena
from harness.primitives.hashing import keccak256
from harness.rollup.config import GameRules
from harness.rollup.contracts import contract_type

GAME = GameRules(max_depth=4, max_clock=10_000, extension=100, step_extension=300)


def junk(text: str) -> bytes:
    return keccak256(text.encode())


class Duel:
    """A game over a counting machine in which each side moves in the last second that it has."""

    def __init__(self, chain: Any, accounts: Any, period: int) -> None:
        self.chain = chain
        arena = Arena.deploy(chain, GAME)
        truth = CountingTrace(5, 3)
        self.assertion = junk("assertion")
        arena.table.assert_(self.assertion, truth.hash_at(0), truth.hash_at(16), 3, sender=accounts.bob)
        self.until = chain.now + period
        arena.table.setUntil(self.assertion, self.until, sender=accounts.bob)
        self.attacker, self.defender = (
            Player(chain, arena.factory.address, account) for account in (accounts.carol, accounts.bob)
        )
        head = chain.head
        self.attacker.perform(Open(self.assertion, junk("opening"), (head.number, head.hash)))
        self.opened = chain.now
        game = self.attacker.game_of(self.assertion)
        assert game is not None
        self.game = game
        self.contract = contract_type("DisputeGame").at(chain, game)

    def view(self) -> GameView:
        return GameReader(self.chain, self.game).view()

    def answer_late(self, player: Player, claim: ClaimView, value: bytes) -> ClaimView:
        """Attack a claim in the last second of its clock; the answer."""
        self.chain.warp(to=self.view().deadline(claim) - 1)
        player.perform(answer_to(self.view(), claim, Side.ATTACK, value))
        return self.view().claims[-1]


@pytest.mark.parametrize("clocks", [0, 1, 3])
def test_the_longest_game_lasts_from_the_end_of_the_period(clocks: int, l1: Any, accounts: Any) -> None:
    """The root is attacked in its last second, and every claim after that answered in the last second of its own."""
    duel = Duel(l1, accounts, clocks * GAME.max_clock)
    root, first = duel.view().claims
    duel.defender.perform(answer_to(duel.view(), first, Side.ATTACK, junk("prompt")))
    claim = duel.answer_late(duel.attacker, root, junk("late"))
    for number, player in enumerate((duel.defender, duel.attacker, duel.defender)):
        claim = duel.answer_late(player, claim, junk(f"late {number}"))
    assert claim.depth == GAME.max_depth
    seconds = max(map(duel.view().deadline, duel.view().claims)) - duel.opened

    extensions = GAME.max_depth * GAME.extension + GAME.step_extension
    bound = max(GAME.max_clock, duel.until + 1 - duel.opened) + GAME.max_clock + extensions
    assert bound - extensions <= seconds <= bound
    l1.warp(to=duel.opened + bound)
    ids = [each.id for each in reversed(duel.view().claims)]
    duel.contract.resolve(ids, sender=accounts.dave)
    assert duel.view().outcome is Outcome.UPHELD


def test_a_challenger_that_is_away_for_the_whole_period_still_wins_a_game_that_liars_play_alone(
    rollup: Any, accounts: Any, spending: Any, DisputeGame: Any
) -> None:
    """The liar opens the game of its own assertion with junk and answers it; both fall silent. The game cannot end
    before the challenge period does, and in the last second of that the challenger comes back.
    """
    rollup.l2.send(sender=accounts.alice, to=accounts.bob.address, value=1)
    challenger = rollup.challenger
    challenger.leave()
    honest = spending(challenger.account)
    wrong = rollup.join(Proposer(lie=faults.wrong_fee(), tactic=Silent())).propose()
    ally = rollup.join(Challenger(lie=faults.made_up_from(0), tactic=Silent()), accounts.sybil)
    ally.leave()
    game = ally.dispute(wrong)
    view = game.view
    ally.player.perform(answer_to(view, view.claims[1], Side.ATTACK, junk("answer")))
    over = int(wrong.record.createdAt) + rollup.config.period
    assert over > rollup.l1.now + GameRules().max_clock

    rollup.l1.warp(GameRules().max_clock + 1)
    contract, (root, first, answer) = game.reader.contract, game.view.claims
    contract.resolve([answer.id, first.id], sender=accounts.sybil)
    with reverts(DisputeGame.ClockRunning):
        contract.resolve([root.id], sender=accounts.sybil)
    rollup.l1.warp(to=over - 1)
    rollup.join(challenger)
    rollup.run_until(game.resolved)
    assert game.winner is challenger
    assert wrong.rejected()
    assert honest.kept() >= 0
