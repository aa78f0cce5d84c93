"""How a failing test shows what went wrong in Solidity."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
from _pytest._code.code import TerminalRepr, Traceback
from _pytest._io import TerminalWriter

_PACKAGE = Path(__file__).resolve().parent


class SolidityFirst(TerminalRepr):
    """A failure's text with the contracts' part ahead of pytest's own."""

    def __init__(self, story: str, python: Any) -> None:
        self.story = story
        self.python = python

    @property
    def reprcrash(self) -> Any:
        """Place and message of the failure, which pytest's summary shows."""
        return self.python.reprcrash

    def toterminal(self, tw: TerminalWriter) -> None:
        tw.sep("-", "Solidity")
        tw.line(self.story)
        tw.sep("-", "Python")
        self.python.toterminal(tw)


def story_of(error: BaseException) -> str:
    """Return the call trees that an exception carries, those of its causes and group members included; "" if none."""
    return "\n".join(dict.fromkeys(str(trace) for trace in _traces(error)))


def cut_to_the_test(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    """Drop the harness's own frames from the end of the traceback shown; the exception keeps them."""
    frames = list(excinfo.traceback)
    while len(frames) > 1 and Path(frames[-1].path).is_relative_to(_PACKAGE):
        frames.pop()
    copy: TracebackType | None = None
    for frame in reversed(frames):
        raw = frame._rawentry
        copy = TracebackType(copy, raw.tb_frame, raw.tb_lasti, raw.tb_lineno)
    if copy is not None:
        excinfo.traceback = Traceback(copy)


def _traces(error: BaseException) -> Iterator[object]:
    seen: set[int] = set()
    queue: list[BaseException | None] = [error]
    while queue:
        found = queue.pop(0)
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        trace = getattr(found, "trace", None)
        if trace is not None and type(found).__module__.startswith("harness."):
            yield trace
        queue += [found.__cause__, None if found.__suppress_context__ else found.__context__]
        if isinstance(found, BaseExceptionGroup):
            queue += found.exceptions
