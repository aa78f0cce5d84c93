"""Whoever plays dispute games: what it knows of their ranges, and how its decisions reach L1."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from harness.agents.challenger import GameInPlay, play_game, wakes_in_game
from harness.agents.lies.claims import TraceLie
from harness.agents.tactics import Knowledge, Sound, Tactic
from harness.agents.turns import Setbacks, Turn
from harness.chain.chain import PRIORITY_FEE
from harness.chain.errors import InsufficientFunds
from harness.chain.values.accounts import Account
from harness.chain.values.transactions import TX_GAS_CAP
from harness.dispute.actions import Action, Move, Open, Refund, Resolve, Step, Void, Withdraw
from harness.dispute.assertion_trace import AssertionTrace
from harness.dispute.log import Finished
from harness.dispute.player import Overtaken, Player
from harness.dispute.solver import is_over_for
from harness.dispute.trace import LazyTrace, Trace
from harness.errors import GoneByReorg, Reverted
from harness.testbed.agent import AgentHandle
from harness.testbed.core import RollupCore

FREE = (Step, Resolve, Void, Refund, Withdraw)
BONDED = (Move, Open)


class GameSeat(AgentHandle):
    """An agent that plays games with one account and one idea of L2."""

    role = "Player"
    plays_games = True

    def __init__(self, rollup: RollupCore, account: Account, name: str, setbacks: Setbacks | None = None) -> None:
        super().__init__(rollup, account, name, setbacks)
        factory = str(rollup.assertions.disputes())
        self._finished = Finished(rollup.l1)
        self.player = Player(rollup.l1, factory, account, rollup.game_readers, rollup.since)

    @property
    def lie(self) -> TraceLie | None:
        """What it says of L2 instead of the truth."""
        return self.agent.lie if callable(self.agent.lie) else None

    @property
    def tactic(self) -> Tactic:
        """How it plays."""
        return self.agent.tactic or Sound()

    @property
    def is_honest(self) -> bool:
        """Whether the player defends the truth and plays soundly."""
        return self.lie is None and isinstance(self.tactic, Sound)

    def owns(self, id: bytes) -> bool:
        """Return whether games about an assertion concern this player."""
        return True

    # -- what it knows

    def knowledge(self, id: bytes) -> Knowledge:
        """Return the true trace of an assertion's range, and the trace that this player defends."""
        truth = self._truth(id)
        return Knowledge(self._version(truth), truth, self.account.address)

    def lazy_knowledge(self, id: bytes) -> Knowledge:
        """Return the same, computed when it is needed."""
        trace = LazyTrace(lambda: self._version(self._truth(id)))
        return Knowledge(trace, LazyTrace(lambda: self._truth(id)), self.account.address)

    def _truth(self, id: bytes) -> AssertionTrace:
        rollup = self.rollup
        rollup.l2.backend.follow()
        record = rollup.assertion(id)
        start = int(rollup.assertion(record.parent).end)
        return rollup.truths.of(start, int(record.end))

    def _version(self, truth: AssertionTrace) -> Trace:
        """Return what this player claims about a range: the truth, or its lie about it."""
        return truth if self.lie is None else self.rollup.truths.lying_trace(truth, self.lie)

    def games(self) -> list[tuple[bytes, str]]:
        """Return the games about assertions that concern this player, with their assertions, oldest first."""
        return [(id, game) for id, game in self._open_games() if self.owns(id)]

    def _open_games(self) -> list[tuple[bytes, str]]:
        """Return the games that this player has not seen to be over, whatever they are about."""
        over = self._finished.games()
        return [(id, game) for id, game in self.rollup.game_events() if game not in over]

    def game(self, id: bytes, address: str) -> GameInPlay:
        """Return a game as this player sees it now."""
        view = self.player.view(address)
        if is_over_for(view, self.account.address):
            self._finished.add(address, view.seen)
        return GameInPlay(view, self.lazy_knowledge(id))

    def decide_in(self, game: GameInPlay) -> Sequence[Hashable]:
        """Return the actions to take in one game."""
        return play_game(game, self.tactic)

    # -- as a participant

    def play(self) -> int:
        """Play all games once; return the number of actions."""
        turn = Turn()
        self.play_games(turn)
        return turn.end()

    def play_games(self, turn: Turn) -> None:
        """Play all games; actions without a bond come first.

        A bond in one game must not take the gas of another.
        """
        games: list[tuple[bytes, str]] = []
        for id, address in self._open_games():
            with turn.part():
                if self.owns(id):
                    games.append((id, address))
        for kinds in (FREE, BONDED) if len(games) > 1 else (FREE + BONDED,):
            for id, address in games:
                self.carry_out(turn, lambda id=id, at=address: self.decide_in(self.game(id, at)), kinds)  # type: ignore[misc]

    def carry_out(self, turn: Turn, decide: Callable[[], Sequence[Hashable]], kinds: tuple[type, ...]) -> None:
        """Carry out the actions of these kinds that ``decide`` returns, those without a bond first."""
        with turn.part():
            actions = [action for action in decide() if isinstance(action, kinds)]
            for action in sorted(actions, key=lambda action: isinstance(action, BONDED)):
                with turn.part():
                    turn.done += self._try(action, decide)

    def _try(self, action: Hashable, decide: Callable[[], Sequence[Hashable]]) -> bool:
        """Carry an action out; return whether it counts as done.

        A refusal is an error of an honest player only if the action is still due. Otherwise somebody was first, or a
        reorg came. An action that it cannot pay for is a setback.
        """
        self.announce(action)
        try:
            self.perform(action)
        except Overtaken:
            return True  # The next turn decides by L1 as it is then.
        except InsufficientFunds as problem:
            self.note(action, problem)
            return False
        except Reverted as refusal:
            if self.is_honest and _is_due(action, decide):
                self.note(action, refusal)
                raise
            self.refused.append(refusal)
            return self.is_honest
        self.setbacks.overcome(action)
        return True

    def perform(self, action: Hashable) -> None:
        """Send the transaction for an action; raises Overtaken, or what the chain raises."""
        assert isinstance(action, Action)
        self.player.perform(action)

    def kept_for_games(self) -> int:
        """Return the wei that this player's games may still cost: the rest of a path in each game, with gas."""
        chain, total = self.rollup.l1, 0
        gas = TX_GAS_CAP * (2 * chain.backend.next_base_fee() + PRIORITY_FEE)
        for _, game in self.games():
            view = self.player.view(game)
            if view.claims and not view.over:
                deepest = max(claim.depth for claim in view.claims)
                total += gas + sum(view.bonds[deepest + 1 :: 2])
        return total

    def wakes_at(self) -> int | None:
        """Return L1's time, in seconds, of its next action without news; None if there is none."""
        times = [wakes_in_game(self.game(id, address), self.tactic) for id, address in self.games()]
        return min((time for time in times if time is not None and time > self.rollup.l1.now), default=None)


def _is_due(action: Hashable, decide: Callable[[], Sequence[Hashable]]) -> bool:
    try:
        return action in decide()
    except GoneByReorg:
        return False
