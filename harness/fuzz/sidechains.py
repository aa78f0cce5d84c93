"""``harness fuzz sidechain``: lives of a sidechain drawn from a seed; fewer than a third of its validators lie."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from harness.chain import Chain, open_chain
from harness.contracts.bindings import Contract
from harness.fuzz.cases import line_of, read_cases
from harness.fuzz.losses import Lost
from harness.fuzz.sidechain_books import stocked
from harness.fuzz.sidechain_cases import SIZES, SidechainCase, draw
from harness.fuzz.sidechain_life import DEPTH, PERIOD, Life
from harness.fuzz.sidechain_stakes import STAKE
from harness.progress import Tally
from harness.sidechain.sidechain import Sidechain

_SECOND = 7_600
"""The chain id of the second L1."""


@dataclass(slots=True)
class Shores:
    """Two L1s and a sidechain of each size, with a token of each L1, and stakes on the first; restored after a life."""

    l1s: tuple[Chain, Chain]
    sides: dict[int, Sidechain]
    tokens: dict[int, list[Contract]]

    def play(self, case: SidechainCase) -> Counter[str]:
        """Play a life; return what happened in it. Raises SidechainFault if a promise was broken."""
        side = self.sides[case.validators]
        marks = [chain.snapshot() for chain in self.l1s]
        mark = side.snapshot()
        try:
            life = Life(side, self.tokens[case.validators])
            life.play(case)
        finally:
            for chain, at in zip(self.l1s, marks, strict=True):
                chain.restore(at)
            side.restore(mark)
        return life.happened


@contextmanager
def open_shores(l1: Chain | None = None, sizes: Sequence[int] = SIZES) -> Iterator[Shores]:
    """Open the chains; ``l1`` is the first L1, a new one if None."""
    with ExitStack() as stack:
        first = l1 or stack.enter_context(open_chain("py-evm", seed=0))
        second = stack.enter_context(open_chain("py-evm", _SECOND, seed=0))
        sides, tokens = {}, {}
        for size in sizes:
            sides[size] = side = Sidechain(size, chain_id=7_700 + size)
            stack.callback(side.close)
            for chain, stake in ((first, STAKE), (second, 0)):
                side.attach(chain, depth=DEPTH, trusting_period=PERIOD, stake=stake)
            tokens[size] = [stocked(bridge) for bridge in side.bridges]
        yield Shores((first, second), sides, tokens)


def lines(seed: int, count: int, first: int = 0) -> Iterator[str]:
    """Return the cases that `run` would play, as lines of JSON."""
    return (line_of(draw(seed, index)) for index in range(first, first + count))


def play_on(l1: Chain, case: SidechainCase) -> None:
    """Play a life on an L1 and leave it as it is then; raises SidechainFault if a promise was broken."""
    with open_shores(l1, [case.validators]) as shores:
        Life(shores.sides[case.validators], shores.tokens[case.validators]).play(case)


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
