"""Checks the machines of both layers with Ethereum's state tests.

On L1 a case passes if the transaction leads to the published state root and logs hash, or if the test expects it to be
refused and it is. On L2 a case passes on two conditions. The recorded run ends in the published state root and logs
hash. The prover's bytecode maps the witness of each step to the hash of the next state. That includes the input step:
the run posts the transaction to the sequencer inbox, and an idle machine in the test's block takes it from there.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

from harness.chain.values.transactions import TX_GAS_CAP
from harness.primitives.opcodes import Fork
from harness.proofs.errors import NoSuchCase, ProverRejected, WrongPoststate
from harness.proofs.hosts import Host, PyEvmHost, open_host
from harness.proofs.inputs import InputOpening
from harness.proofs.maker import make_witness
from harness.proofs.on_l1 import fault_on_l1
from harness.proofs.statetests import Case, find_cases, logs_hash
from harness.proofs.trace import Execution, Trace
from harness.proofs.verdicts import BLOB, LIMIT, RANGE, TOO_LONG, Options, Progress, Report, Result, Status
from harness.proofs.workers import TimeIsUp, run_jobs
from harness.rollup.codec.batch import Item
from harness.rollup.errors import InvalidTransaction, TransactionTooLong
from harness.rollup.machine.environment import Env
from harness.rollup.machine.machine import Cursor, Idle
from harness.rollup.machine.opcodes import PRECOMPILE
from harness.rollup.machine.rules import FORK_BOUND
from harness.rollup.machine.validity import MAX_RAW_SIZE, RULE_OF_SENDER, decode

ALL_UP_TO = 10_000
"""A case of at most this many steps is proven whole. Of a longer one, these numbers of steps are:"""
FIRST = 2_000
LAST = 500
DRAWN = 2_000

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
    env = _environment(case)
    before = Idle(case.state, Cursor(batch.index, opened=True, budget=_BUDGET), env, case.ring)
    cursor = Cursor(batch.index + 1, budget=_BUDGET)
    sender = None
    try:
        tx = decode(raw, case.chain_id, env.fork)
        sender = tx.sender
        execution = Execution(case.state, env, case.ring, tx)
        trace = Trace(before, execution=execution, cursor=cursor.spend(tx.gas_limit))
    except InvalidTransaction as reason:
        trace = Trace(before, after=Idle(case.state, cursor, env, case.ring))
        if reason.rule < RULE_OF_SENDER:
            sender = None
    return trace, InputOpening(batch, sender=sender)


def _environment(case: Case) -> Env:
    """Return a test's block as L2 has it, where a block's gas limit is the cap of each transaction.

    From Osaka on that is at most 2**24 (EIP-7825). Only the block of a transaction above it is changed, which runs no
    code that could look at GASLIMIT.
    """
    try:
        gas_limit = decode(case.raw, case.chain_id, case.fork).gas_limit
    except InvalidTransaction:
        return case.env
    is_above = case.fork >= Fork.OSAKA and gas_limit > TX_GAS_CAP
    return replace(case.env, gas_limit=min(case.env.gas_limit, TX_GAS_CAP)) if is_above else case.env


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
            given = judge_of(trace, step, host).verify(before, step, opening.batch.index + 1, witness)
        except ProverRejected as error:
            raise WrongPoststate(step, trace.name_at(step), str(error), known) from error
        if given != known:
            raise WrongPoststate(step, trace.name_at(step), given, known)
    return len(steps)


def judge_of(trace: Trace, step: int, host: Host) -> Host:
    """Return where a step is proven: on py-evm where it takes a precompile that pyrevm does not have."""
    found = trace.step_at(step) if 0 < step < len(trace) else None
    if found is None or found.frame is None or found.opcode != PRECOMPILE:
        return host
    return _l1_of(trace.after.env.fork) if found.frame.code_address in FORK_BOUND else host


@cache
def _l1_of(fork: Fork) -> Host:
    """Return the prover on an L1 that has the precompiles of a fork. Each process opens it once."""
    return PyEvmHost(fork)


def _difference(case: Case, trace: Trace) -> str | None:
    """Return how the recorded run differs from the published result or from a node's run, or None if it does not."""
    root = trace.after.state.root
    found = () if trace.outcome is None else trace.outcome.logs
    logs = logs_hash((log.address, log.topics, log.data) for log in found)
    if root != case.expected_root:
        return f"state root is 0x{root.hex()}, expected 0x{case.expected_root.hex()}"
    if logs != case.expected_logs:
        return f"logs hash is 0x{logs.hex()}, expected 0x{case.expected_logs.hex()}"
    if trace.outcome is not None and trace.execution is not None:
        unrecorded = trace.execution.run().answers
        if unrecorded != trace.outcome.answers:
            return f"without a recorder it gives {unrecorded}, with one {trace.outcome.answers}"
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


@dataclass(frozen=True, slots=True)
class _Judged:
    """A case to be judged; ``steps`` are those to prove, None the ones that the options select."""

    path: Path
    directory: str
    name: str
    options: Options
    steps: tuple[int, ...] | None = None

    def __call__(self) -> Result:
        try:
            return self._judge(self._case())
        except Exception as error:
            # Whatever it was (an EVM that ran out of memory, say), it fails this case and does not end the run.
            return self.result(Status.FAILED, f"{type(error).__name__}: {error}")

    def _judge(self, case: Case) -> Result:
        """Return the verdict on a case, by the layer and the steps of the options."""
        if self.options.layer == "l1":
            fault = fault_on_l1(case)
            return self.result(Status.FAILED if fault else Status.PASSED, fault)
        if self.steps is None:
            options = self.options
            return prove_case(case, _host(options.evm), lambda case, total: select_steps(case, total, options))
        drawn = self.steps
        return prove_case(case, _l1_of(case.fork), lambda case, total: drawn)

    def _case(self) -> Case:
        return replace(_cases_of(self.path, self.options.wanted)[self.name], directory=self.directory)

    def result(self, status: Status, reason: str) -> Result:
        """Return a verdict without steps."""
        return Result(self.directory, str(self.path), self.name, status, reason)

    def lost(self, error: Exception) -> Result:
        """Return the verdict of a case that ended without one."""
        if isinstance(error, TimeIsUp):
            return self.result(Status.SKIPPED, f"{LIMIT}, {self.options.limit:g} s")
        return self.result(Status.FAILED, str(error))


@lru_cache(maxsize=1)
def _cases_of(path: Path, forks: tuple[Fork, ...]) -> dict[str, Case]:
    """The cases of one file by name; the next one that is judged is most often of the same file."""
    return {case.name: case for case in find_cases(path, forks)}


def _no_progress(results: Sequence[Result], total: int) -> None:
    """Report no progress."""


def conformance(root: Path, options: Options, progress: Progress = _no_progress) -> Report:
    """Run the state tests below ``root``. Calls ``progress`` with new results and the number of all cases.

    Raises NoSuchCase if nothing is selected, and StateTestUnreadable if a file is not a state test.
    """
    chosen = _choose(root, options)
    report = Report()
    for result in _run(chosen, options):
        report.results.append(result)
        progress([result], len(chosen))
    report.results.sort(key=lambda result: (result.directory, result.path, result.name))
    if options.layer == "l2" and options.evm == "pyrevm":
        _cross_check_sample(report, options)
    return report


def _run(jobs: Sequence[_Judged], options: Options) -> Iterator[Result]:
    return run_jobs(jobs, options.jobs, options.limit, lambda job, error: job.lost(error))  # type: ignore[attr-defined]


def _choose(root: Path, options: Options) -> list[_Judged]:
    """The chosen cases, in the order of paths."""
    matched = [
        (case.path, case.directory, case.name)
        for case in find_cases(root, options.wanted)
        if options.match is None or options.match in f"{case.directory}/{case.path.stem}/{case.name}"
    ]
    if not matched:
        raise NoSuchCase(str(root), options.match, tuple(fork.name.title() for fork in options.wanted))
    if options.sample is not None and options.sample < len(matched):
        matched = sorted(random.Random(options.seed).sample(matched, options.sample))
    return [_Judged(path, directory, name, options) for path, directory, name in matched]


def _cross_check_sample(report: Report, options: Options) -> None:
    """Prove a sample of the steps on py-evm as well. A case fails if one of its steps differs there."""
    passed = [result for result in report.results if result.status is Status.PASSED]
    population = [(result, step) for result in passed for step in _sampled(result, options)]
    count = min(options.cross_check, len(population))
    drawn: dict[tuple[str, str, str], list[int]] = {}
    for result, step in random.Random(options.seed).sample(population, count):
        drawn.setdefault((result.path, result.directory, result.name), []).append(step)
    jobs = [
        _Judged(Path(path), directory, name, options, tuple(sorted(steps)))
        for (path, directory, name), steps in sorted(drawn.items())
    ]
    wrong = {}
    for result in _run(jobs, options):
        report.crossed += result.proven
        if result.status is Status.FAILED:
            wrong[result.path, result.name] = result
        elif result.status is Status.SKIPPED:
            report.late.append(result)
    report.results = [wrong.get((result.path, result.name), result) for result in report.results]


def _sampled(result: Result, options: Options) -> Iterable[int]:
    """Return the steps of a case that the sample may draw. For a long case these are its first steps."""
    return range(result.total if options.all_steps or result.total <= ALL_UP_TO else FIRST)
