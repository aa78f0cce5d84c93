"""What the parts of the demo share: the console, and the two chains side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from harness.contracts.library import Contracts
from harness.contracts.project import built_in_contracts
from harness.errors import BackendUnavailable

if TYPE_CHECKING:
    from harness.chain import Chain


@dataclass(slots=True)
class Stage:
    """The console, the contracts, the names of the backends, and the steps on which the backends differed.

    ``chart`` is where the comparison of layers is drawn; None draws it nowhere.
    """

    console: Console
    backends: tuple[str, ...]
    seed: int = 0
    chart: Path | None = None
    contracts: Contracts = field(default_factory=lambda: Contracts(built_in_contracts()))
    disagreements: list[str] = field(default_factory=list)

    def title(self, text: str, explanation: str) -> None:
        """Announce a part."""
        self.console.print(Panel(explanation, title=f"[bold]{text}[/bold]", title_align="left", border_style="cyan"))

    @contextmanager
    def chains(self) -> Iterator[list[Chain]]:
        """Open a fresh chain on each backend; print which backends are not available."""
        from harness.chain import open_chain

        with ExitStack() as stack:
            opened: list[Chain] = []
            for backend in self.backends:
                try:
                    opened.append(stack.enter_context(open_chain(backend, seed=self.seed)))
                except BackendUnavailable as problem:
                    self.console.print(f"[yellow]{backend} is left out:[/yellow] {problem}")
            yield opened

    def side_by_side(self, title: str, chains: list[Chain], steps: list[ChainStep]) -> None:
        """Play each step on every chain and show the outcomes in one table; note each difference."""
        table = Table(title=title, title_justify="left", header_style="bold")
        table.add_column("step")
        for chain in chains:
            table.add_column(chain.backend.name)
        table.add_column("")
        for step in steps:
            outcomes = [step.play(chain) for chain in chains]
            agreed = len(set(outcomes)) <= 1
            if not agreed:
                self.disagreements.append(step.what)
            table.add_row(step.what, *outcomes, "[green]same[/green]" if agreed else "[red]differs[/red]")
        self.console.print(table)


@dataclass(frozen=True, slots=True)
class ChainStep:
    """One thing to do on a chain. ``play`` returns the outcome in words."""

    what: str
    play: Callable[[Chain], str]
