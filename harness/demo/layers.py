"""Five ways to move the same ether and to trade: what each costs, when it is final, and whom it trusts."""

from __future__ import annotations

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from harness.demo.layer_chart import chart
from harness.demo.layer_measures import MEASURES, SWAPS, TRANSFERS, Layer
from harness.demo.stage import Stage

__all__ = ["MEASURES", "Layer", "chart", "costs", "duration", "liars", "show"]


def show(stage: Stage) -> None:
    """Show the layers side by side; draw them, too, if the stage has a place for a chart."""
    stage.title(
        "Layers",
        f"The same {TRANSFERS:,} transfers and {SWAPS} swaps on L1, on a rollup, in a payment channel, in a state"
        " channel and on a sidechain. What liars take is measured, too: with and without an honest challenger, an"
        " offline party, and colluding validators.",
    )
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    layers: list[Layer] = []
    with Progress(*columns, console=stage.console, transient=True) as progress:
        for name, measure in MEASURES.items():
            progress.add_task(name, total=1)
            layers.append(measure(stage))
    stage.console.print(costs(layers))
    stage.console.print(liars(layers))
    if stage.chart is not None:
        stage.chart.write_text(chart(layers), encoding="utf-8")
        stage.console.print(f"the chart is in {stage.chart}")


def costs(layers: list[Layer]) -> Table:
    """Return what each layer costs, a row each."""
    found = Table(title="What it costs, and when it is final", title_justify="left", header_style="bold")
    found.add_column("layer")
    for column in ("L1 gas a transfer", "a swap", "transfers/s", "final after"):
        found.add_column(column, justify="right")
    for each in layers:
        swap = f"{each.swap:,}" if each.swap else "-"
        found.add_row(each.name, f"{each.gas:,}", swap, f"{each.rate:,.0f}", duration(each.final))
    return found


def liars(layers: list[Layer]) -> Table:
    """Return what liars took, a row for each attempt."""
    found = Table(title="What a liar takes", title_justify="left", header_style="bold")
    for column in ("layer trusts", "the liar has"):
        found.add_column(column)
    found.add_column("ether taken", justify="right")
    for each in layers:
        for place, (need, taken) in enumerate(each.attempts):
            found.add_row(f"{each.name}: {each.trusts}" if place == 0 else "", need, f"{taken / 10**18:g}")
    return found


def duration(seconds: int) -> str:
    """Return a time in the unit that fits."""
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return "1 second" if seconds == 1 else f"{seconds} seconds"
