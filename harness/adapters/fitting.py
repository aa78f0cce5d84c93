"""Whether what an adapter answers, and what its attributes are, is of the types that its protocol says."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, is_dataclass
from functools import cache
from importlib import import_module
from itertools import repeat
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin, get_type_hints

from eth_utils import is_address


@dataclass(frozen=True, slots=True)
class OneOf:
    """Beside a type in `typing.Annotated`: the value is one of these."""

    values: tuple[object, ...]

    def holds(self, value: Any) -> bool:
        """Return whether it is."""
        return value in self.values

    def __str__(self) -> str:
        return " or ".join(map(repr, self.values))


@dataclass(frozen=True, slots=True)
class Between:
    """Beside a type: the number is at least ``least`` and at most ``most``."""

    least: int
    most: int = 2**64 - 1

    def holds(self, value: Any) -> bool:
        """Return whether it is."""
        return bool(self.least <= value <= self.most)

    def __str__(self) -> str:
        return f"a number from {self.least} to {self.most}"


@dataclass(frozen=True, slots=True)
class AnAddress:
    """Beside a type: the text is an address."""

    def holds(self, value: Any) -> bool:
        """Return whether it is."""
        return is_address(value)

    def __str__(self) -> str:
        return "an address"


@dataclass(frozen=True, slots=True)
class NotEmpty:
    """Beside a type: the value has a part at least."""

    def holds(self, value: Any) -> bool:
        """Return whether it has."""
        return len(value) > 0

    def __str__(self) -> str:
        return "one value at least"


Address = Annotated[str, AnAddress()]
"""An address as text."""
Moment = Annotated[int, Between(0)]
"""A time in seconds, or a number of a block, that a chain can have."""


def in_order(names: Collection[str]) -> Sequence[str]:
    """Return names in the order in which they are given, or that of the alphabet if they are a set."""
    return names if isinstance(names, Sequence) else sorted(names)


def protocols_of(kind: type) -> Iterator[type]:
    """Yield the harness's abstract classes that a class is made of, the most general first."""
    for each in reversed(kind.__mro__):
        if inspect.isabstract(each) and each.__module__.startswith("harness."):
            yield each


def types_of(annotations: Mapping[str, Any], module: str) -> dict[str, Any]:
    """Return the types that a module's annotations mean, also those that it imports for annotations alone."""
    holder = type("Holder", (), {"__annotations__": dict(annotations), "__module__": module})
    return get_type_hints(holder, vars(sys.modules[module]), _Names(module), include_extras=True)


class _Names(dict[str, Any]):
    """What a module imports where only type checkers look, imported when it is asked for."""

    def __init__(self, module: str) -> None:
        super().__init__()
        self._module = module

    def __missing__(self, name: str) -> Any:
        place, member = _imported_for_types(self._module)[name]
        return getattr(import_module(place), member)


@cache
def _imported_for_types(module: str) -> Mapping[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for branch in ast.parse(inspect.getsource(sys.modules[module])).body:
        if isinstance(branch, ast.If) and ast.unparse(branch.test) == "TYPE_CHECKING":
            for line in branch.body:
                if isinstance(line, ast.ImportFrom) and line.module is not None:
                    found |= {each.asname or each.name: (line.module, each.name) for each in line.names}
    return found


def misfits(value: Any, hint: Any, of: str = "", within: tuple[type, ...] = ()) -> Iterator[tuple[object, str]]:
    """Yield parts of a value that are not of the type that is said, each with what was expected.

    A list may stand for a tuple. Truth values are no whole numbers, and text is no sequence of parts. A part is not
    looked into that lies ``within`` a value of its own dataclass: parents and children refer to each other without end.
    """
    hint = getattr(hint, "__supertype__", NoneType if hint is None else hint)
    origin, inner = get_origin(hint), get_args(hint)
    if origin is ClassVar:
        yield from misfits(value, inner[0], of, within)
        return
    if origin is Annotated:
        wrong = list(misfits(value, inner[0], of, within))
        yield from wrong or ((value, f"{rule}{of}") for rule in inner[1:] if not rule.holds(value))
        return
    if origin in (Union, UnionType):
        if all(any(True for _ in misfits(value, each, of, within)) for each in inner):
            yield value, f"{_named(hint)}{of}"
        return
    kind = Sequence if origin is tuple else origin or hint
    if not isinstance(kind, type) or kind is Any:
        return
    fixed = origin is tuple and Ellipsis not in inner
    try:
        fits = isinstance(value, kind) and not (kind is int and isinstance(value, bool))
    except TypeError:  # such as typing.Protocol, of which Python cannot tell
        return
    fits = fits and not (origin and isinstance(value, str | bytes)) and not (fixed and len(value) != len(inner))
    if not fits:
        yield value, f"{_named(hint)}{of}"
    elif origin and isinstance(value, Sequence | Set):
        for part, each in zip(value, inner if fixed else repeat(inner[0]), strict=False):
            yield from misfits(part, each, of, within)
    elif is_dataclass(kind) and kind not in within:
        for name, each in fields_of(kind).items():
            part = getattr(value, name, None)  # an InitVar is no attribute
            yield from misfits(part, each, f" as {kind.__name__}.{name}", (*within, kind))


def _named(hint: Any) -> str:
    origin, inner = get_origin(hint), get_args(hint)
    if hint in (None, NoneType, Ellipsis):
        return "..." if hint is Ellipsis else "None"
    if origin is Annotated:
        return " and ".join(map(str, inner[1:]))
    if origin in (Union, UnionType):
        return " | ".join(map(_named, inner))
    if isinstance(origin, type):
        return f"{origin.__name__}[{', '.join(map(_named, inner))}]"
    return hint.__name__ if isinstance(hint, type) else str(hint)


@cache
def fields_of(kind: type) -> Mapping[str, Any]:
    """Return the types of a dataclass's fields, each as the module means it that says it.

    A field is left out whose type is an alias of another module, for types that only that one knows.
    """
    found: dict[str, Any] = {}
    for each in reversed(kind.__mro__):
        for name, said in vars(each).get("__annotations__", {}).items():
            if name in kind.__dataclass_fields__:  # type: ignore[attr-defined]
                with suppress(NameError):
                    found |= types_of({name: said}, each.__module__)
    return found
