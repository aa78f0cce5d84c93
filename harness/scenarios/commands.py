"""The commands ``harness play``, ``replay``, ``scenarios`` and ``schema``."""

from __future__ import annotations

import argparse
import json
import re
import shlex
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import __version__
from harness.arguments import existing, folder, natural
from harness.errors import HarnessError, UsageError

if TYPE_CHECKING:
    from harness.scenarios.result import Result

HELD, BROKEN = 0, 1


def add_to(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the commands to a parser."""
    play = commands.add_parser("play", help="play scenarios, and check what they expect")
    play.add_argument("target", nargs="+", help="a scenario's file, a folder of them, or a name in the library")
    play.add_argument(
        "--l1", metavar="BACKEND", help="py-evm, anvil, hardhat or a URL (default: what the scenario says)"
    )
    play.add_argument("--seed", type=natural, help="seed of all randomness (default: what the scenario says)")
    play.add_argument("--json", action="store_true", help="print the outcomes as a JSON array")
    play.add_argument("--results", type=Path, metavar="FOLDER", help="write each result to a file in this folder")
    words = "write one HTML file that tells what happened, and where the money went"
    play.add_argument("--report", type=Path, metavar="FILE", help=words)
    play.set_defaults(run=_play)

    again = commands.add_parser("replay", help="play results again, and say what differs")
    words = "a file that harness play --results wrote, or the folder of them"
    again.add_argument("result", nargs="+", type=existing, help=words)
    again.add_argument("--l1", metavar="BACKEND", help="run the scenario on this backend instead of the recorded one")
    words = "run the scenario against the contracts of this folder instead, and say what changed"
    again.add_argument("--contracts", type=folder, metavar="FOLDER", help=words)
    again.add_argument("--report", type=Path, metavar="FILE", help="write the report of the run, if nothing differs")
    again.set_defaults(run=_replay)

    listing = commands.add_parser("scenarios", help="list the library of scenarios")
    listing.add_argument("--json", action="store_true", help="print them as a JSON array")
    listing.set_defaults(run=_list)

    schema = commands.add_parser("schema", help="print the JSON Schema of scenario files")
    schema.set_defaults(run=_schema)


# -- play


def _play(chosen: argparse.Namespace) -> int:
    from harness.scenarios.finding import cases_of, find, name_of, opened
    from harness.scenarios.running import play

    files = [path for target in chosen.target for path in find(target)]
    # Every file is read before anything runs: a mistake in the last one costs no run of the others.
    read = [(path, *opened(path)) for path in dict.fromkeys(files)]
    _refuse_what_fails_later("harness play", chosen)
    told, outcomes, is_broken, kept_as = Telling(chosen.report), [], False, Counter[str]()
    for path, scenario, sources, root in read:
        for number, (case, one) in enumerate(cases_of(scenario), 1):
            began = time.perf_counter()
            try:
                result = play(
                    one, sources, root=root, backend=chosen.l1, seed=chosen.seed, case=case, watch=_progress(one.name)
                )
            except HarnessError as problem:
                # The others are played all the same.
                is_broken = True
                outcomes.append({"name": one.name, "case": case, "holds": False, "headline": f"{path}: {problem}"})
                if not chosen.json:
                    print(f"BROKEN {one.name}: it could not be played\n       {path}: {problem}")
                continue
            name = name_of(path) + (f"-{number}" if scenario.sweep else "")
            kept_as[name] += 1
            # Files of one name lie in several folders: the second one's result does not take the first one's place.
            kept = _keep(result, chosen.results, name + (f".{kept_as[name]}" if kept_as[name] > 1 else ""))
            told.add(result, kept, name_of(path))
            is_broken |= not result.holds
            outcomes.append(_outcome(result, kept))
            if not chosen.json:
                _print(result, time.perf_counter() - began, kept, path)
    told.write()
    if chosen.json:
        print(json.dumps(outcomes, indent=2))
    return BROKEN if is_broken else HELD


def _refuse_what_fails_later(command: str, chosen: argparse.Namespace) -> None:
    """Raise UsageError for a backend that is none and for a report that cannot be written, before anything runs."""
    from harness.scenarios.checks import BACKENDS

    if chosen.l1 is not None and chosen.l1 not in BACKENDS and "://" not in chosen.l1:
        raise UsageError(command, f"--l1 is {chosen.l1}, expected {', '.join(BACKENDS)} or a URL")
    if chosen.report is not None:
        if chosen.report.is_dir():
            raise UsageError(command, f"--report {chosen.report} is a folder, expected a file")
        above = next(each for each in chosen.report.absolute().parents if each.exists())
        if not above.is_dir():
            raise UsageError(command, f"--report {chosen.report} cannot be written: {above} is no folder")


class Telling:
    """Keeps the results that a report is asked for, each with the command that plays it again."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.results: list[Result] = []
        self.commands: list[str] = []

    def add(self, result: Result, kept: Path | None, name: str) -> None:
        """Keep a result, if there is to be a report."""
        if self.path is not None:
            self.results.append(result)
            again = ["harness", "play", name, "--l1", result.backend, "--seed", str(result.seed)]
            self.commands.append(shlex.join(again if kept is None else ["harness", "replay", str(kept)]))

    def write(self) -> None:
        """Write the report, if it is asked for."""
        from harness.scenarios.report.page import write

        if self.path is not None:
            write(self.results, self.path, self.commands)
            print(f"report: {self.path}", file=sys.stderr)


def _progress(name: str) -> Any:
    def show(line: str) -> None:
        print(f"  {name}: {line}", file=sys.stderr)

    return show if sys.stderr.isatty() else lambda _: None


def _keep(result: Result, folder: Path | None, name: str) -> Path | None:
    from harness.scenarios.storing import write

    return None if folder is None else write(result, folder / f"{name}.result.json")


def _outcome(result: Result, kept: Path | None) -> dict[str, Any]:
    return {
        "name": result.scenario.name,
        "case": result.case,
        "backend": result.backend,
        "seed": result.seed,
        "holds": result.holds,
        "headline": result.headline,
        "expectations": [row.model_dump() for row in result.expectations],
        "result": None if kept is None else str(kept),
    }


def _print(result: Result, seconds: float, kept: Path | None, path: Path) -> None:
    word = "ok    " if result.holds else "BROKEN"
    case = f" [{', '.join(f'{path}={value}' for path, value in result.case.items())}]" if result.case else ""
    print(f"{word} {result.scenario.name}{case} ({result.backend}, seed {result.seed}, {seconds:.1f} s)")
    print(f"       {result.headline}")
    for row in result.expectations:
        if not row.holds:
            print(f"       {_at(row.what, path)}{row.what}: expected {row.expected}, actual {row.actual}")
    if kept is not None:
        print(f"       harness replay {kept}")


def _at(what: str, path: Path) -> str:
    """Return the file and the line of the step that a row is about; "" for another row."""
    from harness.scenarios.loading import places_in

    number = re.match(r"step (\d+),", what)
    if number is None:
        return ""
    line, _ = places_in(path).get(("steps", int(number[1]) - 1), (0, 0))
    return f"{path}:{line}: " if line else ""


# -- replay


_FAILED = "could not be played"
_WORDS = {True: ("holds", "does not hold"), False: ("alike", "differs")}
"""What a table says of results, by whether they are played against other contracts."""


def _replay(chosen: argparse.Namespace) -> int:
    _refuse_what_fails_later("harness replay", chosen)
    files, told = _results_of(chosen.result), Telling(chosen.report)
    status = _replay_file(files[0], chosen, told) if len(files) == 1 else _replay_all(files, chosen, told)
    if told.results:
        told.write()
    return status


def _results_of(named: list[Path]) -> list[Path]:
    """Return the files of results that were named, and those of each folder that was."""
    found: list[Path] = []
    for path in named:
        inside = sorted(path.glob("*.result.json")) if path.is_dir() else [path]
        if not inside:
            raise UsageError("harness replay", f"{path} has no *.result.json, which harness play --results writes")
        found += inside
    return list(dict.fromkeys(found))


def _replay_all(files: list[Path], chosen: argparse.Namespace, told: Telling) -> int:
    """Replay each file, the others too where one cannot be played; then print a table of them."""
    from rich.console import Console
    from rich.table import Table

    from harness.progress import Tally

    table, worst = Table("result", "came out", "seconds", box=None, pad_edge=False), HELD
    with Tally("results", len(files)) as tally:
        for path in files:
            began = time.perf_counter()
            print(f"{path.name}: ", end="")
            try:
                status = _replay_file(path, chosen, told)
                outcome = _WORDS[chosen.contracts is not None][status]
            except HarnessError as problem:
                print(problem, flush=True)
                status, outcome = BROKEN, _FAILED
            worst = max(worst, status)
            table.add_row(path.name, outcome, f"{time.perf_counter() - began:.1f}")
            tally.advance()
    Console().print(table)
    return worst


def _replay_file(path: Path, chosen: argparse.Namespace, told: Telling) -> int:
    from harness.scenarios import storing

    result = storing.read(path)
    if result.harness != __version__:
        print(f"recorded by version {result.harness} of the harness, played by {__version__}")
    if chosen.contracts is not None:
        return _against(result, chosen)
    now, status = _replay_one(result, chosen)
    if status == HELD:
        # What came out is told, not what the file says of it.
        told.add(now, path, result.scenario.name)
    return status


def _replay_one(result: Result, chosen: argparse.Namespace) -> tuple[Result, int]:
    """Return the run that was played now, and whether it is as the result says."""
    from harness.scenarios import replay

    backend = chosen.l1 or result.backend
    is_same_chain = backend == result.backend == "py-evm"
    found = replay.resend(result) if is_same_chain else []
    # The blocks alone do not bear out what a result says of them, and anybody can compute a file's hash.
    now = replay.again(result, backend=backend)
    found += replay.differences(result, now)
    if not found:
        found += replay.unlike(result, now) if is_same_chain else replay.unlike_elsewhere(result, now)
    if not found and is_same_chain:
        blocks = sum(record.op == "block" for record in result.tape)
        print(f"equal to the byte: {blocks} blocks have the recorded hashes, and all else is as recorded")
    elif not found:
        print(f"equal outcomes, money and gas on {backend}, and all else but hashes")
    for difference in found:
        print(difference)
    _say_outcome(now)
    return now, BROKEN if found else HELD


def _say_outcome(result: Result) -> None:
    print(result.headline)
    for row in result.expectations:
        if not row.holds:
            print(f"does not hold: {row.what}: expected {row.expected}, actual {row.actual}")


def _against(result: Result, chosen: argparse.Namespace) -> int:
    from harness.scenarios import replay
    from harness.scenarios.sources import contracts_in

    played, there = replay.names_in(result), contracts_in(chosen.contracts)
    if not any(name in there for name in played):
        raise UsageError("harness replay", f"{chosen.contracts} has none of the run's contracts: {', '.join(played)}")
    after = replay.again(result, backend=chosen.l1, contracts=chosen.contracts)
    taken = replay.taken(after, chosen.contracts)
    print(f"from {chosen.contracts}: {', '.join(taken) or 'nothing was deployed'}")
    print(f"before: {result.headline}")
    print(f"now:    {after.headline}")
    for difference in replay.differences(result, after, same_code=False):
        print(difference)
    if not taken:
        print(f"not fixed: the run deployed no contract of {chosen.contracts}")
        return BROKEN
    return _say_whether_fixed(result, after)


def _say_whether_fixed(before: Result, after: Result) -> int:
    """Say whether what was wrong is right.

    A scenario that shows a theft expects it. So its oracles tell, and its other expectations do not.
    """
    from harness.scenarios.replay import wrong_in

    shows_theft = before.scenario.thief is not None or bool(before.thefts)
    was, now = (wrong_in(result, only_oracles=shows_theft) for result in (before, after))
    if now:
        print(f"not fixed: {'; '.join(now)}" if was else f"broken: {'; '.join(now)}")
        return BROKEN
    print("fixed: nothing is stolen, and every oracle holds" if shows_theft else "fixed" if was else "nothing is wrong")
    return HELD


# -- the library, and the form


def _list(chosen: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.table import Table

    from harness.scenarios.finding import library
    from harness.scenarios.loading import load

    found = {name: load(path) for name, path in library().items()}
    if chosen.json:
        print(json.dumps([{"name": name, **_entry(scenario)} for name, scenario in found.items()], indent=2))
        return HELD
    table = Table("name", "title", "what it shows", box=None, pad_edge=False)
    for name, scenario in found.items():
        table.add_row(name, scenario.name, " ".join(scenario.shows.split()))
    Console().print(table)
    return HELD


def _entry(scenario: Any) -> dict[str, Any]:
    return {"title": scenario.name, "shows": " ".join(scenario.shows.split()), "tags": list(scenario.tags)}


def _schema(_: argparse.Namespace) -> int:
    from harness.scenarios.schema import schema

    print(json.dumps(schema(), indent=2))
    return HELD
