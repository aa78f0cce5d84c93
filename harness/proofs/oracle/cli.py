"""`harness conformance --oracle`: compares random programs with Ethereum's specification, and prints the report."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.errors import UsageError
from harness.progress import Tally
from harness.proofs.oracle.lanes import LANES, Lane
from harness.proofs.oracle.run import Compared, compare_all


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return the exit code: 1 if a program differs, 130 if the run was interrupted, else 0."""
    console, programs = Console(highlight=False), arguments.oracle
    lanes = _lanes(arguments.layer, arguments.fork)
    outcomes: list[Compared] = []
    tally = Tally("programs", programs)
    try:
        with tally:
            for compared in compare_all(lanes, programs, arguments.seed, arguments.jobs, arguments.limit or None):
                outcomes.append(compared)
                tally.advance()
                if compared.outcome.difference:
                    console.print(_difference(compared), soft_wrap=True)
    except KeyboardInterrupt:
        _show(outcomes, lanes, console)
        console.print(f"interrupted: {tally.done} of {programs} programs were compared")
        return 130
    _show(outcomes, lanes, console)
    return 1 if any(compared.outcome.difference for compared in outcomes) else 0


def _lanes(layer: str | None, forks: Sequence[str] | None) -> list[Lane]:
    """Return the lanes of a layer and of forks, of all where none is named; raises UsageError if there are none."""
    of_layer = [lane for lane in LANES.values() if layer in (None, lane.layer)]
    known = {lane.fork.name.lower() for lane in of_layer}
    for name in forks or ():
        if name.lower() not in known:
            reason = f"--fork is {name!r}, expected one of {', '.join(sorted(known))} on {layer or 'l1 or l2'}"
            raise UsageError("harness conformance", reason)
    wanted = {name.lower() for name in forks or known}
    return [lane for lane in of_layer if lane.fork.name.lower() in wanted]


def _difference(compared: Compared) -> Text:
    """Return the text of a difference, with the command that compares its program again."""
    lane = LANES[compared.lane]
    words = ["harness", "conformance", "--oracle", "1", "--seed", str(compared.seed)]
    words += ["--layer", lane.layer, "--fork", lane.fork.name.lower()]
    place = f"{compared.lane} seed {compared.seed}"
    return Text(f"DIFFERENT {place}: {compared.outcome.difference}\n  again: {shlex.join(words)}")


def _show(outcomes: Sequence[Compared], lanes: Sequence[Lane], console: Console) -> None:
    """Print a row for each lane, the rules of L2 that ended comparisons, and the last line."""
    table = Table("machine", box=None, pad_edge=False)
    for title in ("programs", "steps compared", "different", "ended by a rule of L2"):
        table.add_column(title, justify="right")
    for lane in lanes:
        rows = [compared.outcome for compared in outcomes if compared.lane == lane.name]
        steps, different, ended = (
            sum(row.steps for row in rows),
            sum(bool(row.difference) for row in rows),
            sum(bool(row.rule) for row in rows),
        )
        table.add_row(lane.name, f"{len(rows):,}", f"{steps:,}", str(different), str(ended))
    console.print(table)
    for rule in sorted({compared.outcome.rule for compared in outcomes} - {""}):
        ended = sum(compared.outcome.rule == rule for compared in outcomes)
        console.print(f"compared up to a {rule}, where only L2 halts: {ended}")
    different = sum(bool(compared.outcome.difference) for compared in outcomes)
    console.print(f"programs: {len(outcomes) - different} equal, {different} different")
