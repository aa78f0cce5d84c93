"""An honest party of a channel on chain, what any party decides by, and what it can do.

A strategy sees a `ChannelView` and returns actions; its runner carries them out. Off chain every party follows the
protocol of `harness.channels.end`, as long as it answers at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from harness.channels.judge import ChannelInfo
from harness.channels.types import Side, SignedState, Status


@dataclass(frozen=True, slots=True)
class ChannelView:
    """What a party decides by: the chain's view, and the states with the other side's signature, oldest first.

    ``answer`` is an answer of the other side that waits in the transaction pool; None if there is none.
    """

    now: int
    side: Side
    info: ChannelInfo
    complete: Sequence[SignedState]
    answer: SignedState | None = None

    def own_balance(self, signed: SignedState) -> int:
        """Return the wei that a state would pay this side."""
        return self.info.funds.balances(signed.state)[self.side]


@dataclass(frozen=True, slots=True)
class CloseWith:
    """Close one-sidedly with this state."""

    signed: SignedState


@dataclass(frozen=True, slots=True)
class AnswerWith:
    """Replace the posted state by this one; ``ahead`` of the pending answer in the same block."""

    signed: SignedState
    ahead: bool = False


@dataclass(frozen=True, slots=True)
class LockUp:
    """Lock own money in ``count`` payments that nobody will ever open."""

    count: int


Action = CloseWith | AnswerWith | LockUp


class ChannelStrategy(Protocol):
    """How a party behaves on chain."""

    def decide(self, view: ChannelView) -> tuple[Action, ...]:
        """Return the actions to take now."""

    def speaks(self, moves: int) -> bool:
        """Return whether the party still answers messages after this many of its moves."""


@dataclass(frozen=True, slots=True)
class Honest:
    """Closes with its newest state, and answers an older one with it."""

    def decide(self, view: ChannelView) -> tuple[Action, ...]:
        """Return a close, or an answer to an older state."""
        newest = view.complete[-1]
        if view.info.status is Status.OPEN:
            return (CloseWith(newest),)
        posted_is_older = view.info.status is Status.CLOSING and view.info.version < newest.version
        return (AnswerWith(newest),) if posted_is_older and view.now <= view.info.deadline else ()

    def speaks(self, moves: int) -> bool:
        """Return True: it always answers."""
        return True
