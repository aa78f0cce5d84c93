"""The runner: the order of turns, and the warping of time."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from harness.chain import Chain
from harness.testbed.runner import NeverHappened, Runner


@dataclass
class Waiter:
    """Acts once, as soon as its time has come."""

    chain: Chain
    time: int
    name: str = "waiter"
    acted: list[int] = field(default_factory=list)

    def play(self) -> int:
        if self.acted or self.chain.now < self.time:
            return 0
        self.acted.append(self.chain.now)
        return 1

    def wakes_at(self) -> int | None:
        return self.time if self.chain.now < self.time else None


@dataclass
class Refused(Waiter):
    """Has ten transactions refused when its time has come, each of which takes a second."""

    name: str = "refused"

    def play(self) -> int:
        if super().play():
            self.chain.mine(10)
        return 0


def test_time_goes_to_the_soonest_that_anybody_waits_for(l1: Chain) -> None:
    runner, now = Runner(l1), l1.now
    waiters = [Waiter(l1, now + wait) for wait in (500, 100)]
    runner.join(*waiters)
    runner.run_until_quiet()
    assert [waiter.acted for waiter in waiters] == [[now + 500], [now + 100]]


@pytest.mark.parametrize("refused_first", [True, False])
def test_a_turn_of_refusals_hides_no_moment_that_somebody_waits_for(refused_first: bool, l1: Chain) -> None:
    runner, now = Runner(l1), l1.now
    waiter, liar = Waiter(l1, now + 105), Refused(l1, now + 100)
    runner.join(*([liar, waiter] if refused_first else [waiter, liar]))
    runner.run_until(lambda: waiter.acted)
    assert liar.acted == [now + 100]
    assert waiter.acted[0] >= now + 105


def test_a_condition_that_nobody_brings_about_never_happens(l1: Chain) -> None:
    runner = Runner(l1)
    runner.join(Waiter(l1, l1.now + 10))
    with pytest.raises(NeverHappened):
        runner.run_until(lambda: False, "the impossible")
