"""Whether what an adapter answers is of the type that its protocol says, whichever protocol that is."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import is_dataclass
from functools import cache, wraps
from itertools import repeat
from types import NoneType, SimpleNamespace, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from harness.adapters.base import Adapter
from harness.adapters.errors import WrongAnswer
from harness.adapters.game_values import Promise
from harness.contracts.bindings import Contract
from harness.sidechain.bridge import BridgedMessage

_IMPORTED_FOR_TYPES = {each.__name__: each for each in (BridgedMessage, Contract, Promise)}
"""What protocols import for their annotations alone."""


def check_answers(adapter: Adapter) -> None:
    """Have each method of an adapter raise WrongAnswer for an answer of another type than its protocol's.

    A method that answers an iterator is checked item by item. What a protocol leaves open is not checked.
    """
    for method, hint in answers_of(type(adapter)).items():
        vars(adapter)[method] = _checked(adapter.name, method, getattr(adapter, method), hint)


@cache
def answers_of(kind: type[Adapter]) -> Mapping[str, Any]:
    """Return the types that the protocols of an adapter, which are its abstract classes, say its methods answer."""
    found: dict[str, Any] = {}
    for protocol in (
        each for each in reversed(kind.__mro__) if inspect.isabstract(each) and each.__module__.startswith("harness.")
    ):
        for name, method in vars(protocol).items():
            said = getattr(method, "__annotations__", {}).get("return", "None")
            if inspect.isfunction(method) and said not in ("None", "Any"):
                # Those of the parameters are left out, since protocols import some of them for annotations alone.
                alone = SimpleNamespace(__annotations__={"return": said})
                with suppress(NameError):  # a type that an adapter's own base class imports for its annotations alone
                    found.setdefault(name, get_type_hints(alone, method.__globals__, _IMPORTED_FOR_TYPES)["return"])
    return found


def _checked(adapter: str, method: str, call: Callable[..., Any], hint: Any) -> Callable[..., Any]:
    def check(answer: object, hint: Any) -> None:
        for part, expected in _misfits(answer, hint):
            raise WrongAnswer(adapter, method, part, expected)

    def items(answer: Iterator[Any]) -> Iterator[Any]:
        for item in answer:
            check(item, get_args(hint)[0])
            yield item

    @wraps(call)
    def checked(*arguments: Any, **options: Any) -> Any:
        answer = call(*arguments, **options)
        check(answer, hint)
        return items(answer) if isinstance(answer, Iterator) else answer

    return checked


def _misfits(value: Any, hint: Any, of: str = "") -> Iterator[tuple[object, str]]:
    """Yield parts of a value that are not of the type that is said, each with what was expected.

    A list may stand for a tuple. Truth values are no whole numbers, and text is no sequence of parts.
    """
    hint = getattr(hint, "__supertype__", NoneType if hint is None else hint)
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        if all(any(_misfits(value, each)) for each in inner):
            yield value, f"{_named(hint)}{of}"
        return
    kind = Sequence if origin is tuple else origin or hint
    if not isinstance(kind, type) or kind is Any:
        return
    fixed = origin is tuple and Ellipsis not in inner
    fits = isinstance(value, kind) and not (kind is int and isinstance(value, bool))
    fits = fits and not (origin and isinstance(value, str | bytes)) and not (fixed and len(value) != len(inner))
    if not fits:
        yield value, f"{_named(hint)}{of}"
    elif origin and isinstance(value, Sequence):
        for part, each in zip(value, inner if fixed else repeat(inner[0]), strict=False):
            yield from _misfits(part, each, of)
    elif is_dataclass(kind):
        for name, each in _fields(kind).items():
            yield from _misfits(getattr(value, name), each, f" as {kind.__name__}.{name}")


def _named(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint)


@cache
def _fields(kind: type) -> Mapping[str, Any]:
    """Return the types of a dataclass's fields; nothing if they cannot be known."""
    try:
        hints = get_type_hints(kind)
    except NameError:
        return {}
    return {name: hint for name, hint in hints.items() if name in kind.__dataclass_fields__}  # type: ignore[attr-defined]
