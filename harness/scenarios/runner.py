"""Steps agents until a condition holds, or until nobody has anything left to do, warping time in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from harness.chain.chain import Chain
from harness.errors import HarnessError


class NeverHappened(HarnessError):
    """The agents went quiet, or took too many turns, before the condition held."""

    def __init__(self, wanted: str, turns: int, reason: str) -> None:
        super().__init__(f"{wanted} did not happen: {reason} after {turns} turns")
        self.wanted = wanted
        self.turns = turns
        self.reason = reason


class Participant(Protocol):
    """An agent with its account and its view, as the runner steps it."""

    name: str

    def play(self) -> int:
        """Decide once on the view of now and carry it out; the number of actions."""

    def wakes_at(self) -> int | None:
        """Time, in seconds, of its next action if nothing new happens; None if there is none."""


class Runner:
    """Plays participants in the order in which they joined. Nothing sleeps: time is warped to the next moment that
    matters.
    """

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.participants: list[Participant] = []
        self._awaited: list[int] = []

    def step(self) -> int:
        """Let each participant play once; the number of actions."""
        return sum(participant.play() for participant in tuple(self.participants))

    def settle(self, limit: int = 1_000) -> int:
        """Step until a turn passes without an action, at the time of now; the number of actions."""
        total = 0
        for _ in range(limit):
            done = self.step()
            if not done:
                return total
            total += done
        raise NeverHappened("quiet", limit, "somebody always acted")

    def run_until(self, condition: Callable[[], object], wanted: str = "", limit: int = 1_000) -> int:
        """Step, and warp when nobody acts, until ``condition()`` is true; the number of turns. Raises NeverHappened."""
        name = wanted or getattr(condition, "__qualname__", "the condition")
        for turn in range(limit):
            if condition():
                return turn
            if not self.step() and not condition() and not self._warp():
                raise NeverHappened(name, turn, "everybody was quiet and no time to wait for")
        raise NeverHappened(name, limit, "it still did not hold")

    def run_until_quiet(self, limit: int = 1_000) -> int:
        """Step and warp until nobody will do anything any more; the number of turns."""
        for turn in range(limit):
            if not self.step() and not self._warp():
                return turn
        raise NeverHappened("quiet", limit, "somebody always acted")

    def _warp(self) -> bool:
        """Set the time of the next block to the earliest moment that a participant waits for; False if there is
        none.

        Transactions that are refused count as no action, and yet take time: where they took it past a moment that was
        waited for, everybody plays once more before anything else is waited for.
        """
        now = self.chain.now
        awaited, self._awaited = self._awaited, []
        if any(time <= now for time in awaited):
            return True
        times = [time for each in self.participants if (time := each.wakes_at()) is not None and time > now]
        if not times:
            return False
        soonest = min(times)
        self._awaited = [time for time in times if time > soonest]
        self.chain.warp(to=soonest)
        return True
