"""The proposer: it asserts L2's state after each range of batches with a bond, and confirms undisputed assertions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

from harness.agents.tactics import Tactic
from harness.dispute.assertion_trace import Truths
from harness.primitives.hashing import Tag, tagged_hash


def assertion_id(parent: bytes, end: int, root: bytes, attempt: int = 0) -> bytes:
    """Return H(ASSERTION, parent, end, root, attempt); ``attempt`` counts the root's earlier rejections there."""
    return tagged_hash(Tag.ASSERTION, parent, end, root, attempt)


class Status(IntEnum):
    """The status of an assertion on L1."""

    UNKNOWN = 0
    PENDING = 1
    CONFIRMED = 2
    REJECTED = 3


class FalseRoot(Protocol):
    """A fault of a proposer: the root that it claims instead of the true one."""

    def root(self, truths: Truths, start: int, end: int) -> bytes:
        """Return the output root that it asserts after ``end`` batches, on top of a parent that ends at ``start``."""


@dataclass(frozen=True, slots=True)
class WrongRoot:
    """Claims the right root with its last bit flipped. No machine has this root."""

    def root(self, truths: Truths, start: int, end: int) -> bytes:
        """Return the right root with its last bit flipped."""
        right = truths.node.idle_after(end).root
        return right[:-1] + bytes([right[-1] ^ 1])


@dataclass(frozen=True, slots=True)
class Propose:
    """Assert ``root`` on top of ``parent``.

    ``l1_block`` and ``l1_hash`` name the L1 block that the root was derived from. Comparisons ignore them. ``attempt``
    is how often this root was rejected on this parent.
    """

    parent: bytes
    root: bytes
    end: int
    l1_block: int = field(compare=False)
    l1_hash: bytes = field(compare=False)
    attempt: int = 0

    @property
    def id(self) -> bytes:
        """The id of the assertion that it makes."""
        return assertion_id(self.parent, self.end, self.root, self.attempt)


@dataclass(frozen=True, slots=True)
class Confirm:
    """Make an assertion final."""

    id: bytes


@dataclass(frozen=True, slots=True)
class WithdrawBonds:
    """Withdraw the credited bonds."""


Action = Propose | Confirm | WithdrawBonds


@dataclass(frozen=True, slots=True)
class AssertionView:
    """An assertion that is right in the proposer's eyes.

    ``is_contested`` says that a rival is alive, or that a game about it is open. If it is False, the assertion can be
    confirmed from the second ``confirmable_at`` on.
    """

    id: bytes
    end: int
    status: Status
    confirmable_at: int
    is_contested: bool


@dataclass(frozen=True, slots=True)
class ProposerView:
    """L1 at one moment, and the path of right assertions, from the newest confirmed one on.

    ``next_end`` is where a child of the last one ends. ``next_root`` is the root that the proposer would assert there;
    None while the batches are not posted. ``attempt`` is how often that root was rejected there. ``credit`` is in wei.
    """

    now: int
    l1_block: int
    l1_hash: bytes
    path: tuple[AssertionView, ...]
    next_end: int
    next_root: bytes | None
    credit: int
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Proposer:
    """A proposer: honest, or dishonest by its ``lie``. If ``confirms`` is False, it confirms no assertions.

    ``tactic`` is the way it defends its assertions in disputes; by default it follows the honest solver.
    """

    lie: FalseRoot | None = None
    confirms: bool = True
    tactic: Tactic | None = None

    def claim(self, truths: Truths, start: int, end: int) -> bytes:
        """Return the output root that it asserts after ``end`` batches, on top of a parent that ends at ``start``."""
        return truths.node.idle_after(end).root if self.lie is None else self.lie.root(truths, start, end)

    def decide(self, view: ProposerView) -> Sequence[Action]:
        """Return its actions: confirm what can be confirmed, take bonds back, assert the next range if it is posted."""
        actions: list[Action] = []
        if self.confirms:
            actions += self._confirmations(view)
        if view.credit:
            actions.append(WithdrawBonds())
        proposal = self.proposal(view)
        if proposal is not None and (proposal.attempt == 0 or self.lie is None):
            # An honest proposer bonds a rejected root again. A liar knows why its root was rejected.
            actions.append(proposal)
        return actions

    def proposal(self, view: ProposerView) -> Propose | None:
        """Return its next assertion; None while the batches are not posted."""
        if view.next_root is None:
            return None
        parent = view.path[-1].id
        return Propose(parent, view.next_root, view.next_end, view.l1_block, view.l1_hash, view.attempt)

    def _confirmations(self, view: ProposerView) -> list[Confirm]:
        """Return the possible confirmations, parents before children, up to the first that must wait."""
        found: list[Confirm] = []
        for entry in view.path:
            if entry.status is Status.CONFIRMED:
                continue
            if entry.is_contested or view.now < entry.confirmable_at:
                break
            found.append(Confirm(entry.id))
        return found

    def wakes_at(self, view: ProposerView) -> int | None:
        """Return the second at which it acts next without news; None if never."""
        pending = [entry for entry in view.path if entry.status is Status.PENDING]
        if not self.confirms or not pending or pending[0].is_contested:
            return None
        return pending[0].confirmable_at
