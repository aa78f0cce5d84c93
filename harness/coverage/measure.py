"""What of a project's sources a run executed, from the marks of its code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.contracts.artifact import Artifact
from harness.contracts.compiling.compiler import Unit
from harness.contracts.compiling.shelf import SourceShelf
from harness.contracts.project import Project
from harness.coverage.collector import Hits, key_of
from harness.coverage.facts import Facts, learn
from harness.coverage.items import Items, items_of
from harness.errors import ContractError, ToolNotFound


@dataclass(frozen=True, slots=True)
class Way:
    """One way of a branch, and whether the code went it."""

    name: str
    taken: bool


@dataclass(frozen=True, slots=True)
class CoveredBranch:
    """A branch whose ways have code."""

    line: int
    kind: str
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class CoveredFunction:
    """A function, and whether it was entered."""

    name: str
    line: int
    entered: bool


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many."""

    covered: int
    total: int

    def __add__(self, other: Share) -> Share:
        return Share(self.covered + other.covered, self.total + other.total)

    @property
    def percent(self) -> float | None:
        """From 0 to 100; None of nothing."""
        return 100 * self.covered / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class FileCoverage:
    """One file: ``lines`` says by number whether a statement that begins there ran.

    ``has_branches`` is False for a file that only via-ir compiles, where jumps cannot be told apart. ``untold`` are the
    other branches, by line and kind, of which no jump was found in the code.
    """

    unit: str
    text: str
    lines: Mapping[int, bool]
    branches: tuple[CoveredBranch, ...]
    functions: tuple[CoveredFunction, ...]
    has_branches: bool = True
    untold: tuple[tuple[int, str], ...] = ()

    @property
    def line_share(self) -> Share:
        return Share(sum(self.lines.values()), len(self.lines))

    @property
    def branch_share(self) -> Share:
        ways = [way.taken for branch in self.branches for way in branch.ways]
        return Share(sum(ways), len(ways))

    @property
    def function_share(self) -> Share:
        return Share(sum(function.entered for function in self.functions), len(self.functions))


@dataclass(frozen=True, slots=True)
class ProjectCoverage:
    """One project: its files with code in the order of their names, and why others could not be measured."""

    root: Path
    files: tuple[FileCoverage, ...]
    problems: tuple[str, ...]


def measure(project: Project, hits: Hits) -> ProjectCoverage:
    """Return what of a project's sources ran."""
    shelf = project.sources
    assert shelf is not None
    problems: list[str] = []
    units: dict[str, Unit] = {}
    for source in shelf.tree.own:
        try:
            units[source.unit] = shelf.unit(source.unit)
        except (ContractError, ToolNotFound) as problem:
            problems.append(f"{source.unit}: {str(problem).splitlines()[0]}")
    facts = {unit: Facts() for unit in units}
    for artifact in _artifacts(shelf, units):
        for creation in (True, False):
            found = hits.get(key_of(project.root, artifact, creation=creation), b"")
            learn(facts, artifact, found, creation=creation)
    files = []
    for source in sorted(shelf.tree.own, key=lambda each: each.unit):
        ast = units[source.unit].ast if source.unit in units else None
        if ast is not None:
            items = items_of(ast, source.text.encode())
            exact = not units[source.unit].via_ir
            found_file = _file(source.unit, source.text, items, facts[source.unit], has_branches=exact)
            files += [found_file] if found_file.lines or found_file.functions else []
            problems += [
                f"{source.unit}:{line}: branch of {kind}: its code has no jump" for line, kind in found_file.untold
            ]
    return ProjectCoverage(project.root, tuple(files), tuple(problems))


def _artifacts(shelf: SourceShelf, units: Mapping[str, Unit]) -> Iterator[Artifact]:
    for name, unit in units.items():
        for contract in unit.contracts:
            yield shelf.take(name, contract)


def _first(answer: bool | None, unknown: bool | None) -> bool | None:
    return unknown if answer is None else answer


def _file(unit: str, text: str, items: Items, facts: Facts, *, has_branches: bool) -> FileCoverage:
    uncompiled = {
        id(item)
        for function in items.functions
        if not facts.has_code(function.place)
        for item in (*function.statements, *function.branches)
    }
    lines: dict[int, bool] = {}
    for statement in items.statements:
        answers = [facts.ran(evidence) for evidence in statement.evidence]
        if id(statement) in uncompiled or any(answer is not None for answer in answers):
            lines[statement.line] = lines.get(statement.line, False) or any(answers)
    branches, untold = [], []
    for branch in items.branches if has_branches else ():
        unknown = False if id(branch) in uncompiled else None
        ways = [(name, _first(facts.ran(evidence), unknown)) for name, evidence in branch.ways]
        known = tuple(Way(name, taken) for name, taken in ways if taken is not None)
        if known:
            branches.append(CoveredBranch(branch.line, branch.kind, known))
        else:
            untold.append((branch.line, branch.kind))
    functions = [
        CoveredFunction(function.name, function.line, entered)
        for function in items.functions
        if (entered := facts.entered(function)) is not None
    ]
    ordered = dict(sorted(lines.items()))
    return FileCoverage(unit, text, ordered, tuple(branches), tuple(functions), has_branches, tuple(untold))
