"""How many recordings an honest agent keeps: as many as their bytes allow."""

from __future__ import annotations

from typing import Any

import pytest

from harness.dispute import assertion_trace as execution_trace
from harness.dispute.assertion_trace import Recordings


class Recorded:
    """A trace of a stated weight."""

    def __init__(self, weight: int) -> None:
        self.weight = weight


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The inputs that were recorded; an input is the weight of its trace here."""
    asked: list[Any] = []

    def trace_of(taken: int) -> Recorded:
        asked.append(taken)
        return Recorded(taken)

    monkeypatch.setattr(execution_trace, "trace_of", trace_of)
    return asked


def test_many_light_traces_are_kept(made: list[Any]) -> None:
    recordings = Recordings(1_000)
    for _ in range(2):
        for number in range(100):
            recordings.of("range", number, 10)
    assert len(made) == 100
    assert recordings.weight == 1_000


def test_the_one_not_asked_for_longest_gives_way(made: list[Any]) -> None:
    recordings = Recordings(100)
    first = recordings.of("range", 0, 40)
    recordings.of("range", 1, 50)
    assert recordings.of("range", 0, 40) is first
    recordings.of("range", 2, 30)
    assert recordings.of("range", 0, 40) is first
    assert recordings.weight == 70
    recordings.of("range", 1, 50)
    assert made == [40, 50, 30, 50]


def test_a_trace_heavier_than_all_is_kept_alone(made: list[Any]) -> None:
    recordings = Recordings(100)
    recordings.of("range", 0, 60)
    heavy = recordings.of("range", 1, 500)
    assert recordings.of("range", 1, 500) is heavy
    assert recordings.weight == 500
    recordings.of("range", 2, 10)
    assert recordings.weight == 10


def test_ranges_share_what_may_be_kept(made: list[Any]) -> None:
    recordings = Recordings(100)
    assert recordings.of("one", 0, 80) is not recordings.of("another", 0, 90)
    assert recordings.weight == 90
