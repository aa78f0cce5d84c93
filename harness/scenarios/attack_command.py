"""The command ``harness attack``: a pack of attacks against the contracts of an adapter."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.arguments import natural
from harness.attack.kinds import KINDS
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.attack.attack import Outcome, Pack

HELD, FOUND = 0, 1


def add_to(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command to a parser."""
    attack = commands.add_parser("attack", help="attack somebody's contracts through an adapter")
    attack.add_argument("kind", choices=sorted(KINDS), help="what kind of contracts they are")
    words = "a built-in adapter, file.py:Class or a dotted name (default: that of [tool.harness.adapters], or built-in)"
    attack.add_argument("adapter", nargs="?", help=words)
    words = "time for the search, such as 60s or 5min (default: a fixed number of tries)"
    attack.add_argument("--budget", type=seconds, metavar="TIME", help=words)
    attack.add_argument("--seed", type=natural, default=0, help="seed of all randomness (default: 0)")
    attack.add_argument("--only", action="append", default=[], metavar="NAME", help="play this attack; may be repeated")
    attack.add_argument("--first", action="store_true", help="end at the first finding")
    attack.add_argument("--list", action="store_true", dest="lists", help="list the attacks of the pack instead")
    attack.add_argument("--json", action="store_true", help="print the outcomes as a JSON array")
    words = "write a scenario and a report of each finding to this folder"
    attack.add_argument("--report", type=Path, metavar="FOLDER", help=words)
    attack.set_defaults(run=_attack)


def seconds(text: str) -> float:
    """Return the seconds of a text such as ``60s``, ``5min`` or ``90``."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d+)?)\s*(s|min|h)?", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text[:60]!r} is no time, expected one such as 60s or 5min")
    return float(match[1]) * {"s": 1, "min": 60, "h": 3_600}[match[2] or "s"]


def _attack(chosen: argparse.Namespace) -> int:
    from harness.adapters.choosing import choose
    from harness.attack.kinds import pack_of
    from harness.attack.runner import every, run_pack
    from harness.attack.table import plain, row, summary

    pack = pack_of(chosen.kind)
    if chosen.lists:
        for attack in every(pack):
            print(f"{attack.name}: {attack.shows}")
        return HELD
    if chosen.budget is not None and not _searches(pack, chosen.only):
        raise UsageError("harness attack", "--budget is of no use: none of these attacks is a search")
    adapter = choose(chosen.kind, chosen.adapter, pack.built_in, pack.protocol)

    def hear(outcome: Outcome) -> None:
        if not chosen.json:
            print(row(outcome), flush=True)

    outcomes = run_pack(
        pack,
        adapter,
        budget=chosen.budget,
        seed=chosen.seed,
        only=chosen.only,
        first_only=chosen.first,
        hear=hear,
    )
    if chosen.json:
        print(json.dumps(plain(outcomes), indent=2))
    else:
        print(summary(outcomes))
    if chosen.report is not None:
        from harness.scenarios import attack_findings

        for each in attack_findings.write(chosen.report, chosen.kind, adapter, chosen.seed, outcomes):
            for path in each.paths:
                print(f"written: {path}", file=sys.stderr)
            if not each.is_shown:
                print(f"warning: the scenario of {each.attack} does not show the finding again", file=sys.stderr)
    return _judged(outcomes)


def _searches(pack: Pack, only: Sequence[str]) -> bool:
    return pack.search is not None and (not only or pack.search(()).name in only)


def _judged(outcomes: Sequence[Outcome]) -> int:
    """Return the exit code of what was played to its end; raises UsageError, after tracebacks, if that says nothing."""
    from harness.attack.attack import Verdict

    failed = [outcome for outcome in outcomes if outcome.verdict is Verdict.FAILED]
    for outcome in {each.evidence: each for each in failed}.values():  # one bug stops many attacks
        print(f"{outcome.attack}: {outcome.traceback}", file=sys.stderr, end="")
    if any(outcome.verdict is Verdict.FOUND for outcome in outcomes):
        return FOUND
    # What was not attacked has not held: a pipeline must not take this for a success.
    if failed:
        said = f"{len(failed)} of {len(outcomes)} attacks could not be played: {failed[0].evidence}"
        raise UsageError("harness attack", said)
    if all(outcome.verdict is Verdict.NOT_APPLICABLE for outcome in outcomes):
        raise UsageError("harness attack", f"no attack is applicable: {outcomes[0].evidence}")
    return HELD
