"""Compares what a scenario expects with what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from harness.errors import HarnessError
from harness.scenarios.agents import Place
from harness.scenarios.books import Books
from harness.scenarios.owing import owed
from harness.scenarios.records import AssertionRecord, Entry, GameRecord, PlaceRecord, Row
from harness.scenarios.scenario import Expect
from harness.scenarios.values import amount_text, duration_text
from harness.scenarios.world import World


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What came of a run, as far as expectations are about it."""

    games: Sequence[GameRecord]
    assertions: Sequence[AssertionRecord]
    ledger: Sequence[Entry]
    unbalanced: str
    """Why the ledger does not add up; "" if it does."""


def rows(expect: Expect, world: World, books: Books, found: Outcomes) -> list[Row]:
    """Return one row for each thing that the scenario expects."""
    return [*_checks(expect, world, books, found)]


def _checks(expect: Expect, world: World, books: Books, found: Outcomes) -> Iterator[Row]:
    if expect.outcome is not None:
        outcome = outcome_of(found)
        yield Row(what="outcome", expected=expect.outcome, actual=outcome, holds=outcome == expect.outcome)
    if expect.games is not None:
        count = len(found.games)
        yield Row(what="games", expected=str(expect.games), actual=str(count), holds=count == expect.games)
    if expect.disputed is not None:
        proven = next((game.proven for game in found.games if game.proven is not None), None)
        yield _place_row(expect.disputed, proven)
    gains = books.gains()
    for name, limits in expect.gain.items():
        gain = gains[world.account(name).name]
        yield Row(what=f"gain of {name}", expected=str(limits), actual=_ether(gain), holds=limits.holds(gain))
    yield from _always(expect.always, world, books, found, gains)
    if expect.within is not None:
        taken = _taken(world, found)
        held = taken <= expect.within
        yield Row(what="within", expected=duration_text(expect.within), actual=_time(taken), holds=held)
    yield from _reads(world, expect)
    yield from _faults(world)


def outcome_of(found: Outcomes) -> str:
    """Return the outcome of the first game that rejected something, or else of the first; "undisputed" without one."""
    outcomes = [game.outcome for game in found.games]
    if not outcomes:
        return "undisputed" if found.assertions else "undecided"
    return "rejected" if "rejected" in outcomes else outcomes[0]


def _place_row(expected: Place, proven: PlaceRecord | None) -> Row:
    wanted = {name: getattr(expected, name) for name in ("batch", "transaction", "opcode", "name")}
    wanted = {name: value for name, value in wanted.items() if value is not None}
    if proven is None:
        return Row(what="disputed", expected=_named(wanted), actual="no step was proven on L1", holds=False)
    actual = {name: getattr(proven, name) for name in ("batch", "transaction", "opcode", "name")}
    holds = all(actual[name] == value for name, value in wanted.items())
    line = f" at {proven.line}" if proven.line else ""
    return Row(what="disputed", expected=_named(wanted), actual=_named(actual) + line, holds=holds)


def _named(place: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in place.items() if value is not None)


def _always(
    asked: Sequence[str], world: World, books: Books, found: Outcomes, gains: Mapping[str, int]
) -> Iterator[Row]:
    if "conserved" in asked:
        said = [*books.breaches, *([found.unbalanced] if found.unbalanced else [])]
        actual = "; ".join(said) or "no wei appeared or vanished"
        yield Row(what="conserved", expected="no wei appears or vanishes", actual=actual, holds=not said)
    if "honest-lose-nothing" in asked:
        lost = dict(_losses(world, found, gains))
        short = books.shortfall()
        said = [f"{name} lost {amount_text(wei)}" for name, wei in lost.items()]
        said += [f"the portal lacks {amount_text(short)} that L2 owes"] if short else []
        actual = "; ".join(said) or "nobody honest lost anything but gas"
        yield Row(
            what="honest-lose-nothing", expected="nobody honest loses anything but gas", actual=actual, holds=not said
        )
    if "nothing-stuck" in asked:
        stuck = {name: wei for game in found.games for name, wei in game.credits.items()}
        actual = (
            "; ".join(f"a game owes {name} {amount_text(wei)}" for name, wei in stuck.items()) or "nothing is stuck"
        )
        yield Row(what="nothing-stuck", expected="nothing is stuck", actual=actual, holds=not stuck)


def _losses(world: World, found: Outcomes, gains: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Yield who is honest and lost something: agents of the rollup, and parties of channels."""
    for seat in world.crew.honest if world.has_rollup else ():
        account = seat.handle.account
        gain = gains.get(account.name, 0) + sum(owed(world, found.games, found.assertions, account).values())
        if gain < 0:
            yield seat.name, -gain
    if world.has_channels:
        received: dict[str, int] = {}
        for entry in found.ledger:
            if entry.other == "channels" and entry.category == "withdrawal":
                received[entry.party] = received.get(entry.party, 0) + entry.amount
        yield from world.desk.losses(received)


def _taken(world: World, found: Outcomes) -> int:
    """Return the seconds from the disputed assertion, or the first step, to the last event."""
    disputed = {game.assertion for game in found.games}
    begun = [each.created for each in found.assertions if each.id in disputed]
    times = [one.record.time for one in world.recorder.kept]
    return max([*times, world.began]) - (min(begun) if begun else world.began)


def _reads(world: World, expect: Expect) -> Iterator[Row]:
    for read in expect.reads:
        wanted = world.value(read.gives) if isinstance(read.gives, str) else read.gives
        try:
            actual = world.read(read.call)
        except HarnessError as problem:
            yield Row(
                what=str(read.call), expected=str(read.gives), actual=str(problem).partition("\n")[0], holds=False
            )
            continue
        yield Row(what=str(read.call), expected=str(read.gives), actual=str(actual), holds=actual == wanted)


def _faults(world: World) -> Iterator[Row]:
    """Yield what honest agents were refused though it was due."""
    if not world.has_rollup:
        return
    for seat in world.crew.honest:
        for problem in seat.failed[:1]:
            said = str(problem).partition("\n")[0]
            yield Row(what=f"what {seat.name} is due", expected="L1 takes it", actual=said, holds=False)


def _ether(wei: int) -> str:
    return f"{(Decimal(wei) / 10**18).normalize():+f} ether"


def _time(seconds: int) -> str:
    return f"{seconds / 3600:.2f} h"
