"""What in a call, a constructor or an error's name does not fit the ABI of a contract."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from harness import errors
from harness.chain.values.accounts import NAMES
from harness.chain.values.coercion import coerce
from harness.chain.values.value_errors import ValueMisfit
from harness.contracts.artifact import Artifact
from harness.scenarios.values import Named, amount_of

Inputs = Sequence[Mapping[str, Any]]

_SOMEBODY = "0x" + 40 * "1"
"""Stands for the address of what a name means, which is known only when the scenario runs."""


def misfit(overloads: Sequence[Inputs], given: Sequence[Any], names: Iterable[str]) -> str:
    """Return why values are the arguments of none of the functions of one name; "" if they are of one.

    ``names`` are the names of accounts and of what the steps make.
    """
    known, said = {*NAMES, *names}, ""
    for inputs in overloads:
        if len(inputs) != len(given):
            continue
        try:
            for item, value in zip(inputs, given, strict=True):
                coerce(item, _value(value, known), item.get("name") or item["type"])
        except ValueMisfit as problem:
            said = said or str(problem)
        else:
            return ""
    return said


def _value(given: Any, known: set[str]) -> Any:
    """Return a value as the run passes it on, but for what a name stands for."""
    if isinstance(given, Named) or (isinstance(given, str) and given in known):
        return _SOMEBODY
    if isinstance(given, (list, tuple)):
        return [_value(each, known) for each in given]
    try:
        return amount_of(given)
    except ValueError:
        return given


ANY = ("any", "maybe")
"""What ``reverts`` may be besides a name."""


def is_error(name: str, artifacts: Iterable[Artifact]) -> bool:
    """Return whether an error has this name: of the harness, of a built-in contract, or one that contracts declare.

    A contract whose sources are not at hand may meet any error.
    """
    made = tuple(artifacts)
    if name in (*ANY, *errors.__all__) or any(name in errors_of(each) for each in made):
        return True
    return name in _built_in() or any(_may_declare(name, each) for each in made)


def error_names(artifacts: Iterable[Artifact]) -> list[str]:
    """Return the names that an error is likely meant by."""
    return [*ANY, *(name for each in artifacts for name in errors_of(each)), *sorted(_built_in()), *errors.__all__]


@cache
def _built_in() -> frozenset[str]:
    from harness.contracts.project import built_in_contracts

    contracts = built_in_contracts()
    return frozenset(error for name in contracts.names() for error in errors_of(contracts[name]))


def errors_of(artifact: Artifact) -> Iterable[str]:
    """Return the names of the errors in a contract's ABI."""
    return (entry["name"] for entry in artifact.abi if entry["type"] == "error")


def _may_declare(name: str, artifact: Artifact) -> bool:
    """Return whether a contract's sources, or what they import and so may create or call, declare an error."""
    texts = [artifact.source_text(unit) for unit in {artifact.source, *artifact.files.values()}]
    declared = re.compile(rb"\berror\s+" + re.escape(name.encode()) + rb"\s*\(")
    return any(text is None or declared.search(text) for text in texts)
