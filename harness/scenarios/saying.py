"""What is wrong with a field of a scenario, in words of a scenario's author: from the errors of pydantic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from harness.scenarios.base import Way
from harness.scenarios.scenario import Scenario


def close(name: object, known: Iterable[str]) -> str:
    """Return the end of a message that names the nearest known name; "" if none is near."""
    found = get_close_matches(str(name), list(known), n=1, cutoff=0.5)
    return f"; did you mean {found[0]!r}?" if found else ""


def said_of(error: Mapping[str, Any]) -> str:
    """Return what is wrong with a field, from one of pydantic's errors."""
    context, given = error.get("ctx", {}), error.get("input")
    match error["type"]:
        case "value_error":
            return str(context["error"])
        case "missing":
            return "it is missing"
        case "extra_forbidden":
            return f"there is no such field{_nearest_field(error['loc'])}"
        case "literal_error":
            listed = str(context["expected"])
            choices = listed.replace("'", "").replace(" or ", ", ").split(", ")
            return f"it is {given!r}, expected {listed}{close(given, choices)}"
        case "tuple_type":
            return f"it is {_brief(given)}, expected a list{_meant(error['loc'], given)}"
        case "dict_type" | "model_type":
            return f"it is {_brief(given)}, expected a table of fields"
    return f"it is {_brief(given)}, expected {_expected(error['type'], context)}"


_EXPECTED = {
    "greater_than_equal": "at least {ge}",
    "greater_than": "more than {gt}",
    "less_than_equal": "at most {le}",
    "less_than": "less than {lt}",
    "string_type": "a text",
    "string_pattern_mismatch": "a text of the form {pattern}",
    "too_short": "at least {min_length} of them",
    "too_long": "at most {max_length} of them",
}
"""What is expected instead, by the type of pydantic's error."""


def _expected(kind: str, context: Mapping[str, Any]) -> str:
    if kind == "string_too_short":
        least = context["min_length"]
        return "a text that is not empty" if least == 1 else f"a text of at least {least} characters"
    if kind in _EXPECTED:
        return _EXPECTED[kind].format(**context)
    words = {"int": "a whole number", "bool": "true or false", "float": "a number"}
    return words.get(kind.partition("_")[0], "another value")


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _nearest_field(way: Way) -> str:
    """Return the nearest name to an unknown one, of the fields of its record or else of those around it."""
    inner = _near(way)
    if inner:
        return inner
    for length in range(len(way) - 1, 0, -1):
        outer = (*way[: length - 1], way[-1])
        found = get_close_matches(str(way[-1]), _fields(outer), n=1, cutoff=0.75)
        if found:
            return f"; {'.'.join(map(str, (*outer[:-1], found[0])))} may be meant"
    return ""


def _near(way: Way) -> str:
    return close(way[-1], _fields(way))


def _meant(way: Way, given: object) -> str:
    """Return which fields around a list the names of a table in its place may mean."""
    names = list(given) if isinstance(given, dict) else []
    near = (found for name in names if (found := get_close_matches(str(name), _fields(way), n=1, cutoff=0.75)))
    meant = [".".join(map(str, (*way[:-1], found[0]))) for found in near]
    return f"; {' and '.join(meant)} may be meant" if meant else ""


def _fields(way: Way) -> list[str]:
    """Return the names of the fields of the record that a field is looked for in."""
    record: Any = Scenario
    for part in way[:-1]:
        record = _inner(record, part)
    return [field.alias or name for name, field in getattr(record, "model_fields", {}).items()]


def _inner(record: Any, part: str | int) -> Any:
    """Return the type of what a field of a record holds, as far as it is a record."""
    if isinstance(part, int) or not hasattr(record, "model_fields"):
        return record
    for name, field in record.model_fields.items():
        if part in (name, field.alias):
            return _record_in(field.annotation) or field.annotation
    return record


def _record_in(annotation: Any) -> Any:
    if hasattr(annotation, "model_fields"):
        return annotation
    inner = (_record_in(each) for each in getattr(annotation, "__args__", ()))
    return next((each for each in inner if each is not None), None)
