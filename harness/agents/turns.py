"""An agent's turn: each of its actions on its own, so that one that fails leaves no other undone."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from harness.chain.errors import InsufficientFunds, TransactionRejected


@dataclass(frozen=True, slots=True)
class Setback:
    """An action that an agent decided on and could not carry out; it is tried again as long as it is to be done.

    ``action`` is what was to be done, ``error`` what became of it, ``time`` the time of L1 then, in seconds.
    """

    agent: str
    action: Hashable
    error: Exception
    time: int = field(compare=False)

    @property
    def is_unaffordable(self) -> bool:
        """Whether nothing but money was missing."""
        return isinstance(self.error, InsufficientFunds)

    def __str__(self) -> str:
        return f"{self.agent} could not {_verb(self.action)}: {_first_line(self.error)}"


class KeptForDefence(InsufficientFunds):
    """The account could pay, but not and still answer in the games in which its assertions are attacked."""

    def __init__(self, sender: str, balance: int, required: int, kept: int) -> None:
        super().__init__(sender, balance, required)
        self.args = (
            f"balance of {sender} is {balance} wei, of which {kept} are kept for games; {required} are needed",
        )
        self.kept = kept


class Setbacks(list[Setback]):
    """The setbacks of one agent; each is noted once, until its action succeeds."""

    def __init__(self, tell: Callable[[Setback], None] = lambda _: None) -> None:
        super().__init__()
        self._open: frozenset[tuple[Hashable, type[Exception]]] = frozenset()
        self._tell = tell

    def note(self, setback: Setback) -> None:
        """Add a setback, unless the same one is noted already."""
        key = setback.action, type(setback.error)
        if key not in self._open:
            self._open |= {key}
            self.append(setback)
            self._tell(setback)

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
    """Collects what fails, and raises it when everything else is done."""

    def __init__(self) -> None:
        self.done = 0
        self.errors: list[Exception] = []

    @contextmanager
    def part(self) -> Iterator[None]:
        """One thing to do, whose failure is kept for `end`."""
        try:
            yield
        except Exception as error:
            self.errors.append(error)

    def end(self) -> int:
        """The number of actions; raises the first error, or one that was no mere refusal if there is such."""
        if not self.errors:
            return self.done
        worst = next((error for error in self.errors if not isinstance(error, TransactionRejected)), self.errors[0])
        for other in self.errors:
            if other is not worst:
                worst.add_note(f"in the same turn, {type(other).__name__}: {_first_line(other)}")
        raise worst


def _verb(action: Hashable) -> str:
    return action if isinstance(action, str) else re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(action).__name__).lower()


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
