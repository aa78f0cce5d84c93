"""One HTML file that tells one run, or several of a sweep: no network, no script, light and dark."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.scenarios.records import GameRecord, TransactionRecord
from harness.scenarios.report import drawing, money
from harness.scenarios.result import Result
from harness.scenarios.storing import write_whole

if TYPE_CHECKING:
    from jinja2 import Template

SHOWN = 60
"""Rows of a long table that are open; the rest is folded."""

GREY = 6
"""The class of the colour of whoever has none of its own; those of 0 to 5 differ."""


def write(results: Sequence[Result], path: Path, commands: Sequence[str] = ()) -> Path:
    """Write the report of these runs, whole or not at all, and return its path.

    ``commands`` are the lines that replay each run. Raises what writing a file raises.
    """
    return write_whole(path, page(results, commands).encode())


def page(results: Sequence[Result], commands: Sequence[str] = ()) -> str:
    """Return the report of these runs as HTML. Raises ValueError without a run."""
    if not results:
        raise ValueError("a report needs at least one run")
    runs = [_run(result, number) for number, result in enumerate(results)]
    for run, command in zip(runs, commands, strict=False):
        run["command"] = command
    title = results[0].scenario.name if len({result.scenario.name for result in results}) == 1 else "Scenarios"
    style = (files("harness.scenarios.report") / "page.css").read_text(encoding="utf-8")
    return _template().render(title=title, style=style, runs=runs, sweep=_sweep(results), count=len(results))


@lru_cache(maxsize=1)
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined, select_autoescape

    source = (files("harness.scenarios.report") / "page.html.j2").read_text(encoding="utf-8")
    environment = Environment(
        autoescape=select_autoescape(default_for_string=True, default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "amount": money.amount,
        "signed": money.signed,
        "span": drawing.span_text,
        "clock": drawing.clock_text,
        "short": short,
    }
    return environment.from_string(source)


def short(text: str) -> str:
    """Return a hash or an address cut to what tells it apart; other words as they are."""
    return f"{text[:10]}\N{HORIZONTAL ELLIPSIS}" if text.startswith("0x") and len(text) > 24 else text


def _run(result: Result, number: int) -> dict[str, Any]:
    """Return what the template needs of one run."""
    balances = money.balances(result)
    return {
        "id": f"run{number}",
        "result": result,
        "case": case_text(result),
        "began": result.began,
        "ledger": money.ledger(result),
        "flows": drawing.flow_picture(money.flows(result.ledger)),
        "balances": drawing.chart(balances, drawing.time_ticks(result.began, result.ended), steps=True),
        "course": drawing.course(result.timeline, result.ended),
        "shown": SHOWN,
        "games": [_game(game) for game in result.games],
        "gas": tuple(gas_rows(each for each in result.transactions if each.block > result.began_at)),
        "colours": _colours(result),
        "honest": {party.name: party.honest for party in result.parties},
        "numbers": {each.hash: place for place, each in enumerate(result.transactions)},
        "lost_blocks": sum(record.op == "block" and record.lost for record in result.tape),
        "source": json.dumps(result.scenario.plain(), indent=2, ensure_ascii=False),
        "command": "",
    }


def case_text(result: Result) -> str:
    """Return the values of a sweep in words: "agents.olivia.away.0.for = 42 h"."""
    return ", ".join(f"{path} = {value}" for path, value in result.case.items())


def _colours(result: Result) -> defaultdict[str, int]:
    """Return the class of each party's colour: one of its own for the accounts that moved most, grey for the others.

    A liar comes first of two, and so has the first colour, which is warm.
    """
    moved: Counter[str] = Counter()
    for entry in result.ledger:
        moved[entry.party] += abs(entry.amount)
    accounts = [party for party in result.parties if party.kind == "account"]
    ranked = sorted(accounts, key=lambda party: (party.honest is not False, -moved[party.name]))
    return defaultdict(lambda: GREY, {party.name: place for place, party in enumerate(ranked[:GREY])})


def _game(game: GameRecord) -> dict[str, Any]:
    used: dict[str, int] = {}
    for claim in game.claims:
        used[claim.mover] = max(claim.used, used.get(claim.mover, 0))
    clocks = [
        (mover, seconds, min(1.0, seconds / game.max_clock) if game.max_clock else 0.0)
        for mover, seconds in used.items()
    ]
    return {"game": game, "tree": drawing.claim_tree(game.claims), "clocks": clocks}


@dataclass(frozen=True, slots=True)
class GasRow:
    """The gas of the transactions that called one function."""

    target: str
    function: str
    count: int
    least: int
    median: int
    most: int
    total: int


def gas_rows(transactions: Iterable[TransactionRecord]) -> Iterator[GasRow]:
    """Yield the gas used by the transactions that L1 kept, by contract and function, the dearest first."""
    used: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for each in transactions:
        if not each.lost:
            function = each.function or ("deployment" if each.to is None else "no function")
            used[each.to or "", function].append(each.gas_used)
    for (target, function), spent in sorted(used.items(), key=lambda row: -sum(row[1])):
        spent.sort()
        middle = (spent[(len(spent) - 1) // 2] + spent[len(spent) // 2]) // 2
        yield GasRow(target, function, len(spent), spent[0], middle, spent[-1], sum(spent))


def _sweep(results: Sequence[Result]) -> dict[str, Any] | None:
    """Return the chart of gains over the cases of a sweep, and a row for each case; None for a single run."""
    if len(results) == 1:
        return None
    gains = [{row.party.name: row.total for row in money.ledger(result).rows} for result in results]
    named = [party.name for result in results for party in result.parties if party.kind == "account"]
    lines = {
        name: [(float(place), gain.get(name, 0)) for place, gain in enumerate(gains)]
        for name in dict.fromkeys(named)
        if any(abs(gain.get(name, 0)) >= money.ETHER // 100 for gain in gains)
    }
    cases = [case_text(result).rpartition(" = ")[2] or result.scenario.name for result in results]
    ticks = tuple((float(place), words) for place, words in enumerate(cases)) if len(cases) <= 8 else ()
    rows = [(f"run{place}", case_text(result) or result.scenario.name, result) for place, result in enumerate(results)]
    # A line joins the cases of one scenario; other scenarios are no further points of it.
    is_one = len({result.scenario.name for result in results}) == 1
    chart = drawing.chart(lines, ticks, steps=False) if is_one else None
    return {"chart": chart, "rows": rows, "names": list(lines)}
