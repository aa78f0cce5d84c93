"""State that each test, and each Hypothesis example, starts with afresh.

A chain, or whatever else remembers things, joins with ``add``. A level is opened around a test, a fixture of wider
scope or an example; closing it puts every member back to where it stood. Levels nest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol


class Restorable(Protocol):
    """What can go back to an earlier state of its own."""

    def snapshot(self) -> Any:
        """Return a mark of the state now."""

    def restore(self, snapshot: Any) -> None:
        """Go back to a mark; later marks are dropped."""


@dataclass(slots=True, eq=False)
class Level:
    """The marks taken when the level was opened, in the order in which the members joined."""

    marks: list[tuple[Restorable, Any]] = field(default_factory=list)


class Isolation:
    """The members and the levels open on them; ``seed`` is the run's seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._members: list[Restorable] = []
        self._levels: list[Level] = []
        self._current = ""

    def add(self, member: Restorable) -> None:
        """Let a member join; one that joins within a test is put back to its state of now when the test ends."""
        for level in self._levels:
            level.marks.append((member, member.snapshot()))
        self._members.append(member)
        self._reseed(member)

    def remove(self, member: Restorable) -> None:
        """Forget a member, which is about to be closed."""
        self._members = [other for other in self._members if other is not member]
        for level in self._levels:
            level.marks = [mark for mark in level.marks if mark[0] is not member]

    def open(self) -> Level:
        """Mark the state of every member."""
        level = Level([(member, member.snapshot()) for member in self._members])
        self._levels.append(level)
        return level

    def close(self, level: Level) -> None:
        """Put every member back to the mark of this level; levels opened since are gone."""
        if level not in self._levels:
            return
        del self._levels[self._levels.index(level) :]
        for member, mark in reversed(level.marks):
            member.restore(mark)

    @contextmanager
    def example(self) -> Iterator[None]:
        """Open a level for the body, with the seed as it is at its start."""
        level = self.open()
        try:
            self.reseed(self._current)
            yield
        finally:
            self.close(level)

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
