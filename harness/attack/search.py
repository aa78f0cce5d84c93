"""A search that combines moves: it goes on from games whose state, or whose revert, was new, and shortens a finding.

A game is a sequence of words. Each word is the seed of one move, so that the same words play the same game, and any of
them can be left out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from harness.adapters.errors import NotApplicable
from harness.attack.attack import Attack, Found
from harness.attack.stage import Stage

NAME = "moves combined"

Word = str
"""One move as the seed of what it does."""


@dataclass(slots=True)
class Pool:
    """Sequences of words that led to something new: a revert, or a state that no game had before.

    A game has at least four words, and at most ``length``.
    """

    random: Random
    length: int = 24
    seen: set[Any] = field(default_factory=set)
    kept: list[tuple[Word, ...]] = field(default_factory=list)

    def draw(self) -> list[Word]:
        """Return words to play: a beginning that was new before, and further ones."""
        words: list[Word] = []
        if self.kept and self.random.random() < 0.7:
            chosen = self.random.choice(self.kept)
            words = list(chosen[: self.random.randint(1, len(chosen))])
        length = self.random.randint(4, self.length)
        return words + [str(self.random.getrandbits(40)) for _ in range(max(0, length - len(words)))]

    def note(self, words: tuple[Word, ...], state: Any) -> None:
        """Keep a beginning if the state that it led to is new."""
        if state not in self.seen:
            self.seen.add(state)
            self.kept.append(words)


@dataclass(frozen=True, slots=True)
class Search:
    """Looks for moves that break a promise together.

    ``one`` plays one game of words on a stage to its end, and notes what was new in a pool, if it gets one; it raises
    `Found`. A search without a budget plays ``tries`` games of up to ``length`` words.
    """

    one: Callable[[Stage, Sequence[Word], Pool | None], str]
    tries: int = 40
    length: int = 24

    def __call__(self, moves: tuple[Word, ...]) -> Attack:
        """Return the attack that plays these words, or that looks for some."""
        play = (lambda stage: self.one(stage, moves, None)) if moves else self.look
        return Attack(NAME, "moves that are harmless alone break a promise together", play)

    def look(self, stage: Stage) -> str:
        """Play games until the budget is spent.

        Raises `Found` with the fewest words that show it, and NotApplicable if no game fits the budget.
        """
        pool = Pool(stage.random, self.length)
        played = 0
        start = stage.chain.snapshot()

        def play(words: Sequence[Word], noted: Pool | None) -> Found | None:
            stage.chain.restore(start)
            try:
                self.one(Stage(stage.chain, stage.kind, stage.contracts, seed=stage.seed), words, noted)
            except Found as found:
                return found
            return None

        until = None if stage.budget is None else time.monotonic() + stage.budget
        while played < self.tries if until is None else time.monotonic() < until:
            words = pool.draw()
            if (found := play(words, pool)) is not None:
                raise shortest(words, found, lambda fewer: play(fewer, None))
            played += 1
        if not played:
            raise NotApplicable(f"the budget of {stage.budget:g} s ended before the first game")
        return f"{played} games, {len(pool.seen)} states and reverts that were new"


def shortest(words: Sequence[Word], found: Found, play: Callable[[Sequence[Word]], Found | None]) -> Found:
    """Leave out each word without which the same promise still breaks; return what is found with the words left."""
    left = list(words)
    for place in reversed(range(len(left))):
        fewer = left[:place] + left[place + 1 :]
        again = play(fewer) if fewer else None
        if again is not None and again.broke == found.broke:
            left, found = fewer, again
    return Found(found.broke, found.evidence, gained=found.gained, lost=found.lost, moves=tuple(left))
