"""What is wrong with a scenario or with a result's file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.errors import HarnessError


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a scenario.

    ``where`` is the way to the field, such as ``("steps", 3, "deploy", "contract")``. ``line`` and ``column`` count
    from 1; 0 if the scenario is no file.
    """

    where: tuple[str | int, ...]
    said: str
    line: int = 0
    column: int = 0

    @property
    def path(self) -> str:
        """The field in one word, such as ``steps[3].deploy.contract``."""
        parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.where)
        return "".join(parts).removeprefix(".")

    def __str__(self) -> str:
        at = f"{self.line}:{self.column}: " if self.line else ""
        return f"{at}{self.path}: {self.said}" if self.where else f"{at}{self.said}"


class ScenarioInvalid(HarnessError):
    """A scenario that cannot be played as it is written; nothing of it has run. ``problems`` has each of them."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(f"{source}:{'' if problem.line else ' '}{problem}" for problem in problems))
        self.source = source
        self.problems = tuple(problems)


class UnknownScenario(HarnessError):
    """A name that no scenario of the library has, and no file or folder either."""

    def __init__(self, name: str, hint: str) -> None:
        super().__init__(f"{name!r} is no file, no folder and no scenario of the library{hint}")
        self.name = name


class ResultUnreadable(HarnessError):
    """A file that is no result, is of another version, or was changed after it was written."""

    def __init__(self, source: str, what: str, actual: object, expected: object) -> None:
        super().__init__(f"{source}: {what} is {actual}, expected {expected}")
        self.source = source
        self.what = what
        self.actual = actual
        self.expected = expected


class StepImpossible(HarnessError):
    """A step asks for something that cannot be done in the state that the earlier steps led to."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"{what}: {reason}")
        self.what = what
        self.reason = reason
