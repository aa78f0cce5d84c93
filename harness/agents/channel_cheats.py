"""Dishonest parties of a channel on chain, and every strategy by its name."""

from __future__ import annotations

from dataclasses import dataclass

from harness.agents.channel_party import Action, AnswerWith, ChannelStrategy, ChannelView, CloseWith, Honest, LockUp
from harness.channels.types import Status


@dataclass(frozen=True, slots=True)
class Stale(Honest):
    """Closes with the state that pays itself most, although newer ones exist."""

    def decide(self, view: ChannelView) -> tuple[Action, ...]:
        """Return a close with the state that pays itself most."""
        if view.info.status is not Status.OPEN:
            return ()
        return (CloseWith(max(view.complete, key=view.own_balance)),)


@dataclass(frozen=True, slots=True)
class Unresponsive(Honest):
    """Answers no message after some moves and does nothing on chain, so the other side must close alone."""

    after: int = 3

    def decide(self, view: ChannelView) -> tuple[Action, ...]:
        """Return no action."""
        return ()

    def speaks(self, moves: int) -> bool:
        """Return whether it still answers: for its first ``after`` moves."""
        return moves < self.after


@dataclass(frozen=True, slots=True)
class Jamming(Honest):
    """Fills the channel with locks that it neither opens nor gives up."""

    count: int = 5

    def decide(self, view: ChannelView) -> tuple[Action, ...]:
        """Return the locks that are missing."""
        newest = view.complete[-1]
        mine = [lock for lock in newest.locks if lock.payer is view.side]
        if view.info.status is Status.OPEN and len(mine) < self.count and view.own_balance(newest) > self.count:
            return (LockUp(self.count - len(mine)),)
        return ()


@dataclass(frozen=True, slots=True)
class FrontRunning(Stale):
    """A stale closer that sees the answer coming, and posts a state between the two just before it.

    It hopes that the answer then fails, or that it seems to have corrected itself.
    """

    def decide(self, view: ChannelView) -> tuple[Action, ...]:
        """Return a stale close, or a state just before the pending answer."""
        if view.info.status is Status.CLOSING and view.answer is not None:
            between = [s for s in view.complete if view.info.version < s.version < view.answer.version]
            return (AnswerWith(max(between, key=view.own_balance), ahead=True),) if between else ()
        return Stale.decide(self, view)


STRATEGIES: dict[str, ChannelStrategy] = {
    "honest": Honest(),
    "stale": Stale(),
    "silent": Unresponsive(),
    "jamming": Jamming(),
    "front-running": FrontRunning(),
}
