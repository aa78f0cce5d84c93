"""`harness conformance DIR`: proves state tests, and prints the report."""

from __future__ import annotations

import argparse
import shlex
from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.arguments import refuse_options
from harness.errors import UsageError
from harness.primitives.opcodes import Fork
from harness.progress import Tally
from harness.proofs.conformance import conformance
from harness.proofs.hosts import fast_evm
from harness.proofs.verdicts import CROSS_CHECKED, FORKS_OF, Options, Report, Result, Status


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return the exit code: 1 if a case failed, 130 if the run was interrupted, else 0."""
    console = Console(highlight=False)
    layer = arguments.layer or "l2"
    _refuse_idle(arguments, layer)
    options = Options(
        match=arguments.match,
        sample=arguments.sample,
        all_steps=arguments.all_steps,
        seed=arguments.seed,
        evm=arguments.evm or fast_evm(),
        jobs=arguments.jobs,
        cross_check=CROSS_CHECKED if arguments.cross_check is None else arguments.cross_check,
        layer=layer,
        forks=_forks(arguments.fork, layer),
        limit=arguments.limit or None,
    )
    report, tally = Report(), Tally("cases")

    def advance(results: Sequence[Result], total: int) -> None:
        """Add new results to the report, and print failures at once."""
        report.results += results
        tally.total = total
        tally.advance(len(results))
        for result in results:
            if result.status is Status.FAILED:
                console.print(_failure(result, options), soft_wrap=True)

    try:
        with tally:
            report = conformance(arguments.directory, options, advance)
    except KeyboardInterrupt:
        show(report, console, options)
        console.print(f"interrupted: {tally.done} of {tally.total or 'all'} cases were proven")
        return 130
    show(report, console, options)
    return 1 if report.of(Status.FAILED) else 0


def _refuse_idle(arguments: argparse.Namespace, layer: str) -> None:
    """Raise UsageError for an option that would change nothing."""
    if layer == "l1":
        refuse_options("harness conformance", arguments, "--layer l1", ("all_steps", "evm", "cross_check"))
    elif arguments.evm == "py-evm":
        refuse_options("harness conformance", arguments, "--evm py-evm", ("cross_check",))


def _forks(names: Sequence[str] | None, layer: str) -> tuple[Fork, ...] | None:
    """Return the forks that were named; raises UsageError for one that the layer does not speak."""
    if names is None:
        return None
    known = {fork.name.lower(): fork for fork in FORKS_OF[layer]}
    for name in names:
        if name.lower() not in known:
            reason = f"--fork is {name!r}, expected one of {', '.join(known)} on {layer}"
            raise UsageError("harness conformance", reason)
    return tuple(fork for name, fork in known.items() if name in {wanted.lower() for wanted in names})


def _failure(result: Result, options: Options) -> Text:
    """Return the text of a failure, with the command that proves its case again."""
    words = ["harness", "conformance", result.path, "--match", result.name, "--seed", str(options.seed)]
    words += ["--layer", options.layer] if options.layer != "l2" else []
    for fork in options.forks or ():
        words += ["--fork", fork.name.lower()]
    words += ["--evm", options.evm] if options.evm != "pyrevm" else []
    words += ["--all-steps"] if options.all_steps else []
    return Text(f"FAILED {result.path} {result.name}: {result.reason}\n  again: {shlex.join(words)}")


def show(report: Report, console: Console, options: Options) -> None:
    """Print the table by folder, the failures, the skipped cases by reason, and the last line."""
    table = Table("folder", box=None, pad_edge=False)
    proves = options.layer == "l2"
    titles = ("passed", "failed", "skipped", *([f"steps proven on {options.evm}"] if proves else []))
    for title in titles:
        table.add_column(title, justify="right")
    for directory in dict.fromkeys(result.directory for result in report.results):
        rows = [result for result in report.results if result.directory == directory]
        counts = Counter(result.status for result in rows)
        steps = [f"{sum(result.proven for result in rows):,}"] if proves else []
        table.add_row(directory, *(str(counts[status]) for status in Status), *steps)
    console.print(table)
    for result in report.of(Status.FAILED):
        console.print(_failure(result, options), soft_wrap=True)
    skipped = report.of(Status.SKIPPED)
    for reason, count in Counter(result.reason for result in skipped).most_common():
        console.print(Text(f"skipped for {reason}: {count}"))
        for result in skipped:
            if result.reason == reason:
                console.print(Text(f"  {result.directory}/{result.name}"), soft_wrap=True)
    if proves and options.evm == "pyrevm":
        console.print(f"steps proven on pyrevm: {report.proven:,}, on py-evm as well: {report.crossed:,}")
        if report.late:
            console.print(f"not proven on py-evm for {report.late[0].reason}: {len(report.late)}")
        for result in report.late:
            console.print(Text(f"  {result.directory}/{result.name}"), soft_wrap=True)
    elif proves:
        missing = "" if fast_evm() == "pyrevm" else ", as pyrevm is not installed"
        console.print(f"steps proven on py-evm: {report.proven:,}{missing}")
    console.print(report.summary)
