"""Trials of mutants by the packs of ``harness attack``, without the tests that the mutants name.

A verdict is kept as long as the patch, the harness and the contracts are what they were, so that an interrupted run
goes on where it stopped.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from rich.console import Console

from harness import tools
from harness.attack.kinds import KINDS, pack_of
from harness.attack.runner import every
from harness.errors import ContractError, ToolNotFound
from harness.mutants.packing import PackBroke, Play, compile_reached
from harness.mutants.patches import Mutant, PatchMismatch, find
from harness.mutants.trial import Trial, Verdict
from harness.progress import Tally

PACKS: tuple[tuple[str, str], ...] = (
    ("contracts/channel/AppAdjudicator", "application"),
    ("contracts/channel/apps/", "application"),
    ("contracts/channel/libraries/Apps", "application"),
    ("contracts/channel/", "channel"),
    ("contracts/dispute/DisputeGame", "game"),
    ("contracts/libraries/Anchor", "game"),
    ("contracts/libraries/Clones", "game"),
    ("contracts/libraries/Positions", "game"),
    ("contracts/rollup/AssertionChain", "assertions"),
    ("contracts/rollup/Portal", "bridge"),
    ("contracts/rollup/Optimism", "bridge"),
    ("contracts/rollup/TokenBridge", "bridge"),
    ("contracts/l2/", "bridge"),
    ("contracts/libraries/OptimismHashing", "bridge"),
    ("contracts/libraries/RawCalls", "bridge"),
    ("contracts/rollup/SequencerInbox", "inbox"),
    ("contracts/rollup/DelayedInbox", "inbox"),
    ("contracts/libraries/GasMarket", "inbox"),
    ("contracts/libraries/L1Precompiles", "inbox"),
    ("contracts/sidechain/", "sidechain"),
    ("contracts/", "prover"),
)
"""The kind that attacks a mutant, by the beginning of the first file that it changes. The first fitting row counts."""
LEAST = 0.9
"""The part of a kind's mutants that its packs must find."""
_WIDTH = 200


def kind_of(mutant: Mutant) -> str:
    """Return the kind of contracts that a mutant breaks."""
    path = mutant.paths[0]
    return next(kind for prefix, kind in PACKS if path.startswith(prefix))


def chosen(root: Path, group: str) -> list[Mutant]:
    """Return the mutants of a kind of contracts, or those that `find` returns; raises MutantUnreadable."""
    if group in {kind for _, kind in PACKS}:
        return [mutant for mutant in find(root) if kind_of(mutant) == group]
    return find(root, group)


class Packs:
    """Attacks the mutants of the contracts below ``root``; ``kept`` is the folder of verdicts, by default a cache."""

    def __init__(self, root: Path, kept: Path | None = None) -> None:
        self._root = root
        self._kept = kept or tools.cache_dir() / "attacked"
        self._running: set[Play] = set()
        self._stopped = False
        self._finders: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def stop(self) -> None:
        """End the packs that run and start no others."""
        self._stopped = True
        for play in tuple(self._running):
            play.stop()

    def attempt(self, mutant: Mutant) -> Trial:
        """Attack a copy of the contracts with the mutant's fault, up to the first finding."""
        kind = kind_of(mutant)
        if kind not in KINDS:
            return Trial(Verdict.BROKEN, f"there is no pack of the kind {kind}")
        path = self._kept / f"{sha256((self._sources + mutant.diff).encode()).hexdigest()[:40]}.json"
        trial = _read(path)
        if trial is None:
            trial = self._tried(mutant, kind)
            if trial.outcome is not Verdict.BROKEN:
                path.parent.mkdir(parents=True, exist_ok=True)
                tools.write_atomically(path, json.dumps(asdict(trial)))
        if trial.by:
            self._finders[mutant.paths[0]][trial.by] += 1
        return trial

    @cached_property
    def _sources(self) -> str:
        """A digest of the harness and of the contracts."""
        package = Path(__file__).resolve().parents[1]
        found = sha256()
        for path in sorted((*package.rglob("*.py"), *(self._root / "contracts").rglob("*.sol"))):
            found.update(f"{path.name} {path.stat().st_size} ".encode() + path.read_bytes())
        return found.hexdigest()

    def _tried(self, mutant: Mutant, kind: str) -> Trial:
        with tempfile.TemporaryDirectory(prefix="attacked-") as folder:
            copy = Path(folder)
            shutil.copytree(self._root / "contracts", copy / "contracts")
            shutil.copy(self._root / "pyproject.toml", copy / "pyproject.toml")
            try:
                mutant.apply(copy)
                if not self._stopped:
                    compile_reached(copy, mutant.paths)
            except (PatchMismatch, ContractError, ToolNotFound) as problem:
                return Trial(Verdict.BROKEN, " ".join(str(problem).split())[:_WIDTH])
            return self._attack(copy, kind, self._order(mutant, kind))

    def _order(self, mutant: Mutant, kind: str) -> Iterable[str]:
        """Return the attacks of a kind; those come first that have found most other mutants of the same file.

        Next are those that are about the contract that the mutant changes.
        """
        finders, contract = self._finders[mutant.paths[0]], Path(mutant.paths[0]).stem
        attacks = sorted(every(pack_of(kind)), key=lambda each: (-finders[each.name], contract not in each.touches))
        return [attack.name for attack in attacks]

    def _attack(self, copy: Path, kind: str, order: Iterable[str]) -> Trial:
        if self._stopped:
            return Trial(Verdict.BROKEN, "interrupted")
        play = Play(copy, kind, tuple(order))
        self._running.add(play)
        try:
            return judged(kind, play.outcomes())
        except PackBroke as problem:
            return Trial(Verdict.BROKEN, str(problem).partition("\n")[0][:_WIDTH])
        finally:
            self._running.discard(play)


def _read(path: Path) -> Trial | None:
    """Return a verdict that was kept, if there is one."""
    with suppress(OSError, ValueError, KeyError):
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Trial(Verdict(kept["outcome"]), kept["reason"], kept["by"])
    return None


def judged(kind: str, outcomes: Sequence[dict[str, Any]]) -> Trial:
    """Return what the outcomes of a pack say of a mutant."""
    for outcome in outcomes:
        if outcome["verdict"] == "FOUND":
            said = f"{outcome['attack']}: {outcome['broke']}: {outcome['evidence']}"
            return Trial(Verdict.CAUGHT, said.partition("\n")[0][:_WIDTH], outcome["attack"])
    failed = next((outcome for outcome in outcomes if outcome["verdict"] == "FAILED"), None)
    if failed is not None:
        return Trial(Verdict.BROKEN, f"{failed['attack']} failed: {failed['evidence']}"[:_WIDTH])
    held = sum(outcome["verdict"] == "HELD" for outcome in outcomes)
    return Trial(Verdict.SURVIVED, f"the {kind} pack holds {held} of {len(outcomes)} attacks and finds nothing")


def run(root: Path, mutants: Sequence[Mutant], jobs: int = 1, console: Console | None = None) -> int:
    """Attack all mutants and report, with the reason of each that no pack finds.

    Returns the exit code: 1 if the packs find less than nine in ten of a kind, or miss one whose patch gives no
    reason; 130 if the run was interrupted. The last lines are ``KIND: M of N found, P %``.
    """
    console = console or Console()
    packs, tally = Packs(root), Tally("mutants", len(mutants))
    verdicts: dict[str, list[bool]] = defaultdict(list)
    unexplained = 0
    pool = ThreadPoolExecutor(jobs)
    try:
        with suppress(KeyboardInterrupt), tally:
            for mutant, trial in zip(mutants, pool.map(packs.attempt, mutants), strict=True):
                found = trial.outcome is Verdict.CAUGHT
                verdicts[kind_of(mutant)].append(found)
                unexplained += not (found or mutant.missed)
                _say(console, _line(mutant, trial))
                tally.advance()
    finally:
        if tally.done < len(mutants):
            packs.stop()
        pool.shutdown(cancel_futures=True)
    for kind, each in verdicts.items():
        _say(console, f"{kind}: {sum(each)} of {len(each)} found, {100 * sum(each) / len(each):.1f} %")
    if tally.done < len(mutants):
        return 130
    return 1 if unexplained or any(sum(each) < LEAST * len(each) for each in verdicts.values()) else 0


def _line(mutant: Mutant, trial: Trial) -> str:
    if trial.outcome is Verdict.CAUGHT:
        return f"found    {mutant.name}: {trial.reason}"
    why = f"; {mutant.missed}" if mutant.missed else ""
    return f"missed   {mutant.name}: {mutant.breaks} {trial.reason}{why}"


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
