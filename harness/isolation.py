"""State that each test, and each Hypothesis example, starts with afresh.

A chain, or whatever else remembers things, joins with ``add``. A level is held by a test, an example or a fixture of
wider scope, for as long as pytest holds it: what happened within goes when the level is closed, and nothing else goes.

Levels need not nest. A session's fixture may be asked for first within a test, after what a module's fixture did, and
it outlives both. So the members' past is a row of spans, each of one level. Closing a level takes its spans out:
- the last ones by going back, as ever;
- one in the middle, in which nothing happened, by forgetting its marks;
- one in the middle of a member that has ``forget``, a chain's, by doing anew what came later (`harness.chain.history`);
- any other stays, with a warning, until the span after it is closed. What pytest holds is never taken from it.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol


class Restorable(Protocol):
    """What can go back to an earlier state of its own.

    Two more methods are optional. ``unchanged(earlier, later)`` says whether nothing happened between two marks; by
    default marks are compared. ``forget(marks)`` takes out what happened between the first two of several marks, the
    oldest first, and returns whether it could, and the marks anew; on failure the state is what it was.
    """

    def snapshot(self) -> Any:
        """Return a mark of the state now."""

    def restore(self, snapshot: Any) -> None:
        """Go back to a mark; later marks are dropped."""


class StaysUntilLater(UserWarning):
    """What one level did stays on the chain, because another one that is still held came after it."""


@dataclass(slots=True, eq=False)
class Level:
    """What a test, an example or a fixture of wider scope holds; ``active`` while its own code may run."""

    name: str
    active: bool = True


@dataclass(slots=True, eq=False)
class _Span:
    """A stretch of the past that is of one level; the marks of its start by the members' ids, in order of joining."""

    level: Level
    marks: dict[int, Any] = field(default_factory=dict)


class Isolation:
    """The members and the levels open on them; ``seed`` is the run's seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._members: list[Restorable] = []
        self._spans: list[_Span] = []
        self._current = ""

    def add(self, member: Restorable) -> None:
        """Let a member join; one that joins within a test is put back to its state of now when the test ends."""
        self._members.append(member)
        for span in self._spans:
            span.marks[id(member)] = member.snapshot()
        self._reseed(member)

    def remove(self, member: Restorable) -> None:
        """Forget a member, which is about to be closed."""
        self._members = [other for other in self._members if other is not member]
        for span in self._spans:
            span.marks.pop(id(member), None)

    # -- levels

    def open(self, name: str = "") -> Level:
        """Mark the state of every member: what happens from now on is of a new level, until another one is opened."""
        level = Level(name)
        self._begin_span(level)
        return level

    def settle(self, level: Level) -> None:
        """A fixture stands: what happens next is of the level below it whose code goes on, if there is one.

        A level within which nothing happened keeps no marks.
        """
        level.active = False
        below = next((span.level for span in reversed(self._spans) if span.level.active), None)
        self._begin_span(below or level)
        last, now = self._spans[-2:]
        if last.level is level and all(_unchanged(member, last, now) for member in self._members):
            del self._spans[-2:]
        elif below is None:
            self._spans.pop()

    def resume(self, level: Level) -> None:
        """A fixture's teardown begins: what happens next is of its level again."""
        level.active = True
        self._begin_span(level)

    def close(self, level: Level) -> None:
        """Take out all that is of this level, the newest first."""
        for place in reversed(range(len(self._spans))):
            if self._spans[place].level is level:
                self._take_out(place)

    @contextmanager
    def example(self, name: str = "") -> Iterator[None]:
        """Open a level for the body, with the seed as it is at its start."""
        level = self.open(name)
        try:
            self.reseed(self._current)
            yield
        finally:
            self.close(level)

    def _begin_span(self, level: Level) -> None:
        self._spans.append(_Span(level, {id(member): member.snapshot() for member in self._members}))

    def _take_out(self, place: int) -> None:
        span = self._spans.pop(place)
        later = self._spans[place:]
        if not later:
            for member in reversed(self._members):
                member.restore(span.marks[id(member)])
            return
        changed = [member for member in self._members if not _unchanged(member, span, later[0])]
        can_forget = all(hasattr(member, "forget") for member in changed)
        if not (can_forget and all([_forget(member, span, later) for member in changed])):
            later[0].marks = span.marks
            warnings.warn(
                f"what {span.level.name} did stays until {later[0].level.name} ends, which was set up after it and"
                f" cannot be separated from it; ask for {later[0].level.name} first",
                StaysUntilLater,
                stacklevel=2,
            )

    # -- seeds

    def reseed(self, test: str = "") -> None:
        """Give every member that takes one the seed of a test: a function of the run's seed and the test's id alone.

        No id stands for what runs between tests, such as the fixtures of wider scope.
        """
        self._current = test
        for member in self._members:
            self._reseed(member)

    def seed_of(self, test: str) -> int:
        """Return the seed of a test, below 2**63."""
        return int.from_bytes(hashlib.sha256(f"{self.seed}\0{test}".encode()).digest()[:8], "big") >> 1

    def _reseed(self, member: Restorable) -> None:
        reseed = getattr(member, "reseed", None)
        if reseed is not None:
            reseed(self.seed_of(self._current))


def _unchanged(member: Any, earlier: _Span, later: _Span) -> bool:
    marks = earlier.marks[id(member)], later.marks[id(member)]
    same = getattr(member, "unchanged", None)
    return bool(marks[0] == marks[1] if same is None else same(*marks))


def _forget(member: Any, span: _Span, later: list[_Span]) -> bool:
    """Take a span out of a member's past; the later spans get its new marks."""
    spans = [span, *later]
    done, marks = member.forget([each.marks[id(member)] for each in spans])
    for each, mark in zip(spans, marks, strict=True):
        each.marks[id(member)] = mark
    return bool(done)
