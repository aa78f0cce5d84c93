"""The challenger: it disputes wrong assertions, plays their games to the end, and confirms right assertions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.agents.lies.claims import TraceLie
from harness.agents.proposer import Confirm, WithdrawBonds
from harness.agents.tactics import Knowledge, Silent, Sound, Tactic
from harness.dispute.actions import Action as GameAction
from harness.dispute.actions import Open
from harness.dispute.assertion_trace import END
from harness.dispute.view import GameView, L1Block, Outcome

MIDDLE = END // 2
"""The number of steps that the first attack on a root is about."""

Action = GameAction | Confirm | WithdrawBonds


@dataclass(frozen=True, slots=True)
class GameInPlay:
    """A game, and what the player knows of its range."""

    view: GameView
    know: Knowledge


@dataclass(frozen=True, slots=True)
class PendingAssertion:
    """An undecided assertion at one moment.

    ``right_root`` is the root that the player's own node derives at its end; None while L1 lacks some of its batches.
    ``is_parent_right`` says that its parent's root is right. ``is_disputable`` says that it has no game and may have
    one. ``confirmable_at`` is the first second at which it can be confirmed; None if a rival or a game prevents that.
    """

    id: bytes
    root: bytes
    right_root: bytes | None
    is_parent_right: bool
    is_disputable: bool
    confirmable_at: int | None
    know: Knowledge

    @property
    def is_wrong(self) -> bool:
        """Whether its root is wrong and its parent's is right. If the parent's is wrong, only that is disputed."""
        return self.right_root is not None and self.is_parent_right and self.root != self.right_root


@dataclass(frozen=True, slots=True)
class ChallengerView:
    """L1 at one moment. It may hold only some games and assertions, since each of them is decided on by itself.

    ``seen`` is the L1 block that the view depends on. ``credit`` is the wei that the chain of assertions owes the
    challenger.
    """

    now: int
    seen: L1Block
    credit: int = 0
    games: tuple[GameInPlay, ...] = ()
    assertions: tuple[PendingAssertion, ...] = ()


def play_game(game: GameInPlay, tactic: Tactic) -> list[GameAction]:
    """Return the actions in one game. On top of a wrong parent there is no right answer, so the player stays silent."""
    view, know = game.view, game.know
    if view.over and view.outcome is not Outcome.VOID and not view.credits.get(know.account):
        return []
    has_answer = view.orphaned or view.prestate == know.trace.hash_at(0)
    return (tactic if has_answer else Silent()).decide(view, know)


def wakes_in_game(game: GameInPlay, tactic: Tactic) -> int | None:
    """Return the second at which the player acts next if nobody else does anything; None if never."""
    view = game.view
    if view.over:
        return None
    times = [tactic.wakes(view, game.know), view.ends]
    if view.outcome is Outcome.UNDECIDED:
        times.append(view.decided_at)
    return min((time for time in times if time is not None and time > view.now), default=view.ends)


@dataclass(frozen=True, slots=True)
class Challenger:
    """A challenger: honest, or with a ``lie`` one that defends another L2 in its games.

    ``tactic`` is the way it plays; by default it follows the honest solver. ``about`` names the assertions whose games
    it plays; by default it plays all. If ``opens`` is False, it opens no games. If ``confirms`` is False, it confirms
    no assertions.
    """

    lie: TraceLie | None = None
    tactic: Tactic | None = None
    about: frozenset[bytes] | None = None
    opens: bool = True
    confirms: bool = True

    def decide(self, view: ChallengerView) -> Sequence[Action]:
        """Return its actions: take credited bonds, play all games, confirm right assertions, dispute wrong ones."""
        actions: list[Action] = [WithdrawBonds()] if view.credit else []
        for game in view.games:
            actions += play_game(game, self.tactic or Sound())
        for assertion in view.assertions:
            at = assertion.confirmable_at
            if at is not None and at <= view.now and self.stands_for(assertion):
                actions.append(Confirm(assertion.id))
            elif self.opens and assertion.is_disputable and self.disputes(assertion):
                actions.append(self.opening(assertion.id, assertion.know, view.seen))
        return actions

    def opening(self, assertion: bytes, know: Knowledge, seen: L1Block) -> Open:
        """Return the first attack on an assertion's root."""
        return Open(assertion, know.trace.hash_at(MIDDLE), seen)

    def disputes(self, assertion: PendingAssertion) -> bool:
        """Return whether it opens the assertion's game."""
        return assertion.is_wrong

    def stands_for(self, assertion: PendingAssertion) -> bool:
        """Return whether it confirms an assertion. It confirms those that it would make itself."""
        if not self.confirms or assertion.right_root is None:
            return False
        right = assertion.right_root if self.lie is None else assertion.know.trace.hash_at(END)
        return assertion.root == right

    def wakes_at(self, view: ChallengerView) -> int | None:
        """Return the second at which it acts next without news; None if never."""
        times = [wakes_in_game(game, self.tactic or Sound()) for game in view.games]
        for assertion in view.assertions:
            at = assertion.confirmable_at
            if at is not None and at > view.now and self.stands_for(assertion):
                times.append(at)
        return min((time for time in times if time is not None and time > view.now), default=None)


@dataclass(frozen=True, slots=True)
class Accuser(Challenger):
    """Disputes every assertion that its own trace contradicts. With a ``lie``, these are the right ones."""

    def disputes(self, assertion: PendingAssertion) -> bool:
        """Return whether the assertion contradicts its own trace."""
        return assertion.root != assertion.know.trace.hash_at(END)
