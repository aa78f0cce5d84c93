"""What drawn sequences have reached: rules that ran, events that contracts emitted, errors that they answered with."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, field
from functools import wraps
from types import TracebackType
from typing import Any, Protocol

from hypothesis.stateful import INITIALIZE_RULE_MARKER, INVARIANT_MARKER, RULE_MARKER


@dataclass(slots=True)
class Reached:
    """What all sequences of one run have reached together, each with how often.

    ``rules`` has every rule, also with 0. ``events`` are those that contracts emitted, ``errors`` those that calls
    failed with, and ``states`` what the machine itself has named by `reach`.
    """

    sequences: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        ran = {name: count for name, count in self.rules.items() if count}
        yield f"reached in {self.sequences} sequences of {sum(ran.values())} steps:"
        yield f"  rules: {_listed(ran)}"
        never = [name for name, count in self.rules.items() if not count]
        if never:
            yield f"  rules that never ran: {', '.join(sorted(never))}"
        for word, found in (("events", self.events), ("errors", self.errors), ("states", self.states)):
            if found:
                yield f"  {word}: {_listed(found)}"


def _listed(found: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(found.items())) or "none"


class Watched(Protocol):
    """A machine that hears when one of its rules or invariants begins."""

    def enter(self, name: str, is_rule: bool) -> None:
        """Hear that a rule or an invariant of this name begins."""


def watched(machine: type) -> dict[str, Any]:
    """Return a machine's rules and invariants anew, each of which tells the machine when it begins."""
    found: dict[str, Any] = {}
    for name, member in inspect.getmembers(machine, inspect.isfunction):
        for marker in (RULE_MARKER, INITIALIZE_RULE_MARKER, INVARIANT_MARKER):
            mark = getattr(member, marker, None)
            if mark is None:
                continue
            telling = copy(mark)
            # Some versions of Hypothesis freeze what they mark functions with.
            object.__setattr__(telling, "function", _telling(mark.function, name, marker != INVARIANT_MARKER))
            again = _same(member)
            setattr(again, marker, telling)
            found[name] = again
    return found


def rules_of(machine: type) -> list[str]:
    """Return the names of a machine's rules, sorted."""
    markers = (RULE_MARKER, INITIALIZE_RULE_MARKER)
    members = inspect.getmembers(machine, inspect.isfunction)
    return sorted(name for name, member in members if any(hasattr(member, marker) for marker in markers))


def _telling(function: Callable[..., Any], name: str, is_rule: bool) -> Callable[..., Any]:
    @wraps(function)
    def telling(self: Watched, **drawn: Any) -> Any:
        self.enter(name, is_rule)
        return function(self, **drawn)

    return telling


def _same(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def same(*arguments: Any, **keywords: Any) -> Any:
        return function(*arguments, **keywords)

    return same


def failures_in(problem: BaseException) -> Iterator[BaseException]:
    """Yield the single failures in what Hypothesis raised."""
    if isinstance(problem, BaseExceptionGroup):
        for each in problem.exceptions:
            yield from failures_in(each)
    else:
        yield problem


def machine_of(problem: BaseException, kind: type[Any]) -> Any:
    """Return the machine of this kind in whose rule, invariant or teardown an exception was raised; None without."""
    trace: TracebackType | None = problem.__traceback__
    found = None
    while trace is not None:
        local = trace.tb_frame.f_locals.get("self")
        found = local if isinstance(local, kind) else found
        trace = trace.tb_next
    return found
