"""How a failing test shows what went wrong: the Solidity side first, then the user's own line."""

from __future__ import annotations

import ast
import sysconfig
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
from _pytest._code.code import ReprFileLocation, TerminalRepr, Traceback
from _pytest._io import TerminalWriter

from harness.errors import HarnessError

_PACKAGE = Path(__file__).parent
_DETAILS = "_harness_details"
_STANDARD_LIBRARY = Path(sysconfig.get_path("stdlib"))


class SolidityFirst(TerminalRepr):
    """A failure's text, with the call trees before pytest's own text."""

    def __init__(self, call_trees: str, python: Any) -> None:
        self.call_trees = call_trees
        self.python = python

    @property
    def reprcrash(self) -> Any:
        """Place and message of the failure, which pytest's summary shows."""
        return self.python.reprcrash

    def toterminal(self, tw: TerminalWriter) -> None:
        """Print the call tree, then the Python traceback."""
        tw.sep("-", "Solidity")
        tw.line(self.call_trees)
        tw.sep("-", "Python")
        self.python.toterminal(tw)


@contextmanager
def call_trees_of(error: BaseException) -> Iterator[str]:
    """Give the call trees that an exception, its causes and its group's members carry; "" if there are none.

    What a failed assertion is about, such as a dispute game, comes after them. Within the body those exceptions have no
    trees, so that their own text does not repeat them.
    """
    failures = [found for found in _related(error) if _has_call_tree(found)]
    trees = [found.trace for found in failures]
    text = "\n".join(dict.fromkeys([*(str(tree) for tree in trees), *_asserted(error)]))
    for found in failures:
        found.trace = None
    try:
        yield text
    finally:
        for found, tree in zip(failures, trees, strict=True):
            found.trace = tree


def render_call_trees(error: BaseException) -> None:
    """Render the call trees while the chain knows its contracts, before it is restored."""
    for found in _related(error):
        if _has_call_tree(found):
            found.trace = str(found.trace)
    if isinstance(error, AssertionError):
        error.__dict__[_DETAILS] = _asserted(error)


# -- what was asserted


def _asserted(error: BaseException) -> list[str]:
    """Return the details of the objects that the user's failed assertion names.

    Such an object's class has a method ``failure_details``.
    """
    if not isinstance(error, AssertionError) or error.__traceback__ is None:
        return []
    if _DETAILS in error.__dict__:
        return list(error.__dict__[_DETAILS])
    entries = [entry for entry in Traceback(error.__traceback__) if _is_users(Path(entry.path))]
    if not entries:
        return []
    try:
        statement = ast.parse(textwrap.dedent(str(entries[-1].statement)))
    except (SyntaxError, ValueError):
        return []
    scope = entries[-1].frame.f_globals | entries[-1].frame.f_locals
    named = {id(value): value for node in ast.walk(statement) if (value := _named(node, scope)) is not None}
    return [value.failure_details() for value in named.values() if hasattr(type(value), "failure_details")]


def _named(node: ast.AST, scope: Mapping[str, Any]) -> Any:
    """Return what a name, or plain attributes of one, stands for; None for anything else.

    No code of the user runs.
    """
    if isinstance(node, ast.Name):
        return scope.get(node.id)
    if isinstance(node, ast.Attribute):
        return getattr(_named(node.value, scope), "__dict__", {}).get(node.attr)
    return None


# -- the user's line


@contextmanager
def users_view(excinfo: pytest.ExceptionInfo[BaseException]) -> Iterator[None]:
    """Let pytest show a failure, and ``--pdb`` stop, where the user's code asked for what failed.

    The frames behind that line are marked as hidden, as pytest has it: ``--full-trace`` and the debugger's ``down``
    still reach them. In the body, causes that arose within the harness alone are not shown either.
    """
    kept = [(found, found.__cause__, found.__suppress_context__) for found in _related(excinfo.value)]
    hidden = [found for found, _, _ in kept if _hide_what_is_ours(found)]
    try:
        for found in hidden:
            cause = found.__cause__ or (None if found.__suppress_context__ else found.__context__)
            if cause is not None and not has_users_frame(cause):
                found.__cause__ = None
        if excinfo.value in hidden:
            _leave_hidden_out(excinfo)
        yield
    finally:
        for found, cause, suppressed in kept:
            found.__cause__, found.__suppress_context__ = cause, suppressed


def is_on_purpose(error: BaseException) -> bool:
    """Return whether the harness raises this deliberately: its own errors, and ``raise`` statements in its code."""
    if isinstance(error, HarnessError):
        return True
    if error.__traceback__ is None:
        return False
    last = Traceback(error.__traceback__)[-1]
    return _is_ours(last.path) and str(last.statement).lstrip().startswith("raise ")


def has_users_frame(error: BaseException) -> bool:
    """Return whether the user's own code is anywhere in an exception's traceback."""
    return any(_is_users(path) for _, path in _frames(error))


def without_frames(excinfo: pytest.ExceptionInfo[BaseException], item: pytest.Item) -> Any:
    """Return the text of a failure without any line of the user's: its message, and the test's place."""
    shown = excinfo.getrepr(style="value", chain=False)
    path, line, _ = item.location
    shown.reprcrash = ReprFileLocation(path, (line or 0) + 1, excinfo.exconly(tryshort=True))
    return shown


def _hide_what_is_ours(error: BaseException) -> bool:
    """Mark the harness's frames, and all frames behind the user's last line, as hidden.

    The frames of a failure within the harness itself stay visible.
    """
    frames = list(_frames(error))
    if not any(_is_users(path) for _, path in frames) or not (is_on_purpose(error) or _is_users(frames[-1][1])):
        return False
    last = max(place for place, (_, path) in enumerate(frames) if _is_users(path))
    for place, (frame, path) in enumerate(frames):
        if (place > last or _is_ours(path)) and frame.f_code.co_name != "<module>":
            frame.f_locals["__tracebackhide__"] = True
    return True


def _leave_hidden_out(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    """Copy the traceback without hidden frames, from the user's first line on: the native style hides nothing."""
    entries = list(excinfo.traceback)
    first = next(place for place, entry in enumerate(entries) if _is_users(Path(entry.path)))
    copy: TracebackType | None = None
    for entry in reversed(entries[first:]):
        if not entry.ishidden(excinfo):
            raw = entry._rawentry
            copy = TracebackType(copy, raw.tb_frame, raw.tb_lasti, raw.tb_lineno)
    if copy is not None:
        excinfo.traceback = Traceback(copy)


def _frames(error: BaseException) -> Iterator[tuple[Any, Path]]:
    entry = error.__traceback__
    while entry is not None:
        yield entry.tb_frame, Path(entry.tb_frame.f_code.co_filename)
        entry = entry.tb_next


def _is_ours(path: Path | str) -> bool:
    return Path(path).is_relative_to(_PACKAGE)


def _is_users(path: Path) -> bool:
    """Return whether code is neither the harness's, nor a library's, nor generated at run time."""
    if not path.is_absolute() or _is_ours(path) or path.is_relative_to(_STANDARD_LIBRARY):
        return False
    return not {"site-packages", "dist-packages"} & set(path.parts)


# -- exceptions that belong together


def _has_call_tree(error: Any) -> bool:
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
