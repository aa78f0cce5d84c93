"""How a party of a channel behaves on chain: honest and dishonest strategies, each a pure decision.

A strategy sees a `ChannelView` and names actions; its runner carries them out. Off chain all of them follow the
protocol of `harness.channels.end`, as long as they answer at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from harness.channels.journal import MemoryJournal, Record
from harness.channels.judge import ChannelInfo
from harness.channels.types import Side, SignedState, Status


@dataclass(frozen=True, slots=True)
class ChannelView:
    """What a strategy decides by: the chain's view, and the states with the other side's signature, oldest first.

    ``answer`` is an answer of the other side that waits in the transaction pool; None if there is none.
    """

    now: int
    side: Side
    info: ChannelInfo
    complete: Sequence[SignedState]
    answer: SignedState | None = None

    def own_balance(self, signed: SignedState) -> int:
        """Return what a state would pay this side."""
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
    """One way to behave."""

    def decide(self, view: ChannelView) -> tuple[Action, ...]:
        """Return the actions to take now."""

    def speaks(self, moves: int) -> bool:
        """Return whether it still answers messages after this many of its moves."""


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


class Crash(Exception):
    """A party's process ends here."""


@dataclass(slots=True)
class CrashingJournal:
    """A journal whose process dies at the ``left``-th next record: before the record is written, or just after."""

    inner: MemoryJournal = field(default_factory=MemoryJournal)
    left: int = -1
    written: bool = False

    def arm(self, left: int, *, written: bool) -> None:
        """Crash at the ``left``-th next record, after it is written if ``written``."""
        self.left, self.written = left, written

    def append(self, record: Record) -> None:
        """Keep a record; raises Crash when it is due."""
        if self.left == 0:
            self.left = -1
            if self.written:
                self.inner.append(record)
            raise Crash(record[0])
        self.left -= self.left > 0
        self.inner.append(record)

    def records(self) -> Iterator[Record]:
        """Return the kept records, oldest first."""
        return self.inner.records()
