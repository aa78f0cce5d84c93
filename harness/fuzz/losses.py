"""A drawn case that the honest side lost, and the smallest one that is lost in the same way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, get_args, get_type_hints

MOST_RUNS = 60
"""Most cases that are played to make one smaller."""

_KEPT = (
    "seed", "index", "slots", "room", "amount", "pack", "name", "variant", "is_combined",
    "lies_first", "from_genesis", "honest_first", "honest_root",
)  # fmt: skip
"""Fields that make a case no simpler if they are smaller."""


@dataclass(frozen=True, slots=True)
class AttackCase:
    """An attack of a pack on the built-in contracts. A combined one has ``moves``."""

    pack: str
    name: str
    variant: str
    seed: int
    moves: tuple[str, ...] = ()
    is_combined: bool = False

    def __post_init__(self) -> None:
        if self.is_combined and not self.moves:
            raise ValueError("a combined attack has no moves")


@dataclass(frozen=True, slots=True)
class Lost:
    """``case`` was lost by ``problem``; ``play`` plays a case, and raises what makes it lost."""

    case: Any
    problem: Exception
    play: Callable[[Any], object]

    def shrunk(self) -> Any:
        """Return the smallest case found that is lost in the same way, numbers aside."""
        wanted, tried, runs, found = kind_of(self.problem, self.case), {self.case}, 0, self.case
        left = smaller(found)
        while runs < MOST_RUNS and (one := next(left, None)) is not None:
            if one in tried:
                continue
            tried.add(one)
            runs += 1
            if self._kind(one) == wanted:
                found, left = one, smaller(one)
        return found

    def _kind(self, case: Any) -> str:
        try:
            self.play(case)
        except Exception as problem:  # a crash is a loss, too
            return kind_of(problem, case)
        return ""


def said_of(problem: Exception) -> str:
    """Return in a line what a case was lost by."""
    return f"{type(problem).__name__}: {str(problem).strip().partition(chr(10))[0]}"


def kind_of(problem: Exception, case: Any) -> str:
    """Return what a case was lost by, without the case's own name, numbers and addresses."""
    said = said_of(problem).replace(getattr(case, "name", "") or "\0", "")
    return re.sub(r"0x[0-9a-fA-F]+|\d+", "#", said)


def smaller(case: Any) -> Iterator[Any]:
    """Yield cases that have less than a case, those with the least first; each is one that may be played."""
    types = get_type_hints(type(case))
    for field in fields(case):
        if field.name in _KEPT:
            continue
        for value in _less(types[field.name], getattr(case, field.name)):
            try:
                yield replace(case, **{field.name: value})
            except ValueError:  # the case refuses what makes no sense
                continue


def _less(kind: Any, value: Any) -> Iterator[Any]:
    if is_dataclass(value):
        yield from smaller(value)
    elif get_args(kind)[-1:] == (Ellipsis,):
        yield from _fewer(value)
        member = get_args(kind)[0]
        for place, each in enumerate(value if member not in (int, str) else ()):
            for less in _less(member, each):
                yield (*value[:place], less, *value[place + 1 :])
    elif kind in (bool, float, str) and value:
        yield kind()
    elif kind is int and value > 0:
        yield from sorted({0, 1, 2, value // 2, value - 1} - {value})


def _fewer(members: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield a tuple without some of its members: without all of them, a half, a quarter, down to a single one."""
    size = len(members)
    while size:
        for place in range(len(members) - size, -size, -size):
            yield members[: max(0, place)] + members[place + size :]
        size //= 2
