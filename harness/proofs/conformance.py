"""Checks the recorder and the prover with Ethereum's state tests.

A case passes on two conditions. The recorded run ends in the published state root and logs hash. The prover's bytecode
maps the witness of each step to the hash of the next state. That includes the input step: the run posts the transaction
to the sequencer inbox, and an idle machine in the test's block takes it from there.
"""

from __future__ import annotations

import multiprocessing
import random
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from harness.proofs.errors import NoSuchCase, ProverRejected, WrongPoststate
from harness.proofs.hosts import Host, open_host
from harness.proofs.inputs import RULE_OF_SENDER, InputOpening
from harness.proofs.maker import make_witness
from harness.proofs.statetests import CHAIN_ID, Case, find_cases, logs_hash
from harness.proofs.trace import Execution, Trace
from harness.rollup.codec.batch import Item
from harness.rollup.errors import InvalidTransaction, TransactionTooLong
from harness.rollup.machine.machine import Cursor, Idle
from harness.rollup.machine.validity import MAX_RAW_SIZE, decode

ALL_UP_TO = 10_000
"""A case of at most this many steps is proven whole. Of a longer one, these numbers of steps are:"""
FIRST = 2_000
LAST = 500
DRAWN = 2_000
CROSS_CHECKED = 5_000
"""Steps of the whole run that py-evm proves as well."""

BLOB = "blob transaction"
RANGE = "memory range above 49,152 bytes"
TOO_LONG = "transaction above 50,000 bytes"


class Status(StrEnum):
    """The outcome of a case."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Result:
    """The verdict on a case: ``proven`` of ``total`` steps. ``reason`` says why it failed or was skipped."""

    directory: str
    path: str
    name: str
    status: Status
    reason: str = ""
    proven: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Options:
    """How to choose cases and steps, and where to prove them.

    ``sample`` is the number of cases that the seed draws; None takes all. ``cross_check`` is the number of steps that
    py-evm proves as well.
    """

    match: str | None = None
    sample: int | None = None
    all_steps: bool = False
    seed: int = 0
    evm: str = "pyrevm"
    jobs: int = 1
    cross_check: int = CROSS_CHECKED


@dataclass(slots=True)
class Report:
    """All verdicts, in the order of paths, and the number of steps that both EVMs proved."""

    results: list[Result] = field(default_factory=list)
    crossed: int = 0

    def of(self, status: Status) -> list[Result]:
        """Return the results with that status."""
        return [result for result in self.results if result.status is status]

    @property
    def proven(self) -> int:
        """The number of proven steps."""
        return sum(result.proven for result in self.results)

    @property
    def summary(self) -> str:
        """The last line of the report."""
        passed, failed, skipped = (len(self.of(status)) for status in Status)
        return f"cases: {passed} passed, {failed} failed, {skipped} skipped"


Progress = Callable[[Sequence[Result], int], None]
Selection = Callable[[Case, int], Iterable[int]]


_BUDGET = 2**64
"""A budget that no transaction exceeds, since Ethereum has no such rule."""


def select_steps(case: Case, total: int, options: Options) -> list[int]:
    """Return the steps of a case to prove: all of them, or the first, the last and some drawn ones of a long case."""
    if options.all_steps or total <= ALL_UP_TO:
        return list(range(total))
    middle = range(FIRST, total - LAST)
    drawn = random.Random(f"{options.seed}:{case.directory}:{case.name}").sample(middle, DRAWN)
    return [*range(FIRST), *sorted(drawn), *range(total - LAST, total)]


def prepare(case: Case, host: Host) -> tuple[Trace, InputOpening]:
    """Post a case's transaction, and record how the machine executes or skips it."""
    raw = case.raw
    batch = host.post(Item(raw).encode())
    before = Idle(case.state, Cursor(batch.index, opened=True, budget=_BUDGET), case.env, case.ring)
    cursor = Cursor(batch.index + 1, budget=_BUDGET)
    sender = None
    try:
        tx = decode(raw, CHAIN_ID)
        sender = tx.sender
        execution = Execution(case.state, case.env, case.ring, tx)
        trace = Trace(before, execution=execution, cursor=cursor.spend(tx.gas_limit))
    except InvalidTransaction as reason:
        trace = Trace(before, after=Idle(case.state, cursor, case.env, case.ring))
        if reason.rule < RULE_OF_SENDER:
            sender = None
    return trace, InputOpening(batch, sender=sender)


def prove_case(case: Case, host: Host, selection: Selection) -> Result:
    """Run, record and prove one case."""

    def result(status: Status, reason: str = "", proven: int = 0, total: int = 0) -> Result:
        return Result(case.directory, str(case.path), case.name, status, reason, proven, total)

    try:
        trace, opening = prepare(case, host)
    except TransactionTooLong:
        if case.expects_exception is None:
            return result(Status.SKIPPED, TOO_LONG)
        raise
    fault = _difference(case, trace)
    if fault is not None:
        reason = _reason_to_skip(case, trace)
        return result(Status.SKIPPED, reason) if reason else result(Status.FAILED, fault)
    steps = list(selection(case, len(trace)))
    try:
        proven = prove_steps(trace, opening, host, steps)
    except WrongPoststate as error:
        return result(Status.FAILED, str(error), total=len(trace))
    return result(Status.PASSED, "", proven, len(trace))


def prove_steps(trace: Trace, opening: InputOpening, host: Host, steps: Sequence[int]) -> int:
    """Prove steps of a trace, given in ascending order, and return their number.

    Raises WrongPoststate at the first step that the prover rejects or maps to another hash.
    """
    trace.load({index for step in steps for index in (step, step + 1)})
    known, known_at = b"", -1
    for step in steps:
        before = known if known_at == step else trace.hash_at(step)
        witness = make_witness(trace, step, opening).encode()
        known, known_at = trace.hash_at(step + 1), step + 1
        try:
            given = host.verify(before, step, opening.batch.index + 1, witness)
        except ProverRejected as error:
            raise WrongPoststate(step, trace.name_at(step), str(error), known) from error
        if given != known:
            raise WrongPoststate(step, trace.name_at(step), given, known)
    return len(steps)


def _difference(case: Case, trace: Trace) -> str | None:
    """Return how the recorded run differs from the published result, or None if it does not."""
    root = trace.after.state.root
    logs = logs_hash(() if trace.outcome is None else trace.outcome.logs)
    if root != case.expected_root:
        return f"state root is 0x{root.hex()}, expected 0x{case.expected_root.hex()}"
    if logs != case.expected_logs:
        return f"logs hash is 0x{logs.hex()}, expected 0x{case.expected_logs.hex()}"
    return None


def _reason_to_skip(case: Case, trace: Trace) -> str:
    """Return which rule of L2 explains a difference from the published result; empty if none does."""
    if case.is_blob and trace.outcome is None:
        return BLOB
    if trace.outcome is not None and trace.outcome.is_bound_hit:
        return RANGE
    if len(case.raw) > MAX_RAW_SIZE:
        return TOO_LONG
    return ""


@cache
def _host(name: str) -> Host:
    """Return the host of this name. Each process opens it once."""
    return open_host(name)


def _run_file(path: Path, directory: str, names: tuple[str, ...], options: Options) -> list[Result]:
    """Prove cases of one file, in a worker."""

    def selection(case: Case, total: int) -> list[int]:
        return select_steps(case, total, options)

    return [_prove_or_fail(case, options.evm, selection) for case in _cases(path, directory, names)]


def _cross_check(path: Path, directory: str, wanted: dict[str, list[int]]) -> list[Result]:
    """Prove the drawn steps of one file's cases on py-evm, in a worker."""
    cases = _cases(path, directory, tuple(wanted))
    return [_prove_or_fail(case, "py-evm", lambda case, _: wanted[case.name]) for case in cases]


def _prove_or_fail(case: Case, evm: str, selection: Selection) -> Result:
    try:
        return prove_case(case, _host(evm), selection)
    except Exception as error:
        # Any error is this case's failure and does not end the run. An EVM may have run out of memory, for example.
        return Result(case.directory, str(case.path), case.name, Status.FAILED, f"{type(error).__name__}: {error}")


def _cases(path: Path, directory: str, names: tuple[str, ...]) -> Iterator[Case]:
    wanted = set(names)
    for case in find_cases(path):
        if case.name in wanted:
            yield Case(case.path, directory, case.name, case.document, case.post)


def _no_progress(results: Sequence[Result], total: int) -> None:
    """Report no progress."""


def conformance(root: Path, options: Options, progress: Progress = _no_progress) -> Report:
    """Prove the state tests below ``root``. Calls ``progress`` with new results and the number of all cases.

    Raises NoSuchCase if nothing is selected, and StateTestUnreadable if a file is not a state test.
    """
    chosen = _choose(root, options)
    total = sum(len(names) for _, names in chosen.values())
    tasks = [(_run_file, path, directory, tuple(names), options) for path, (directory, names) in chosen.items()]
    report = Report()
    for results in _run(tasks, options.jobs):
        report.results += results
        progress(results, total)
    report.results.sort(key=lambda result: (result.directory, result.path, result.name))
    if options.evm == "pyrevm":
        _cross_check_sample(report, options)
    return report


def _choose(root: Path, options: Options) -> dict[Path, tuple[str, list[str]]]:
    """Return the folder and the names of the chosen cases, by file."""
    matched = [
        (case.path, case.directory, case.name)
        for case in find_cases(root)
        if options.match is None or options.match in f"{case.directory}/{case.path.stem}/{case.name}"
    ]
    if not matched:
        raise NoSuchCase(str(root), options.match)
    if options.sample is not None and options.sample < len(matched):
        matched = sorted(random.Random(options.seed).sample(matched, options.sample))
    chosen: dict[Path, tuple[str, list[str]]] = {}
    for path, directory, name in matched:
        chosen.setdefault(path, (directory, []))[1].append(name)
    return chosen


def _cross_check_sample(report: Report, options: Options) -> None:
    """Prove a sample of the steps on py-evm as well. A case fails if one of its steps differs there."""
    passed = [result for result in report.results if result.status is Status.PASSED]
    population = [(result, step) for result in passed for step in _sampled(result, options)]
    count = min(options.cross_check, len(population))
    drawn: dict[tuple[str, str], dict[str, list[int]]] = {}
    for result, step in random.Random(options.seed).sample(population, count):
        drawn.setdefault((result.path, result.directory), {}).setdefault(result.name, []).append(step)
    tasks = []
    for (path, directory), names in sorted(drawn.items()):
        tasks.append((_cross_check, Path(path), directory, {name: sorted(steps) for name, steps in names.items()}))
    wrong = {}
    for results in _run(tasks, options.jobs):
        for result in results:
            report.crossed += result.proven
            if result.status is not Status.PASSED:
                wrong[result.path, result.name] = result
    report.results = [wrong.get((result.path, result.name), result) for result in report.results]


def _sampled(result: Result, options: Options) -> Iterable[int]:
    """Return the steps of a case that the sample may draw. For a long case these are its first steps."""
    return range(result.total if options.all_steps or result.total <= ALL_UP_TO else FIRST)


def _run(tasks: Sequence[tuple[Any, ...]], jobs: int) -> Iterator[list[Result]]:
    """Run tasks in this process or in ``jobs`` processes, and yield results as they finish."""
    if jobs <= 1:
        for function, *arguments in tasks:
            yield function(*arguments)
        return
    with ProcessPoolExecutor(jobs, initializer=_leave_interrupts_to_the_parent) as pool:
        futures = [pool.submit(*task) for task in tasks]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in multiprocessing.active_children():
                worker.terminate()
            raise


def _leave_interrupts_to_the_parent() -> None:
    """Ignore SIGINT: a terminal sends Ctrl-C to the workers as well, and each would print a traceback."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
