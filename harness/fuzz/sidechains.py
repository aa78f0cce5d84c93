"""``harness fuzz sidechain``: lives of a sidechain drawn from a seed; fewer than a third of its validators lie."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from harness.chain import Chain, open_chain
from harness.fuzz.cases import line_of, read_cases
from harness.fuzz.losses import Lost
from harness.fuzz.sidechain_cases import SIZES, SidechainCase, draw
from harness.fuzz.sidechain_life import DEPTH, PERIOD, Life
from harness.progress import Tally
from harness.sidechain.sidechain import Sidechain


@dataclass(slots=True)
class Shores:
    """An L1 and a sidechain of each size, restored after each life."""

    l1: Chain
    sides: dict[int, Sidechain]

    def play(self, case: SidechainCase) -> Counter[str]:
        """Play a life; return what happened in it. Raises SidechainFault if a promise was broken."""
        side = self.sides[case.validators]
        marks = self.l1.snapshot(), side.snapshot()
        life = Life(self.l1, side)
        try:
            life.play(case)
        finally:
            self.l1.restore(marks[0])
            side.restore(marks[1])
        return life.happened


@contextmanager
def open_shores() -> Iterator[Shores]:
    """Open the chains."""
    with ExitStack() as stack:
        l1 = stack.enter_context(open_chain("py-evm", seed=0))
        sides = {size: Sidechain(size, chain_id=7_700 + size) for size in SIZES}
        for side in sides.values():
            stack.callback(side.close)
            side.attach(l1, depth=DEPTH, trusting_period=PERIOD)
        yield Shores(l1, sides)


def lines(seed: int, count: int, first: int = 0) -> Iterator[str]:
    """Return the cases that `run` would play, as lines of JSON."""
    return (line_of(draw(seed, index)) for index in range(first, first + count))


def play_on(l1: Chain, case: SidechainCase) -> None:
    """Play a life on an L1 and leave it as it is then; raises SidechainFault if a promise was broken."""
    side = Sidechain(case.validators, chain_id=7_700 + case.validators)
    try:
        side.attach(l1, depth=DEPTH, trusting_period=PERIOD)
        Life(l1, side).play(case)
    finally:
        side.close()


def run(
    seed: int,
    count: int,
    first: int = 0,
    *,
    cases: Path | None = None,
    keep: Callable[[Lost], object] = lambda _: None,
) -> int:
    """Play lives ``first`` to ``first + count - 1`` of a seed, or of the file ``cases``; ``keep`` hears what is lost.

    Returns the exit code: 1 if somebody honest lost, 130 if the run was interrupted. Raises CaseUnreadable.
    """
    kept = None if cases is None else read_cases(cases, SidechainCase)
    if kept is not None:
        count = min(count, max(0, len(kept) - first))
    source = f"--seed {seed}" if cases is None else f"--cases {shlex.quote(str(cases))}"
    lost, happened = 0, Counter[str]()
    tally = Tally("sidechains", count)
    with suppress(KeyboardInterrupt), open_shores() as shores, tally:
        for index in range(first, first + count):
            case = draw(seed, index) if kept is None else kept[index]
            try:
                happened += shores.play(case)
            except Exception as problem:  # a crash is a loss, too, and no reason to stop
                lost += 1
                what = " ".join(f"{type(problem).__name__}: {problem}".split())
                print(f"harness fuzz sidechain {source} --first {index} --count 1  # {what}")
                keep(Lost(case, problem, shores.play))
            tally.advance()
    print(", ".join(f"{verb} {times}" for verb, times in sorted(happened.items())))
    print(f"sidechains: {tally.done} played, {lost} lost by the honest side")
    if tally.done < count:
        print(f"interrupted; to go on: harness fuzz sidechain {source} --first {first + tally.done}"
              f" --count {count - tally.done}")  # fmt: skip
        return 130
    return 1 if lost else 0
