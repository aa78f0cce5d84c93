"""How a failing test shows what went wrong in Solidity."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def story_of(error: BaseException) -> Iterator[str]:
    """Give the call trees that an exception, its causes and its group's members carry; "" if none.

    In the body those exceptions are without their trees, so that their own text does not repeat them.
    """
    tellers = [found for found in _related(error) if _tells(found)]
    trees = [found.trace for found in tellers]
    text = "\n".join(dict.fromkeys(str(tree) for tree in trees))
    for found in tellers:
        found.trace = None
    try:
        yield text
    finally:
        for found, tree in zip(tellers, trees, strict=True):
            found.trace = tree


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


def _tells(error: Any) -> bool:
    return type(error).__module__.startswith("harness.") and getattr(error, "trace", None) is not None


def _related(error: BaseException) -> Iterator[Any]:
    """Yield the exception, its causes or contexts, and the members of a group, each once."""
    seen: set[int] = set()
    queue: list[BaseException | None] = [error]
    while queue:
        found = queue.pop(0)
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        queue += [found.__cause__, None if found.__suppress_context__ else found.__context__]
        if isinstance(found, BaseExceptionGroup):
            queue += found.exceptions
