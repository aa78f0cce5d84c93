"""Measures five ways to move the same ether and to trade: what each costs, when it is final, what liars take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.chain import open_chain
from harness.chain.values.units import ether
from harness.channels.apps import WHOLE
from harness.contracts.bindings import ContractType
from harness.contracts.project import built_in_contracts
from harness.demo.stage import Stage
from harness.errors import Reverted
from harness.scenarios.app_desk import AppDesk
from harness.scenarios.finding import library
from harness.scenarios.loading import load
from harness.scenarios.running import run
from harness.sidechain.forging import forged, forged_message, state_with
from harness.sidechain.sidechain import Sidechain
from harness.sidechain.validators import quorum, trusted_share
from harness.testbed.channel_fixtures import open_channels
from harness.testbed.rollup import Rollup

if TYPE_CHECKING:
    from harness.chain import Chain
    from harness.chain.receipts import Receipt
    from harness.chain.values.accounts import Account

TRANSFERS = 1_000
SWAPS = 100
PER_BLOCK = 50
_POOL = 10**22


@dataclass(frozen=True, slots=True)
class Layer:
    """What was measured of one way. Gas is L1's for each; ``swap`` is 0 where there is no exchange.

    A channel's gas is that of its whole life, from its opening to both payouts, divided by its transfers.

    ``rate`` is in transfers per second of this process's own time. ``final`` is in seconds of the chains' clocks: from
    the last transfer until L1 lets nobody take it back. ``attempts`` say what a liar took, in wei, by what it needed.
    """

    name: str
    gas: int
    swap: int
    rate: float
    final: int
    attempts: tuple[tuple[str, int], ...]
    trusts: str


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
    start = time.process_time()
    for first in range(0, TRANSFERS, PER_BLOCK):
        with chain.block():
            for place in range(first, first + PER_BLOCK):
                sender, to = accounts[place % 8], accounts[(place + 1) % 8]
                chain.send(sender=sender, to=to, value=1 + place, gas=21_000)
    return TRANSFERS / (time.process_time() - start)


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
        start = time.process_time()
        for _ in range(TRANSFERS):
            payee.adopt(payer.pay(10**15, network.now), network.now)
        rate = TRANSFERS / (time.process_time() - start)
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
        return Layer("payment channel", gas_each, 0, rate, final, attempts, "its watchtower, and L1")


def _in_a_state_channel(_: Stage) -> Layer:
    with _counted() as (l1, gas):
        game = _Table(l1)
        gas.take()
        game.begin()
        start = time.process_time()
        for place in range(TRANSFERS):
            game.pay(1 + place % 3)
        rate = TRANSFERS / (time.process_time() - start)
        before = l1.now
        game.leave_alone()
        gas_each, final = gas.take() // TRANSFERS, l1.now - before
        attempts = tuple(
            (f"a victim {'who is there' if is_there else 'offline'}", game.stolen(victim_answers=is_there))
            for is_there in (True, False)
        )
        return Layer("state channel", gas_each, 0, rate, final, attempts, "itself to be there, and L1")


class _Table:
    """A state channel of alice and bob in which each pays the other in its turn."""

    WINDOW = 3_600

    def __init__(self, l1: Chain) -> None:
        self.l1 = l1
        self.desk = AppDesk(l1, lambda name: ContractType(built_in_contracts()[name]))
        self.name = ""
        self.judge = self.desk.adjudicator
        self.desk.app("Payments")

    def begin(self) -> None:
        """Begin a game with five ether of each."""
        self.name = f"payments {len(self.desk.games)}"
        accounts = self.l1.accounts
        self.desk.begin(self.name, "Payments", (accounts.alice, accounts.bob), ether(5), self.WINDOW)

    def pay(self, share: int) -> None:
        """Let whoever's turn it is pay so many 1/10,000 of the pot."""
        self.desk.turn(self.name, self.mover, share.to_bytes(2, "big"))

    @property
    def mover(self) -> Account:
        """Whose turn it is."""
        game = self.desk.game(self.name)
        return game.accounts[max(player.state.turn for player in game.players) % 2]

    def leave_alone(self) -> None:
        """Let the mover end the game without the other one, and be paid."""
        mover = self.mover
        self.desk.challenge(self.name, mover, b"")
        self.desk.forfeit(self.name, mover)

    def stolen(self, *, victim_answers: bool) -> int:
        """Return what a liar gets beyond its share by a state from before it paid.

        It stops there, and makes the last move anew. Who does not answer in time loses the pot.
        """
        self.begin()
        game = self.desk.game(self.name)
        self.pay(0)
        liar, victim = game.accounts[1], game.accounts[0]
        (old, signed) = game.players[1].held
        for _ in range(3):
            self.pay(1_000)
            self.pay(0)
        had = self.l1.balance(liar)
        right = _second_share(game.players[0].state.data)
        terms = game.terms.as_tuple()
        spent: int = self.judge.challenge(terms, old.as_tuple(), signed, b"", bytes(2), sender=liar).cost
        if victim_answers:
            newest, signed = game.players[0].held
            own = game.players[0].sign(newest)
            self.judge.checkpoint(terms, newest.as_tuple(), own, signed, sender=victim)
            self.desk.challenge(self.name, victim, b"")
        self.desk.forfeit(self.name, victim)
        return max(0, self.l1.balance(liar) - had + spent - right)


def _second_share(data: bytes) -> int:
    """Return the wei that the second player of a game of five ether each has by a state of it."""
    return (WHOLE - int.from_bytes(data[:2], "big")) * ether(10) // WHOLE


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
        size = len(side.members)
        needed = trusted_share(size)
        attempts = tuple(
            (f"{count} of {size} validators", _taken_by(l1, side, count))
            for count in (needed - 1, needed, quorum(size))
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
    "payment channel": _in_a_channel,
    "state channel": _in_a_state_channel,
    "sidechain": _on_a_sidechain,
}
