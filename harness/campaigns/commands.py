"""The arguments of `harness campaign`. Its code is imported only when it runs."""

from __future__ import annotations

import argparse
import os
import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.arguments import Parser, jobs, natural

if TYPE_CHECKING:
    from harness.campaigns.case import Case
    from harness.campaigns.store import Store

COMMAND = "harness campaign"
REPORT = "report"
RESULTS = Path("campaign.sqlite")


def add_to(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the program's."""
    words = "play many cases on all cores or on a cluster, and collect the results"
    parser = commands.add_parser("campaign", help=words)
    words = (
        "what to play: games, counting-games, channels, or a scenario's file, folder or name; "
        "or the word report, for what the results say"
    )
    parser.add_argument("what", nargs="+", metavar="WHAT", help=words)
    words = "seeds A to B - 1 (default: 0..100)"
    parser.add_argument("--seeds", type=seeds, default=range(100), metavar="A..B", help=words)
    words = "file of the results; what it holds is not played again (default: campaign.sqlite)"
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FILE", help=words)
    words = "L1 to play on; may be repeated (default: py-evm)"
    parser.add_argument("--l1", action="append", metavar="BACKEND", help=words)
    where = parser.add_mutually_exclusive_group()
    words = "worker processes on this machine (default: one per core)"
    where.add_argument("--jobs", type=jobs, help=words)
    where.add_argument("--scheduler", metavar="URL", help="Dask scheduler to use instead, as in tcp://127.0.0.1:8786")
    parser.add_argument("--replays", type=Path, metavar="DIR", help="folder for a file of each failure that plays it")
    parser.set_defaults(run=run)


def seeds(text: str) -> range:
    """Return the seeds that "A..B" names, from A to before B."""
    first, dots, last = text.partition("..")
    if not dots or not re.fullmatch(r"\s*\d+\s*", first) or not re.fullmatch(r"\s*\d+\s*", last):
        raise argparse.ArgumentTypeError(f"{text!r:.60} is no range of seeds, expected one as in 0..1000")
    start, end = natural(first.strip()), natural(last.strip())
    if start >= end:
        raise argparse.ArgumentTypeError(f"{text!r:.60} holds no seed, expected a smaller number before the dots")
    return range(start, end)


def run(chosen: argparse.Namespace) -> int:
    """Play what is chosen, then report; returns 1 if a case failed, 130 if the campaign was interrupted."""
    from rich.console import Console

    from harness.campaigns.report import Summary, show
    from harness.campaigns.store import open_store

    reports = chosen.what == [REPORT]
    # What cannot be read leaves no file of results.
    cases = [] if reports else list(_cases(chosen.what, chosen.seeds, tuple(dict.fromkeys(chosen.l1 or ("py-evm",)))))
    with open_store(chosen.results, new=not reports) as store:
        interrupted = not reports and _play(chosen, cases, store)
        asked = {case.digest for case in cases}
        # Results of versions that are not asked for any more stay in the file, and say nothing about this one.
        summary = Summary.of(result for result in store if reports or result.case.digest in asked)
    console = Console()
    show(summary, console, chosen.replays)
    if interrupted:
        console.print(f"interrupted; to go on: {_again(chosen)}", markup=False, highlight=False, soft_wrap=True)
        return 130
    return 1 if summary.failures else 0


def _play(chosen: argparse.Namespace, cases: Sequence[Case], store: Store) -> bool:
    """Play what the store does not hold yet; return whether that was interrupted."""
    from harness.campaigns import cluster
    from harness.progress import Tally

    missing = list(_missing(cases, store))
    if len(store):
        print(f"{chosen.results} holds {len(store)} results; {len(missing)} cases are left to play")
    if not missing:
        return False
    opened = cluster.remote(chosen.scheduler) if chosen.scheduler else cluster.local(chosen.jobs or os.cpu_count() or 1)
    tally = Tally("cases", len(missing))
    try:
        with opened as client, tally:
            for case, outcome in cluster.outcomes(client, missing):
                store.add(case, outcome)
                tally.advance()
    except KeyboardInterrupt:
        return True
    return False


def _cases(words: Sequence[str], seeds: range, l1s: Sequence[str]) -> Iterator[Case]:
    """Yield the cases of drawn games and channels by name, and of scenarios by file, folder or name."""
    from harness.campaigns import drawn, scenarios

    for word in words:
        draw = drawn.cases if word in drawn.DRAWN else scenarios.cases
        for l1 in l1s:
            yield from draw(word, seeds, l1)


def _missing(cases: Sequence[Case], store: Store) -> Iterator[Case]:
    seen = set()
    for case in cases:
        if case.digest not in seen and not store.has(case):
            seen.add(case.digest)
            yield case


def _again(chosen: argparse.Namespace) -> str:
    span = f"{chosen.seeds.start}..{chosen.seeds.stop}"
    l1s = [word for l1 in chosen.l1 or () for word in ("--l1", l1)]
    given = (
        ("--results", chosen.results),
        ("--jobs", chosen.jobs),
        ("--scheduler", chosen.scheduler),
        ("--replays", chosen.replays),
    )
    others = [word for name, value in given if value for word in (name, str(value))]
    return shlex.join([*COMMAND.split(), *chosen.what, "--seeds", span, *others, *l1s])
