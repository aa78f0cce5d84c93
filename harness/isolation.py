"""The state from which each test, and each Hypothesis example, starts.

A chain, or another object that remembers things, joins with ``add``. A test, an example or a fixture of wider scope
holds a level as long as pytest holds its value. Closing the level takes back what happened within it, and nothing else.

Levels need not nest. A test may be the first to ask for a session's fixture, after what a module's fixture did, and the
session's fixture outlives both. So the members' past is a row of spans, each of one level. Closing a level removes its
spans:
- the last spans, by going back;
- a span in the middle in which nothing happened, by forgetting its marks;
- a span in the middle of a member with ``forget``, by redoing what came later (`harness.chain.history`);
- any other span stays until the span after it is closed, and a warning says so.

What pytest still holds is never taken back.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol


class Restorable(Protocol):
    """An object that can return to an earlier state of its own.

    Two more methods are optional. ``unchanged(earlier, later)`` returns whether nothing happened between two marks;
    without it marks are compared. ``forget(marks)`` takes out what happened between the first two of several marks,
    oldest first; it returns whether it could, and the new marks. If it could not, the state is what it was.
    """

    def snapshot(self) -> Any:
        """Return a mark of the current state."""

    def restore(self, snapshot: Any) -> None:
        """Return to a mark; later marks become invalid."""


class StaysUntilLater(UserWarning):
    """What one level did stays on the chain, because a later level that is still held cannot be separated from it."""


@dataclass(slots=True, eq=False)
class Level:
    """A level of a test, an example or a fixture of wider scope; ``active`` while its own code may run."""

    name: str
    active: bool = True


@dataclass(slots=True, eq=False)
class _Span:
    """A stretch of the past that belongs to one level; ``marks`` are those of its start, by the members' ids."""

    level: Level
    marks: dict[int, Any] = field(default_factory=dict)


class Isolation:
    """The members, and the levels open on them; ``seed`` is the run's seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._members: list[Restorable] = []
        self._spans: list[_Span] = []
        self._current = ""

    def add(self, member: Restorable) -> None:
        """Let an object join. If it joins within a test, it returns to its present state when the test ends."""
        self._members.append(member)
        for span in self._spans:
            span.marks[id(member)] = member.snapshot()
        self._reseed(member)

    def remove(self, member: Restorable) -> None:
        """Forget a member, before it is closed."""
        self._members = [other for other in self._members if other is not member]
        for span in self._spans:
            span.marks.pop(id(member), None)

    # -- levels

    def open(self, name: str = "") -> Level:
        """Mark the state of every member; what happens from now on belongs to a new level, until another one opens."""
        level = Level(name)
        self._begin_span(level)
        return level

    def settle(self, level: Level) -> None:
        """Note that a fixture is set up; what happens next belongs to the level below whose code continues.

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
        """Note that a fixture's teardown begins; what happens next belongs to its level again."""
        level.active = True
        self._begin_span(level)

    def close(self, level: Level) -> None:
        """Take back everything that belongs to this level, newest first."""
        for place in reversed(range(len(self._spans))):
            if self._spans[place].level is level:
                self._take_out(place)

    @contextmanager
    def example(self, name: str = "") -> Iterator[None]:
        """Open a level for the body, with the test's seed."""
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
        """Give every member with ``reseed`` the seed of a test.

        The seed depends on the run's seed and the test's id alone. An empty id stands for code between tests, such as
        fixtures of wider scope.
        """
        self._current = test
        for member in self._members:
            self._reseed(member)

    def seed_of(self, test: str) -> int:
        """Return the seed of a test, from 0 to 2**63 - 1."""
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
