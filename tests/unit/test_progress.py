"""Long tasks report their progress while they run."""

from __future__ import annotations

import io
import sys

import pytest

from harness import progress
from harness.progress import PytestReporter, Reporter, StderrReporter, Tally, TallyReporter, duration, take_over, task


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def stand_in(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> io.StringIO:
    """Let a stream stand for stderr, with a reporter of its own, for the rest of the test."""
    monkeypatch.setattr(sys, "stderr", stream)
    request.addfinalizer(take_over(StderrReporter()))
    return stream


def test_a_pipe_gets_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    stream = stand_in(io.StringIO(), monkeypatch, request)
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    for number, seconds in enumerate((0, 5, 4, 2)):
        now[0] += seconds
        with task(f"compiling {number}"):
            pass
    assert stream.getvalue().splitlines() == ["compiling 0", "compiling 3 (3 done)"]


def test_a_terminal_gets_a_spinner_with_counts_that_goes(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    stream = stand_in(Terminal(), monkeypatch, request)
    monkeypatch.setenv("TERM", "xterm")
    with task("fetching [solc]"):
        pass
    with task("compiling A"), task("compiling B"):
        before = stream.getvalue()
    written = stream.getvalue()
    assert "fetching [solc]" in written
    assert "compiling B (1 more under way, 1 done)" in written
    assert "\x1b[?25h" in written.removeprefix(before)  # the cursor is back


def test_what_fails_is_over_too(request: pytest.FixtureRequest) -> None:
    reporter = Reporter()
    request.addfinalizer(take_over(reporter))
    with pytest.raises(KeyError), task("compiling A"):
        raise KeyError
    assert (reporter.running, reporter.done) == ([], 1)


def test_a_stream_that_is_closed_stops_no_work(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    stand_in(io.StringIO(), monkeypatch, request).close()
    with task("compiling A"):
        pass


def test_the_reporter_before_prints_again() -> None:
    first, second = Reporter(), Reporter()
    give_back = take_over(first)
    take_over(second)()
    with task("compiling A"):
        pass
    give_back()
    assert (first.done, second.done) == (1, 0)
    assert issubclass(PytestReporter, Reporter)


def test_a_tally_reports_to_a_pipe_how_much_is_done_and_left(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    stream = stand_in(io.StringIO(), monkeypatch, request)
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with Tally("games", 500) as tally:
        for seconds in (6, 6, 3, 9, 1):
            now[0] += seconds
            tally.advance()
    assert stream.getvalue().splitlines() == [
        "games: 2 of 500 done, about 49 min 48 s left",
        "games: 4 of 500 done, about 49 min 36 s left",
    ]
    assert tally.done == 5


def test_a_tally_without_a_total_reports_what_is_done(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    stream = stand_in(io.StringIO(), monkeypatch, request)
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0)
    with Tally("cases") as tally:
        tally.advance(7)
        tally.total = 14
        tally.advance(7)
    assert stream.getvalue().splitlines() == ["cases: 7 done", "cases: 14 of 14 done, about 0 s left"]


def test_a_tally_is_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    stream = stand_in(Terminal(), monkeypatch, request)
    with Tally("games", 3) as tally:
        request.addfinalizer(take_over(TallyReporter(tally)))
        with task("compiling A.sol"):
            tally.advance()
    assert "1/3" in stream.getvalue()
    assert "compiling A.sol" in stream.getvalue()


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (59.4, "59 s"), (60, "1 min 0 s"), (3_599, "59 min 59 s"), (7_500, "2 h 5 min")]
)
def test_a_duration_is_reported_in_two_units(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_tally_on_a_closed_stream_stops_no_work(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    stream = stand_in(io.StringIO(), monkeypatch, request)
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0)
    with Tally("games", 2) as tally:
        stream.isatty()
        stream.close()
        tally.advance()
    assert tally.done == 1
