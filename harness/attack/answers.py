"""Whether what an adapter answers is of the type that its protocol says, whichever protocol that is."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import cache, wraps
from typing import Any, get_args

from harness.adapters.base import Adapter
from harness.adapters.errors import WrongAnswer
from harness.adapters.fitting import misfits, protocols_of, types_of


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
    for protocol in protocols_of(kind):
        said = {
            name: method.__annotations__.get("return", "None")
            for name, method in vars(protocol).items()
            if inspect.isfunction(method) and name not in found
        }
        found |= types_of(
            {name: each for name, each in said.items() if each not in ("None", "Any")}, protocol.__module__
        )
    return found


def _checked(adapter: str, method: str, call: Callable[..., Any], hint: Any) -> Callable[..., Any]:
    def check(answer: object, hint: Any) -> None:
        for part, expected in misfits(answer, hint):
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
