"""A test and the server use one rollup by turns, though each has a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from threading import Lock, get_ident
from types import FunctionType
from typing import Any


class Turns:
    """A lock that a thread may take again while it has it, and that nobody waits for in vain.

    Python gives an ordinary lock to the thread that has just let go of it, again and again. Here that thread queues at
    the gate, behind whoever waits for the lock already.
    """

    def __init__(self) -> None:
        self._gate, self._inside = Lock(), Lock()
        self._owner, self._depth = 0, 0

    def __enter__(self) -> None:
        me = get_ident()
        if self._owner != me:
            with self._gate:
                self._inside.acquire()
            self._owner = me
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._owner = 0
            self._inside.release()

    def alone(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """Return the method with the lock around it."""

        @wraps(method)
        def guarded(*args: Any, **keywords: Any) -> Any:
            with self:
                return method(*args, **keywords)

        return guarded


@contextmanager
def by_turns(*objects: object) -> Iterator[Turns]:
    """Let each public method of these objects run alone, until the end of the block; yield the lock that sees to it.

    Whoever holds the lock has all of the objects to itself. What a method returns is not guarded.
    """
    turns = Turns()
    names = [(each, name, method) for each in objects for name, method in _methods(each)]
    for each, name, method in names:
        setattr(each, name, turns.alone(method))
    try:
        yield turns
    finally:
        for each, name, _ in names:
            delattr(each, name)


def _methods(owner: object) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name in dir(type(owner)):
        is_method = isinstance(getattr(type(owner), name), FunctionType)
        # What the object has of its own under the name is another one's business, and stays.
        if is_method and not name.startswith("_") and name not in vars(owner):
            yield name, getattr(owner, name)
