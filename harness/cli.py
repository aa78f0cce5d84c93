"""The command ``harness``."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from harness import __version__
from harness.demo import PARTS
from harness.errors import HarnessError
from harness.proofs import commands as proving
from harness.testbed import deploy_command as deploying


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    try:
        code: int = chosen.run(chosen)
    except HarnessError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="harness", description="A test harness for Ethereum layer 2.")
    parser.add_argument("--version", action="version", version=f"rollup-harness {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")

    demo = commands.add_parser("demo", help="show what the harness does, on py-evm and on anvil")
    demo.add_argument("--l1", action="append", metavar="BACKEND", help="play on this backend only; may be repeated")
    demo.add_argument("--seed", type=int, default=0, help="seed of all randomness (default: 0)")
    demo.add_argument("--part", action="append", choices=PARTS, help="show this part only; may be repeated")
    demo.set_defaults(run=_demo)

    compiling = commands.add_parser("compile", help="compile a project's contracts that changed")
    compiling.add_argument("root", nargs="?", type=Path, help="the project's folder (default: the built-in contracts)")
    compiling.set_defaults(run=_compile)

    doctor = commands.add_parser("doctor", help="say which compiler, Node.js and anvil are used")
    doctor.set_defaults(run=_doctor)

    fuzz = commands.add_parser("fuzz", help="play what a seed draws, against the honest side")
    what = fuzz.add_subparsers(required=True, metavar="what")
    for name, words, play in (
        ("games", "dispute games against liars", _fuzz_games),
        ("channels", "lives of payment channels on a faulty message bus", _fuzz_channels),
    ):
        kind = what.add_parser(name, help=words)
        kind.add_argument("--seed", type=int, default=0, help="what is drawn (default: 0)")
        kind.add_argument("--count", type=int, default=100, help="how many are played (default: 100)")
        kind.set_defaults(run=play)
        if name == "games":
            kind.add_argument("--first", type=int, default=0, help="number of the first one (default: 0)")

    mutants = commands.add_parser("mutants", help="try deliberately broken contracts against the tests that name them")
    mutants.add_argument("group", nargs="?", default="", help="a folder of tests/mutants (default: all)")
    mutants.add_argument("--jobs", type=int, default=1, help="how many are tried at once (default: 1)")
    mutants.set_defaults(run=_mutants)

    proving.add_to(commands)
    deploying.add_to(commands)
    return parser


def _demo(chosen: argparse.Namespace) -> int:
    from rich.console import Console

    from harness.demo.stage import Stage

    stage = Stage(Console(), tuple(chosen.l1 or ("py-evm", "anvil")), chosen.seed)
    for part in chosen.part or PARTS:
        import_module(f"harness.demo.{part}").show(stage)
    if stage.disagreements:
        stage.console.print(f"[red]The backends differ in: {', '.join(stage.disagreements)}[/red]")
    return 1 if stage.disagreements else 0


def _compile(chosen: argparse.Namespace) -> int:
    from harness.contracts.project import Project, house

    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    project = house() if chosen.root is None else Project.load(chosen.root)
    compiled = project.compile_all()
    print(f"{len(compiled)} contracts of {project.where} are compiled")
    return 0


def _fuzz_games(chosen: argparse.Namespace) -> int:
    from harness.fuzz import games as fuzz_games

    return fuzz_games.run(chosen.seed, chosen.count, chosen.first)


def _fuzz_channels(chosen: argparse.Namespace) -> int:
    from harness.fuzz import channels as channel_fuzz

    return channel_fuzz.run(chosen.seed, chosen.count)


def _mutants(chosen: argparse.Namespace) -> int:
    from harness import mutants

    root = Path.cwd()
    return mutants.run(root, mutants.find(root, chosen.group), chosen.jobs)


def _doctor(_: argparse.Namespace) -> int:
    from harness import tools
    from harness.contracts import versions
    from harness.contracts.compiling import solc

    found = solc.find(versions.HOUSE)
    print(f"solc   {versions.show(found.version)}  {found.binary}  ({found.origin})")
    node = tools.any_node()
    print(f"node   {node.executable}  ({node.origin})")
    print(f"anvil  {tools.anvil()}")
    print(f"cache  {tools.cache_dir()}")
    return 0
