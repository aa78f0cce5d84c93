"""Scenarios from YAML, with the place of every mistake."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from harness.scenarios.checks import problems_of
from harness.scenarios.errors import Problem, ScenarioInvalid
from harness.scenarios.fitting import TypeOf
from harness.scenarios.saying import said_of
from harness.scenarios.scenario import Scenario

LARGEST = 1 << 20
"""Most bytes of a scenario's file."""
MOST_NODES = 100_000
"""Most values of a scenario, with those that aliases repeat."""
SUFFIXES = (".scenario.yaml", ".scenario.yml")
"""How the names of scenario files end. pytest and folders take only these."""
_DEEPEST = 64
_TAGS = ("str", "int", "float", "bool", "null", "timestamp", "merge", "value")
"""The tags that YAML's older form gives to values without one."""

Way = tuple[str | int, ...]
Places = dict[Way, tuple[int, int]]
_BASE: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(
    path: Path | str, known: Mapping[str, tuple[str, ...]] | None = None, type_of: TypeOf | None = None
) -> Scenario:
    """Read a scenario's file.

    ``known`` has the project's contracts with their files, and ``type_of`` returns one, for which it may be compiled;
    None does not check them. Raises ScenarioInvalid with all
    that is wrong, and OSError for a file that cannot be opened.
    """
    file = Path(path)
    if file.is_dir():
        raise ScenarioInvalid(str(path), [Problem((), "it is a folder, expected a scenario's file")])
    with file.open("rb") as opened:
        data = opened.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ScenarioInvalid(str(path), [Problem((), f"it has more than {LARGEST} bytes")])
    try:
        return parse(data.decode("utf-8"), str(path), known, type_of)
    except UnicodeDecodeError as problem:
        raise ScenarioInvalid(str(path), [Problem((), f"it is no UTF-8 text: {problem}")]) from None


def parse(
    text: str,
    source: str = "scenario",
    known: Mapping[str, tuple[str, ...]] | None = None,
    type_of: TypeOf | None = None,
) -> Scenario:
    """Return the scenario in a YAML text; raises ScenarioInvalid with all that is wrong."""
    plain, places = _Reader(source).read(text)
    return validated(plain, source, known, places, type_of)


def validated(
    plain: Any,
    source: str = "scenario",
    known: Mapping[str, tuple[str, ...]] | None = None,
    places: Places | None = None,
    type_of: TypeOf | None = None,
) -> Scenario:
    """Return the scenario in plain data; raises ScenarioInvalid with all that is wrong."""
    try:
        scenario = Scenario.model_validate(plain)
        problems = list(problems_of(scenario, known, type_of))
    except ValidationError as problem:
        problems = [Problem(tuple(each["loc"]), said_of(each)) for each in problem.errors()]
    if problems:
        raise ScenarioInvalid(source, [_placed(each, places or {}) for each in problems])
    return scenario


def places_in(path: Path) -> Places:
    """Return where each value of a scenario's file is: line and column, by the way to it; none if it cannot be read."""
    try:
        return _Reader(str(path)).read(path.read_text(encoding="utf-8"))[1]
    except (ScenarioInvalid, OSError, UnicodeDecodeError):
        return {}


def _placed(problem: Problem, places: Places) -> Problem:
    """Return a problem with the line of its field, or of the nearest one around it that the file has."""
    for length in range(len(problem.where), -1, -1):
        found = places.get(problem.where[:length])
        if found is not None:
            return replace(problem, line=found[0], column=found[1])
    return problem


class _Reader:
    """Turns YAML into plain data, and notes where each value begins.

    Of YAML's types it has texts, numbers, true, false and null, as JSON has them: in YAML 1.1 ``on`` would be true.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.places: Places = {}
        self.nodes = 0

    def read(self, text: str) -> tuple[Any, Places]:
        try:
            root = yaml.compose(text, Loader=_BASE)
        except yaml.MarkedYAMLError as problem:
            mark = problem.problem_mark or problem.context_mark
            raise self._wrong((), f"it is no YAML: {problem.problem}", mark) from None
        except yaml.YAMLError as problem:
            raise self._wrong((), f"it is no YAML: {problem}") from None
        except RecursionError:
            raise self._wrong((), f"it is nested deeper than {_DEEPEST} levels") from None
        if root is None:
            raise self._wrong((), "it is empty, expected a scenario")
        return self._value(root, ()), self.places

    def _wrong(self, way: Way, said: str, mark: Any = None) -> ScenarioInvalid:
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
        return ScenarioInvalid(self.source, [Problem(way, said, line, column)])

    def _value(self, node: Any, way: Way) -> Any:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise self._wrong((), f"its aliases make more than {MOST_NODES} values of it", node.start_mark)
        if len(way) > _DEEPEST:
            raise self._wrong((), f"it is nested deeper than {_DEEPEST} levels", node.start_mark)
        self.places[way] = (node.start_mark.line + 1, node.start_mark.column + 1)
        if isinstance(node, yaml.MappingNode):
            return dict(self._pairs(node, way))
        if isinstance(node, yaml.SequenceNode):
            return [self._value(each, (*way, place)) for place, each in enumerate(node.value)]
        if node.tag.removeprefix("tag:yaml.org,2002:") not in _TAGS:
            raise self._wrong(way, f"it has the tag {node.tag}, expected none", node.start_mark)
        return node.value if node.style in ("'", '"', "|", ">") else _plain(node.value)

    def _pairs(self, node: Any, way: Way) -> Iterator[tuple[str, Any]]:
        seen = set[str]()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self._wrong(way, "a name is no text", key.start_mark)
            name = str(key.value)
            if name == "<<":
                raise self._wrong(way, "it merges tables by <<, expected each field written out", key.start_mark)
            if name in seen:
                raise self._wrong((*way, name), "the name is there twice", key.start_mark)
            seen.add(name)
            found = self._value(value, (*way, name))
            self.places[(*way, name)] = (key.start_mark.line + 1, key.start_mark.column + 1)
            yield name, found


def _plain(text: str) -> Any:
    """Return what a plain scalar means in YAML 1.2's core schema."""
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"[-+]?\d{1,80}", text):
        return int(text)
    if re.fullmatch(r"[-+]?(\d+\.\d*|\.\d+)([eE][-+]?\d{1,3})?", text):
        return float(text)
    return text
