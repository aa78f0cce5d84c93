"""`harness conformance DIR`: the conformance run on the command line."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from harness.errors import HarnessError
from harness.proofs.conformance import Options, Report, Result, Status, conformance


def run(arguments: argparse.Namespace) -> int:
    """Run the command; returns the exit code, 1 if a case failed, 2 if nothing could be run."""
    console = Console(highlight=False)
    options = Options(
        match=arguments.match,
        sample=arguments.sample,
        all_steps=arguments.all_steps,
        seed=arguments.seed,
        evm=arguments.evm,
        jobs=max(1, arguments.jobs),
        cross_check=arguments.cross_check,
    )
    columns = (TextColumn("proving"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("cases", total=None)
            report = conformance(
                arguments.directory, options, lambda results, total: _advance(bar, task, results, total)
            )
    except HarnessError as error:
        console.print(Text(f"{type(error).__name__}: {error}"))
        return 2
    show(report, console)
    return 1 if report.of(Status.FAILED) else 0


def _advance(bar: Progress, task: TaskID, results: Sequence[Result], total: int) -> None:
    """Move the bar on, and name what failed at once."""
    bar.update(task, advance=len(results), total=total)
    for result in results:
        if result.status is Status.FAILED:
            bar.console.print(_failure(result), soft_wrap=True)


def _failure(result: Result) -> Text:
    return Text(f"FAILED {result.path} {result.name}: {result.reason}")


def show(report: Report, console: Console) -> None:
    """Print the table by folder, the failures, the skips by reason and by name, and the last line."""
    table = Table("folder", box=None, pad_edge=False)
    for title in ("passed", "failed", "skipped", "steps proven"):
        table.add_column(title, justify="right")
    for directory in dict.fromkeys(result.directory for result in report.results):
        rows = [result for result in report.results if result.directory == directory]
        counts = Counter(result.status for result in rows)
        steps = sum(result.proven for result in rows)
        table.add_row(directory, *(str(counts[status]) for status in Status), f"{steps:,}")
    console.print(table)
    for result in report.of(Status.FAILED):
        console.print(_failure(result), soft_wrap=True)
    skipped = report.of(Status.SKIPPED)
    for reason, count in Counter(result.reason for result in skipped).most_common():
        console.print(Text(f"skipped for {reason}: {count}"))
        for result in skipped:
            if result.reason == reason:
                console.print(Text(f"  {result.directory}/{result.name}"), soft_wrap=True)
    console.print(f"steps proven: {report.proven:,}, on py-evm as well: {report.crossed:,}")
    console.print(report.summary)
