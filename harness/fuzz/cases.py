"""Cases as lines of JSON: a file holds them, and any process plays them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Iterable
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_type_hints

from harness.errors import HarnessError, brief, did_you_mean

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Case = TypeVar("Case")


class CaseUnreadable(HarnessError):
    """A line is no case that can be played; ``where`` names the file and the line."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason


class CaseLost(HarnessError):
    """The honest side lost a drawn case, or the case broke off by an error of somebody honest."""


def check_names(what: str, names: Iterable[str], known: Collection[str]) -> None:
    """Raise ValueError for the first name that a case must not have."""
    for name in names:
        if name not in known:
            raise ValueError(f"there is no {what} {name!r}{did_you_mean(name, known)}")


def line_of(case: DataclassInstance) -> str:
    """Return a case as one line of JSON; ``kind`` is the name of its class."""
    return json.dumps({"kind": type(case).__name__, **asdict(case)})


def again(case: DataclassInstance, what: str) -> str:
    """Return the line of a shell that plays a case again by ``harness fuzz``; ``what`` is "games" or "channels"."""
    return f"echo {shlex.quote(line_of(case))} | harness fuzz {what} --cases /dev/stdin --count 1"


def case_of(line: str, *kinds: type[Case], where: str = "the case") -> Case:
    """Return the case that a line holds; raises CaseUnreadable unless it is one of these kinds, with all its fields."""
    try:
        found = json.loads(line)
    except ValueError as problem:
        raise CaseUnreadable(where, f"no JSON: {problem}") from None
    name = found.pop("kind", None) if isinstance(found, dict) else None
    try:
        return made(name, found, *kinds)
    except ValueError as problem:
        raise CaseUnreadable(where, str(problem)) from None


def made(name: object, fields: Any, *kinds: type[Case]) -> Case:
    """Return the case of the class ``name`` with these fields, as JSON has them; raises ValueError."""
    by_name = {kind.__name__: kind for kind in kinds}
    if not isinstance(name, str) or name not in by_name:
        raise ValueError(f"kind is {brief(name)}, expected {' or '.join(by_name)}")
    case: Case = _value(by_name[name], fields, name)
    return case


def read_cases(path: Path, *kinds: type[Case]) -> list[Case]:
    """Return the cases of a file, one from each line; raises CaseUnreadable, and OSError without the file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as problem:
        raise CaseUnreadable(str(path), f"no UTF-8: {problem}") from None
    return [case_of(line, *kinds, where=f"{path}:{number}") for number, line in enumerate(lines, 1)]


def _value(kind: Any, found: Any, name: str) -> Any:
    """Return what JSON holds as a value of a type: a frozen dataclass, a tuple, or a plain type. Raises ValueError."""
    if is_dataclass(kind):
        return _record(kind, found, name)
    if members := get_args(kind):
        return _tuple(members, found, name)
    if type(found) is int and kind is float:
        return float(found)
    if type(found) is not kind:
        raise ValueError(f"{name} is {brief(found)}, expected {kind.__name__}")
    return found


def _record(kind: Any, found: Any, name: str) -> Any:
    known = {field.name for field in fields(kind)}
    if not isinstance(found, dict) or found.keys() != known:
        raise ValueError(f"{name} is {brief(found)}, expected the fields {', '.join(sorted(known))}")
    types = get_type_hints(kind)
    return kind(**{key: _value(types[key], value, f"{name}.{key}") for key, value in found.items()})


def _tuple(members: tuple[Any, ...], found: Any, name: str) -> tuple[Any, ...]:
    if not isinstance(found, list):
        raise ValueError(f"{name} is {brief(found)}, expected a list")
    types = members[:1] * len(found) if members[-1] is Ellipsis else members
    if len(types) != len(found):
        raise ValueError(f"{name} has {len(found)} members, expected {len(types)}")
    pairs = enumerate(zip(types, found, strict=True))
    return tuple(_value(kind, each, f"{name}[{place}]") for place, (kind, each) in pairs)
