"""Random programs drawn by seed: the recorder and the prover agree on every step, whatever happens in it."""

from __future__ import annotations

import random
from typing import Any

import pytest

from harness.primitives.opcodes import CALLS, CREATES, HALTING, JUMPS
from harness.rollup.machine.opcodes import OPCODES
from tests.support import programs as P

CALLEES = tuple(bytes([0x60 + n]) * 20 for n in range(3))
TARGETS = (*CALLEES, *(n.to_bytes(20, "big") for n in (1, 2, 3, 4, 5, 6, 9, 11)), b"\x0d" * 20)
DEFINED = [opcode for opcode in OPCODES if opcode not in HALTING | JUMPS]
ENDS = (0x00, 0xF3, 0xFD, 0xFF, 0xFE)
INTERESTING = (0, 1, 2, 31, 32, 33, 64, 95, 255, 2**63, 2**128, 2**255, 2**256 - 1)


def operand(rnd: random.Random) -> int:
    """Mostly small, sometimes an address, sometimes at an edge."""
    kind = rnd.random()
    if kind < 0.6:
        return rnd.randrange(130)
    if kind < 0.75:
        return int.from_bytes(rnd.choice(TARGETS), "big")
    return rnd.choice(INTERESTING) if kind < 0.9 else rnd.getrandbits(256)


def statement(rnd: random.Random) -> bytes:
    """An opcode with operands of its own, or one that takes what is there."""
    opcode = rnd.choice(DEFINED)
    if rnd.random() < 0.2:
        opcode = rnd.choice((0xF1, 0xF2, 0xF4, 0xFA, 0xF0, 0xF5, 0x55, 0x54, 0x5C, 0x5D, 0x3E, 0x5E))
    if rnd.random() < 0.08:
        return bytes([opcode])
    values = [operand(rnd) for _ in range(OPCODES[opcode].inputs)]
    if opcode in CALLS:
        values[0], values[1] = rnd.choice((0, 700, 60_000, 2**60)), int.from_bytes(rnd.choice(TARGETS), "big")
        values[2:] = [rnd.choice((0, 0, 1, 2**90)) if len(values) == 7 else rnd.randrange(90), *(
            rnd.randrange(90) for _ in values[3:]
        )]  # fmt: skip
    if opcode in CREATES:
        values[0:3] = [rnd.choice((0, 1, 2**90)), rnd.randrange(40), rnd.randrange(40)]
    return P.invocation(opcode, tuple(values))


def program(rnd: random.Random) -> bytes:
    """Statements, and an end."""
    body = b"".join(statement(rnd) for _ in range(rnd.randrange(4, 30)))
    if rnd.random() < 0.5:
        body = P.store(body[:96]) + body
    end = rnd.choice(ENDS)
    inputs = OPCODES[end].inputs if end in OPCODES else 0  # 0xFE is undefined: it takes nothing and halts
    return body + P.invocation(end, tuple(rnd.randrange(70) for _ in range(inputs)))


@pytest.mark.parametrize("seed", range(25))
def test_the_prover_agrees_on_every_step_of_a_random_program(lab: Any, seed: int) -> None:
    rnd = random.Random(seed)
    state = lab.state
    for callee in CALLEES:
        slots = {rnd.randrange(130): rnd.randrange(1, 9) for _ in range(4)}
        state = state.with_account(callee, code=program(rnd), balance=rnd.choice((0, 10**9)), nonce=1, storage=slots)
    fields: dict[str, Any] = {"gas": rnd.choice((120_000, 300_000, 1_000_000)), "value": rnd.choice((0, 5))}
    fields["data"] = rnd.randbytes(rnd.randrange(70))
    if rnd.random() < 0.2:
        fields |= {"to": b"", "data": program(rnd)}
    if rnd.random() < 0.3:
        fields["accessList"] = [{"address": rnd.choice(TARGETS), "storageKeys": [bytes(31) + b"\x05"]}]
    lab.prove(lab.run(program(rnd), state=state, **fields))
