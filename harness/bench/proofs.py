"""The recorder and the prover: the cost of recording, the time of one hash, and the steps proven per second."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from harness.bench.contestants import measured
from harness.bench.measure import Ratio
from harness.engine.choice import PlainEngine
from harness.proofs.hosts import fast_evm, open_host
from harness.proofs.inputs import InputOpening
from harness.proofs.maker import make_witness
from harness.proofs.trace import Execution, Trace
from harness.rollup.codec.messages import Batch
from harness.rollup.forks import DEFAULT_FORK
from harness.rollup.machine.environment import Env, Ring
from harness.rollup.machine.machine import Cursor, Idle
from harness.rollup.machine.rules import rules_of
from harness.rollup.machine.state import State
from harness.rollup.machine.validity import L2Transaction

_SENDER = b"\x05" * 20
_PROGRAM = b"\xc0" * 20
_LOOP = bytes.fromhex("62ffffff5b801560165760019003806000526004565b00")
"""A program that counts down and keeps the counter in memory, with 12 opcodes a round."""

_OPCODES = 100_000
_PROVEN = 1_500
_OPENING = InputOpening(Batch(0, b"", 0, 2**40, 1, 0))


def ratios() -> Iterator[Ratio]:
    """Measure on one program of 100,000 opcodes, in processor time."""
    run = execution_of(_OPCODES)
    with _plain_loop():
        plain, recorded = zip(*((_seconds(run.run), _seconds(lambda: trace_of(run))) for _ in range(5)), strict=True)
    against = "ms in the plain loop"
    yield Ratio("recording 100,000 opcodes", median(recorded) * 1e3, median(plain) * 1e3, "ms", against, at_most=2.5)
    trace = trace_of(run)
    hashing = _seconds(lambda: trace.hash_at(len(trace) * 3 // 4))
    yield Ratio("hash at a step of 100,000", hashing, median(recorded), "s", "s recording", at_most=0.06)
    rate = len(trace) / median(recorded)
    yield Ratio("steps proven on pyrevm", _proven(trace), rate, "/s", "/s recorded", at_least=0.004)


def against(root: Path) -> Iterator[Ratio]:
    """Compare with the commit at ``root``, whose own benchmark runs in turn with this one."""
    found = [(measured("proofs"), measured("proofs", root)) for _ in range(5)]
    for name, first in found[0][0].items():
        if all(name in there for _, there in found):
            ours, theirs = (median(each[side][name].subject for each in found) for side in (0, 1))
            yield Ratio(name, ours, theirs, first.unit, f"{first.unit} in that commit")


@contextmanager
def _plain_loop() -> Iterator[None]:
    """Run L2's code opcode by opcode, as the recorder does."""
    rules = rules_of(DEFAULT_FORK)
    compiled, rules.engine = rules.engine, PlainEngine(rules.table)
    try:
        yield
    finally:
        rules.engine = compiled


def _proven(trace: Trace) -> float:
    """Return the steps per second of processor time that are hashed, witnessed and verified."""
    host = open_host(fast_evm())

    def prove() -> None:
        for step in range(1, 1 + _PROVEN):
            witness = make_witness(trace, step, _OPENING).encode()
            host.verify(trace.hash_at(step), step, 1, witness)

    return _PROVEN / _seconds(prove)


def execution_of(opcodes: int) -> Execution:
    """Return an execution of about so many opcodes."""
    state = State().with_account(_SENDER, balance=10**24).with_account(_PROGRAM, code=_LOOP, nonce=1)
    env = Env(1, 1_000, b"\xfe" * 20, 2**40, bytes(32), 1, 1, 901, 1)
    gas = 21_000 + 4 * opcodes
    tx = L2Transaction(2, 901, 0, 0, 1, gas, _PROGRAM, 0, b"", (), _SENDER, b"")
    return Execution(state, env, Ring(), tx)


def trace_of(run: Execution) -> Trace:
    """Return an execution's recording."""
    return Trace(Idle(run.state, Cursor(0, True), run.env, run.ring), execution=run)


def _seconds(action: Callable[[], object]) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start
