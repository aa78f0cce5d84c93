"""Four ways to move the same ether and to trade: what each costs, when it is final, and whom it trusts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from harness.chain import open_chain
from harness.chain.values.units import ether
from harness.demo.stage import Stage
from harness.errors import Reverted
from harness.scenarios.finding import library
from harness.scenarios.loading import load
from harness.scenarios.running import run
from harness.sidechain.forging import forged, forged_message, state_with
from harness.sidechain.sidechain import Sidechain
from harness.sidechain.validators import trusted_share
from harness.testbed.channel_fixtures import open_channels
from harness.testbed.rollup import Rollup

if TYPE_CHECKING:
    from harness.chain import Chain
    from harness.chain.receipts import Receipt

TRANSFERS = 1_000
SWAPS = 100
PER_BLOCK = 50
_POOL = 10**22


@dataclass(frozen=True, slots=True)
class Layer:
    """What was measured of one way. Gas is L1's for each; ``swap`` is 0 where there is no exchange.

    ``rate`` is in transfers per second of this process. ``final`` is in seconds of the chains' clocks: from the last
    transfer until L1 lets nobody take it back. ``attempts`` say what a liar took, in wei, by what it needed.
    """

    name: str
    gas: int
    swap: int
    rate: float
    final: int
    attempts: tuple[tuple[str, int], ...]
    trusts: str


def show(stage: Stage) -> None:
    """Show the layers side by side."""
    stage.title(
        "Layers",
        f"The same {TRANSFERS:,} transfers and {SWAPS} swaps on L1, on a rollup, in a channel and on a sidechain. What"
        " liars take is measured, too: with and without an honest challenger, an offline party, and colluding"
        " validators.",
    )
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    layers: list[Layer] = []
    with Progress(*columns, console=stage.console, transient=True) as progress:
        for name, measure in MEASURES.items():
            progress.add_task(name, total=1)
            layers.append(measure(stage))
    stage.console.print(costs(layers))
    stage.console.print(liars(layers))


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
    return f"{seconds} seconds"


class _Gas:
    """Counts the gas of L1's transactions."""

    def __init__(self, l1: Chain) -> None:
        self.used = 0
        self._stop = l1.on_transaction(self._count)

    def _count(self, _: Chain, receipt: Receipt) -> None:
        self.used += receipt.gas_used

    def take(self) -> int:
        """Return what was used since the last time."""
        used, self.used = self.used, 0
        return used

    def close(self) -> None:
        """Count no more."""
        self._stop()


@contextmanager
def _counted() -> Iterator[tuple[Chain, _Gas]]:
    with open_chain("py-evm") as l1:
        gas = _Gas(l1)
        yield l1, gas
        gas.close()


def _transfers(chain: Chain) -> float:
    """Send the transfers in blocks; return how many a second."""
    accounts = chain.accounts
    start = time.perf_counter()
    for first in range(0, TRANSFERS, PER_BLOCK):
        with chain.block():
            for place in range(first, first + PER_BLOCK):
                sender, to = accounts[place % 8], accounts[(place + 1) % 8]
                chain.send(sender=sender, to=to, value=1 + place, gas=21_000)
    return TRANSFERS / (time.perf_counter() - start)


def _market(stage: Stage, chain: Chain) -> Callable[[], None]:
    """Open an exchange of two tokens; return what trades on it."""
    types, owner = stage.contracts, chain.accounts[0]
    tokens = [chain.deploy(types["DemoToken"], name, name, 10**24, sender=owner) for name in ("Gold", "Salt")]
    market = chain.deploy(types["Exchange"], *tokens, sender=owner)
    for token in tokens:
        token.approve(market, 2**256 - 1, sender=owner)
    market.provide(_POOL, _POOL, sender=owner)

    def trade() -> None:
        for first in range(0, SWAPS, PER_BLOCK):
            with chain.block():
                for place in range(first, first + PER_BLOCK):
                    market.swap(tokens[place % 2], 10**15 + place, 0, sender=owner, gas=200_000)

    return trade


def _on_l1(stage: Stage) -> Layer:
    with _counted() as (l1, gas):
        trade = _market(stage, l1)
        gas.take()
        rate = _transfers(l1)
        transfer = gas.take() // TRANSFERS
        trade()
        before = l1.now
        l1.mine()
        return Layer("L1", transfer, gas.take() // SWAPS, rate, l1.now - before, (), "L1's validators")


def _on_a_rollup(stage: Stage) -> Layer:
    with _counted() as (l1, gas):
        rollup = Rollup.deploy(l1)
        rollup.fund()
        trade = _market(stage, rollup.l2)
        rollup.sequencer.post()
        gas.take()
        rate = _transfers(rollup.l2)
        rollup.sequencer.post()
        transfer = gas.take() // TRANSFERS
        trade()
        rollup.sequencer.post()
        swap = gas.take() // SWAPS
        before = l1.now
        rollup.confirm_all()
        attempts = (
            ("one honest challenger against it", _stolen("disputed-lie-pays-nothing")),
            ("nobody who watches", _stolen("undisputed-lie-is-cashed-out")),
        )
        trusts = "one honest party, and L1"
        return Layer("rollup", transfer, swap, rate, l1.now - before, attempts, trusts)


def _in_a_channel(stage: Stage) -> Layer:
    with _counted() as (l1, gas):
        network = open_channels(l1, seed=stage.seed)
        gas.take()
        alice, bob = l1.accounts.alice, l1.accounts.bob
        channel = network.open(alice, bob, deposit=ether(10))
        payer, payee = channel.end(alice), channel.end(bob)
        start = time.perf_counter()
        for _ in range(TRANSFERS):
            payee.adopt(payer.pay(10**15, network.now), network.now)
        rate = TRANSFERS / (time.perf_counter() - start)
        before = l1.now
        channel.close(by=bob)
        closing = channel.info.deadline
        l1.warp(to=closing + 1)
        channel.settle()
        network.stop()
        attempts = (
            ("a victim whose watchtower is there", _stolen("stale-close-answered")),
            ("a victim offline, without one", _stolen("stale-close-unanswered")),
        )
        gas_each, final = gas.take() // TRANSFERS, l1.now - before
        return Layer("channel", gas_each, 0, rate, final, attempts, "its watchtower, and L1")


def _on_a_sidechain(stage: Stage) -> Layer:
    with _counted() as (l1, gas):
        side = Sidechain(4)
        bridge = side.attach(l1)
        trade = _market(stage, side.chain)
        bridge.follow()
        gas.take()
        rate = _transfers(side.chain)
        before = max(l1.now, side.chain.now)
        bridge.follow()
        transfer = gas.take() // TRANSFERS
        final = l1.now - before
        trade()
        bridge.follow()
        swap = gas.take() // SWAPS
        bridge.deposit(l1.accounts.bob, ether(50), sender=l1.accounts.alice)
        needed = trusted_share(len(side.members))
        attempts = tuple(
            (f"{count} of {len(side.members)} validators", _taken_by(l1, side, count)) for count in (needed - 1, needed)
        )
        side.close()
        return Layer("sidechain", transfer, swap, rate, max(final, 1), attempts, "all but a third of its validators")


def _taken_by(l1: Chain, side: Sidechain, count: int) -> int:
    """Return what so many colluding validators take out of the bridge."""
    bridge, mallory = side.bridges[0], l1.accounts.mallory
    mark, known = l1.snapshot(), side.snapshot()
    before = l1.balance(bridge.near)
    message = forged_message(bridge, mallory.address, before)
    state = state_with(bridge, message)
    keys = [side.keys()[each] for each in side.members[:count]]
    header = forged(side.head, state.root, keys, alone=True)
    with suppress(Reverted):
        bridge.client.update(header)
        proof = (header.number, bridge.client.checkpoints[header.number].words, state.account, state.slot)
        bridge.execute(message, proof, sender=mallory)
    taken = before - l1.balance(bridge.near)
    l1.restore(mark)
    side.restore(known)
    return taken


def _stolen(name: str) -> int:
    """Return what is stolen in a scenario of the library."""
    result = run(load(library()[name]))
    return sum(theft.amount for theft in result.thefts)


MEASURES: dict[str, Callable[[Stage], Layer]] = {
    "L1": _on_l1,
    "rollup": _on_a_rollup,
    "channel": _in_a_channel,
    "sidechain": _on_a_sidechain,
}
