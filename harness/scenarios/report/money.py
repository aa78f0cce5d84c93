"""Where the money went: a ledger by party, the flows between parties, and balances over time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.scenarios.ledger import STUCK
from harness.scenarios.records import Entry, Party
from harness.scenarios.result import Result

CATEGORIES = ("bond", "bounty", "gas", "deposit", "withdrawal", "transfer", "stuck", "stolen", "burnt")
"""The order of the ledger's columns."""

ETHER, GWEI = 10**18, 10**9
DUST = 10**12
"""Wei below which an amount is told in smaller units."""


def amount(wei: int) -> str:
    """Return an amount as people read it: "5.5104 ETH", "35,200 gwei", "1 wei", "0"."""
    if not wei:
        return "0"
    size = abs(wei)
    if size >= DUST * 100:
        return f"{wei / ETHER:,.4f} ETH"
    return f"{wei / GWEI:,.0f} gwei" if size >= GWEI else f"{wei:,} wei"


def rough(wei: int) -> str:
    """Return an amount without zeros at its end, as an axis shows it: "10 ETH", "0.25 ETH"."""
    number, _, unit = amount(wei).partition(" ")
    return f"{number.rstrip('0').rstrip('.')} {unit}" if "." in number else amount(wei)


def signed(wei: int) -> str:
    """Return a gain with its sign, as in "+5.5104 ETH"."""
    return f"+{amount(wei)}" if wei > 0 else amount(wei).replace("-", "\N{MINUS SIGN}")


@dataclass(frozen=True, slots=True)
class Row:
    """A party of the ledger: wei by category, in the order of the columns, and their sum."""

    party: Party
    cells: tuple[int, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """Who got and gave what. ``totals`` sum each column over all parties, ``total`` the whole: zero."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    totals: tuple[int, ...]
    total: int


def ledger(result: Result) -> Ledger:
    """Return the ledger of all parties that got or gave anything."""
    sums: Counter[tuple[str, str]] = Counter()
    for entry in result.ledger:
        sums[entry.party, entry.category] += entry.amount
    present = {category for _, category in sums}
    columns = (*(name for name in CATEGORIES if name in present), *sorted(present - set(CATEGORIES)))
    rows = tuple(
        Row(party, cells, sum(cells))
        for party in _parties(result)
        if any(cells := tuple(sums[party.name, column] for column in columns))
    )
    totals = tuple(sum(row.cells[place] for row in rows) for place in range(len(columns)))
    return Ledger(columns, rows, totals, sum(totals))


def _parties(result: Result) -> Iterable[Party]:
    """Yield all parties: accounts, contracts, sinks; then whoever the ledger names and the result does not list."""
    known = {party.name for party in result.parties}
    yield from result.parties
    for name in dict.fromkeys(entry.party for entry in result.ledger):
        if name not in known:
            yield Party(name=name, kind="account", role="", address=None)


@dataclass(frozen=True, slots=True)
class Flow:
    """What one party gave another, net, in wei above zero."""

    source: str
    target: str
    wei: int


def flows(entries: Sequence[Entry]) -> tuple[Flow, ...]:
    """Return what went from whom to whom, the largest first; of two that paid each other, the one who gave more."""
    moved: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        if entry.amount > 0 and entry.category != STUCK:
            moved[entry.other, entry.party] += entry.amount
    net = {(a, b): wei - moved[b, a] for (a, b), wei in moved.items()}
    found = (Flow(source, target, wei) for (source, target), wei in net.items() if wei > 0)
    return tuple(sorted(found, key=lambda flow: (-flow.wei, flow.source, flow.target)))


def balances(result: Result) -> dict[str, tuple[tuple[int, int], ...]]:
    """Return (time, wei gained since the beginning) of each account and contract, at each change, from 0 on."""
    courses: defaultdict[str, list[tuple[int, int]]] = defaultdict(lambda: [(result.began, 0)])
    for entry in sorted(result.ledger, key=lambda entry: entry.time):
        if entry.category == STUCK:
            continue
        course = courses[entry.party]
        total = course[-1][1] + entry.amount
        if course[-1][0] == entry.time:
            course[-1] = (entry.time, total)
        else:
            course.append((entry.time, total))
    drawn = [party.name for party in _parties(result) if party.kind != "sink" and party.name in courses]
    return {name: (*courses[name], (result.ended, courses[name][-1][1])) for name in drawn}
