"""What came of a pack, as people and as programs read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from harness.attack.attack import Outcome, Verdict

_WIDTH = 200


def row(outcome: Outcome) -> str:
    """Return an outcome as a line."""
    where = f" [{outcome.variant}]" if outcome.variant and outcome.verdict is Verdict.FOUND else ""
    said = " ".join(outcome.evidence.split())
    said = said if len(said) <= _WIDTH else f"{said[: _WIDTH - 1]}…"
    if outcome.verdict is not Verdict.FOUND:
        return f"{outcome.verdict.value:15}{outcome.attack}: {said}"
    sums = f" (the attacker gained {outcome.gained}, the honest side lost {outcome.lost})"
    return f"{outcome.verdict.value:15}{outcome.attack}{where}: {outcome.broke}: {said}{sums}"


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return how many attacks came to what."""
    counts = Counter(outcome.verdict for outcome in outcomes)
    return " / ".join(f"{verdict.value} {counts[verdict]}" for verdict in Verdict)


def plain(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Return the outcomes as JSON has them."""
    return [asdict(outcome) for outcome in outcomes]
