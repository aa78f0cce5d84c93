"""The walkaway test in pytest: a fixture that lets everybody leave a rollup, and a marker that does it after a test."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.testbed.rollup import Rollup
    from harness.testbed.walkaway import ExitCall, Walkaway

_BOUNDS = ("days", "gas")


class NotEverybodyOut(AssertionError):
    """Users do not get everything out, or too late, or for too much gas; ``found`` says what each got."""

    def __init__(self, found: Walkaway, expected: str) -> None:
        super().__init__(f"{found}: expected {expected}")
        self.found = found
        self.expected = expected


class Departure:
    """Lets the operators of a rollup leave for ever, and every user take everything out, as `walk_away` does."""

    def __init__(self, rollup: Rollup) -> None:
        self.rollup = rollup
        self._planned: list[ExitCall] = []

    def __call__(self, calls: Iterable[ExitCall] = (), *, operators: Sequence[str] | None = None) -> Walkaway:
        """Let everybody leave now; return what each user got, how soon, and for what gas."""
        from harness.testbed.walkaway import OPERATORS, walk_away

        return walk_away(self.rollup, calls, operators=operators or OPERATORS)

    def plan(self, *calls: ExitCall) -> None:
        """Say by which calls users take their own out of contracts when the marker lets everybody leave."""
        self._planned += calls

    def require(self, days: float | None = None, gas: int | None = None) -> None:
        """Let everybody leave, with the planned calls; raises NotEverybodyOut.

        ``days`` bounds L1's time until the last user has everything, and ``gas`` what one user needs on L1.
        """
        found = self(self._planned)
        if not found.is_complete:
            raise NotEverybodyOut(found, "everybody to get everything out")
        if days is not None and found.seconds > days * 86_400:
            raise NotEverybodyOut(found, f"at most {days} days")
        if gas is not None and max(each.gas for each in found.exits) > gas:
            raise NotEverybodyOut(found, f"at most {gas:,} gas for one")


@pytest.fixture
def walkaway(rollup: Rollup) -> Departure:
    """Let the operators leave for ever and every user take everything out: ``walkaway([ExitCall(bob, vault, ...)])``.

    With the marker ``walkaway(days=10, gas=2_500_000)`` a test need not call it: everybody leaves once the test has
    passed, and it fails unless all get everything out within these bounds. ``walkaway.plan(ExitCall(...))`` names the
    calls by which users leave contracts of yours.
    """
    return Departure(rollup)


@pytest.hookimpl(trylast=True)
def pytest_itemcollected(item: pytest.Item) -> None:
    """Let a marked test have the fixture, whether it asks for it or not; raises UsageError for a bound that is none."""
    marker = item.get_closest_marker("walkaway")
    if marker is None or not isinstance(item, pytest.Function):
        return
    from unittest import TestCase

    wrong = [name for name in marker.kwargs if name not in _BOUNDS] + [repr(each) for each in marker.args]
    if wrong:
        raise pytest.UsageError(f"{item.nodeid}: the marker walkaway takes days= and gas=, not {', '.join(wrong)}")
    if item.cls is not None and issubclass(item.cls, TestCase):
        raise pytest.UsageError(f"{item.nodeid}: the marker walkaway needs a test that takes fixtures, not a TestCase")
    if "walkaway" not in item.fixturenames:
        item.fixturenames.append("walkaway")


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
    """Let everybody leave after a marked test that has passed."""
    done = yield
    marker = pyfuncitem.get_closest_marker("walkaway")
    if marker is not None:
        departure: Any = pyfuncitem.funcargs["walkaway"]
        departure.require(**marker.kwargs)
    return done
