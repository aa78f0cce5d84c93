"""Trials of mutants, each in a pytest of its own on a copy of the contracts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from rich.console import Console

from harness.mutants.patches import Mutant, PatchMismatch
from harness.progress import Tally

PATIENCE = 900
"""Seconds that one test may take. A mutant that makes its test wait for ever is not caught."""
WIDTH = 120


class Verdict(StrEnum):
    """The outcome of a trial."""

    CAUGHT = "caught"
    SURVIVED = "survived"
    BROKEN = "broken"
    """The test did not judge: it fails on sound contracts too, or it could not run on the mutant."""


@dataclass(frozen=True, slots=True)
class Trial:
    """An outcome, and the first line of the test's error; "" if the test passed.

    ``by`` is what judged; "" is the test that the mutant names.
    """

    outcome: Verdict
    reason: str = ""
    by: str = ""


class Trials:
    """Tries the mutants of the contracts below ``root``."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._sound: dict[str, Trial] = {}
        self._running: set[subprocess.Popen[str]] = set()
        self._stopped = False

    def stop(self) -> None:
        """End the tests that run and start no others. A trial that did not end is broken."""
        self._stopped = True
        for process in tuple(self._running):
            process.kill()

    def attempt(self, mutant: Mutant) -> Trial:
        """Run the mutant's test on sound contracts, where it must pass, and then on the mutant."""
        test = mutant.caught_by
        if test not in self._sound:
            self._sound[test] = self.judge(test)
        sound = self._sound[test]
        if sound.outcome is not Verdict.SURVIVED:
            return Trial(Verdict.BROKEN, f"without the fault: {sound.reason}")
        try:
            return self.judge(test, mutant)
        except PatchMismatch as problem:
            return Trial(Verdict.BROKEN, str(problem)[:WIDTH])

    def judge(self, test: str, mutant: Mutant | None = None) -> Trial:
        """Run a test on a copy of the contracts, with the mutant's fault if one is given; raises PatchMismatch.

        The test is copied too, because a test gets the contracts of the project that its own file lies in.
        """
        with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
            copy = self._copied(Path(folder), mutant)
            top = Path(test.partition("::")[0]).parts[0]
            if (self._root / top).is_dir():
                shutil.copytree(self._root / top, copy / top, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(self._root / top, copy / top)
            return self._run(test, copy)

    def _copied(self, copy: Path, mutant: Mutant | None) -> Path:
        """Copy the contracts, with the mutant's fault if one is given; raises PatchMismatch."""
        shutil.copytree(self._root / "contracts", copy / "contracts")
        shutil.copy(self._root / "pyproject.toml", copy / "pyproject.toml")
        if mutant is not None:
            mutant.apply(copy)
        return copy

    def _run(self, test: str, copy: Path) -> Trial:
        report = copy / "report.jsonl"
        options = ["-q", "-x", "-p", "no:cacheprovider", "--rootdir", str(copy), "-c", str(copy / "pyproject.toml")]
        probe = ["-p", "harness.mutants.probe", "--mutant-report", str(report)]
        command = [sys.executable, "-m", "pytest", *options, *probe, str(copy / test)]
        code, output = self._ended(command, copy)
        if code is None:
            return Trial(Verdict.BROKEN, output)
        lines = report.read_text(encoding="utf-8").splitlines() if report.exists() else []
        return _judgement(code, [json.loads(line) for line in lines], output)

    def _ended(self, command: Sequence[str], copy: Path) -> tuple[int | None, str]:
        """Run a command on a copy of the contracts; return its exit code and what it printed, or None and why not."""
        if self._stopped:
            return None, "interrupted"
        changed = os.environ | {"HARNESS_CONTRACTS": str(copy)}
        with subprocess.Popen(
            command, text=True, cwd=self._root, env=changed, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            self._running.add(process)
            if self._stopped:  # perhaps `stop` has looked for the last time
                process.kill()
            try:
                output, _ = process.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                return None, f"it did not end within {PATIENCE} s"
            finally:
                self._running.discard(process)
        return process.returncode, output


def _judgement(code: int, notes: Sequence[dict[str, Any]], output: str) -> Trial:
    """Return what the probe's notes and pytest's exit code say about the mutant."""
    for note in notes:
        if note["outcome"] == "passed":
            continue
        reason = note["error"].partition("\n")[0][:WIDTH]
        # INVARIANT: a failure before the test begins catches nothing, whatever it is: a fixture only prepares.
        judged = note["verdict"] and note["when"] in ("call", "teardown")
        return Trial(Verdict.CAUGHT, reason) if judged else Trial(Verdict.BROKEN, f"{note['when']}: {reason}")
    if code == 0 and notes:
        return Trial(Verdict.SURVIVED)
    last = (output.strip().splitlines() or ["no output"])[-1]
    return Trial(Verdict.BROKEN, f"pytest ended with {code}: {last}"[:WIDTH])


def run(
    root: Path,
    mutants: Sequence[Mutant],
    jobs: int = 1,
    console: Console | None = None,
    trials: Trials | None = None,
) -> int:
    """Try all mutants and report. ``trials`` None tries each by its test.

    Returns the exit code: 1 if one was not caught, 130 if the run was interrupted. The last line is ``mutants: N tried,
    M not caught``.
    """
    console = console or Console()
    trials = trials or Trials(root)
    tally = Tally("mutants", len(mutants))
    missed = 0
    pool = ThreadPoolExecutor(jobs)
    try:
        with suppress(KeyboardInterrupt), tally:
            for mutant, trial in zip(mutants, pool.map(trials.attempt, mutants), strict=True):
                missed += trial.outcome is not Verdict.CAUGHT
                _say(console, _line(mutant, trial))
                tally.advance()
    finally:
        if tally.done < len(mutants):
            trials.stop()
        pool.shutdown(cancel_futures=True)
    interrupted = "; interrupted" if tally.done < len(mutants) else ""
    _say(console, f"mutants: {tally.done} tried, {missed} not caught{interrupted}")
    return 130 if interrupted else 1 if missed or not mutants else 0


def _line(mutant: Mutant, trial: Trial) -> str:
    """Return the outcome as a line. If the mutant was not caught, the line holds the command that tries it again."""
    name = trial.by or mutant.caught_by.rsplit("::", 1)[-1]
    line = f"{trial.outcome.value:9}{mutant.name}: {mutant.breaks} [{name}] {trial.reason}".rstrip()
    return line if trial.outcome is Verdict.CAUGHT else f"{line} (again: harness mutants {mutant.name})"


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
