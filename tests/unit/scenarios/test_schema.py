"""The published schema says of files what the harness says of them."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from harness.scenarios import parse
from harness.scenarios.finding import library
from harness.scenarios.schema import schema
from harness.scenarios.verbs import VERBS


@pytest.fixture(scope="module")
def validator() -> Any:
    Draft202012Validator.check_schema(schema())
    return Draft202012Validator(schema())


@pytest.mark.parametrize("name", library())
def test_every_scenario_of_the_library_fits_the_schema(name: str, validator: Any) -> None:
    plain = parse(library()[name].read_text()).plain()
    assert [error.message for error in validator.iter_errors(plain)] == []


@pytest.mark.parametrize(
    "plain",
    [
        {},
        {"name": "x", "steps": [{"deplyo": {}}]},
        {"name": "x", "steps": [{"warp": "2"}]},
        {"name": "x", "agents": {"mallory": {"role": "liar"}}},
        {"name": "x", "steps": [{"send": {"to": "bob", "value": 5}}]},
        {"name": "x", "steps": [{}]},
        {"name": "x", "steps": [{"at": "2 days"}]},
        {"name": "x", "steps": [{"warp": "2 days", "mine": 1}]},
        {"name": "x", "steps": [{"send": {"to": "bob", "value": "-5 ether"}}]},
        {"name": "x", "steps": [{"upgrade": "shanghai"}]},
    ],
)
def test_what_the_harness_refuses_the_schema_refuses(plain: Any, validator: Any) -> None:
    assert list(validator.iter_errors(plain))


def test_short_forms_fit_the_schema(validator: Any) -> None:
    plain = {"name": "x", "l1": "anvil", "steps": [{"warp": "2 days"}, {"run": "resolved"}, {"propose": "mallory"}]}
    assert list(validator.iter_errors(plain)) == []


def test_the_schema_describes_every_verb(validator: Any) -> None:
    steps = validator.schema["$defs"]["Step"]["properties"]
    assert {verb.word for verb in VERBS} <= steps.keys()
    assert all(steps[verb.word]["description"] for verb in VERBS)
