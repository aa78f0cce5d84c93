"""The sequencer: it takes users' transactions, orders them by arrival, and posts them to L1 in batches.

A test makes it dishonest by a fault: it censors senders, or it stops.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.rollup.errors import NotSequenced
from harness.rollup.machine.validity import L2Transaction


@dataclass(frozen=True, slots=True)
class PostBatch:
    """Post a batch that expects index ``index`` and ``delayed_before`` delayed messages consumed before it."""

    index: int
    delayed_before: int
    delayed_count: int
    data: bytes


@dataclass(frozen=True, slots=True)
class DraftView:
    """A batch that is not posted yet. ``begun_at`` is L1's time, in seconds, at its first block.

    ``is_next_block`` says that it must land in a later L1 block than the batch before: only that block adds its gas.
    """

    index: int
    delayed_before: int
    delayed_count: int
    data: bytes
    begun_at: int
    is_next_block: bool = False


@dataclass(frozen=True, slots=True)
class SequencerView:
    """The sequencer inbox and the drafts at one moment."""

    now: int
    batch_count: int
    delayed_count: int
    drafts: tuple[DraftView, ...]


@dataclass(frozen=True, slots=True)
class Censors:
    """Refuses the transactions of some ``senders``, each 20 bytes.

    It also refuses every delayed message, unless ``delayed`` is False.
    """

    senders: frozenset[bytes] = frozenset()
    delayed: bool = True

    def refuses(self, tx: L2Transaction) -> str | None:
        """Return the reason to refuse a transaction; None if it takes it."""
        return f"it censors 0x{tx.sender.hex()}" if tx.sender in self.senders else None

    @property
    def posts(self) -> bool:
        """Whether it posts batches."""
        return True


@dataclass(frozen=True, slots=True)
class Stopped:
    """Takes no transactions and posts no batches.

    It also refuses every delayed message, unless ``delayed`` is False.
    """

    delayed: bool = True

    def refuses(self, tx: L2Transaction) -> str | None:
        """Return the reason to refuse a transaction: it refuses all."""
        return "it is stopped"

    @property
    def posts(self) -> bool:
        """Whether it posts batches."""
        return False


Fault = Censors | Stopped


@dataclass(frozen=True, slots=True)
class Sequencer:
    """A sequencer: honest, or dishonest by its ``fault``.

    It posts a batch when the batch is ``patience`` seconds old.
    """

    fault: Fault | None = None
    patience: int = 0

    @property
    def takes_delayed(self) -> bool:
        """Whether its batches include delayed messages as soon as it sees them."""
        return self.fault is None or not self.fault.delayed

    def admit(self, tx: L2Transaction) -> None:
        """Raise NotSequenced for a transaction that its fault refuses."""
        reason = None if self.fault is None else self.fault.refuses(tx)
        if reason is not None:
            raise NotSequenced(reason)

    def decide(self, view: SequencerView) -> Sequence[PostBatch]:
        """Return the batches to post, in order: those old enough, while L1 is in the state that they expect."""
        if self.fault is not None and not self.fault.posts:
            return ()
        posts: list[PostBatch] = []
        index, delayed = view.batch_count, view.delayed_count
        for draft in view.drafts:
            # A draft after one that must wait would land on another state than it was made for.
            if (draft.index, draft.delayed_before) != (index, delayed) or draft.begun_at + self.patience > view.now:
                break
            if posts and draft.is_next_block:
                break
            posts.append(PostBatch(draft.index, draft.delayed_before, draft.delayed_count, draft.data))
            index, delayed = index + 1, draft.delayed_count
        return posts

    def wakes_at(self, view: SequencerView) -> int | None:
        """Return L1's time, in seconds, at which it acts next without news; None if it never does."""
        if not view.drafts or (self.fault is not None and not self.fault.posts):
            return None
        return view.drafts[0].begun_at + self.patience
