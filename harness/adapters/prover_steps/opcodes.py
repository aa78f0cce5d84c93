"""Each opcode with each outcome, in the newest fork; those that came with a fork in every fork."""

from __future__ import annotations

from collections.abc import Iterator

from harness.adapters.prover import ProvenStep
from harness.adapters.prover_steps.bench import Bench, Benches
from harness.primitives.opcodes import CALLS, CREATES
from harness.proofs.samples import programs as P
from harness.proofs.trace import Trace
from harness.rollup.forks import FORKS
from harness.rollup.machine.opcodes import OPCODES, opcode_name

STATIC = b"\x77" * 20
CLZ = 0x1E
DATA = bytes(range(64))


def steps(benches: Benches) -> Iterator[ProvenStep]:
    """Yield the last step of each program's opcode."""
    bench, fork = benches.osaka, FORKS[-1]
    for program in P.programs():
        code, kind = program.code, program.cell.outcome
        if program.is_static:
            accounts = {STATIC: (code, 0, 0)}
            trace = bench.run(fork, P.call(0xFA, STATIC), accounts)
        else:
            trace = bench.run(fork, code, data=DATA)
        yield _last(bench, trace, program.cell.opcode, kind)
        if kind == P.SUCCESS:
            yield from _starved(bench, trace, program.cell.opcode, code)
    for row in OPCODES.values():
        for operands in P.far_ranges(row):
            code = P.store(b"what is copied", 2**20) + P.invocation(row, operands)
            yield _last(bench, bench.run(fork, code, data=DATA), row, "a range far away")
    for each in FORKS:
        for word in (0, 1, 2**255, 2**128 - 1):
            where = benches.osaka if each is FORKS[-1] else benches.prague
            yield _last(where, where.run(each, P.push(word) + bytes([CLZ])), CLZ, f"{word:#x} in {each.name}")


def _last(bench: Bench, trace: Trace, opcode: int, kind: str) -> ProvenStep:
    step = max(step for step in range(1, len(trace)) if trace.step_at(step).opcode == opcode)
    return bench.step(trace, step, f"{opcode_name(opcode)}, {kind}")


def _starved(bench: Bench, trace: Trace, opcode: int, code: bytes) -> Iterator[ProvenStep]:
    """Yield the opcode with a gas too little, and with none at all."""
    if opcode in P.FREE or opcode in CALLS | CREATES:
        return
    at = max(step for step in range(1, len(trace)) if trace.step_at(step).opcode == opcode)
    before = trace.step_at(at).gas
    after = trace.step_at(at + 1).gas if trace.step_at(at + 1).frame is not None else before
    spent, cost = trace.step_at(2).gas - before, before - after
    for short in {1, cost} if cost else ():
        gas = 21_000 + spent + cost - short
        yield _last(bench, bench.run(FORKS[-1], code, gas=gas), opcode, f"{short} gas too little")
