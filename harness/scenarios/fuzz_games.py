"""``harness fuzz games``: dispute games drawn from a seed."""

from __future__ import annotations

from rich.console import Console
from rich.progress import Progress

from harness.chain import open_chain
from harness.errors import HarnessError
from harness.scenarios import game_cases


def run(seed: int, count: int, first: int = 0, console: Console | None = None) -> int:
    """Play games ``first`` to ``first + count - 1`` of a seed; returns the exit code, 1 if the honest side lost one."""
    console = console or Console()
    lost = 0
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("games", total=count)
        for index in range(first, first + count):
            case = game_cases.draw(seed, index)
            try:
                with open_chain("py-evm", seed=index) as chain:
                    game_cases.play(chain, case)
            except HarnessError as problem:
                lost += 1
                again = f"harness fuzz games --seed {seed} --first {index} --count 1"
                console.print(
                    f"{again}  # {type(problem).__name__}: {problem} [{case.name}]", markup=False, soft_wrap=True
                )
            progress.advance(task)
    console.print(f"games: {count} played, {lost} lost by the honest side", highlight=False)
    return 1 if lost else 0
