"""What a run of state tests is asked for and what it reports, as plain data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from harness.primitives.opcodes import Fork
from harness.proofs.hosts import fast_evm
from harness.proofs.statetests import L2_FORKS

CROSS_CHECKED = 5_000

BLOB = "blob transaction"
RANGE = "memory range above 49,152 bytes"
TOO_LONG = "transaction above 50,000 bytes"
LIMIT = "the limit of time for a case"

FORKS_OF: dict[str, tuple[Fork, ...]] = {"l1": (Fork.PRAGUE, Fork.OSAKA), "l2": L2_FORKS}
"""The forks that each layer speaks."""


class Status(StrEnum):
    """What became of a case."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Result:
    """A case's verdict; ``reason`` says why it failed or was skipped, ``proven`` counts steps, ``total`` all it has."""

    directory: str
    path: str
    name: str
    status: Status
    reason: str = ""
    proven: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Options:
    """How to choose cases and steps, and where to run them.

    ``layer`` "l1" executes on the L1 machine, "l2" records and proves. ``forks`` are those whose results count; None
    takes all that the layer speaks. ``sample`` draws so many of the cases by seed; None takes all. ``cross_check``
    steps are proven on py-evm as well. ``limit`` is the most seconds that a case may take; None lets it take for ever.
    """

    match: str | None = None
    sample: int | None = None
    all_steps: bool = False
    seed: int = 0
    evm: str = field(default_factory=fast_evm)
    jobs: int = 1
    cross_check: int = CROSS_CHECKED
    layer: str = "l2"
    forks: tuple[Fork, ...] | None = None
    limit: float | None = None

    @property
    def wanted(self) -> tuple[Fork, ...]:
        """The forks whose results count."""
        return FORKS_OF[self.layer] if self.forks is None else self.forks


@dataclass(slots=True)
class Report:
    """All verdicts, in the order of paths, and how many steps were proven on both EVMs."""

    results: list[Result] = field(default_factory=list)
    crossed: int = 0

    def of(self, status: Status) -> list[Result]:
        """Return the results with that status."""
        return [result for result in self.results if result.status is status]

    @property
    def proven(self) -> int:
        """Number of steps proven."""
        return sum(result.proven for result in self.results)

    @property
    def summary(self) -> str:
        """The last line."""
        passed, failed, skipped = (len(self.of(status)) for status in Status)
        return f"cases: {passed} passed, {failed} failed, {skipped} skipped"


Progress = Callable[[Sequence[Result], int], None]
"""Hears of results as they come, and of the number of all."""
