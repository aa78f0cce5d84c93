"""``harness fuzz games``: dispute games drawn from a seed, over a counting machine and on a real rollup."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from harness.chain import Chain, open_chain
from harness.fuzz import counting_games as game_cases
from harness.fuzz import rollup_games as rollup_cases
from harness.fuzz.counting_games import GameCase
from harness.fuzz.rollup_games import Board, RollupCase
from harness.progress import Tally

ON_A_ROLLUP = 0.4
"""Part of the games that are played on a rollup."""

Case = GameCase | RollupCase


def draw(seed: int, index: int) -> Case:
    """The case of a seed with this index; each is drawn on its own, so that one can be played alone."""
    on_a_rollup = random.Random(f"kind {seed} {index}").random() < ON_A_ROLLUP
    return rollup_cases.draw(seed, index) if on_a_rollup else game_cases.draw(seed, index)


@dataclass(slots=True)
class Tables:
    """Where games are played: one chain for each kind, put back after each game to where it stood at first."""

    chain: Chain
    board: Board

    def play(self, case: Case) -> Counter[str]:
        """Play a case to its end; what struck it. Raises GameFault if it breaks a promise."""
        if isinstance(case, RollupCase):
            return self.board.play(case)
        mark = self.chain.snapshot()
        try:
            return game_cases.play(self.chain, case)
        finally:
            self.chain.restore(mark)


@contextmanager
def open_tables() -> Iterator[Tables]:
    with ExitStack() as stack:
        chain = stack.enter_context(open_chain("py-evm", seed=0))
        yield Tables(chain, stack.enter_context(rollup_cases.open_board()))


def run(seed: int, count: int, first: int = 0, console: Console | None = None) -> int:
    """Play games ``first`` to ``first + count - 1`` of a seed; returns the exit code: 1 if the honest side lost one,
    130 if the run was interrupted.
    """
    console = console or Console()
    lost, drawn = 0, defaultdict[str, Counter[str]](Counter)
    tally = Tally("games", count)
    with suppress(KeyboardInterrupt), open_tables() as tables, tally:
        for index in range(first, first + count):
            case = draw(seed, index)
            try:
                struck = tables.play(case)
                _note(drawn, {**case.tags, "L1": sorted(struck) or ["quiet"]})
            except Exception as problem:  # a crash of an honest agent is a loss, too, and no reason to stop
                lost += 1
                what = " ".join(f"{type(problem).__name__}: {problem} [{case.name}]".split())
                _say(console, f"{_command(seed, index, 1)}  # {what}")
            tally.advance()
    console.print(_table(drawn))
    _say(console, f"games: {tally.done} played, {lost} lost by the honest side")
    if tally.done < count:
        _say(console, f"interrupted; to go on: {_command(seed, first + tally.done, count - tally.done)}")
        return 130
    return 1 if lost else 0


def _command(seed: int, first: int, count: int) -> str:
    return f"harness fuzz games --seed {seed} --first {first} --count {count}"


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def _note(drawn: defaultdict[str, Counter[str]], tags: Mapping[str, Sequence[str]]) -> None:
    for heading, names in tags.items():
        drawn[heading].update(set(names))


def _table(drawn: Mapping[str, Counter[str]]) -> Table:
    """How many games were won with each thing drawn; a game can have several of a heading."""
    table = Table("drawn", "games won with it", box=None, pad_edge=False)
    for heading, names in drawn.items():
        table.add_row(heading, ", ".join(f"{name} {number}" for name, number in sorted(names.items())))
    return table
