"""Callbacks that hear of the transactions of every chain, also of chains that are opened later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Observer = Callable[[Any, Any], None]
"""Gets the chain and the receipt of a mined transaction."""

_observers: ContextVar[tuple[Observer, ...]] = ContextVar("observers", default=())


@contextmanager
def observed_by(observer: Observer) -> Iterator[None]:
    """Have a callback hear of every transaction that is mined in the body, in this thread."""
    token = _observers.set((*_observers.get(), observer))
    try:
        yield
    finally:
        _observers.reset(token)


def observers() -> tuple[Observer, ...]:
    """Return the callbacks, the oldest first."""
    return _observers.get()
