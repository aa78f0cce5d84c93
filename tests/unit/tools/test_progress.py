"""What takes long is told while it lasts."""

from __future__ import annotations

import io
import sys

import pytest

from harness import progress
from harness.progress import ReportTeller, StderrTeller, Teller, take_over, task


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def stand_in(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> io.StringIO:
    """Let a stream stand for stderr, with a teller of its own, for the rest of the test."""
    monkeypatch.setattr(sys, "stderr", stream)
    request.addfinalizer(take_over(StderrTeller()))
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
    teller = Teller()
    request.addfinalizer(take_over(teller))
    with pytest.raises(KeyError), task("compiling A"):
        raise KeyError
    assert (teller.running, teller.done) == ([], 1)


def test_a_stream_that_is_closed_stops_no_work(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    stand_in(io.StringIO(), monkeypatch, request).close()
    with task("compiling A"):
        pass


def test_the_one_before_tells_again() -> None:
    first, second = Teller(), Teller()
    give_back = take_over(first)
    take_over(second)()
    with task("compiling A"):
        pass
    give_back()
    assert (first.done, second.done) == (1, 0)
    assert issubclass(ReportTeller, Teller)
