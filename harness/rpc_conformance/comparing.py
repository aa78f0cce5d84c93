"""Asks chains the same requests, and says where their answers differ, and why if that is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from harness.rpc_conformance.documented import Documented
from harness.rpc_conformance.shapes import Shape, differences, shape_of
from harness.rpc_conformance.stage import Stage


@dataclass(frozen=True, slots=True)
class Probe:
    """A request, with words for what differs from chain to chain."""

    method: str
    params: Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a chain answered: the code of an error, or a shape; ``unfit`` says why the result is not as documented."""

    code: int | None
    shape: Shape = None
    unfit: str | None = None

    def __str__(self) -> str:
        if self.code is not None:
            return f"error {self.code}"
        kind = "object" if isinstance(self.shape, dict) else "list" if isinstance(self.shape, list) else self.shape
        return kind if self.unfit is None else f"{kind}, not as documented"


@dataclass(frozen=True, slots=True)
class Difference:
    """A place where a chain answers otherwise than the reference; ``cause`` is None for one that nobody explained."""

    probe: Probe
    chain: str
    place: str
    how: str
    cause: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """A request with the outcome on each chain, the reference last, and the differences from it."""

    probe: Probe
    outcomes: Mapping[str, Outcome]
    differences: tuple[Difference, ...]


@cache
def _data(name: str) -> Any:
    return yaml.safe_load(files("harness.rpc_conformance").joinpath(name).read_text(encoding="utf-8"))


def probes() -> list[Probe]:
    """Return the requests of ``probes.yaml``."""
    return [Probe(row["method"], row.get("params", [])) for row in _data("probes.yaml")["probes"]]


def cause_of(chain: str, method: str, place: str, how: str) -> str | None:
    """Return the cause that ``differences.yaml`` gives for a difference; None if it gives none."""
    for row in _data("differences.yaml")["differences"]:
        patterns = ((row.get("chain", "*"), chain), (row["at"], f"{method}:{place}"), (row.get("how", "*"), how))
        if all(fnmatchcase(actual, pattern) for pattern, actual in patterns):
            cause: str = row["cause"]
            return cause
    return None


def compare(stages: Sequence[Stage], reference: Stage, asked: Sequence[Probe]) -> Iterator[Row]:
    """Yield a row for each request, asked of every chain in turn."""
    documented = Documented()
    for probe in asked:
        outcomes = {stage.name: _outcome(stage, probe, documented) for stage in (*stages, reference)}
        theirs = outcomes[reference.name]
        found = [
            Difference(probe, stage.name, place, how, cause_of(stage.name, probe.method, place, how))
            for stage in stages
            for place, how in _between(outcomes[stage.name], theirs)
        ]
        yield Row(probe, outcomes, tuple(found))


def _outcome(stage: Stage, probe: Probe, documented: Documented) -> Outcome:
    answer = stage.ask(probe.method, stage.filled(probe.params))
    error = answer.get("error")
    if error is not None:
        return Outcome(error["code"])
    return Outcome(None, shape_of(answer["result"]), documented.misfit(probe.method, answer["result"]))


def _between(ours: Outcome, theirs: Outcome) -> Iterator[tuple[str, str]]:
    if ours.code is not None or theirs.code is not None:
        if ours.code != theirs.code:
            yield "answer", f"{ours} against {theirs}"
        return
    if ours.unfit is not None:
        yield "document", ours.unfit
    yield from differences(ours.shape, theirs.shape)
