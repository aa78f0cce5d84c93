"""The command ``harness``."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from harness import __version__
from harness.arguments import Parser, folder, jobs, natural, positive
from harness.campaigns import commands as campaigning
from harness.demo import PARTS
from harness.errors import ContractError, HarnessError, Reverted, UsageError
from harness.proofs import commands as proving
from harness.rpc_conformance import commands as conforming
from harness.scenarios import attack_command as attacking
from harness.scenarios import commands as scenarios
from harness.serve import command as serving
from harness.testbed import deploy_command as deploying

DONE, FOUND, UNABLE, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: success; a finding, such as a failed case or a compile error; the command could not run; Ctrl-C."""

FUZZED = {"games": "games", "channels": "channels", "sidechain": "sidechains"}
"""The module below `harness.fuzz` that draws and plays each kind of case."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    parser = _parser()
    if not given:
        parser.print_usage(sys.stderr)
        raise SystemExit(UNABLE)
    try:
        chosen = parser.parse_args(given)
        code: int = chosen.run(chosen)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Who read the output has enough of it. What Python would flush at its end goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as problem:
        if "--traceback" in given:
            traceback.print_exc()
        return _report(problem)
    return code


def _report(problem: Exception) -> int:
    """Print an error as one line on stderr; return the exit code.

    The compiler's messages and the place of a revert may take more lines, because they are what the user asked for.
    """
    from harness.contracts.errors import CompilerNotFound

    code, text = UNABLE, " ".join(str(problem).split())
    if isinstance(problem, UsageError):
        text += f"; see {problem.command} --help"
    elif isinstance(problem, ContractError | Reverted) and not isinstance(problem, CompilerNotFound):
        code, text = FOUND, str(problem)
    elif isinstance(problem, OSError) and problem.strerror:
        where = f"{problem.filename}: " if problem.filename is not None else ""
        text = f"{where}{problem.strerror}"
    elif not isinstance(problem, HarnessError):
        text = f"{type(problem).__name__}: {text} (a bug of the harness; --traceback shows where)"
    print(f"error: {text}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="harness", description="A test harness for Ethereum layer 2.")
    parser.add_argument("--version", action="version", version=f"rollup-harness {__version__}")
    parser.add_argument("--traceback", action="store_true", help="print the Python traceback of an error")
    commands = parser.add_subparsers(required=True, metavar="command")

    demo = commands.add_parser("demo", help="run a demonstration on py-evm and anvil side by side")
    demo.add_argument("--l1", action="append", metavar="BACKEND", help="use only this backend; may be repeated")
    demo.add_argument("--seed", type=natural, default=0, help="seed of all randomness (default: 0)")
    demo.add_argument("--part", action="append", choices=PARTS, help="run only this part; may be repeated")
    demo.add_argument("--chart", type=Path, metavar="FILE", help="write the layers' chart (SVG); with --part layers")
    demo.set_defaults(run=_demo)

    compiling = commands.add_parser("compile", help="compile the contracts of a project that have changed")
    words = "the project's folder (default: the project around the current folder, or else the built-in contracts)"
    compiling.add_argument("root", nargs="?", type=folder, help=words)
    stored = compiling.add_mutually_exclusive_group()
    words = "update the folder of compiled contracts that [tool.harness] compiled names"
    stored.add_argument("--store", action="store_true", help=words)
    words = "compile the contracts of that folder again; exit with 1 if one differs"
    stored.add_argument("--check", action="store_true", help=words)
    compiling.set_defaults(run=_compile)

    doctor = commands.add_parser("doctor", help="show which compiler, Node.js and anvil the harness uses")
    doctor.set_defaults(run=_doctor)

    guide = commands.add_parser("guide", help="list the guides, or show one")
    guide.add_argument("name", nargs="?", help="the guide to show (default: list them)")
    guide.set_defaults(run=_guide)

    fuzz = commands.add_parser("fuzz", help="play random cases against the honest side")
    what = fuzz.add_subparsers(required=True, metavar="what")
    for name, words in (
        ("games", "dispute games against liars"),
        ("channels", "payment channels on a faulty message bus"),
        ("sidechain", "sidechains whose validators lie, are silent and change"),
    ):
        kind = what.add_parser(name, help=words)
        kind.add_argument("--seed", type=natural, default=0, help="seed of all randomness (default: 0)")
        kind.add_argument("--count", type=positive, default=100, help="number of cases to play (default: 100)")
        kind.add_argument("--first", type=natural, default=0, help="number of the first case (default: 0)")
        source = kind.add_mutually_exclusive_group()
        source.add_argument("--print", action="store_true", dest="prints", help="print the cases as JSON instead")
        source.add_argument("--cases", type=Path, metavar="FILE", help="play the cases that --print wrote to this file")
        told = "folder for a scenario and a result of each case that is lost, shrunk (default: found)"
        kind.add_argument("--found", type=Path, default=Path("found"), metavar="FOLDER", help=told)
        kind.set_defaults(run=_fuzz, kind=name)
    asking = what.add_parser("requests", help="JSON-RPC requests to both layers over HTTP")
    asking.add_argument("--seed", type=natural, default=0, help="seed of all randomness (default: 0)")
    asking.add_argument("--count", type=positive, default=10_000, help="number of requests (default: 10000)")
    asking.set_defaults(run=_fuzz_requests)
    soaking = what.add_parser("soak", help="clients that come and vanish, and the memory of a server")
    soaking.add_argument("--minutes", type=positive, default=5, help="how long they ask (default: 5)")
    soaking.set_defaults(run=_soak)

    mutants = commands.add_parser("mutants", help="check that tests catch deliberately broken contracts")
    words = "a folder of tests/mutants, one patch as in channel/pay-out-again, or with --by pack a kind (default: all)"
    mutants.add_argument("group", nargs="?", default="", help=words)
    mutants.add_argument("--jobs", type=jobs, default=1, help="number of mutants to try at once (default: 1)")
    words = "what tries them: the test that each names, the library's scenarios, or packs of attacks (default: tests)"
    mutants.add_argument("--by", choices=("tests", "scenarios", "pack"), default="tests", help=words)
    mutants.set_defaults(run=_mutants)

    attacking.add_to(commands)
    campaigning.add_to(commands)
    conforming.add_to(commands)
    scenarios.add_to(commands)
    proving.add_to(commands)
    deploying.add_to(commands)
    serving.add_to(commands)
    return parser


def _demo(chosen: argparse.Namespace) -> int:
    from rich.console import Console

    from harness.demo.stage import Stage

    stage = Stage(Console(), tuple(chosen.l1 or ("py-evm", "anvil")), chosen.seed, chosen.chart)
    for part in chosen.part or PARTS:
        import_module(f"harness.demo.{part}").show(stage)
    if stage.disagreements:
        stage.console.print(f"[red]The backends differ in: {', '.join(stage.disagreements)}[/red]")
    return 1 if stage.disagreements else 0


def _compile(chosen: argparse.Namespace) -> int:
    from harness.config import root_above
    from harness.contracts.project import Project, built_in_contracts
    from harness.progress import Tally, TallyReporter, take_over

    root = chosen.root or root_above(Path.cwd())
    if chosen.store or chosen.check:
        return _stored(root or built_in_contracts().root, chosen.check)
    tally = Tally("files")
    give_back = take_over(TallyReporter(tally))
    try:
        with tally:
            project = built_in_contracts() if root is None else Project.load(root)
            compiled = project.compile_all(tally=tally)
    except KeyboardInterrupt:
        count = f"{tally.done} of {tally.total or 'all'}"
        print(f"interrupted: {count} files are compiled; run the same command to continue")
        return INTERRUPTED
    finally:
        give_back()
    print(f"{len(compiled)} contracts of {project.where} are compiled")
    return DONE


def _stored(root: Path, check: bool) -> int:
    from harness.contracts.compiling.renewal import StoredProject

    project = StoredProject(root)
    if not check:
        renewed = project.renew()
        print(f"{len(renewed.written)} units stored, {len(renewed.kept)} kept, {len(renewed.removed)} files removed")
        return DONE
    found = project.check()
    for source in found.wrong:
        print(f"wrong: {source} compiles to other code than what is stored")
    for source in found.stale:
        print(f"stale: {source} has changed since it was stored")
    for file in found.surplus:
        print(f"surplus: {file} belongs to no source")
    if found.wrong or found.stale or found.surplus:
        print("renew with: harness compile --store")
    counts = f"{len(found.wrong)} differ, {len(found.stale)} are stale"
    print(f"{len(found.equal)} stored units equal a fresh compilation; {counts}")
    return FOUND if found.wrong else DONE


def _guide(chosen: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.table import Column, Table
    from rich.text import Text

    from harness import guides

    console = Console()
    if chosen.name is not None:
        console.print(Markdown(guides.read(chosen.name).text, hyperlinks=False))
        return DONE
    table = Table("guide", Column("title", no_wrap=True), "what it says", box=None, pad_edge=False)
    for each in guides.every():
        table.add_row(each.name, each.title, Text(each.summary.replace("`", "")))
    console.print(table)
    return DONE


def _fuzz(chosen: argparse.Namespace) -> int:
    module = import_module(f"harness.fuzz.{FUZZED[chosen.kind]}")
    if chosen.prints:
        for line in module.lines(chosen.seed, chosen.count, chosen.first):
            print(line)
        return DONE
    from harness.scenarios.drawn_findings import Findings

    keep = Findings(chosen.found)
    status: int = module.run(chosen.seed, chosen.count, chosen.first, cases=chosen.cases, keep=keep)
    return status


def _fuzz_requests(chosen: argparse.Namespace) -> int:
    from harness.fuzz import requests

    try:
        told = requests.run(chosen.seed, chosen.count)
    except requests.BadAnswer as problem:
        print(problem)
        return FOUND
    for code, times in sorted(told.items(), key=lambda row: -row[1]):
        print(f"{times:6}  {'a result' if code is None else f'error {code}'}")
    return DONE


def _soak(chosen: argparse.Namespace) -> int:
    from harness.fuzz import soak

    try:
        soaked, status = soak.run(60 * chosen.minutes), DONE
    except soak.MemoryGrows as problem:
        print(problem)
        soaked, status = problem.soaked, FOUND
    first, last = soaked.memory[0][1] >> 20, soaked.memory[-1][1] >> 20
    print(f"{soaked.requests} requests in {soaked.rounds} rounds; memory: {first} MiB, then {last} MiB")
    print(f"the last minute has {soaked.growth:+.1f} % of the second one's memory")
    return status


def _mutants(chosen: argparse.Namespace) -> int:
    from harness import mutants

    root = Path.cwd()
    if chosen.by == "pack":
        from harness.mutants import attacked

        return attacked.run(root, attacked.chosen(root, chosen.group), chosen.jobs)
    found = mutants.find(root, chosen.group)
    if chosen.by == "tests":
        return mutants.run(root, found, chosen.jobs)
    from harness.mutants.scenarios import ScenarioTrials

    return mutants.run(root, found, chosen.jobs, trials=ScenarioTrials(root))


def _doctor(_: argparse.Namespace) -> int:
    from harness import tools
    from harness.contracts import versions
    from harness.contracts.compiling import solc

    found = solc.find(versions.BUILT_IN)
    print(f"solc   {versions.show(found.version)}  {found.path}  ({found.origin})")
    node = tools.any_node()
    print(f"node   {node.executable}  ({node.origin})")
    print(f"anvil  {tools.anvil()}")
    print(f"cache  {tools.cache_dir()}")
    return 0
