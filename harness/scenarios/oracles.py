"""The oracles of a run: money, by rules that hold whatever the scenario is about.

Each is a word of a scenario's ``always``. Each row says whom it concerns and how many wei.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.errors import HarnessError
from harness.scenarios import dues
from harness.scenarios.books import Books
from harness.scenarios.owing import owed, undelivered, unexecuted
from harness.scenarios.records import AssertionRecord, Entry, GameRecord, Row, Theft
from harness.scenarios.thefts import CHANNELS, received_from_channels
from harness.scenarios.values import amount_text
from harness.scenarios.world import World


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What came of a run, as far as expectations are about it."""

    games: Sequence[GameRecord]
    assertions: Sequence[AssertionRecord]
    ledger: Sequence[Entry]
    thefts: Sequence[Theft]
    unbalanced: str
    """Why the ledger does not add up; "" if it does."""


Oracle = Callable[[World, Books, Outcomes], Iterator[str]]
"""Yields each thing that is wrong."""


def conserved(world: World, books: Books, found: Outcomes) -> Iterator[str]:
    """No wei appears or vanishes: not in the portal, the chain of assertions, games, channels, on L2, or the ledger."""
    yield from books.breaches
    if found.unbalanced:
        yield found.unbalanced


def honest_lose_nothing(world: World, books: Books, found: Outcomes) -> Iterator[str]:
    """No agent that follows the protocol and no party of a channel that does not cheat loses but gas; nobody steals.

    What comes out of a scenario's own contracts is stolen if the scenario names a ``thief``. Without one, nobody knows
    whose it was.
    """
    gains = books.gains()
    for seat in world.crew.honest if world.has_rollup else ():
        account = seat.handle.account
        gain = gains.get(account.name, 0) + sum(owed(world, found.games, found.assertions, account).values())
        if gain < 0:
            yield f"{seat.name} lost {amount_text(-gain)}"
    if world.has_channels:
        for party, wei in world.desk.losses(received_from_channels(found.ledger)):
            yield f"{party} lost {amount_text(wei)}"
    for theft in found.thefts:
        if theft.contract != CHANNELS:
            yield f"{theft.thief} stole {amount_text(theft.amount)} from {theft.victim}"
    if short := books.shortfall():
        yield f"the portal lacks {amount_text(short)} that L2 owes"
    if world.has_sidechain and (short := world.sidechain.shortfall()):
        yield f"near_bridge lacks {amount_text(short)} that is on the sidechain or on its way"


def liars_pay(world: World, books: Books, found: Outcomes) -> Iterator[str]:
    """Everybody gets out of bonds what the claims give it, to the wei, and no more is burnt than must be.

    So a liar loses the whole bond of each claim that an outsider countered, and the burnt share of those that it
    countered itself; the outsider gets the rest. Agents of one ``owner`` count as one.
    """
    if not world.has_rollup:
        return
    config = world.rollup.config
    right, burnt = dues.due(found.games, found.assertions, config.burnt_share)
    chain = world.rollup.assertions
    credits = {account.name: int(chain.credit(account.address)) for account in world.l1.accounts}
    actual = dues.brought(found.ledger, found.games, found.assertions, credits)
    for owner, names in world.owners.items():
        got, owed_wei = (sum(table[name] for name in names) for table in (actual, right))
        if got != owed_wei:
            yield f"bonds brought {owner} {amount_text(got)}, its claims give it {amount_text(owed_wei)}"
    for number, game in enumerate(found.games, 1):
        if game.burnt != burnt[f"game {number}"]:
            yield f"game {number} burns {amount_text(game.burnt)} of {amount_text(burnt[f'game {number}'])}"
        for claim, cost in dues.too_cheap(game, config.burnt_share, config.games.gas_price_cap):
            yield f"the bond of claim {claim.number} leaves less than {amount_text(cost)}, which its counter may cost"
            break


def nothing_stuck(world: World, books: Books, found: Outcomes) -> Iterator[str]:
    """Nothing is left in a contract that is anybody's or on its way, no game is undecided, and no app is open."""
    for account in world.l1.accounts:
        for contract, wei in owed(world, found.games, found.assertions, account).items():
            yield f"{contract} owes {account.name} {amount_text(wei)}"
    for name, wei in unexecuted(world).items():
        yield f"nobody has executed withdrawals of {amount_text(wei)} to {name}"
    for name, wei in undelivered(world).items():
        yield f"no batch has brought deposits of {amount_text(wei)} of {name} to L2"
    for number, game in enumerate(found.games, 1):
        if game.outcome == "undecided":
            yield f"game {number} is undecided"
    for name in world.apps.unended():
        yield f"{name} is not over"


ORACLES: Mapping[str, tuple[Oracle, str]] = {
    "conserved": (conserved, "no wei appears or vanishes"),
    "honest-lose-nothing": (honest_lose_nothing, "nobody honest loses anything but gas"),
    "liars-pay": (liars_pay, "everybody gets out of bonds what its claims give it"),
    "nothing-stuck": (nothing_stuck, "nothing is stuck"),
}
"""Each word of ``always``, with what holds."""


def always(asked: Sequence[str], world: World, books: Books, found: Outcomes) -> Iterator[Row]:
    """Yield a row for each oracle that is asked."""
    for word in asked:
        oracle, holds = ORACLES[word]
        try:
            wrong = list(oracle(world, books, found))
        except HarnessError as problem:
            wrong = [f"it cannot be told: {str(problem).partition(chr(10))[0]}"]
        yield Row(what=word, expected=holds, actual="; ".join(wrong) or holds, holds=not wrong)
