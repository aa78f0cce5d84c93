"""``harness fuzz games``: dispute games drawn from a seed: on a real rollup, over a counting machine, from the pack."""

from __future__ import annotations

import random
import shlex
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import count as count_up
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table

from harness.chain import Chain, open_chain
from harness.fuzz import counting_games as game_cases
from harness.fuzz import pack_games
from harness.fuzz import rollup_games as rollup_cases
from harness.fuzz.cases import again, line_of, read_cases
from harness.fuzz.counting_games import GameCase
from harness.fuzz.losses import Lost
from harness.fuzz.pack_games import PackCase
from harness.fuzz.rollup_games import Board, RollupCase
from harness.progress import Tally

ON_A_ROLLUP = 0.4
"""Share of the games that are played on a rollup."""

FROM_THE_PACK = 0.4
"""Share of the other games in which attacks act on the contracts, where else liars play by an honest player's code."""

Case = GameCase | RollupCase | PackCase


def draw(seed: int, index: int) -> Case:
    """Return the case of a seed with this index. Each case is drawn on its own, so that it can be played alone."""
    if _on_a_rollup(seed, index):
        return rollup_cases.draw(seed, index)
    if not _from_the_pack(seed, index):
        return game_cases.draw(seed, index)
    first = list(islice((each for each in count_up() if _from_the_pack(seed, each)), pack_games.FULL))
    return pack_games.draw(seed, index, first.index(index) if index in first else pack_games.FULL)


def _on_a_rollup(seed: int, index: int) -> bool:
    return random.Random(f"kind {seed} {index}").random() < ON_A_ROLLUP


def _from_the_pack(seed: int, index: int) -> bool:
    drawn = random.Random(f"pack {seed} {index}").random() < FROM_THE_PACK
    return drawn and not _on_a_rollup(seed, index)


@dataclass(slots=True)
class Tables:
    """The chains on which games are played, one for each kind of game. Each is restored after each game."""

    chain: Chain
    board: Board

    def play(self, case: Case) -> Counter[str]:
        """Play a case to its end; return which disturbances happened. Raises GameFault if the game breaks a promise.

        The notes of what is raised have the line that plays the case again.
        """
        try:
            return self._play(case)
        except Exception as problem:
            problem.add_note(f"play it again: {again(case, 'games')}")
            raise

    def _play(self, case: Case) -> Counter[str]:
        if isinstance(case, RollupCase):
            return self.board.play(case)
        if isinstance(case, PackCase):
            return pack_games.play(self.chain, case)
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


def lines(seed: int, count: int, first: int = 0) -> Iterator[str]:
    """Return the cases that `run` would play, as lines of JSON."""
    return (line_of(draw(seed, index)) for index in range(first, first + count))


def run(
    seed: int,
    count: int,
    first: int = 0,
    console: Console | None = None,
    *,
    cases: Path | None = None,
    keep: Callable[[Lost], object] = lambda _: None,
) -> int:
    """Play games ``first`` to ``first + count - 1`` of a seed, or of the file ``cases``; ``keep`` hears what is lost.

    Returns the exit code: 1 if the honest side lost one, 130 if the run was interrupted. Raises CaseUnreadable.
    """
    console = console or Console()
    kept: list[Case] | None = None if cases is None else read_cases(cases, GameCase, RollupCase, PackCase)
    if kept is not None:
        count = min(count, max(0, len(kept) - first))
    source = f"--seed {seed}" if cases is None else f"--cases {shlex.quote(str(cases))}"
    lost = 0
    drawn, fell = defaultdict[str, Counter[str]](Counter), defaultdict[str, Counter[str]](Counter)
    tally = Tally("games", count)
    with suppress(KeyboardInterrupt), open_tables() as tables, tally:
        for index in range(first, first + count):
            case = draw(seed, index) if kept is None else kept[index]
            try:
                struck = tables.play(case)
                _note(drawn, {**case.tags, "L1": sorted(struck) or ["quiet"]})
            except Exception as problem:  # a crash of an honest agent is a loss, too, and no reason to stop
                lost += 1
                _note(fell, case.tags)
                what = " ".join(f"{type(problem).__name__}: {problem} [{case.name}]".split())
                _say(console, f"{_command(source, index, 1)}  # {what}")
                keep(_lost(tables, case, problem))
            tally.advance()
    console.print(_table(drawn, fell))
    _say(console, f"games: {tally.done} played, {lost} lost by the honest side")
    if tally.done < count:
        _say(console, f"interrupted; to go on: {_command(source, first + tally.done, count - tally.done)}")
        return 130
    return 1 if lost else 0


def _lost(tables: Tables, case: Case, problem: Exception) -> Lost:
    if isinstance(problem, pack_games.PackFault):
        return Lost(problem.attack, problem.found, lambda attack: pack_games.play_attack(tables.chain, attack))
    return Lost(case, problem, tables.play)


def _command(source: str, first: int, count: int) -> str:
    return f"harness fuzz games {source} --first {first} --count {count}"


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def _note(drawn: defaultdict[str, Counter[str]], tags: Mapping[str, Sequence[str]]) -> None:
    for heading, names in tags.items():
        drawn[heading].update(set(names))


def _table(drawn: Mapping[str, Counter[str]], fell: Mapping[str, Counter[str]]) -> Table:
    """Return how many games were won, and lost, with each thing drawn; a game can count several times in a row."""
    lost = (Column("lost"),) if fell else ()
    table = Table("drawn", "games won with it", *lost, box=None, pad_edge=False)
    for heading in dict.fromkeys((*drawn, *fell)):
        told = [
            ", ".join(f"{name} {number}" for name, number in sorted(names.get(heading, Counter()).items()))
            for names in ((drawn, fell) if fell else (drawn,))
        ]
        table.add_row(heading, *told)
    return table
