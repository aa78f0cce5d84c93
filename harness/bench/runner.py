"""Run the benchmarks of the layers and show their ratios.

    python -m harness.bench [layer ...] [--against COMMIT] [--json FILE] [--chart FILE] [--check]

``--check`` ends with 1 if a promised ratio is missed, or a layer fails. A layer that cannot run here says why, and is
left out.
``--chart`` draws the growth curves among what was measured. ``--against`` checks a commit out and compares with it
instead, turn by turn, in those layers that can.
"""

from __future__ import annotations

import argparse
import json
import os
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from harness.bench.chart import chart
from harness.bench.contestants import CannotMeasure, worktree
from harness.bench.measure import Ratio
from harness.errors import BackendUnavailable, HarnessError, ToolNotFound

_NOT_LAYERS = frozenset({"chart", "curves", "measure", "runner", "__main__", "contestants", "subject", "workloads"})
Measure = Callable[[], Iterator[Ratio | HarnessError]]
"""Yields what was measured, and why something could not be."""


def layers() -> dict[str, Any]:
    """Return the module of each layer, by its name."""
    package = import_module("harness.bench")
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__) if module.name not in _NOT_LAYERS)
    return {name: import_module(f"harness.bench.{name}") for name in names}


def main(arguments: Sequence[str] | None = None) -> int:
    known = layers()
    parser = argparse.ArgumentParser(prog="harness.bench", description="Benchmarks, as ratios measured in one run.")
    parser.add_argument("layers", nargs="*", metavar="layer", help=f"any of {', '.join(known)}; all if none is named")
    comparable = [name for name, layer in known.items() if hasattr(layer, "against")]
    parser.add_argument("--against", metavar="COMMIT", help=f"compare with that commit: {', '.join(comparable)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the ratios there as well")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="draw the growth curves there, as SVG")
    parser.add_argument("--check", action="store_true", help="fail if a promised ratio is missed")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.layers if name not in known]
    if unknown:
        parser.error(f"unknown layer {', '.join(unknown)}; expected any of {', '.join(known)}")
    console = Console()
    with ExitStack() as stack:
        if options.against is None:
            measures: dict[str, Measure] = {name: known[name].ratios for name in options.layers or known}
        else:
            try:
                root = stack.enter_context(worktree(options.against))
            except CannotMeasure as problem:
                parser.error(str(problem))
            chosen = [name for name in options.layers or comparable if name in comparable]
            measures = {name: partial(known[name].against, root) for name in chosen}
        runs = {name: _run(console, name, measure) for name, measure in measures.items()}
    found = {name: items for name, (items, _) in runs.items()}
    if options.json is not None:
        rows = {name: [asdict(item) | {"value": item.value} for item in items] for name, items in found.items()}
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    if options.chart is not None:
        options.chart.write_text(chart(item for items in found.values() for item in items), encoding="utf-8")
    missed = [item for items in found.values() for item in items if item.kept is False]
    broken = [name for name, (_, is_broken) in runs.items() if is_broken]
    return 1 if options.check and (missed or broken) else 0


def _run(console: Console, name: str, measure: Measure) -> tuple[list[Ratio], bool]:
    """Measure one layer and print its table; return what was measured, and whether a fault ended it.

    What was measured before a failure is kept. Whatever ends one layer, the others are still measured.
    """
    items: list[Ratio] = []
    problem, is_broken, before = "", False, os.getloadavg()[0]
    with console.status(f"measuring {name}"):
        try:
            for item in measure():
                if isinstance(item, HarnessError):
                    console.print(str(item), style="yellow")
                    continue
                items.append(item)
                console.print(f"  {item.name}: {item.value:.2f}", style="dim")
        except (CannotMeasure, BackendUnavailable, ToolNotFound) as error:
            problem = str(error)
        except Exception as error:
            problem, is_broken = f"{type(error).__name__}: {error}", True
            console.print_exception()
    if items:
        console.print(_table(name, items))
    console.print(f"load of this machine: {before:.1f} before, {os.getloadavg()[0]:.1f} after", style="dim")
    if problem:
        console.print(f"{name}: left out, for {problem}", style="yellow")
    return items, is_broken


def _table(name: str, items: Sequence[Ratio]) -> Table:
    table = Table(title=name, title_justify="left", title_style="bold")
    table.add_column("measured")
    table.add_column("here", justify="right")
    table.add_column("against", justify="right")
    table.add_column("ratio", justify="right", style="bold")
    table.add_column("promised")
    for item in items:
        mark = {True: "[green]kept[/]", False: "[red]missed[/]", None: ""}[item.kept]
        table.add_row(
            item.name,
            f"{item.subject:,.4g} {item.unit}",
            f"{item.reference:,.4g} {item.against}",
            f"{item.value:.2f}",
            f"{item.promise} {mark}".strip(),
        )
    return table
