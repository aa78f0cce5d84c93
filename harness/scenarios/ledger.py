"""Where the money went: every wei that moved on L1, from whom to whom, and what for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from harness.scenarios.recorder import Sent
from harness.scenarios.records import Entry

GAS = "gas"
"""The sink that pays for gas end in: base fees are burnt, the rest is the block producer's."""
BURNT = "burnt"
"""The sink that burnt shares of bonds end in."""
STOLEN, STUCK = "stolen", "stuck"
CATEGORIES = {"assertions": "bond", "game": "bond", "portal": "deposit", "channel": "deposit", "own": "deposit"}
"""What it is called to pay into a contract, by the contract's kind; elsewhere it is a transfer."""


@dataclass(slots=True)
class Bookkeeper:
    """Makes the entries of one run.

    ``kinds`` says of a contract's address whether it is "assertions", "game", "portal", "channel", or a scenario's
    "own". ``names`` gives parties by address.
    """

    names: Mapping[str, str]
    kinds: Mapping[str, str]
    _bonded: Counter[tuple[str, str]] = field(default_factory=Counter)

    def entries(self, sent: list[Sent]) -> Iterator[Entry]:
        """Yield the entries of transactions, in their order; each transaction's sum to zero."""
        for one in sent:
            raw = one.receipt.raw
            yield from self._pair(one, raw.sender, "", raw.gas_used * raw.gas_price, GAS)
            changes: Counter[str] = Counter()
            for source, target, wei in one.transfers:
                changes[source] -= wei
                changes[target] += wei
            for source, target, wei in _matched(changes):
                yield from self._moved(one, source, target, wei)

    def _moved(self, one: Sent, source: str, target: str, wei: int) -> Iterator[Entry]:
        into, out_of = self.kinds.get(target), self.kinds.get(source)
        if into == out_of == "own":
            yield from self._pair(one, source, target, wei, "transfer")
        elif into in CATEGORIES:
            if CATEGORIES[into] == "bond":
                self._bonded[source, target] += wei
            yield from self._pair(one, source, target, wei, CATEGORIES[into])
        elif out_of in ("assertions", "game"):
            own = min(wei, self._bonded[target, source])
            self._bonded[target, source] -= own
            yield from self._pair(one, source, target, own, "bond")
            yield from self._pair(one, source, target, wei - own, "bounty")
        elif out_of in CATEGORIES:
            yield from self._pair(one, source, target, wei, "withdrawal")
        else:
            yield from self._pair(one, source, target, wei, "transfer")

    def _pair(self, one: Sent, source: str, target: str, wei: int, category: str) -> Iterator[Entry]:
        if not wei:
            return
        record = one.record
        giver, taker = self.name(source), GAS if category == GAS else self.name(target)
        for party, other, amount in ((giver, taker, -wei), (taker, giver, wei)):
            yield Entry(
                time=record.time,
                block=record.block,
                transaction=record.hash,
                party=party,
                other=other,
                category=category,
                amount=amount,
            )

    def name(self, address: str) -> str:
        """Return a party's name."""
        return self.names.get(address, address)

    def burnt(self, address: str, wei: int, time: int, block: int) -> Iterator[Entry]:
        """Yield the entries of a share of bonds that a contract keeps for ever."""
        yield from at_the_end(self.name(address), BURNT, BURNT, wei, time, block)


def at_the_end(giver: str, taker: str, category: str, wei: int, time: int, block: int) -> Iterator[Entry]:
    """Yield the entries of wei that no transaction moves: what a contract has and will never pay, or has not paid."""
    for party, other, amount in ((giver, taker, -wei), (taker, giver, wei)):
        if wei:
            yield Entry(
                time=time, block=block, transaction="", party=party, other=other, category=category, amount=amount
            )


def _matched(changes: Mapping[str, int]) -> Iterator[tuple[str, str, int]]:
    """Yield who pays whom how much, so that each address changes by what it must."""
    left = {address: -wei for address, wei in changes.items() if wei < 0}
    for taker, due in changes.items():
        missing = due
        while missing > 0:
            giver = next(iter(left))
            part = min(missing, left[giver])
            left[giver] -= part
            missing -= part
            if not left[giver]:
                del left[giver]
            yield giver, taker, part


def totals(entries: list[Entry]) -> Counter[tuple[str, str]]:
    """Return the sum of each party and category."""
    found: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        found[entry.party, entry.category] += entry.amount
    return found
