"""An agent's turn. It takes each action on its own, so that one failure does not prevent the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from harness.chain.errors import InsufficientFunds, TransactionRejected


@dataclass(frozen=True, slots=True)
class Setback:
    """An action that an agent decided on and could not carry out. The agent tries again while it decides the same.

    ``error`` is the error that the ``action`` raised. ``time`` is L1's time then, in seconds.
    """

    agent: str
    action: Hashable
    error: Exception
    time: int = field(compare=False)

    @property
    def is_unaffordable(self) -> bool:
        """Whether only the money was missing."""
        return isinstance(self.error, InsufficientFunds)

    def __str__(self) -> str:
        return f"{self.agent} could not {_verb(self.action)}: {_first_line(self.error)}"


class KeptForDefence(InsufficientFunds):
    """The account could pay, but then it could not answer in the games in which its assertions are attacked."""

    def __init__(self, sender: str, balance: int, required: int, kept: int) -> None:
        super().__init__(sender, balance, required)
        self.args = (
            f"balance of {sender} is {balance} wei, of which {kept} are kept for games; {required} are needed",
        )
        self.kept = kept


class Setbacks(list[Setback]):
    """The setbacks of one agent. Each counts once until its action succeeds."""

    def __init__(self, report: Callable[[Setback], None] = lambda _: None) -> None:
        super().__init__()
        self._open: frozenset[tuple[Hashable, type[Exception]]] = frozenset()
        self._report = report

    def note(self, setback: Setback) -> None:
        """Add a setback, unless the same one is noted already."""
        key = setback.action, type(setback.error)
        if key not in self._open:
            self._open |= {key}
            self.append(setback)
            self._report(setback)

    def overcome(self, action: Hashable) -> None:
        """Note that an action succeeded; its next failure counts anew."""
        self._open = frozenset(key for key in self._open if key[0] != action)

    def snapshot(self) -> object:
        """Return a mark for `restore`."""
        return tuple(self), self._open

    def restore(self, snapshot: Any) -> None:
        """Return to a mark."""
        self[:], self._open = snapshot


class Turn:
    """Collects errors, and raises one at the end of the turn."""

    def __init__(self) -> None:
        self.done = 0
        self.errors: list[Exception] = []

    @contextmanager
    def part(self) -> Iterator[None]:
        """Run one part of the turn. Keeps its error for `end`."""
        try:
            yield
        except Exception as error:
            self.errors.append(error)

    def end(self) -> int:
        """Return the number of actions done.

        Raises the first error that is not a rejected transaction. If there is none, raises the first error.
        """
        if not self.errors:
            return self.done
        worst = next((error for error in self.errors if not isinstance(error, TransactionRejected)), self.errors[0])
        for other in self.errors:
            if other is not worst:
                worst.add_note(f"in the same turn, {type(other).__name__}: {_first_line(other)}")
        raise worst


def _verb(action: Hashable) -> str:
    """Return an action's name in words, for example "withdraw bonds"."""
    return action if isinstance(action, str) else re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(action).__name__).lower()


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
