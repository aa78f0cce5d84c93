"""Finds times of a scenario that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator

from harness.scenarios.base import Way
from harness.scenarios.errors import Problem
from harness.scenarios.scenario import Scenario
from harness.scenarios.values import duration_text
from harness.scenarios.verbs.chain import Reorg, Warp
from harness.scenarios.verbs.channels import Deadline
from harness.scenarios.verbs.disputes import Run
from harness.scenarios.verbs.rollup import Batch


def contradictions(scenario: Scenario) -> Iterator[Problem]:
    """Yield each time that another one rules out."""
    yield from _of_steps(scenario)
    expect = scenario.expect
    if expect.within is not None and expect.lasts is not None and (expect.lasts.least or 0) > expect.within:
        said = f"it is {duration_text(expect.within)}, and lasts is {expect.lasts}: no time is both"
        yield Problem(("expect", "within"), said)


def _of_steps(scenario: Scenario) -> Iterator[Problem]:
    """Yield a step whose time has passed when its turn comes, or that waits for less than one above it does."""
    passed, waited = 0, 0
    for place, step in enumerate(scenario.steps):
        way: Way = ("steps", place)
        verb = step.verb
        if isinstance(verb, Deadline) and verb.before and verb.after:
            yield Problem((*way, verb.word, "after"), "it is before the deadline already, expected before or after")
        if step.at is None:
            if isinstance(verb, Batch) and verb.number is not None:
                # Time counts anew once earlier batches are filled.
                passed = waited = 0
            if isinstance(verb, Run) and verb.duration is None and verb.until.kind == "time":
                if verb.until.number < passed:
                    yield Problem((*way, verb.word, "until"), _gone(verb.until.text, passed))
                passed = max(passed, verb.until.number)
            # A reorg takes back time that passed, how much is known to the chain alone.
            passed = 0 if isinstance(verb, Reorg) else passed + _takes(verb)
        elif step.at.kind == "time":
            if step.at.number < passed:
                yield Problem((*way, "at"), _gone(step.at.text, passed))
            elif step.at.number < waited:
                said = f"it is {step.at}, and a step above waits until {duration_text(waited)}: expected them in order"
                yield Problem((*way, "at"), said)
            waited = max(waited, step.at.number)
            if isinstance(verb, Reorg):
                passed = waited = 0


def _takes(verb: object) -> int:
    """Return the seconds that a step takes at least."""
    if isinstance(verb, Run):
        return verb.duration or 0
    return verb.by if isinstance(verb, Warp) else 0


def _gone(text: str, passed: int) -> str:
    return f"it is {text}, and the steps above take {duration_text(passed)}: that time has passed"
