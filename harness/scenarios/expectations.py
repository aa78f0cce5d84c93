"""Compares what a scenario expects with what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from harness.errors import HarnessError
from harness.scenarios.agents import Place
from harness.scenarios.books import Books
from harness.scenarios.dues import kept
from harness.scenarios.oracles import Outcomes, always
from harness.scenarios.records import AssertionRecord, PlaceRecord, Row
from harness.scenarios.scenario import Expect
from harness.scenarios.values import Compared, duration_text
from harness.scenarios.world import World


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
    if expect.stolen is not None:
        stolen = sum(theft.amount for theft in found.thefts)
        yield Row(what="stolen", expected=str(expect.stolen), actual=_ether(stolen), holds=expect.stolen.holds(stolen))
    yield from always(expect.always, world, books, found)
    if expect.within is not None:
        taken = _taken(world, found)
        is_over = all(game.outcome != "undecided" for game in found.games)
        actual = _time(taken) if is_over else f"undecided after {_time(taken)}"
        held = is_over and taken <= expect.within
        yield Row(what="within", expected=duration_text(expect.within), actual=actual, holds=held)
    if expect.lasts is not None:
        taken = _taken(world, found)
        yield Row(what="lasts", expected=str(expect.lasts), actual=_time(taken), holds=expect.lasts.holds(taken))
    yield from _counted(world, expect, found)
    yield from _reads(world, expect)
    yield from _faults(world)


def outcome_of(found: Outcomes) -> str:
    """Return what came of the assertions: "undisputed" without a game, or else the outcome of the games.

    It is "rejected" if every false assertion is, and no right one. If that is so of some only, it says of which.
    """
    outcomes = [game.outcome for game in found.games]
    if not outcomes:
        return "undisputed" if found.assertions else "undecided"
    if "rejected" not in outcomes:
        return outcomes[0]
    wrong = [f"{each.proposer}'s right assertion is rejected" for each in found.assertions if _is_denied(each)]
    false = (each for each in found.assertions if each.right is False and each.status != "rejected")
    wrong += [f"{each.proposer}'s false assertion is {each.status}" for each in false]
    return "; ".join(wrong) or "rejected"


def _is_denied(assertion: AssertionRecord) -> bool:
    return assertion.right is True and assertion.status == "rejected"


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


def _taken(world: World, found: Outcomes) -> int:
    """Return the seconds from the disputed assertion, or the first step, to the last event."""
    disputed = {game.assertion for game in found.games}
    begun = [each.created for each in found.assertions if each.id in disputed]
    times = [one.record.time for one in world.recorder.kept]
    return max([*times, world.began]) - (min(begun) if begun else world.began)


def _counted(world: World, expect: Expect, found: Outcomes) -> Iterator[Row]:
    claims = Counter(claim.mover for game in found.games for claim in kept(game))
    failed = Counter(
        one.record.sender
        for one in world.recorder.kept
        if not one.record.succeeded and one.record.block > world.began_at
    )
    for what, asked, counts in (("claims", expect.claims, claims), ("reverted", expect.reverted, failed)):
        for name, limits in asked.items():
            count = counts[world.account(name).name]
            yield Row(what=f"{what} of {name}", expected=str(limits), actual=str(count), holds=limits.holds(count))


def _reads(world: World, expect: Expect) -> Iterator[Row]:
    for read in expect.reads:
        compared = Compared.of(read.gives)
        try:
            wanted = world.value(read.gives) if isinstance(read.gives, str) else read.gives
            actual = world.read(read.call)
        except HarnessError as problem:
            yield Row(
                what=str(read.call), expected=str(read.gives), actual=str(problem).partition("\n")[0], holds=False
            )
            continue
        # To Python true is 1; to Solidity it is not.
        is_equal = actual == wanted and isinstance(actual, bool) == isinstance(wanted, bool)
        holds = is_equal if compared is None else compared.holds(actual)
        is_text = compared is None and wanted is read.gives
        expected = _shown(read.gives) if is_text else str(read.gives)
        yield Row(what=str(read.call), expected=expected, actual=_shown(actual), holds=holds)


def _shown(value: object) -> str:
    """Return a value so that a text, a number and a truth value are told apart."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, str) else str(value)


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
