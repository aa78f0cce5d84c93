"""Finds scenarios: by file, by folder, or by their name in the library."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.config import root_above
from harness.errors import did_you_mean
from harness.scenarios.errors import UnknownScenario
from harness.scenarios.loading import SUFFIXES, load
from harness.scenarios.scenario import Scenario
from harness.scenarios.sources import Sources

LIBRARY = Path(__file__).resolve().parent / "library"
"""The folder of the scenarios that the harness brings along."""


def library() -> dict[str, Path]:
    """Return the files of the library by their names, sorted."""
    return {name_of(path): path for path in in_folder(LIBRARY)}


def name_of(path: Path) -> str:
    """Return the short name of a scenario's file."""
    return next((path.name.removesuffix(end) for end in SUFFIXES if path.name.endswith(end)), path.stem)


def in_folder(folder: Path) -> list[Path]:
    """Return the scenario files below a folder, sorted."""
    return sorted(path for path in folder.rglob("*") if path.name.endswith(SUFFIXES) and path.is_file())


def find(target: str) -> list[Path]:
    """Return the files that a word of the command line means; raises UnknownScenario."""
    path = Path(target)
    if path.is_dir():
        found = in_folder(path)
        if not found:
            raise UnknownScenario(target, f": the folder has no file *{SUFFIXES[0]}")
        return found
    if path.exists():
        return [path]
    known = library()
    if target not in known:
        raise UnknownScenario(target, did_you_mean(target, known))
    return [known[target]]


def root_of(path: Path) -> Path | None:
    """Return the folder of the project whose contracts a scenario's file may name; None if there is none."""
    return root_above(path.resolve().parent) or root_above(Path.cwd())


def opened(path: Path) -> tuple[Scenario, Sources, Path | None]:
    """Read a scenario's file with the contracts that it may name; raises what `load` raises.

    The contracts that it calls are compiled, so that a wrong call is found before anything runs.
    """
    sources, root = sources_of(path)
    return load(path, sources.names, sources.artifact), sources, root


def sources_of(path: Path) -> tuple[Sources, Path | None]:
    """Return the contracts that a scenario's file may name, and the folder of their project.

    Outside of a project these are the contracts that lie in the folder of the scenario, if there are any.
    """
    folder = path.resolve().parent
    root = root_of(path) or (folder if any(folder.glob("*.sol")) else None)
    return Sources([] if root is None else [root]), root


def cases_of(scenario: Scenario) -> Iterator[tuple[dict[str, object], Scenario]]:
    """Yield the cases of a scenario's sweep, each with its values; a scenario without a sweep is its only case."""
    if not scenario.sweep:
        yield {}, scenario
    for case in scenario.sweep:
        yield dict(case), scenario.with_case(case)
