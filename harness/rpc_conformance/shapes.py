"""The shape of a JSON value: its fields and the kinds of its leaves, and where two shapes differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Shape = Any
"""A word for a leaf, a mapping for an object, and a list of one shape, or of none, for a list."""

_DIGITS = frozenset("0123456789abcdefABCDEF")
_BY_LENGTH = {42: "address", 66: "32 bytes"}


def shape_of(value: Any) -> Shape:
    """Return the shape of a value as JSON has it."""
    if isinstance(value, Mapping):
        return {str(key): shape_of(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        shapes = [shape_of(item) for item in value]
        return [_merged(shapes)] if shapes else []
    if value is None or isinstance(value, bool):
        return "null" if value is None else "true or false"
    if isinstance(value, int | float):
        return "number"
    assert isinstance(value, str)
    is_hex = value[:2] == "0x" and _DIGITS.issuperset(value[2:])
    return _BY_LENGTH.get(len(value), "hex") if is_hex else "text"


def _merged(shapes: list[Shape]) -> Shape:
    """Return the shape of all items of a list: objects with all fields of any, other items by the first."""
    if not all(isinstance(shape, dict) for shape in shapes):
        return shapes[0]
    merged: dict[str, Shape] = {}
    for shape in shapes:
        merged |= {key: item for key, item in shape.items() if merged.get(key) in (None, "null", [])}
    return merged


def differences(ours: Shape, theirs: Shape, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each place where two shapes differ, with the words for how. Lists differ only if both have items."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        if _is_map(ours) and _is_map(theirs):
            mine, other = _merged(list(ours.values())), _merged(list(theirs.values()))
            yield from differences(mine, other, f"{path}.*".lstrip("."))
            return
        for key in [*ours, *(key for key in theirs if key not in ours)]:
            place = f"{path}.{key}".lstrip(".")
            if key not in theirs:
                yield place, "only ours has it"
            elif key not in ours:
                yield place, "only theirs has it"
            else:
                yield from differences(ours[key], theirs[key], place)
    elif isinstance(ours, list) and isinstance(theirs, list):
        if ours and theirs:
            yield from differences(ours[0], theirs[0], f"{path}[]")
    elif ours != theirs:
        yield path or "result", f"{_word(ours)} against {_word(theirs)}"


def _is_map(shape: dict[str, Shape]) -> bool:
    """Return whether an object's keys are values themselves: addresses or storage slots."""
    return bool(shape) and all(key.startswith("0x") for key in shape)


def _word(shape: Shape) -> str:
    return "an object" if isinstance(shape, dict) else "a list" if isinstance(shape, list) else str(shape)
