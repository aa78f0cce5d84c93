"""The JSON Schema of scenario files, for editors and for other tools."""

from __future__ import annotations

from typing import Any

from harness.scenarios.base import Short
from harness.scenarios.scenario import Scenario
from harness.scenarios.verbs import VERBS


def schema() -> dict[str, Any]:
    """Return the schema (JSON Schema 2020-12) of a scenario's file."""
    found = Scenario.model_json_schema(mode="validation")
    definitions = found.get("$defs", {})
    for kind in _kinds(Short):
        if kind.short and kind.__name__ in definitions:
            definitions[kind.__name__] = _with_short(kind, definitions[kind.__name__])
    # A step has one verb, and says beside it when, and with what error, it is done.
    definitions["Step"]["oneOf"] = [{"required": [verb.word]} for verb in VERBS]
    found["properties"]["sweep"] = {
        "description": "Cases: a list of tables, or one table of lists that stands for every combination.",
        "anyOf": [
            {"type": "array", "items": {"type": "object"}},
            {"type": "object", "additionalProperties": {"type": "array"}},
        ],
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}


def _kinds(base: type[Short]) -> list[type[Short]]:
    return [each for kind in base.__subclasses__() for each in (kind, *_kinds(kind))]


def _with_short(kind: type[Short], whole: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a record that may also be written as the value of one field."""
    field = kind.model_fields[kind.short]
    short = whole["properties"][field.alias or kind.short]
    return {"description": whole.get("description", ""), "anyOf": [short, whole]}
