"""The options and the report of a run of state tests, as plain data."""

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
"""The forks of each layer."""


class Status(StrEnum):
    """The outcome of a case."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Result:
    """The verdict on a case: ``proven`` of ``total`` steps. ``reason`` says why it failed or was skipped."""

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

    ``layer`` "l1" executes on the L1 machine, and "l2" records and proves. ``forks`` are those whose results count;
    None takes all of the layer. ``sample`` is the number of cases that the seed draws; None takes all. ``cross_check``
    is the number of steps that py-evm proves as well. ``limit`` is the most seconds for one case; None is no limit.
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
    """All verdicts, in the order of paths, and the number of steps that both EVMs proved.

    ``late`` are the cases whose steps took longer than the limit on the second EVM.
    """

    results: list[Result] = field(default_factory=list)
    crossed: int = 0
    late: list[Result] = field(default_factory=list)

    def of(self, status: Status) -> list[Result]:
        """Return the results with that status."""
        return [result for result in self.results if result.status is status]

    @property
    def proven(self) -> int:
        """The number of proven steps."""
        return sum(result.proven for result in self.results)

    @property
    def summary(self) -> str:
        """The last line of the report."""
        passed, failed, skipped = (len(self.of(status)) for status in Status)
        return f"cases: {passed} passed, {failed} failed, {skipped} skipped"


Progress = Callable[[Sequence[Result], int], None]
"""Gets new results, and the number of all cases."""
