"""The runner steps agents until a condition holds, or until nobody has anything left to do.

It warps time in between.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Protocol

from harness.agents.turns import Setback, Turn
from harness.chain.chain import Chain
from harness.errors import HarnessError


class NeverHappened(HarnessError):
    """The condition did not hold when the agents went quiet, or had taken too many turns.

    ``wanted`` is what was awaited. ``evidence`` says for each thing that could move why it does not.
    """

    def __init__(self, wanted: str, turns: int, reason: str, evidence: Sequence[str] = ()) -> None:
        super().__init__("\n  - ".join((f"{wanted} did not happen: {reason} after {turns} turns", *evidence)))
        self.wanted = wanted
        self.turns = turns
        self.reason = reason
        self.evidence = tuple(evidence)


class Participant(Protocol):
    """An agent with its account and its view, as the runner steps it."""

    name: str

    def play(self) -> int:
        """Decide once by the view of now and carry it out; return the number of actions."""

    def wakes_at(self) -> int | None:
        """Return the time, in seconds, of its next action without news; None if there is none."""


class Runner:
    """Steps participants in the order in which they joined, and warps L1 to the next time that one waits for."""

    def __init__(self, chain: Chain, explain: Callable[[], Sequence[str]] = tuple) -> None:
        """``explain`` says why nothing moves."""
        self.chain = chain
        self._explain = explain
        self._participants: list[Participant] = []
        self.setbacks: list[Setback] = []
        """What agents decided on and could not carry out, oldest first."""
        self.watchers: list[Callable[[Participant, Hashable], None]] = []
        """They hear of each action of an agent just before it is carried out."""
        self._awaited: list[int] = []

    @property
    def members(self) -> tuple[Participant, ...]:
        """Every participant, in the order of their turns."""
        return tuple(self._participants)

    def join(self, *participants: Participant) -> None:
        """Let participants play from now on, after those who are there. Who is there already keeps its turn."""
        self._participants += [each for each in participants if not any(each is known for known in self._participants)]

    def leave(self, *participants: Participant) -> None:
        """Stop stepping participants."""
        self._participants = [known for known in self._participants if not any(known is each for each in participants)]

    def step(self) -> int:
        """Let each participant play once; return the number of actions.

        If a participant fails, the others still play; then the error is raised.
        """
        turn = Turn()
        for participant in tuple(self._participants):
            with turn.part(), self.chain.backend.steady():
                turn.done += participant.play()
        return turn.end()

    def settle(self, limit: int = 1_000) -> int:
        """Step at the present time until a turn passes without an action; return the number of actions."""
        total = 0
        for _ in range(limit):
            done = self.step()
            if not done:
                return total
            total += done
        raise NeverHappened("quiet", limit, "somebody always acted")

    def run_until(self, condition: Callable[[], object], wanted: str = "", limit: int = 1_000) -> int:
        """Step, and warp when nobody acts, until ``condition()`` is true; return the number of turns.

        Raises NeverHappened, and GoneByReorg if a reorg took away what the condition is about.
        """
        for turn in range(limit):
            if self._holds(condition):
                return turn
            if not self.step() and not self._holds(condition) and not self._warp():
                raise self._never(condition, wanted, turn, "nobody acted, and nobody waited for a later time")
        raise self._never(condition, wanted, limit, "it still did not hold")

    def _holds(self, condition: Callable[[], object]) -> bool:
        with self.chain.backend.steady():
            return bool(condition())

    def _never(self, condition: Callable[[], object], wanted: str, turns: int, reason: str) -> NeverHappened:
        """Return the error that says what was awaited, and why it did not come.

        Raises GoneByReorg if there is nothing left to wait for.
        """
        reasons = list(self._explain())
        about = getattr(getattr(condition, "__self__", None), "waits_for", None)
        if about is not None and about not in reasons:
            reasons.insert(0, about)
        return NeverHappened(wanted or _name(condition), turns, reason, reasons)

    def run_until_quiet(self, limit: int = 1_000) -> int:
        """Step and warp until nobody will ever act again; return the number of turns.

        Raises NeverHappened after ``limit`` turns.
        """
        for turn in range(limit):
            if not self.step() and not self._warp():
                return turn
        raise NeverHappened("quiet", limit, "somebody always acted")

    def _warp(self) -> bool:
        """Give the next block the earliest time that a participant waits for; return False if nobody waits.

        A refused transaction counts as no action, yet takes time. If it took L1 past an awaited time, everybody plays
        once more before anything else is awaited.
        """
        now = self.chain.now
        awaited, self._awaited = self._awaited, []
        if any(time <= now for time in awaited):
            return True
        times = [time for each in self._participants if (time := each.wakes_at()) is not None and time > now]
        if not times:
            return False
        soonest = min(times)
        self._awaited = [time for time in times if time > soonest]
        self.chain.warp(to=soonest)
        return True

    # -- isolation

    def snapshot(self) -> object:
        """Return a mark for `restore`."""
        return tuple(self._participants), tuple(self.setbacks)

    def restore(self, snapshot: Any) -> None:
        """Return to a mark."""
        participants, setbacks = snapshot
        # The list is changed in place because reporters of setbacks keep it.
        self._participants[:], self.setbacks[:] = participants, setbacks
        self._awaited = []


def _name(condition: Callable[[], object]) -> str:
    """Return a condition as its author wrote it."""
    subject = getattr(condition, "__self__", None)
    if subject is not None:
        return f"{condition.__name__} of {subject!r}"
    name = getattr(condition, "__qualname__", "the condition")
    if "<lambda>" not in name:
        return name
    try:
        lines, _ = inspect.getsourcelines(condition)
    except (OSError, TypeError):
        return name
    return "\n".join(lines).strip()
