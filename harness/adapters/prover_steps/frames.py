"""Each way in which frames begin and end, and accounts with a delegate (EIP-7702)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.adapters.prover import ProvenStep
from harness.adapters.prover_steps.bench import OTHER, Bench, Benches, Contract
from harness.primitives.delegation import designator
from harness.primitives.opcodes import CALLS
from harness.primitives.signatures import ORDER
from harness.proofs.samples import programs as P
from harness.proofs.samples.delegation import AUTHORITY, DELEGATE, authorization
from harness.proofs.samples.scenes import SCENES
from harness.proofs.trace import Trace
from harness.rollup.forks import FORKS
from harness.rollup.machine.chains import Authorization

NOBODY = bytes(20)
IDENTITY = (4).to_bytes(20, "big")
LAST_NONCE = 2**64 - 1
DULL = ("PUSH", "DUP", "SWAP", "MSTORE", "INPUT", "POP")
"""Names of steps that every program takes."""
ELSEWHERE = b"\x0d" * 20
SETS_A_SLOT = P.invocation(0x55, (1, 2))
SET = designator(DELEGATE)


def steps(benches: Benches) -> Iterator[ProvenStep]:
    """Yield the steps of scenes that are no everyday ones; of each scene one of a name and an ending."""
    bench = benches.osaka
    for name, scene in SCENES.items():
        yield from _told(bench, bench.run(FORKS[-1], scene.code, scene.accounts, **scene.fields), name)


def _told(bench: Bench, trace: Trace, what: str) -> Iterator[ProvenStep]:
    seen = set()
    for step in range(1, len(trace)):
        name = trace.name_at(step)
        frame = trace.step_at(step).frame
        kind = name, None if frame is None else (frame.kind, frame.end == step and frame.ending, frame.error)
        if kind in seen or (name.startswith(DULL) and not (frame and frame.end == step)):
            continue
        seen.add(kind)
        yield bench.step(trace, step, what)


def _tuples() -> Mapping[str, tuple[Sequence[Authorization], Mapping[bytes, Contract]]]:
    """Return authorisations by what comes of them, and the accounts that they meet."""
    there, delegated = {AUTHORITY: (b"", 5, 0)}, {AUTHORITY: (SET, 0, 1)}
    good, high = authorization(), ORDER - authorization().s
    spoilt = {
        "another chain": authorization(chain_id=2), "the last nonce": authorization(nonce=LAST_NONCE),
        "parity 2": authorization(parity=2), "r of nothing": authorization(r=0),
        "r of the order": authorization(r=ORDER),
        "r of no point": authorization(r=5), "s of nothing": authorization(s=0),
        "a high s": authorization(s=high, parity=1 - good.parity), "a nonce ahead": authorization(nonce=1),
    }  # fmt: skip
    return {
        "a new account": ((good,), {}),
        "an account that is there": ((good,), there),
        "a later nonce": ((authorization(nonce=7),), {AUTHORITY: (b"", 0, 7)}),
        "any chain": ((authorization(chain_id=0),), {}),
        "a delegate is changed": ((authorization(OTHER, nonce=1),), delegated),
        "a delegate is taken away": ((authorization(NOBODY, nonce=1),), delegated),
        "nobody for a new account": ((authorization(NOBODY),), {}),
        "nobody for an account that is there": ((authorization(NOBODY),), there),
        "two in a row": ((good, authorization(OTHER, nonce=1)), {}),
        "the same twice": ((good, good), {}),
        "a precompile": ((authorization(IDENTITY),), {}),
        "itself": ((authorization(AUTHORITY),), {}),
        "a nonce behind": ((good,), {AUTHORITY: (b"", 0, 1)}),
        "a contract": ((authorization(nonce=1),), {AUTHORITY: (b"\x00", 0, 1)}),
        "nearly a designator": ((authorization(nonce=1),), {AUTHORITY: (SET[:-1], 0, 1)}),
        "a designator and a byte": ((authorization(nonce=1),), {AUTHORITY: (SET + b"\0", 0, 1)}),
        "another version": ((authorization(nonce=1),), {AUTHORITY: (SET[:2] + b"\1" + SET[3:], 0, 1)}),
        **{name: ((each,), {}) for name, each in spoilt.items()},
    }


DELEGATES = {
    "code": (DELEGATE, SETS_A_SLOT),
    "nothing": (DELEGATE, b""),
    "a precompile": (IDENTITY, b""),
    "a designator": (DELEGATE, designator(OTHER)),
    "its own designator": (AUTHORITY, designator(AUTHORITY)),
}
"""What stands where a designator points to: the delegate, and its code."""


def authorisations(benches: Benches) -> Iterator[ProvenStep]:
    """Yield every step of authorisations, of calls of delegated accounts, and of code that is nearly a designator."""
    bench, fork = benches.osaka, FORKS[-1]
    for name, (tuples, accounts) in _tuples().items():
        trace = bench.run(fork, accounts=accounts, to=ELSEWHERE, authorizations=tuples)
        yield from _whole(bench, trace, name)
    for name, (delegate, code) in DELEGATES.items():
        accounts = {OTHER: (SETS_A_SLOT, 0, 1), AUTHORITY: (designator(delegate), 7, 1)}
        if code and delegate != AUTHORITY:
            accounts[delegate] = (code, 0, 1)
        yield from _whole(bench, bench.run(fork, accounts=accounts, to=AUTHORITY, value=3), f"a call of {name}")
        for opcode in sorted(CALLS):
            sent = P.store(b"x" * 40) + P.call(opcode, AUTHORITY, sent=(0, 40), got=(64, 8))
            trace = bench.run(fork, sent + P.call(opcode, AUTHORITY) + b"\x3d", accounts)
            yield from _told(bench, trace, f"{name} by {opcode:#x}")
            for gas in (99, 2_599, 2_600, 2_699, 2_700, 5_199, 5_200, 5_300):
                starved = bench.run(fork, P.call(opcode, AUTHORITY, gas=9), accounts, gas=21_000 + 21 + gas)
                yield from _told(bench, starved, f"{name} by {opcode:#x} with {gas} gas")
    for code in (SET + b"\0", SET[:-1], SET[:2] + b"\1" + SET[3:]):
        accounts = {AUTHORITY: (code, 7, 1)}
        yield from _whole(bench, bench.run(fork, accounts=accounts, to=AUTHORITY), f"code {code.hex()[:8]}")
        yield from _told(bench, bench.run(fork, P.call(0xF1, AUTHORITY), accounts), f"a call of {code.hex()[:8]}")


def _whole(bench: Bench, trace: Trace, what: str) -> Iterator[ProvenStep]:
    for step in range(1, len(trace)):
        yield bench.step(trace, step, what)
