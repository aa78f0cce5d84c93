"""Runs a frame's code, and has marked which of it ran if somebody measures that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from harness.engine.choice import CodeRunner
from harness.engine.marks import Marks, run_marked
from harness.engine.rules import Handler
from harness.engine.runner import run_plainly


class Marker(Protocol):
    """Somebody who measures."""

    def marks(self, code: bytes, *, creation: bool) -> Marks | None:
        """Return where to mark what runs of a code; None if it is not measured."""


_marker: ContextVar[Marker | None] = ContextVar("marker", default=None)


@contextmanager
def marked_by(marker: Marker) -> Iterator[None]:
    """Have everything marked that runs in the body, in this thread."""
    token = _marker.set(marker)
    try:
        yield
    finally:
        _marker.reset(token)


def is_measured(code: bytes, *, creation: bool) -> bool:
    """Return whether somebody measures a code, which is then larger than what will be deployed."""
    marker = _marker.get()
    return marker is not None and marker.marks(code, creation=creation) is not None


def run_frame(engine: CodeRunner, table: Sequence[Handler], computation: Any) -> None:
    """Run a frame's code until it halts; raises if it fails. Initcode is not worth compiling."""
    creation = computation.msg.is_create
    marker = _marker.get()
    marks = None if marker is None else marker.marks(computation.code._raw_code_bytes, creation=creation)
    if marks is not None and creation:
        run_marked(table, computation, marks)  # what is left is past the end, or an argument that runs as code
    elif marks is not None:
        engine.run_marked(computation, marks)
    if creation:
        run_plainly(table, computation)
    else:
        engine.run(computation)
