"""Scenarios as cases of a campaign: each with a seed, an L1, and one case of its sweep."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.campaigns.case import Case, Outcome, Play, Verdict
from harness.errors import HarnessError
from harness.scenarios.finding import LIBRARY, cases_of, find, name_of, opened
from harness.scenarios.result import Result
from harness.scenarios.running import play
from harness.scenarios.storing import text_of

KIND = "scenario"
"""What cases of this file have as their kind."""

ETHER = 10**18


class ScenarioChanged(HarnessError):
    """A scenario, or a contract that it may name, is no longer as it was when the campaign began."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path}: the scenario or a contract of its project has changed, expected what the case was made of"
        )
        self.path = path


def cases(word: str, seeds: range, l1: str) -> Iterator[Case]:
    """Yield a case for each scenario that the word means, each case of its sweep, and each seed.

    Raises UnknownScenario, and what is wrong in a scenario's file, before the first.
    """
    read = [(path, _print_of(path), list(cases_of(opened(path)[0]))) for path in find(word)]
    for path, digest, swept in read:
        for number, (point, _) in enumerate(swept):
            words = ", ".join(f"{field} = {value}" for field, value in point.items())
            for seed in seeds:
                data = {"file": _shown(path), "made of": digest, "case": number, "seed": seed}
                yield Case(KIND, name_of(path), seed, l1, json.dumps(data), words)


@contextmanager
def opened_for(l1: str) -> Iterator[Play]:
    """Play scenarios; each opens what it needs, so nothing is kept between them."""

    def play_one(case: Case) -> Outcome:
        data = json.loads(case.data)
        path = _found(data["file"])
        if _print_of(path) != data["made of"]:
            raise ScenarioChanged(path)
        scenario, sources, root = opened(path)
        point, one = list(cases_of(scenario))[data["case"]]
        again = shlex.join(["harness", "play", data["file"], "--l1", l1, "--seed", str(case.seed)])
        try:
            result = play(one, sources, root=root, backend=l1, seed=case.seed, case=point)
        except HarnessError as problem:
            reason = " ".join(f"{type(problem).__name__}: {problem}".split())
            return Outcome(Verdict.CRASHED, reason, command=again)
        return _outcome(result)

    yield play_one


def _outcome(result: Result) -> Outcome:
    broken = [
        f"{row.what}: expected {row.expected}, actual {row.actual}" for row in result.expectations if not row.holds
    ]
    honest = {party.name for party in result.parties if party.honest}
    measures = {
        "hours": (result.ended - result.began) / 3_600,
        "gas": sum(each.gas_used for each in result.transactions if each.block > result.began_at and not each.lost),
        "ETH that the honest side paid": -sum(each.amount for each in result.ledger if each.party in honest) / ETHER,
    }
    if not broken:
        return Outcome(Verdict.HELD, measures=measures)
    return Outcome(Verdict.BROKEN, "; ".join(broken), measures, text_of(result).decode(), "harness replay {}")


def _shown(path: Path) -> str:
    """Return what names a scenario on every machine, if it is of the library, and else its absolute path."""
    return name_of(path) if path.is_relative_to(LIBRARY) else str(path.resolve())


def _found(shown: str) -> Path:
    return find(shown)[0]


def _print_of(path: Path) -> str:
    """Return the digest of a scenario's file and of the contracts that it may name."""
    digest = hashlib.sha256(path.read_bytes())
    _, sources, root = opened(path)
    if root is not None:
        for place in sorted({place for places in sources.names.values() for place in places if place}):
            file = root / place
            digest.update(file.read_bytes() if file.is_file() else b"")
    return digest.hexdigest()[:16]
