"""What a file of results says: rates with confidence intervals, the worst cases, and files that replay failures."""

from __future__ import annotations

import math
import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from harness.campaigns.case import Verdict
from harness.campaigns.store import Result
from harness.errors import brief

Z = 1.959963984540054
"""Standard deviations of a normal distribution between which 95 % of it lies."""

SHOWN = 20
"""Most failures that a report lists; all of them get a replay file."""

WORST = 3
"""Cases shown for each measure."""


def interval(failed: int, count: int) -> tuple[float, float]:
    """Return the bounds of the 95 % confidence interval of a rate, from 0 to 1.

    It is Wilson's score interval, which is right for rates near 0, too: after 1,000 cases without a failure the upper
    bound is 0.38 %. Source: Wilson, "Probable inference, the law of succession, and statistical inference" (1927).
    """
    if not count:
        return 0.0, 1.0
    rate, square = failed / count, Z * Z / count
    middle = (rate + square / 2) / (1 + square)
    half = Z / (1 + square) * math.sqrt(rate * (1 - rate) / count + square / (4 * count))
    return (0.0 if failed == 0 else middle - half), (1.0 if failed == count else middle + half)


@dataclass(slots=True)
class Group:
    """The results of one name at one point of a sweep on one L1."""

    counts: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))
    seconds: float = 0.0

    def add(self, result: Result) -> None:
        self.counts[result.outcome.verdict] += 1
        self.seconds += result.outcome.seconds

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def failed(self) -> int:
        return self.total - self.counts[Verdict.HELD]


@dataclass(slots=True)
class Summary:
    """All results of a file, read once; it keeps the failures, and of each measure the cases with most of it."""

    groups: defaultdict[tuple[str, str, str], Group] = field(default_factory=lambda: defaultdict(Group))
    failures: list[Result] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """What each case is called, by its digest: with its version, if there are several of its name."""
    worst: defaultdict[tuple[str, str], list[tuple[float, Result]]] = field(default_factory=lambda: defaultdict(list))
    least: dict[tuple[str, str], float] = field(default_factory=dict)
    """Of each measure, the least of all cases."""

    @classmethod
    def of(cls, results: Iterable[Result]) -> Summary:
        """Read all results."""
        summary, read = cls(), list(results)
        made: defaultdict[str, set[str]] = defaultdict(set)
        for result in read:
            made[result.case.name].add(result.case.version)
        for result in read:
            case, outcome = result.case, result.outcome
            # A scenario that was changed is another one: so are its rate, its failures, and its worst cases.
            name = f"{case.name} ({case.version[:8]})" if len(made[case.name]) > 1 else case.name
            summary.names[case.digest] = name
            summary.groups[name, case.point, case.l1].add(result)
            if outcome.verdict is not Verdict.HELD:
                summary.failures.append(result)
            for measure, value in {**outcome.measures, "seconds": outcome.seconds}.items():
                kept = summary.worst[name, measure]
                summary.least[name, measure] = min(value, summary.least.get((name, measure), value))
                kept.append((value, result))
                kept.sort(key=lambda pair: -pair[0])
                del kept[WORST:]
        return summary

    @property
    def total(self) -> int:
        return sum(group.total for group in self.groups.values())


def show(summary: Summary, console: Console, replays: Path | None) -> None:
    """Print the tables, and write a file for each failure into ``replays``, if it is given."""
    console.print(_rates(summary))
    console.print(_worst(summary))
    written = _write_replays(summary, replays) if replays is not None else {}
    for result in summary.failures[:SHOWN]:
        case, outcome = result.case, result.outcome
        _say(console, f"{_name(summary, result)}: {outcome.verdict}: {brief(outcome.reason)[1:-1]}")
        if case.digest in written or "{}" not in outcome.command:
            _say(console, "  " + outcome.command.format(shlex.quote(str(written.get(case.digest)))))
    if len(summary.failures) > SHOWN:
        _say(console, f"and {len(summary.failures) - SHOWN} more failures")
    if summary.failures and replays is None:
        _say(console, "--replays DIR writes a file for each failure that plays it again")
    _say(console, f"campaign: {summary.total} played, {len(summary.failures)} failed")


def _rates(summary: Summary) -> Table:
    table = Table("cases", "played", *Verdict, "failed (95 % interval)", "seconds", box=None, pad_edge=False)
    for (name, point, l1), group in sorted(summary.groups.items()):
        low, high = interval(group.failed, group.total)
        rate = f"{group.failed / group.total:.2%} ({low:.2%}-{high:.2%})"
        counts = (str(group.counts[verdict]) for verdict in Verdict)
        table.add_row(_place(name, point, l1), str(group.total), *counts, rate, f"{group.seconds:,.1f}")
    return table


def _worst(summary: Summary) -> Table:
    table = Table("most of", "cases, the worst first", box=None, pad_edge=False)
    for (name, measure), kept in sorted(summary.worst.items()):
        most = kept[0][0]
        said = ", ".join(f"{_number(value)} (seed {result.case.seed})" for value, result in kept)
        is_same = len(kept) > 1 and summary.least[name, measure] == most
        table.add_row(f"{name}: {measure}", f"{_number(most)} in all cases" if is_same else said)
    return table


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1_000 or value == int(value) else f"{value:.4g}"


def _name(summary: Summary, result: Result) -> str:
    return f"{_place(summary.names[result.case.digest], result.case.point, result.case.l1)}, seed {result.case.seed}"


def _place(name: str, point: str, l1: str) -> str:
    """Return what a row of the table stands for; py-evm goes without saying."""
    return name + f" at {point}" * bool(point) + f" on {l1}" * (l1 != "py-evm")


def _write_replays(summary: Summary, folder: Path) -> dict[str, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    return {digest: path for result in summary.failures for digest, path in _write_replay(result, folder)}


def _write_replay(result: Result, folder: Path) -> Iterator[tuple[str, Path]]:
    case, outcome = result.case, result.outcome
    if outcome.replay:
        path = folder / f"{case.name.replace('/', '_')}-{case.seed}-{case.digest[:8]}.json"
        partial = path.with_suffix(".partial")
        partial.write_text(outcome.replay, encoding="utf-8")
        partial.replace(path)
        yield case.digest, path


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
