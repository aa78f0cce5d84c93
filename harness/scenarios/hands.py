"""Moves in games that a scenario makes by hand, with the accounts of its agents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.agents.tactics import junk
from harness.dispute.actions import Move, Step
from harness.dispute.positions import Side
from harness.dispute.solver import answer_to
from harness.dispute.view import ClaimView, GameView, step_range
from harness.scenarios.crew import Crew
from harness.scenarios.errors import StepImpossible
from harness.testbed.game_seat import GameSeat
from harness.testbed.games import GameHandle
from harness.testbed.proposer import ProposerHandle

SIDES = {"attack": Side.ATTACK, "defend": Side.DEFEND}


@dataclass(frozen=True, slots=True)
class Hands:
    """Makes moves for the agents of a crew in the newest of the ``games``."""

    crew: Crew
    games: Callable[[], list[GameHandle]]

    def _seat(self, name: str) -> GameSeat:
        """Return an agent's player; raises StepImpossible for an agent that plays no games."""
        found = self.crew.seats[name].handle if name in self.crew.seats else None
        seat = found.seat if isinstance(found, ProposerHandle) else found
        if not isinstance(seat, GameSeat):
            raise StepImpossible(name, "it plays no games")
        return seat

    def _claim(self, number: int) -> tuple[GameHandle, GameView, ClaimView]:
        games = self.games()
        if not games:
            raise StepImpossible(f"claim {number}", "no game is open")
        view = games[-1].view
        if number >= len(view.claims):
            raise StepImpossible(f"claim {number}", f"the game has {len(view.claims)} claims")
        return games[-1], view, view.claims[number]

    def move(self, name: str, number: int, side: str, value: str) -> None:
        """Answer a claim; raises StepImpossible without one, and the decoded Reverted."""
        seat = self._seat(name)
        game, view, claim = self._claim(number)
        know, state = seat.knowledge(game.assertion.id), view.answer_state(claim, SIDES[side])
        said = {
            "true": lambda: know.truth.hash_at(state),
            "own": lambda: know.trace.hash_at(state),
            "junk": lambda: junk(claim.id, number),
        }[value]()
        seat.player.perform(answer_to(view, claim, SIDES[side], said))

    def step(self, name: str, number: int, side: str, off: int) -> None:
        """Prove a step against a claim; raises StepImpossible without one, and the decoded Reverted."""
        seat = self._seat(name)
        game, view, claim = self._claim(number)
        index = step_range(view, claim, SIDES[side]) + off
        witness = seat.knowledge(game.assertion.id).truth.witness(index)
        seat.player.perform(Step(view.address, claim.id, SIDES[side], index, witness))

    def front_run(self, name: str, victim: str) -> int:
        """Send the moves and steps that another agent would send now; return how many."""
        thief, other = self._seat(name), self._seat(victim)
        count = 0
        for id, address in other.games():
            for action in other.decide_in(other.game(id, address)):
                if isinstance(action, Move | Step):
                    thief.player.perform(action)
                    count += 1
        if not count:
            raise StepImpossible(f"front-run: {victim}", "it is about to send nothing in a game")
        return count
