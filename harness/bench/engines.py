"""The chains' speed on equal work: the same signed transactions, in blocks of the same size, in processor time.

The contestants take turns, round by round, so that other work on the machine slows all of them. Each ratio is that of
the medians. A round counts only if both used the same gas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from harness.bench.contestants import Anvil, CannotMeasure, Contestant, Subject, titanoboa
from harness.bench.measure import Ratio
from harness.bench.workloads import ALL, PER_BLOCK, Workload, erc20_transfers, loops, swaps, transfers
from harness.errors import HarnessError

_AGAINST_ANVIL = {
    "ether transfers": 1.5,
    "ERC-20 transfers": 0.9,
    "swaps": 0.5,
    "loops of 100,000 opcodes": 0.4,
    "loops of 1,000,000 opcodes": 0.4,
}
"""What is promised of L2 against anvil. Other work on the machine takes a fifth off: Python needs its caches more."""

_AGAINST_ETH_TESTER = {
    "ether transfers": (6, 3),
    "ERC-20 transfers": (6, 3),
    "swaps": (6, 4),
    "loops of 100,000 opcodes": (40, 30),
}
"""What is promised of L1 against eth-tester, natively and through web3."""


def ratios() -> Iterator[Ratio | HarnessError]:
    for make in ALL:
        workload = make()
        name = f"L2: {workload.name}"
        at_least = _AGAINST_ANVIL[workload.name]
        yield attempt(name, workload, partial(Subject, "l2"), Anvil, "anvil, HTTP batches", at_least=at_least)
    for make in (partial(transfers, 60), partial(erc20_transfers, 60), partial(swaps, 40), partial(loops, 100_000, 4)):
        yield from _l1(make())


def _l1(workload: Workload) -> Iterator[Ratio | HarnessError]:
    """Compare L1 with two libraries on py-evm, each with its own way to send."""
    name = workload.name
    for kind, what, at_least in zip(("", "-web3"), ("", ", through web3"), _AGAINST_ETH_TESTER[name], strict=True):
        here, there = partial(Subject, f"l1{kind}"), partial(Subject, f"eth-tester{kind}")
        title = f"L1: {name}, one to a block{what}"
        yield attempt(title, workload, here, there, f"eth-tester{what}", per_block=1, at_least=at_least)
    yield attempt(f"L1: {name}, unsigned", workload, partial(Subject, "l1-messages"), titanoboa, "titanoboa, no blocks")


def against(root: Path) -> Iterator[Ratio | HarnessError]:
    """Compare with the commit that is checked out at ``root``."""
    for make in (transfers, erc20_transfers, swaps, partial(loops, 100_000, 8)):
        workload = make()
        for kind in ("l2", "l1"):
            name = f"{kind.upper()}: {workload.name}"
            here, there = partial(Subject, kind), partial(Subject, kind, root)
            yield attempt(name, workload, here, there, "that commit")


def attempt(name: str, *arguments: Any, **options: Any) -> Ratio | HarnessError:
    """Return what `compare` returns, or why it cannot be had: the other comparisons go on."""
    try:
        return compare(name, *arguments, **options)
    except HarnessError as problem:
        return CannotMeasure(f"{name} is left out: {problem}")


def compare(
    name: str,
    workload: Workload,
    here: Callable[[], Contestant],
    there: Callable[[], Contestant],
    against: str,
    *,
    per_block: int = PER_BLOCK,
    at_least: float | None = None,
) -> Ratio:
    """Return how many a second two contestants run of a workload."""
    with ExitStack() as stack:
        both = [stack.enter_context(make()) for make in (here, there)]
        for one in both:
            one.run([[raw] for raw in workload.setup])
        seconds: list[list[float]] = [[], []]
        for raws in workload.rounds:
            blocks = [raws[first : first + per_block] for first in range(0, len(raws), per_block)]
            rounds = [one.run(blocks) for one in both]
            gas = [done.gas for done in rounds]
            if None not in gas and gas[0] != gas[1]:
                raise CannotMeasure(f"{name}: {gas[0]} gas here, {gas[1]} there")
            for spent, done in zip(seconds, rounds, strict=True):
                spent.append(done.seconds)
    ours, theirs = (len(workload.rounds[0]) / median(spent[1:]) for spent in seconds)
    return Ratio(name, ours, theirs, "/s", f"/s {against}", at_least=at_least)
